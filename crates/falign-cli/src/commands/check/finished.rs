//! The run folder in which an experiment's runs are looked for before any is carried out.

use std::path::{Path, PathBuf};

use anyhow::Result;
use falign::internal::config::Experiment;
use falign::internal::plan::Plan;
use falign::internal::plan::belongs::{Belonging, belonging};
use falign::internal::plan::execute::{check_weights, collect};
use falign::internal::plan::folder::EXPERIMENT;
use falign::internal::plan::run_table::RunTable;
use falign::internal::plan::so_far::missing;

use crate::output;

/// Looks for the experiment's finished runs where `falign run` puts them; says why a folder that is
/// there is not used.
pub(super) fn find(experiment: &Experiment) -> Result<Option<(PathBuf, RunTable)>> {
    let dir = Path::new("runs").join(&experiment.name);
    if !dir.join(EXPERIMENT).exists() {
        return Ok(None);
    }
    let shown = dir.display();
    let unused = |why: String| {
        output::note(format!(
            "falign: the runs in {shown} are not used: it {why}"
        ));
        Ok(None)
    };
    let plan = Plan::new(experiment)?;
    if let Belonging::Other(why) = belonging(experiment, &plan, &dir)? {
        return unused(why);
    }
    let (missing, all) = missing(&plan, &dir);
    if missing > 0 {
        return unused(format!(
            "has {} of {all} runs (`falign show {shown}` says how to go on with it)",
            all - missing
        ));
    }
    let table = collect(experiment, &plan, &dir);
    match table.and_then(|table| check_weights(experiment, &plan, &dir).map(|()| table)) {
        Ok(table) => Ok(Some((dir, table))),
        Err(damaged) => unused(format!("cannot be read: {damaged}")),
    }
}
