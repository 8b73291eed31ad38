//! Step sizes that change during training.

/// eta as a function of time, in epochs from the start. What an experiment file says of it is
/// `StepSizes<(), ()>`: its first value and the length of the run come with the run.
///
/// ```
/// use falign::internal::network::StepSizes;
/// let eta = StepSizes::Inverse { step_size: 0.1, decay_epochs: 5.0 };
/// assert_eq!(eta.value(5.0), 0.05);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepSizes<Eta = f64, Epochs = f64> {
    /// eta.
    Constant {
        /// eta.
        step_size: Eta,
    },
    /// eta / (1 + t / t0).
    Inverse {
        /// eta at the start.
        step_size: Eta,
        /// t0.
        decay_epochs: f64,
    },
    /// eta exp(-t / t0).
    Exponential {
        /// eta at the start.
        step_size: Eta,
        /// t0.
        decay_epochs: f64,
    },
    /// Step sizes from eta to 0 along half a cosine over `epochs` (Loshchilov & Hutter 2017, no restarts).
    Cosine {
        /// eta at the start.
        step_size: Eta,
        /// Length of the run.
        epochs: Epochs,
    },
}

impl StepSizes<(), ()> {
    /// Step sizes of a run that starts with `step_size` and lasts `epochs`.
    ///
    /// ```
    /// use falign::internal::network::StepSizes;
    /// let shape = StepSizes::Cosine { step_size: (), epochs: () };
    /// assert_eq!(shape.of_run(0.2, 8.0), StepSizes::Cosine { step_size: 0.2, epochs: 8.0 });
    /// ```
    pub fn of_run(self, step_size: f64, epochs: f64) -> StepSizes {
        match self {
            Self::Constant { .. } => StepSizes::Constant { step_size },
            Self::Inverse { decay_epochs, .. } => StepSizes::Inverse {
                step_size,
                decay_epochs,
            },
            Self::Exponential { decay_epochs, .. } => StepSizes::Exponential {
                step_size,
                decay_epochs,
            },
            Self::Cosine { .. } => StepSizes::Cosine { step_size, epochs },
        }
    }
}

impl StepSizes {
    /// eta at `epoch`. The pure-Rust libm makes it the same on every machine.
    pub fn value(self, epoch: f64) -> f64 {
        match self {
            Self::Constant { step_size } => step_size,
            Self::Inverse {
                step_size,
                decay_epochs,
            } => step_size / (1.0 + epoch / decay_epochs),
            Self::Exponential {
                step_size,
                decay_epochs,
            } => step_size * libm::exp(-epoch / decay_epochs),
            Self::Cosine { step_size, epochs } => {
                let share = (epoch / epochs).clamp(0.0, 1.0);
                0.5 * step_size * (1.0 + libm::cos(std::f64::consts::PI * share))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_start_at_eta_and_follow_their_formulas() {
        let (step_size, decay_epochs) = (0.2, 4.0);
        let all = [
            (StepSizes::Constant { step_size }, 0.2),
            (
                StepSizes::Inverse {
                    step_size,
                    decay_epochs,
                },
                0.1,
            ),
            (
                StepSizes::Exponential {
                    step_size,
                    decay_epochs,
                },
                0.2 * (-1.0f64).exp(),
            ),
            (
                StepSizes::Cosine {
                    step_size,
                    epochs: 8.0,
                },
                0.1,
            ),
        ];
        for (schedule, at_four) in all {
            assert!((schedule.value(0.0) - 0.2).abs() < 1e-15, "{schedule:?}");
            assert!(
                (schedule.value(4.0) - at_four).abs() < 1e-15,
                "{schedule:?}"
            );
        }
        let end = StepSizes::Cosine {
            step_size,
            epochs: 8.0,
        }
        .value(8.0);
        assert!(end.abs() < 1e-16);
    }
}
