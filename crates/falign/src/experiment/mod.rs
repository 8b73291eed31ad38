//! From a TOML file to a checked experiment, a plan of jobs, and what must come out.
//!
//! Refuses: drawing (the program's `figure` room), files of a run folder (`record`).

pub mod figure;
pub mod setting;
