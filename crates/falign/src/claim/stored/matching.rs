//! Runs of a plan that are stored, and the table that stored and other runs make together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Stored, StoredRun, key};
use crate::Result;
use crate::config::Experiment;
use crate::measure::Quantity;
use crate::plan::run_table::{RunTable, SettingRuns};
use crate::plan::{Job, Plan, result_file};
use crate::simulate::RunRows;

/// One of a run's records. Runs of one setting may differ in their number: the last of each stand
/// side by side, as in other tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// A row before the last, by the number of those before it.
    Row(usize),
    Last,
}

impl Place {
    /// Place of row `row` among those that a run recorded.
    fn new(row: usize, recorded: usize) -> Self {
        if row + 1 == recorded {
            Self::Last
        } else {
            Self::Row(row)
        }
    }

    /// The row among those of a whole run, if it has it.
    fn row(self, recorded: usize) -> Option<usize> {
        match self {
            Self::Row(row) => (row + 1 < recorded).then_some(row),
            Self::Last => recorded.checked_sub(1),
        }
    }
}

/// Records that all stored runs of a setting keep, by the setting. Of one setting, because its runs are
/// averaged row by row; another has different rows, as claims may name its steps.
type Common = BTreeMap<usize, BTreeSet<Place>>;

impl Stored {
    /// The stored runs of a job; `None` if one is missing.
    fn of_job(&self, job: &Job) -> Option<Vec<&StoredRun>> {
        let key = key(job);
        let run = |run| self.runs.get(&(key.clone(), run));
        job.runs.clone().map(run).collect()
    }

    /// The jobs of a plan that are not stored, in order: all of them if the stored results are of
    /// [another version](Self::other_version), and those of a rule without a version, of whose code
    /// nobody knows whether it is the same.
    pub fn missing(&self, experiment: &Experiment, plan: &Plan) -> Plan {
        if self.other_version(experiment).is_some() {
            return plan.clone();
        }
        let is_missing = |job: &&Job| {
            let setting = &experiment.settings[job.setting_index].setting;
            setting.rule.is_unversioned() || self.of_job(job).is_none()
        };
        let jobs = plan.jobs.iter().filter(is_missing);
        Plan {
            jobs: jobs.cloned().collect(),
            inputs: plan.inputs.clone(),
        }
    }

    /// Reason why nothing of an experiment can be stored here, where that is so: a sentence about the
    /// first numerics version that is not this program's.
    pub fn other_version(&self, experiment: &Experiment) -> Option<String> {
        let settings = experiment.settings.iter();
        let families = settings.map(|one| one.setting.family());
        let families: BTreeSet<_> = families.collect();
        families.into_iter().find_map(|family| {
            let (stored, ours) = (*self.versions.get(&family)?, family.numerics_version());
            (stored != ours).then(|| {
                format!(
                    "stored results are of numerics version {stored} ({}), this program's is {ours}",
                    family.name()
                )
            })
        })
    }

    /// Kept and recorded steps of the longest run that is stored for this plan.
    pub fn steps(&self, plan: &Plan) -> Option<(usize, usize)> {
        let runs = plan
            .jobs
            .iter()
            .filter_map(|job| self.of_job(job))
            .flatten();
        runs.map(|run| (run.rows.len(), run.recorded))
            .max_by_key(|(_, recorded)| *recorded)
    }

    /// Collects all runs of a plan as one table, those that are [missing](Self::missing) here from
    /// `folder`. These have the stored steps only where other runs of their setting are stored.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) or [`Error::Record`](crate::Error::Record) naming the
    /// first result of the folder that is missing or damaged.
    pub fn table(&self, experiment: &Experiment, plan: &Plan, folder: &Path) -> Result<RunTable> {
        let common = self.common_rows(plan);
        let mut by_setting: BTreeMap<usize, Vec<RunRows>> = BTreeMap::new();
        for job in &plan.jobs {
            let quantities = &experiment.settings[job.setting_index].setting.quantities;
            let rows = common.get(&job.setting_index);
            let runs: Vec<RunRows> = if let (Some(runs), Some(rows)) = (self.of_job(job), rows) {
                let stored = runs.into_iter().map(|run| run.at(rows, quantities));
                stored.collect()
            } else {
                let path = result_file::result_path(folder, job);
                let runs = result_file::read(experiment, job, &path)?;
                let whole = runs.into_iter().map(|run| run.rows);
                match rows {
                    Some(rows) => whole.map(|run| at(&run, rows)).collect(),
                    None => whole.collect(),
                }
            };
            by_setting
                .entry(job.setting_index)
                .or_default()
                .extend(runs);
        }
        let settings = by_setting
            .into_iter()
            .map(|(index, runs)| {
                let mut setting = SettingRuns::new(&experiment.settings[index], &runs);
                // What was not stored was not recorded.
                let is_known = |x: &f64| !x.is_nan();
                setting
                    .values
                    .retain(|_, values| values.iter().any(is_known));
                setting
            })
            .collect();
        Ok(RunTable { settings })
    }

    fn common_rows(&self, plan: &Plan) -> Common {
        let mut common = Common::new();
        for job in &plan.jobs {
            for run in self.of_job(job).into_iter().flatten() {
                let kept = run.rows.iter();
                let rows: BTreeSet<Place> = kept
                    .map(|kept| Place::new(kept.row, run.recorded))
                    .collect();
                common
                    .entry(job.setting_index)
                    .and_modify(|known| known.retain(|row| rows.contains(row)))
                    .or_insert(rows);
            }
        }
        common
    }
}

impl StoredRun {
    /// Steps and values of some rows; NaN where there is no value.
    fn at(&self, common: &BTreeSet<Place>, quantities: &[Quantity]) -> RunRows {
        let rows: Vec<_> = self
            .rows
            .iter()
            .filter(|kept| common.contains(&Place::new(kept.row, self.recorded)))
            .collect();
        let value = |row: &BTreeMap<Quantity, f64>, q| row.get(q).copied().unwrap_or(f64::NAN);
        RunRows {
            steps: rows.iter().map(|kept| kept.step).collect(),
            values: rows
                .iter()
                .map(|kept| quantities.iter().map(|q| value(&kept.values, q)).collect())
                .collect(),
            outcome: self.outcome,
        }
    }
}

/// A whole run at some records, as far as it has them.
fn at(run: &RunRows, places: &BTreeSet<Place>) -> RunRows {
    let rows = || places.iter().filter_map(|place| place.row(run.steps.len()));
    RunRows {
        steps: rows().map(|row| run.steps[row]).collect(),
        values: rows().map(|row| run.values[row].clone()).collect(),
        outcome: run.outcome,
    }
}
