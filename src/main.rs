//! The `sid-cds` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    sid_cds::cli::run()
}
