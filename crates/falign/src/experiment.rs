//! Whole experiments: a TOML file, or the same keys as text, becomes runs, tables and verdicts.
//!
//! [`Experiment`] is a checked file. [`run`] carries it out in memory; [`execute`] does so in a folder, where what is
//! finished is kept, and [`collect`] reads it back. Numbers depend on neither, nor on the number of threads.
//!
//! ```
//! use falign::experiment::{Experiment, Overrides, Sources, Watch, run};
//! let text = "name = \"ridges\"\n[run]\nsteps = 20\nruns = 2\n[network]\nwidth = 50\n[sweep]\n\"learning.ridge\" = [0, 1]";
//! let experiment = Experiment::parse(text, &Overrides::none())?;
//! let runs = run(&experiment, &Sources::default(), None, &Watch::default())?;
//! assert_eq!((runs.len(), runs[1].len()), (2, 2)); // settings, runs of each
//! # Ok::<(), falign::Error>(())
//! ```

pub use crate::claim::Verdict;
pub use crate::config::setting::Setting;
pub use crate::config::{Experiment, LabelledSetting, Overrides};
pub use crate::plan::Plan;
pub use crate::plan::execute::{collect, execute};
pub use crate::plan::in_memory::{run, run_each};
pub use crate::plan::run_table::{RunTable, SettingRuns};
pub use crate::simulate::resolve::Resolved;
pub use crate::simulate::sources::Sources;
pub use crate::simulate::watch::Watch;
pub use crate::simulate::{Look, Outcome, PrivateRule, RunResult, RunRows, SavedWeights};
