//! Files that a test writes: compared, or written anew with `WRITE_EXPECTED=1` in the environment.

use std::{env, fs, path::Path};

/// The command that writes every such file anew.
pub const COMMAND: &str = "WRITE_EXPECTED=1 cargo test --workspace --test fixtures --test golden --test timeline --test traceability";

/// Files are to be written, not compared.
pub fn writing() -> bool {
    env::var_os("WRITE_EXPECTED").is_some()
}

/// Compares `text` with the file at `path` below the project's root, or writes it there.
pub fn check(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if writing() {
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        // At once, for another test may be reading it.
        let new = file.with_extension("new");
        fs::write(&new, text).expect("a file that can be written");
        fs::rename(&new, &file).expect("a file that can be replaced");
        return;
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let line = found
        .lines()
        .zip(text.lines())
        .position(|(found, expected)| found != expected)
        .unwrap_or_else(|| found.lines().count().min(text.lines().count()));
    assert!(
        found == text,
        "{path} is not what the program says, from line {}:\n  file:    {}\n  program: {}\nRead the \
         difference, then write it anew: {COMMAND}",
        line + 1,
        found.lines().nth(line).unwrap_or("(its end)"),
        text.lines().nth(line).unwrap_or("(its end)"),
    );
}
