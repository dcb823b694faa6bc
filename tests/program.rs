//! The program as a person runs it: start, stop, exit codes, messages.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod program {
    mod codes;
    mod commands;
    mod serve;
    mod support;
}
