//! What was measured and where it is kept.
//!
//! Refuses simulation.

pub mod run_table;
