//! CDS Hooks service for the Danish guideline on immunoglobulin replacement in secondary immune
//! deficiency.
//!
//! A ladder of modules, arrows one way: [`guideline`] ← `chart` ← `cards` ← `cds_hooks` ← `server`
//! and `cli`. See `docs/ARCHITECTURE.md`.

pub mod artefacts;
pub mod cards;
pub mod cds_hooks;
pub mod chart;
pub mod cli;
pub mod cohort;
pub mod config;
pub mod doctor;
pub mod guideline;
pub mod report;
pub mod server;
pub mod store;
pub mod timeline;
