//! What was measured and where it is kept.
//!
//! Refuses simulation.

mod lock;
pub mod run_table;
pub mod store;
pub mod summary;
