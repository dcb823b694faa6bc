//! The store on real databases: what is kept, and what happens when it cannot be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod store {
    pub mod disk;
    pub mod durability;
    pub mod faults;
    pub mod folder;
    pub mod postgres;
    pub mod program;
    pub mod report;
    pub mod suite;
}
