//! The program itself under load, with the default client trust: ten times what it can answer, and a
//! stop in the middle of calls.
//!
//! Short runs are part of the tests. Long ones, by command:
//!
//! ```sh
//! LOAD_SECONDS=60 cargo test --release --workspace --test load overload -- --nocapture
//! STOPS=20 cargo test --release --workspace --test load stop -- --nocapture
//! ```
//!
//! What they measured is in `docs/performance.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod load {
    mod overload;
    mod program;
    mod stop;
    mod tokens;
    mod wire;
}
