//! The `sid-cds` program.

fn main() {}
