//! How a run ended: data, not an error, so that a sweep survives it.

use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The run took all its steps.
    Finished,
    /// The stopping rule was met.
    Converged {
        /// The step at which it was met.
        step: u64,
    },
    /// The run took all its steps, but the loss stayed at that of the best constant outputs: nothing
    /// was learned of the inputs. Deep networks only.
    Stalled {
        /// The recorded step since which it stayed there.
        step: u64,
    },
    /// The residual stopped being finite.
    Diverged {
        /// The first step without a finite residual.
        step: u64,
    },
}

impl Outcome {
    /// Whether the run diverged.
    pub fn is_diverged(self) -> bool {
        matches!(self, Self::Diverged { .. })
    }

    /// The column text: `finished`, `converged`, `stalled` or `diverged`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Converged { .. } => "converged",
            Self::Stalled { .. } => "stalled",
            Self::Diverged { .. } => "diverged",
        }
    }

    /// The step of convergence or divergence, or since which it stalled.
    pub fn step(self) -> Option<u64> {
        match self {
            Self::Finished => None,
            Self::Converged { step } | Self::Stalled { step } | Self::Diverged { step } => {
                Some(step)
            }
        }
    }
}
