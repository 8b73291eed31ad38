//! How a batch goes through maps and layers that are wired freely.

use super::gate::Gate;
use crate::math::{Stream, StreamName, Streams};

/// States of each node's map, from step to step: one array for each of [`Map::states`](crate::layer::map::Map::states).
pub(crate) type States<T> = Vec<Vec<Vec<T>>>;

/// How a batch goes through.
#[derive(Debug, Clone)]
pub(crate) struct Mode {
    /// Whether states move, and maps draw.
    pub(crate) is_training: bool,
    /// Draws of each layer in this step.
    pub(crate) noise: Stream,
    pub(crate) step: u64,
    /// Probability that a hidden unit is silent.
    pub(crate) dropout: f64,
    /// The function in the place of psi' in the changes of layers.
    pub(crate) gate: Gate,
}

impl Mode {
    /// A measurement, which draws nothing.
    pub(crate) fn silent() -> Self {
        Self {
            is_training: false,
            noise: Streams::new(0, 0).open(StreamName::Dropout),
            step: 0,
            dropout: 0.0,
            gate: Gate::Derivative,
        }
    }
}
