//! From a TOML file to a checked experiment, a plan of jobs, and what must come out.
//!
//! Refuses: drawing (the program's `figure` room).

mod asked;
pub mod audited;
pub mod belongs;
pub mod builtin;
pub mod certified;
pub mod claim;
pub mod config;
mod cost;
pub mod estimate;
pub mod execute;
pub mod figure;
pub mod folder;
pub mod given;
pub mod inputs;
pub mod keys;
pub mod lemmas;
pub mod memory;
pub mod need;
pub mod notes;
pub mod plan;
pub mod predict;
pub mod recorded;
pub mod resolve;
mod result_file;
mod run_data;
pub mod setting;
pub mod simulate;
pub mod sources;
pub mod spectra;
pub mod stored;
mod tables;

pub use crate::file::path_text;
pub use config::{Experiment, LabelledSetting, Overrides};
pub use plan::{Job, Plan};
