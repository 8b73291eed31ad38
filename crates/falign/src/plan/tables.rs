//! The runs of a setting, side by side.

use ndarray::Array2;

use super::run_table::SettingRuns;
use crate::config::LabelledSetting;
use crate::simulate::RunRows;

/// Index of the record, among a run's `own`, in a row of a table of `rows`: the last in the last row,
/// however many more this run has than others.
pub(crate) fn record_of_row(row: usize, rows: usize, own: usize) -> usize {
    if row + 1 == rows { own - 1 } else { row }
}

/// Runs of one setting in order, record by record.
///
/// # Example
/// ```
/// use falign::experiment::Experiment;
/// use falign::internal::plan::setting_runs;
/// use falign::internal::simulate::sources::Sources;
/// use falign::internal::simulate::{Context, simulate};
/// let flat = "width = 20\nsteps = 10\nrecord = { every = 5 }".parse().unwrap();
/// let labelled = &Experiment::from_flat(&flat, None)?.settings[0];
/// let sources = Sources::default();
/// let one = |run| simulate(&labelled.setting, run, Context::new(&sources), &mut |_| true);
/// let runs = [one(0)?, one(1)?].into_iter().flatten();
/// let table = setting_runs(labelled, &runs.map(|run| run.rows).collect::<Vec<_>>());
/// assert_eq!((table.runs(), table.steps), (2, vec![0, 5, 10]));
/// # Ok::<(), falign::Error>(())
/// ```
pub fn setting_runs(labelled: &LabelledSetting, runs: &[RunRows]) -> SettingRuns {
    SettingRuns::new(labelled, runs)
}

impl SettingRuns {
    /// Runs of one setting in order, record by record.
    pub(crate) fn new(labelled: &LabelledSetting, runs: &[RunRows]) -> Self {
        let rows = runs.iter().map(|r| r.steps.len()).min().unwrap_or(0);
        let record = |run: usize, row| record_of_row(row, rows, runs[run].steps.len());
        let run_steps = Array2::from_shape_fn((runs.len(), rows), |(run, row)| {
            runs[run].steps[record(run, row)]
        });
        let mean_step = |row: usize| {
            let sum: u128 = run_steps.column(row).iter().map(|&s| u128::from(s)).sum();
            let count = runs.len() as u128;
            u64::try_from((sum + count / 2) / count).unwrap_or(u64::MAX)
        };
        let quantities = labelled.setting.quantities.iter().enumerate();
        let values = quantities
            .map(|(at, &q)| {
                let value = |(run, row): (usize, usize)| runs[run].values[record(run, row)][at];
                (q, Array2::from_shape_fn((runs.len(), rows), value))
            })
            .collect();
        Self {
            case: labelled.case.clone(),
            axes: labelled.axes.clone(),
            columns: labelled
                .columns()
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect(),
            steps: (0..rows).map(mean_step).collect(),
            run_steps,
            values,
            outcomes: runs.iter().map(|r| r.outcome).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Experiment, Overrides};
    use crate::measure::Quantity;
    use crate::plan::run_table::RunTable;
    use crate::plan::summary::summary_csv;
    use crate::simulate::Outcome;

    const FILE: &str = "name = \"a\"\n[run]\nquantities = [\"loss\"]\n";

    fn run(steps: &[u64], outcome: Outcome) -> RunRows {
        let ended = match outcome {
            Outcome::Diverged { step } => step,
            _ => u64::MAX,
        };
        // The loss is the step.
        let loss = |&step: &u64| if step < ended { step as f64 } else { f64::NAN };
        RunRows {
            steps: steps.to_vec(),
            values: steps.iter().map(|step| vec![loss(step)]).collect(),
            outcome,
        }
    }

    fn table(runs: &[RunRows]) -> SettingRuns {
        let experiment = Experiment::parse(FILE, &Overrides::none()).unwrap();
        SettingRuns::new(&experiment.settings[0], runs)
    }

    #[test]
    fn the_last_record_of_each_run_is_in_the_last_row() {
        let long = [0, 10, 20, 30, 40, 45];
        let found = table(&[
            run(&[0, 10, 15], Outcome::Finished),
            run(&long, Outcome::Diverged { step: 41 }),
            run(&[0, 10, 20], Outcome::Converged { step: 20 }),
        ]);
        assert_eq!(found.steps, [0, 10, 27]);
        let own: Vec<u64> = found.run_steps.iter().copied().collect();
        assert_eq!(own, [0, 10, 15, 0, 10, 45, 0, 10, 20]);
        // Values follow their steps.
        let loss = &found.values[&Quantity::Loss];
        for (value, &step) in loss.iter().zip(&found.run_steps) {
            assert!((value - step as f64).abs() < 1e-9 || (value.is_nan() && step == 45));
        }
        // No end is lost: at the mean step of 27 none of the two had come.
        let csv = summary_csv(&RunTable {
            settings: vec![found],
        });
        assert!(
            csv.lines().last().unwrap().contains(",27,15,45,3,1,1,"),
            "{csv}"
        );
    }

    #[test]
    fn runs_of_one_length_are_as_they_were_recorded() {
        let runs = [[0, 3, 9], [0, 3, 9]].map(|steps| run(&steps, Outcome::Finished));
        let found = table(&runs);
        assert_eq!(found.steps, [0, 3, 9]);
        assert!(!found.has_own_steps());
        assert!(table(&[]).steps.is_empty());
    }
}
