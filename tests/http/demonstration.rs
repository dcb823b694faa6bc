//! Demonstration mode.
