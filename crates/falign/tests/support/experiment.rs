//! Experiments carried out in separate folders.

use std::path::{Path, PathBuf};

use falign::internal::config::{Experiment, Overrides};
use falign::internal::plan::Plan;
use falign::internal::plan::execute::{collect, execute};
use falign::internal::plan::run_table::RunTable;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;

/// A folder that is removed with the value.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    /// `name` must be unique among the tests.
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("falign-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs of an experiment's text.
pub(crate) fn measure(name: &str, text: &str) -> RunTable {
    let folder = Scratch::new(name);
    in_folder(&folder.0, text)
}

/// Runs of an experiment's text, in a folder that may hold results already.
pub(crate) fn in_folder(folder: &Path, text: &str) -> RunTable {
    let experiment = Experiment::parse(text, &Overrides::none()).unwrap();
    let plan = Plan::new(&experiment).unwrap();
    let execution = execute(
        &experiment,
        &plan,
        folder,
        &Sources::default(),
        &Watch::default(),
    )
    .unwrap();
    assert!(execution.complete);
    collect(&experiment, &plan, folder).unwrap()
}
