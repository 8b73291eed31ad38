//! Rows of a run, and all that is left of one.

use super::resolve::Resolved;
use super::{Outcome, SavedWeights};

/// Recorded rows of a run, or some of them, and how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRows {
    /// Steps at which rows were recorded, ascending.
    pub steps: Vec<u64>,
    /// Values of the recorded quantities, row by row; NaN where there is none.
    pub values: Vec<Vec<f64>>,
    /// How the run ended.
    pub outcome: Outcome,
}

/// A finished run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// Rows of the run, with the values of `setting.quantities`.
    pub rows: RunRows,
    /// The values of its theory units.
    pub resolved: Resolved,
    /// The weights asked for by `save_weights`: initial, final.
    pub weights: [Option<SavedWeights>; 2],
}
