//! All runs of one setting, as arrays.

use ndarray::ArrayView2;

use crate::config::LabelledSetting;
use crate::math::statistics::{mean, sem};
use crate::measure::Quantity;
use crate::plan::run_table::SettingRuns;
use crate::simulate::Outcome;
use crate::simulate::resolve::Resolved;
use crate::simulate::{RunResult, RunRows, SavedWeights};

/// Runs of one setting. Arrays have the shape (runs, recorded steps).
///
/// # Example
/// ```
/// use falign::measure::Quantity;
/// use ndarray::array;
/// let x = array![[1.0, 0.2], [-0.3, 1.0], [0.5, -0.7]];
/// let run = falign::train(&x, &array![1.0, -1.0, 0.5]).width(50).steps(40).runs(3).run()?;
/// let last = run.rows().last().unwrap();
/// assert_eq!(last.step(), 40);
/// assert!(last.mean(Quantity::Loss) < run.loss()[[0, 0]]);
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    table: SettingRuns,
    resolved: Vec<Resolved>,
    weights: Vec<[Option<SavedWeights>; 2]>,
}

impl Run {
    pub(super) fn new(setting: &LabelledSetting, runs: Vec<RunResult>) -> Self {
        let resolved = runs.iter().map(|run| run.resolved).collect();
        let weights = runs.iter().map(|run| run.weights.clone()).collect();
        let rows: Vec<RunRows> = runs.into_iter().map(|run| run.rows).collect();
        Self {
            table: SettingRuns::new(setting, &rows),
            resolved,
            weights,
        }
    }

    /// The recorded steps, ascending. Where runs differ in theirs, as a horizon in theory units
    /// makes them, their mean.
    pub fn steps(&self) -> &[u64] {
        &self.table.steps
    }

    /// Values of a quantity; `None` where it was not recorded. NaN after divergence, and where it
    /// has no meaning.
    pub fn values(&self, quantity: Quantity) -> Option<ArrayView2<'_, f64>> {
        Some(self.table.values.get(&quantity)?.view())
    }

    /// The loss.
    ///
    /// # Panics
    /// If it was not recorded, which it is unless [`quantities`](super::Train::quantities) leaves
    /// it out.
    pub fn loss(&self) -> ArrayView2<'_, f64> {
        self.values(Quantity::Loss).expect("loss is recorded")
    }

    /// The alignment of the signals that the rule sends with those of backpropagation.
    ///
    /// # Panics
    /// As [`loss`](Self::loss).
    pub fn alignment(&self) -> ArrayView2<'_, f64> {
        self.values(Quantity::Alignment)
            .expect("alignment is recorded")
    }

    /// The recorded steps, one after the other.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = Row<'_>> + ExactSizeIterator {
        (0..self.table.steps.len()).map(|row| Row { run: self, row })
    }

    /// How each run ended.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.table.outcomes
    }

    /// Step size, ridge and spectrum of each run, where theory units became numbers.
    pub fn resolved(&self) -> &[Resolved] {
        &self.resolved
    }

    /// Weights of each run, initial and final, as far as `save_weights` asked for them.
    pub fn weights(&self) -> &[[Option<SavedWeights>; 2]] {
        &self.weights
    }
}

/// One recorded step of all runs.
///
/// # Example
/// ```
/// use falign::measure::Quantity;
/// use ndarray::array;
/// let run = falign::train(&array![[1.0], [-0.5]], &array![0.3, 0.1]).width(20).steps(10).run()?;
/// let first = run.rows().next().unwrap();
/// assert_eq!((first.step(), first.values(Quantity::Loss).len()), (0, run.outcomes().len()));
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    run: &'a Run,
    row: usize,
}

impl Row<'_> {
    /// The step.
    pub fn step(&self) -> u64 {
        self.run.table.steps[self.row]
    }

    /// Values of a quantity, one a run; none where it was not recorded.
    pub fn values(&self, quantity: Quantity) -> Vec<f64> {
        let values = self.run.table.at(quantity, self.row);
        values.map_or_else(Vec::new, |values| values.to_vec())
    }

    /// Mean over runs; NaN where a run has no value, or the quantity was not recorded.
    pub fn mean(&self, quantity: Quantity) -> f64 {
        mean(&self.values(quantity))
    }

    /// Standard error of the mean over runs; NaN for one run.
    pub fn standard_error(&self, quantity: Quantity) -> f64 {
        sem(&self.values(quantity))
    }
}
