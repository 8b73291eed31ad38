//! From a TOML file to a checked experiment, a plan of jobs, and what must come out.
//!
//! Refuses: drawing (the program's `figure` room), files of a run folder (`record`).

pub mod builtin;
pub mod claim;
pub mod config;
pub mod execute;
pub mod figure;
pub mod inputs;
pub mod keys;
pub mod plan;
pub mod resolve;
pub mod setting;
pub mod simulate;

pub use config::{Experiment, LabelledSetting, Overrides};
pub use plan::{Job, Plan};
