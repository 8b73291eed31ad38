//! From a TOML file to a checked experiment, a plan of jobs, and what must come out.
//!
//! Refuses: drawing (the program's `figure` room), files of a run folder (`record`).

pub mod builtin;
pub mod claim;
pub mod config;
pub mod figure;
pub mod keys;
pub mod plan;
pub mod setting;

pub use config::{Experiment, LabelledSetting, Overrides};
pub use plan::{Job, Plan};
