//! Results of runs that took long, kept next to their experiment so that its claims are checked
//! without running it again.
//!
//! A file of stored results is one tidy table: a row for each run and kept step, with the columns of
//! `runs.csv`. A stored run takes the place of one that would be carried out only if the id of its job is the same, and
//! with it all that the run computes, the numerics version included. Of long curves not every
//! step is kept: first, last, those that claims name, those at which a claim is nearest to failing, and
//! every so many where a figure shows a curve or a claim follows one. Whoever stores compares: each claim has the same verdict with the same
//! margin on the kept steps as on all of them, or all of them are kept.
//!
//! Refuses: weights, and quantities that no claim and no figure looks at.

mod kept;
mod matching;
mod text;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::config::Experiment;
use crate::measure::Quantity;
use crate::plan::tables::record_of_row;
use crate::plan::{Job, Plan, result_file};
use crate::simulate::{EngineFamily, Outcome};
use crate::{Error, Result};

/// Digits of a job's id that are written with each row: 64 bits.
const KEY_DIGITS: usize = 16;

/// Stored runs of one experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Name of the experiment.
    experiment: String,
    /// The program that made them, with its version.
    program: String,
    /// Numerics versions of the engines that made them.
    versions: BTreeMap<EngineFamily, u32>,
    /// Columns that name a setting, in the table's order.
    columns: Vec<String>,
    /// Stored runs by the key of the job and the number of the run.
    runs: BTreeMap<(String, u64), StoredRun>,
}

/// Records kept of a run.
#[derive(Debug, Clone, PartialEq)]
struct StoredRun {
    /// Cells of [`Stored::columns`] that name its setting and are not empty.
    labels: BTreeMap<String, String>,
    outcome: Outcome,
    /// Rows that were recorded.
    recorded: usize,
    /// Rows that are kept, ascending.
    rows: Vec<StoredRow>,
}

/// One kept row.
#[derive(Debug, Clone, PartialEq)]
struct StoredRow {
    /// Place of the row among those recorded.
    row: usize,
    step: u64,
    /// No entry where there is no value.
    values: BTreeMap<Quantity, f64>,
}

/// The first digits of a job's id.
fn key(job: &Job) -> String {
    job.id[..KEY_DIGITS].to_owned()
}

impl Stored {
    /// Keeps what is worth storing of a complete run folder. Costs one evaluation of each claim about
    /// many steps for each of them.
    ///
    /// # Errors
    /// As [`collect`](crate::plan::execute::collect).
    ///
    /// # Panics
    /// Never: every row of a table comes from a run.
    ///
    /// # Example
    /// ```
    /// use falign::internal::plan::execute::execute;
    /// use falign::internal::simulate::watch::Watch;
    /// use falign::internal::claim::stored::Stored;
    /// use falign::experiment::{Experiment, Overrides};
    /// use falign::internal::plan::Plan;
    /// use falign::internal::simulate::sources::Sources;
    /// let text = "name = \"small\"\n[data]\nsamples = 4\ninput_dim = 5\n[run]\nsteps = 20\n";
    /// let experiment = Experiment::parse(text, &Overrides::none())?;
    /// let plan = Plan::new(&experiment)?;
    /// let folder = std::env::temp_dir().join(format!("falign-stored-{}", std::process::id()));
    /// execute(&experiment, &plan, &folder, &Sources::default(), &Watch::default())?;
    /// let stored = Stored::of_folder(&experiment, &plan, &folder)?;
    /// let read = Stored::parse(&stored.to_text(), "small.csv".as_ref())?;
    /// assert!(read.missing(&experiment, &plan).jobs.is_empty());
    /// # std::fs::remove_dir_all(&folder).ok();
    /// # Ok::<(), falign::Error>(())
    /// ```
    pub fn of_folder(experiment: &Experiment, plan: &Plan, folder: &Path) -> Result<Self> {
        let table = crate::plan::execute::collect(experiment, plan, folder)?;
        let rows = kept::rows(experiment, &table);
        let wanted = kept::quantities(experiment);
        let columns = table.columns();
        let mut versions = BTreeMap::new();
        let mut runs = BTreeMap::new();
        for job in &plan.jobs {
            let setting = &experiment.settings[job.setting_index].setting;
            let of_setting = &table.settings[job.setting_index];
            let table_rows = of_setting.steps.len();
            let labels = text::labels(columns.iter().zip(of_setting.labels(&columns)));
            let family = setting.family();
            versions.insert(family, family.numerics_version());
            let results =
                result_file::read(experiment, job, &result_file::result_path(folder, job))?;
            for (run, result) in job.runs.clone().zip(results) {
                let row = |&row: &usize| {
                    let row = record_of_row(row, table_rows, result.rows.steps.len());
                    let named = setting.quantities.iter().zip(&result.rows.values[row]);
                    let values = named
                        .filter(|(quantity, x)| wanted.contains(quantity) && !x.is_nan())
                        .map(|(quantity, x)| (*quantity, *x));
                    StoredRow {
                        row,
                        step: result.rows.steps[row],
                        values: values.collect(),
                    }
                };
                let stored = StoredRun {
                    labels: labels.clone(),
                    outcome: result.rows.outcome,
                    recorded: result.rows.steps.len(),
                    rows: rows[job.setting_index].iter().map(row).collect(),
                };
                runs.insert((key(job), run), stored);
            }
        }
        Ok(Self {
            experiment: experiment.name.clone(),
            program: concat!("falign ", env!("CARGO_PKG_VERSION")).to_owned(),
            versions,
            columns,
            runs,
        })
    }

    /// Number of jobs with stored runs.
    pub fn jobs(&self) -> usize {
        let jobs: BTreeSet<&str> = self.runs.keys().map(|(job, _)| job.as_str()).collect();
        jobs.len()
    }

    /// Program and numerics versions that made the results: `falign 0.1.0, numerics version 1`.
    pub fn origin(&self) -> String {
        let versions: BTreeSet<String> = self.versions.values().map(u32::to_string).collect();
        let versions: Vec<String> = versions.into_iter().collect();
        format!(
            "{}, numerics version {}",
            self.program,
            versions.join(" and ")
        )
    }

    /// Takes in the runs of `newer`, which replace those of the same jobs. `path` is where `self`
    /// was read.
    ///
    /// Runs that claims compare with one another should come from one folder: of settings from
    /// several, only steps that both keep are compared, and of one setting's runs from several,
    /// only steps that all of them keep are left.
    ///
    /// # Errors
    /// [`Error::Record`] if the two are of different experiments or numerics versions.
    pub fn absorb(&mut self, newer: Self, path: &Path) -> Result<()> {
        if self.experiment != newer.experiment {
            let why = format!(
                "has results of {}, not of {}; choose another file",
                self.experiment, newer.experiment
            );
            return Err(Error::record(path, why));
        }
        for (family, version) in &newer.versions {
            match self.versions.insert(*family, *version) {
                Some(old) if old != *version => {
                    let why = format!(
                        "has results of numerics version {old} ({}), and the new ones are of {version}; remove it first",
                        family.name()
                    );
                    return Err(Error::record(path, why));
                }
                _ => {}
            }
        }
        let new = |name: &String| !self.columns.contains(name);
        let new: Vec<String> = newer.columns.into_iter().filter(new).collect();
        self.columns.extend(new);
        self.program = newer.program;
        self.runs.extend(newer.runs);
        Ok(())
    }
}
