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

impl RidgeForm {
    /// Shortfall of the factor of beta from 1 in a step: eta lambda, or lambda.
    ///
    /// ```
    /// use falign::rule::RidgeForm;
    /// assert_eq!(RidgeForm::StepScaled.decay(0.1, 0.5), 0.05);
    /// assert_eq!(RidgeForm::PerStep.decay(0.1, 0.5), 0.5);
    /// ```
    pub fn decay(self, step_size: f64, ridge: f64) -> f64 {
        match self {
            Self::StepScaled => step_size * ridge,
            Self::PerStep => ridge,
        }
    }
}

/// The ridge lambda(t) as a function of the step t = 0, 1, ... In an experiment file levels and times may
/// be in units of the theory, which each run makes numbers.
///
/// ```
/// use falign::rule::Schedule;
/// let cutoff = Schedule::Cutoff { ridge: 0.3, last_step: 10 };
/// assert_eq!((cutoff.value(10), cutoff.value(11)), (0.3, 0.0)); // T is inclusive
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Theorem 4.6 (cutoff) and the remark after it.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule<Level = f64, Last = u64, Time = f64> {
    /// lambda at every step.
    Constant {
        /// lambda >= 0.
        ridge: Level,
    },
    /// lambda for t <= T, then 0 (T + 1 ridge steps).
    Cutoff {
        /// lambda >= 0.
        ridge: Level,
        /// T.
        last_step: Last,
    },
    /// lambda / (1 + t/t0)^2.
    InverseSquare {
        /// lambda >= 0 at t = 0.
        ridge: Level,
        /// t0 > 0 in steps.
        decay_steps: Time,
    },
    /// lambda exp(-t/t0).
    Exponential {
        /// lambda >= 0 at t = 0.
        ridge: Level,
        /// t0 > 0 in steps.
        decay_steps: Time,
    },
    /// One value per step; the last holds from there on.
    Table {
        /// Values >= 0, not empty.
        values: Vec<f64>,
    },
}

impl<Level, Last, Time> Schedule<Level, Last, Time> {
    /// The schedule in numbers: `level` makes one of a ridge, `last` of the last step with ridge, `time`
    /// of a time in which it decays.
    ///
    /// # Errors
    /// The error of the first value that has no number.
    pub(crate) fn resolved<E>(
        &self,
        level: impl Fn(&Level) -> Result<f64, E>,
        last: impl Fn(&Last) -> Result<u64, E>,
        time: impl Fn(&Time) -> Result<f64, E>,
    ) -> Result<Schedule, E> {
        Ok(match self {
            Self::Constant { ridge } => Schedule::Constant {
                ridge: level(ridge)?,
            },
            Self::Cutoff { ridge, last_step } => Schedule::Cutoff {
                ridge: level(ridge)?,
                last_step: last(last_step)?,
            },
            Self::InverseSquare { ridge, decay_steps } => Schedule::InverseSquare {
                ridge: level(ridge)?,
                decay_steps: time(decay_steps)?,
            },
            Self::Exponential { ridge, decay_steps } => Schedule::Exponential {
                ridge: level(ridge)?,
                decay_steps: time(decay_steps)?,
            },
            Self::Table { values } => Schedule::Table {
                values: values.clone(),
            },
        })
    }
}

impl Schedule {
    /// lambda(t).
    pub fn value(&self, step: u64) -> f64 {
        self.at(step as f64)
    }

    /// lambda at a real time t >= 0, in steps: that of a cutoff and of a table is constant from
    /// each step to the next.
    pub(crate) fn at(&self, t: f64) -> f64 {
        match self {
            Self::Constant { ridge } => *ridge,
            Self::Cutoff { ridge, last_step } => {
                if t < *last_step as f64 + 1.0 {
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
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "saturates, and is not negative"
                )]
                let index = (t as usize).min(last);
                values.get(index).copied().unwrap_or(0.0)
            }
        }
    }

    /// The schedule with every ridge times `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let mut scaled = self.clone();
        match &mut scaled {
            Self::Constant { ridge }
            | Self::Cutoff { ridge, .. }
            | Self::InverseSquare { ridge, .. }
            | Self::Exponential { ridge, .. } => *ridge *= factor,
            Self::Table { values } => values.iter_mut().for_each(|ridge| *ridge *= factor),
        }
        scaled
    }

    /// lambda(0) + ... + lambda(`steps` - 1), by a formula that takes no longer for more steps.
    pub(crate) fn sum(&self, steps: u64) -> f64 {
        let count = steps as f64;
        match self {
            Self::Constant { ridge } => ridge * count,
            Self::Cutoff { ridge, last_step } => {
                ridge * steps.min(last_step.saturating_add(1)) as f64
            }
            Self::InverseSquare {
                ridge,
                decay_steps: t0,
            } => ridge * t0 * t0 * (trigamma(*t0) - trigamma(t0 + count)),
            Self::Exponential {
                ridge,
                decay_steps: t0,
            } => ridge * libm::expm1(-count / t0) / libm::expm1(-1.0 / t0),
            Self::Table { values } => {
                let listed = usize::try_from(steps)
                    .unwrap_or(usize::MAX)
                    .min(values.len());
                let rest = (steps - listed as u64) as f64;
                let last = values.last().copied().unwrap_or(0.0);
                values[..listed].iter().sum::<f64>() + if rest > 0.0 { last * rest } else { 0.0 }
            }
        }
    }

    /// The sum over all steps, which may be infinite.
    pub(crate) fn total(&self) -> f64 {
        match self {
            Self::Constant { ridge } if *ridge > 0.0 => f64::INFINITY,
            Self::Constant { .. } => 0.0,
            Self::Cutoff { .. } => self.sum(u64::MAX),
            Self::InverseSquare {
                ridge,
                decay_steps: t0,
            } => ridge * t0 * t0 * trigamma(*t0),
            Self::Exponential {
                ridge,
                decay_steps: t0,
            } => ridge / -libm::expm1(-1.0 / t0),
            Self::Table { values } if values.last().is_some_and(|last| *last > 0.0) => {
                f64::INFINITY
            }
            Self::Table { values } => values.iter().sum(),
        }
    }

    /// The time from which on there is no ridge at all, if there is one: the end of a cutoff.
    pub(crate) fn end(&self) -> Option<f64> {
        let first_zero = match self {
            Self::Constant { ridge }
            | Self::InverseSquare { ridge, .. }
            | Self::Exponential { ridge, .. } => (*ridge <= 0.0).then_some(0),
            Self::Cutoff { ridge, last_step } => Some(if *ridge > 0.0 { last_step + 1 } else { 0 }),
            Self::Table { values } => {
                let kept = values.iter().rposition(|ridge| *ridge > 0.0);
                match kept {
                    Some(last) if last + 1 == values.len() => None,
                    other => Some(other.map_or(0, |last| last as u64 + 1)),
                }
            }
        };
        first_zero.map(|step| step as f64)
    }

    /// The largest value over all steps.
    pub(crate) fn max(&self) -> f64 {
        match self {
            Self::Constant { ridge }
            | Self::Cutoff { ridge, .. }
            | Self::InverseSquare { ridge, .. }
            | Self::Exponential { ridge, .. } => *ridge,
            Self::Table { values } => values.iter().copied().fold(0.0, f64::max),
        }
    }
}

/// The sum of 1/(x + i)^2 over i >= 0, for x > 0: terms until its expansion is exact.
fn trigamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 20.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let series = 1.0 / 6.0 - y * (1.0 / 30.0 - y * (1.0 / 42.0 - y / 30.0));
    sum + (1.0 + 0.5 / x + y * series) / x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_values() {
        for schedule in [
            Schedule::Constant { ridge: 0.3 },
            Schedule::Cutoff {
                ridge: 0.3,
                last_step: 40,
            },
            Schedule::InverseSquare {
                ridge: 0.3,
                decay_steps: 7.5,
            },
            Schedule::InverseSquare {
                ridge: 0.3,
                decay_steps: 0.2,
            },
            Schedule::Exponential {
                ridge: 0.3,
                decay_steps: 7.5,
            },
            Schedule::Table {
                values: vec![1.0, 0.5, 0.25],
            },
            Schedule::Table {
                values: vec![1.0, 0.0],
            },
        ] {
            for steps in [0, 1, 2, 3, 41, 400] {
                let plain: f64 = (0..steps).map(|t| schedule.value(t)).sum();
                let sum = schedule.sum(steps);
                assert!(
                    (sum - plain).abs() < 1e-12,
                    "{schedule:?} {steps}: {sum} {plain}"
                );
            }
            assert!((schedule.scaled(2.0).sum(41) - 2.0 * schedule.sum(41)).abs() < 1e-12);
            let late = schedule.sum(1 << 50);
            let total = schedule.total();
            assert!(
                (total.is_infinite() && late > 1e12) || (total - late).abs() < 1e-12,
                "{schedule:?}: {total} {late}"
            );
        }
    }

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
        let cutoff = Schedule::Cutoff {
            ridge: 0.3,
            last_step: 10,
        };
        let ending = Schedule::Table {
            values: vec![0.0, 0.5, 0.0],
        };
        let ends = [&inverse, &table, &cutoff, &ending].map(Schedule::end);
        assert_eq!(ends, [None, None, Some(11.0), Some(2.0)]);
        let none = [
            cutoff.scaled(0.0),
            inverse.scaled(0.0),
            exponential.scaled(0.0),
            Schedule::Constant { ridge: 0.0 },
            table.scaled(0.0),
            Schedule::Table { values: Vec::new() },
        ];
        assert!(
            none.iter().all(|none| none.end() == Some(0.0)),
            "no ridge at any time"
        );
        assert!(cutoff.at(10.9) > 0.0 && cutoff.at(11.0) <= 0.0);
        assert_eq!(
            [table.value(0), table.value(1), table.value(9)].map(f64::to_bits),
            [1.0f64, 0.5, 0.5].map(f64::to_bits)
        );
    }
}
