//! The runs of a setting, side by side.

use ndarray::Array2;

use super::config::LabelledSetting;
use super::simulate::RunResult;
use crate::observe::Outcome;
use crate::record::run_table::SettingRuns;

/// What tables show of a run.
#[derive(Clone)]
pub(super) struct RunRows {
    /// The recorded steps.
    pub(super) steps: Vec<u64>,
    /// Per row the values of the setting's quantities.
    pub(super) values: Vec<Vec<f64>>,
    pub(super) outcome: Outcome,
}

impl From<RunResult> for RunRows {
    fn from(run: RunResult) -> Self {
        Self {
            steps: run.steps,
            values: run.values,
            outcome: run.outcome,
        }
    }
}

/// The runs of one setting in order; where their steps differ, a row has the mean step.
pub(super) fn setting_runs(labelled: &LabelledSetting, runs: &[RunRows]) -> SettingRuns {
    let rows = runs.iter().map(|r| r.steps.len()).min().unwrap_or(0);
    let mean_step = |row: usize| {
        let sum: u128 = runs.iter().map(|r| u128::from(r.steps[row])).sum();
        let count = runs.len() as u128;
        u64::try_from((sum + count / 2) / count).unwrap_or(u64::MAX)
    };
    let quantities = labelled.setting.quantities.iter().enumerate();
    let values = quantities
        .map(|(at, &q)| {
            let value = |(run, row): (usize, usize)| runs[run].values[row][at];
            (q, Array2::from_shape_fn((runs.len(), rows), value))
        })
        .collect();
    SettingRuns {
        case: labelled.case.clone(),
        axes: labelled.axes.clone(),
        columns: labelled
            .columns()
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v))
            .collect(),
        steps: (0..rows).map(mean_step).collect(),
        values,
        outcomes: runs.iter().map(|r| r.outcome).collect(),
    }
}
