//! Stored results in `falign check`: which runs need not be carried out, and how they are kept.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use falign::internal::claim::stored::Stored;
use falign::internal::config::Experiment;
use falign::internal::file::{read_text, write_atomic};
use falign::internal::plan::Plan;

use super::source;
use crate::ended::Usage;
use crate::output;

#[derive(Debug, Args)]
pub(super) struct StoredOptions {
    /// Carry out every run, also those with stored results
    #[arg(long)]
    fresh: bool,
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "fresh",
        help = "Take stored runs from this file [default: those that come with a built-in experiment]"
    )]
    stored: Option<PathBuf>,
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "stored",
        help = "Write what claims need of the runs to this file of stored results, or add it there; implies --fresh"
    )]
    pub(super) store: Option<PathBuf>,
}

/// Stored results that take the place of runs.
pub(super) struct InPlace {
    pub(super) stored: Stored,
    /// Plan of all jobs.
    pub(super) plan: Plan,
    /// Plan of the jobs that are not stored.
    pub(super) missing: Plan,
}

impl StoredOptions {
    /// Options as they are typed.
    pub(super) fn words(&self) -> Vec<OsString> {
        let mut words = Vec::new();
        if self.fresh {
            words.push("--fresh".into());
        }
        for (flag, path) in [("--stored", &self.stored), ("--store", &self.store)] {
            if let Some(path) = path {
                words.extend([flag.into(), path.into()]);
            }
        }
        words
    }

    /// Whether there is nothing to do with a run folder.
    pub(super) fn are_for_runs_only(&self) -> bool {
        self.fresh || self.stored.is_some()
    }

    /// The stored results of an experiment, if they have any of its runs.
    pub(super) fn in_place(&self, name: &Path, experiment: &Experiment) -> Result<Option<InPlace>> {
        if let Some(path) = &self.store {
            fits_to_store(path)?;
        }
        if self.fresh || self.store.is_some() {
            return Ok(None);
        }
        let found = match &self.stored {
            Some(path) => Some(read(path)?),
            None => match source::builtin(name).and_then(|builtin| builtin.stored) {
                Some(packed) => Some(Stored::parse(&packed.text(), name)?),
                None => None,
            },
        };
        let Some(stored) = found else {
            return Ok(None);
        };
        let name = name.display();
        let plan = Plan::new(experiment)?;
        let missing = stored.missing(experiment, &plan);
        if missing.jobs.len() == plan.jobs.len() {
            let why = stored
                .other_version(experiment)
                .unwrap_or_else(|| "no stored result is of this experiment's settings".to_owned());
            output::note(format!("falign: {name}: all runs are carried out: {why}"));
            return Ok(None);
        }
        let place = InPlace {
            stored,
            plan,
            missing,
        };
        if !place.missing.jobs.is_empty() {
            output::note(format!(
                "falign: {name}: {} of {} runs are not stored and are carried out (of all of them: {})",
                runs(&place.missing),
                runs(&place.plan),
                experiment.expected_time,
            ));
        }
        Ok(Some(place))
    }

    /// Stores what the claims need of a complete run folder, where that is asked for.
    pub(super) fn store(&self, experiment: &Experiment, folder: &Path) -> Result<()> {
        let Some(path) = &self.store else {
            return Ok(());
        };
        let newer = Stored::of_folder(experiment, &Plan::new(experiment)?, folder)?;
        let all = if path.exists() {
            let mut known = read(path)?;
            known.absorb(newer, path)?;
            known
        } else {
            newer
        };
        let text = all.to_text();
        write_atomic(path, text.as_bytes())?;
        output::note(format!(
            "falign: stored in {}: {} jobs, {} kB",
            path.display(),
            all.jobs(),
            text.len().div_ceil(1000)
        ));
        Ok(())
    }
}

impl InPlace {
    /// `60 of 60 runs from stored results, ...`
    pub(super) fn line(&self) -> String {
        let (all, missing) = (runs(&self.plan), runs(&self.missing));
        let steps = match self.stored.steps(&self.plan) {
            Some((kept, recorded)) if kept < recorded => {
                format!(", at {kept} of {recorded} recorded steps")
            }
            _ => String::new(),
        };
        format!(
            "{} of {all} runs from stored results ({}){steps}",
            all - missing,
            self.stored.origin()
        )
    }

    /// Counts and origin as JSON.
    pub(super) fn json(&self) -> serde_json::Value {
        let (all, missing) = (runs(&self.plan), runs(&self.missing));
        serde_json::json!({ "runs": all - missing, "of": all, "origin": self.stored.origin() })
    }
}

/// Whether results can be stored in a file, as far as that is seen before there are any.
fn fits_to_store(path: &Path) -> Result<()> {
    if path.exists() {
        return read(path).map(drop);
    }
    match path.parent() {
        Some(folder) if folder != Path::new("") && !folder.is_dir() => Err(Usage(format!(
            "--store {}: there is no folder {}; make it first",
            path.display(),
            folder.display()
        ))
        .into()),
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<Stored> {
    Ok(Stored::parse(&read_text(path)?, path)?)
}

fn runs(plan: &Plan) -> u64 {
    plan.jobs
        .iter()
        .map(|job| job.runs.end - job.runs.start)
        .sum()
}
