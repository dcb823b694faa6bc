//! The service as a client sees it, rule by rule; the ids are those of the CDS Hooks checklist.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

#[path = "support/collector.rs"]
mod collector;

mod http {
    pub mod answers;
    pub mod app;
    pub mod artefacts;
    pub mod audit;
    pub mod bad_tokens;
    pub mod canaries;
    pub mod demonstration;
    pub mod discovery;
    pub mod ehr;
    #[path = "../support/expected.rs"]
    pub mod expected;
    pub mod faults;
    pub mod feedback;
    pub mod fetching;
    pub mod fetching_harness;
    pub mod fhir_server;
    pub mod harness;
    pub mod independent;
    pub mod key_sources;
    pub mod limits;
    pub mod metrics;
    pub mod mutations;
    pub mod playground;
    pub mod private_ca;
    pub mod protocol;
    pub mod report;
    pub mod requests;
    pub mod sandbox;
    pub mod sandbox_behaviours;
    pub mod sockets;
    pub mod telemetry;
    pub mod tokens;
    pub mod trust;
    pub mod trust_harness;
    pub mod upstream;
}
