//! Ridge schedules lambda(t): a pure function of the step.

use serde::{Deserialize, Serialize};

/// How the ridge enters the update of beta.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RidgeForm {
    /// beta shrinks by (1 - eta lambda(t)): the gradient of (4.1), and the paper's appendix.
    #[default]
    StepScaled,
    /// beta shrinks by (1 - lambda(t)), as Section 4.1 prints it.
    PerStep,
}

/// The ridge lambda(t) as a function of the step t = 0, 1, ...
///
/// ```
/// use falign::rule::Schedule;
/// let cutoff = Schedule::Cutoff { ridge: 0.3, last_step: 10 };
/// assert_eq!((cutoff.value(10), cutoff.value(11)), (0.3, 0.0)); // T is inclusive
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Theorem 4.6 (cutoff) and the remark after it.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// lambda at every step.
    Constant {
        /// lambda >= 0.
        ridge: f64,
    },
    /// lambda for t <= T, then 0 (T + 1 ridge steps).
    Cutoff {
        /// lambda >= 0.
        ridge: f64,
        /// T.
        last_step: u64,
    },
    /// lambda / (1 + t/t0)^2.
    InverseSquare {
        /// lambda >= 0 at t = 0.
        ridge: f64,
        /// t0 > 0 in steps.
        decay_steps: f64,
    },
    /// lambda exp(-t/t0).
    Exponential {
        /// lambda >= 0 at t = 0.
        ridge: f64,
        /// t0 > 0 in steps.
        decay_steps: f64,
    },
    /// One value per step; the last holds from there on.
    Table {
        /// Values >= 0, not empty.
        values: Vec<f64>,
    },
}

impl Schedule {
    /// lambda(t).
    pub fn value(&self, step: u64) -> f64 {
        let t = step as f64;
        match self {
            Self::Constant { ridge } => *ridge,
            Self::Cutoff { ridge, last_step } => {
                if step <= *last_step {
                    *ridge
                } else {
                    0.0
                }
            }
            Self::InverseSquare { ridge, decay_steps } => {
                let u = 1.0 + t / decay_steps;
                ridge / (u * u)
            }
            Self::Exponential { ridge, decay_steps } => ridge * libm::exp(-t / decay_steps),
            Self::Table { values } => {
                let last = values.len().saturating_sub(1);
                let index = usize::try_from(step).unwrap_or(last).min(last);
                values.get(index).copied().unwrap_or(0.0)
            }
        }
    }

    /// The largest value over all steps.
    pub fn max(&self) -> f64 {
        match self {
            Self::Constant { ridge }
            | Self::Cutoff { ridge, .. }
            | Self::InverseSquare { ridge, .. }
            | Self::Exponential { ridge, .. } => *ridge,
            Self::Table { values } => values.iter().copied().fold(0.0, f64::max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_follow_their_formulas() {
        let inverse = Schedule::InverseSquare {
            ridge: 2.0,
            decay_steps: 10.0,
        };
        let exponential = Schedule::Exponential {
            ridge: 2.0,
            decay_steps: 10.0,
        };
        assert!((inverse.value(10) - 0.5).abs() < 1e-15);
        assert!((exponential.value(10) - 2.0 * (-1.0f64).exp()).abs() < 1e-15);
        let table = Schedule::Table {
            values: vec![1.0, 0.5],
        };
        assert_eq!(
            [table.value(0), table.value(1), table.value(9)].map(f64::to_bits),
            [1.0f64, 0.5, 0.5].map(f64::to_bits)
        );
    }
}
