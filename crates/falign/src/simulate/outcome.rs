//! How a run ended: data, not an error, so that a sweep survives it.

use serde::{Deserialize, Serialize};

/// How a run ended.
///
/// # Example
/// ```
/// use falign::experiment::Outcome;
/// use ndarray::array;
/// let (x, y) = (array![[1.0, 0.2], [-0.3, 1.0], [0.5, -0.7]], array![1.0, -1.0, 0.5]);
/// let run = falign::train(&x, &y).width(20).steps(30).step_size(1e3).run()?; // far too large
/// for outcome in run.outcomes() {
///     assert!(matches!(outcome, Outcome::Diverged { .. }));
///     assert_eq!(outcome.name(), "diverged");
/// }
/// # Ok::<(), falign::Error>(())
/// ```
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
    pub(crate) fn is_diverged(self) -> bool {
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
