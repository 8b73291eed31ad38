//! How feedback weights learn: how fast, what they forget, and what that is where nobody says.

use super::{FeedbackWeights, MirrorResponse};

/// Numbers of feedback weights that learn; the others ignore them. The default leaves step size
/// and decay to the rule: see [`numbers`](Self::numbers).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FeedbackLearning {
    /// `eta_b` of weight-mirror and Hebbian feedback; `None` leaves it to the rule. Kolen-Pollack
    /// feedback changes as the forward weights do, and has none.
    pub step_size: Option<f64>,
    /// kappa, the share by which they shrink each step.
    pub decay: FeedbackDecay,
    /// Responses that a weight mirror learns from. Numbers that are left to the rule are those of linear
    /// responses.
    pub mirror_response: MirrorResponse,
}

/// How feedback weights that learn shrink.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum FeedbackDecay {
    /// As suits the rule.
    #[default]
    Auto,
    /// The ridge of the forward weights that they stand for; no decay where there is none.
    Ridge,
    /// A share of them in each step, in [0, 1).
    Number(f64),
}

/// Feedback weights and their batch, as far as their own numbers depend on them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeedbackPlace {
    /// n, weights that the layer above sums for one of its outputs: its inputs, where it is dense.
    pub units: usize,
    /// c, the factor of the layer above.
    pub factor: f64,
    /// m, samples of the batch, at each place at which the layer above uses its weights.
    pub samples: usize,
    /// Factor of each sample of the batch: [`Reduction::factor`](crate::math::Reduction::factor).
    pub reduction: f64,
    /// r, the root mean square over batch and units of the activity above times that of the
    /// activity below. Only Hebbian feedback looks at it.
    pub activity: f64,
}

/// [`FeedbackLearning`] in numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeedbackNumbers {
    /// `eta_b`; 0 where the rule has none.
    pub step_size: f64,
    /// kappa; `None`: the ridge of the forward weights.
    pub decay: Option<f64>,
}

/// The largest decay that is chosen for a weight mirror, and that of Hebbian feedback.
const MIRROR_DECAY: f64 = 0.1;
const HEBBIAN_DECAY: f64 = 0.01;

/// The noise that a mirror's decay leaves: kappa n / m is at most this.
const MIRROR_NOISE: f64 = 0.2;

/// Size of Hebbian feedback weights between units that always fire together, in standard
/// deviations of weights that keep the size of what they sum: correlations near a third make
/// feedback weights as large as those.
const HEBBIAN_SIZE: f64 = 3.0;

impl FeedbackLearning {
    /// Numbers in place of what is left to the rule:
    ///
    /// | feedback | `eta_b` | kappa | so that |
    /// |---|---|---|---|
    /// | weight mirror | min(0.1, 0.2 m/n) | `eta_b` | B tends to W; noise leaves cos(B, W) = 1/sqrt(1 + kappa n/((2 - kappa) m)), at least 0.95 |
    /// | Hebbian | 0.01/g | g `eta_b`, at most 1 | B tends to 3/(c sqrt(n)) times the mean product of the activities over r, and no further |
    /// | Kolen-Pollack | none | the ridge | B - W shrinks with the ridge |
    ///
    /// where g is c^2 sqrt(n) r/3 times the sum of the batch's weights (1 for a mean, m for a sum).
    ///
    /// A mirror or a Hebbian product without decay grows for ever: its direction is right, its
    /// signals are hundreds of times those of the forward weights. Kolen-Pollack feedback changes
    /// by what the forward weights change by, so a decay that they do not have would let B die
    /// out as learning ends; without ridge B - W stays as it was drawn.
    pub fn numbers(self, feedback: FeedbackWeights, place: FeedbackPlace) -> FeedbackNumbers {
        let (n, m) = (place.units as f64, place.samples as f64);
        let (step_size, decay) = match feedback {
            FeedbackWeights::WeightMirror => {
                let auto = MIRROR_DECAY.min(MIRROR_NOISE * m / n);
                let step_size = self.step_size.unwrap_or(auto);
                (step_size, Some(step_size))
            }
            FeedbackWeights::Hebbian => {
                let batch = m * place.reduction;
                let gain =
                    place.factor * place.factor * n.sqrt() * batch * place.activity / HEBBIAN_SIZE;
                // Of units that are all silent there is nothing to learn.
                let auto = if gain > 0.0 {
                    HEBBIAN_DECAY / gain
                } else {
                    0.0
                };
                let step_size = self.step_size.unwrap_or(auto);
                (step_size, Some(step_size * gain))
            }
            _ => (self.step_size.unwrap_or(0.0), None),
        };
        FeedbackNumbers {
            step_size,
            decay: match self.decay {
                FeedbackDecay::Auto => decay.map(|kappa| kappa.min(1.0)),
                FeedbackDecay::Ridge => None,
                FeedbackDecay::Number(kappa) => Some(kappa),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: FeedbackPlace = FeedbackPlace {
        units: 256,
        factor: 1.0,
        samples: 100,
        reduction: 0.01,
        activity: 0.75,
    };

    fn close(found: FeedbackNumbers, [step_size, decay]: [f64; 2]) {
        let kappa = found.decay.expect("a separate decay");
        let near = |a: f64, b: f64| (a - b).abs() < 1e-15;
        assert!(
            near(found.step_size, step_size) && near(kappa, decay),
            "{found:?}"
        );
    }

    #[test]
    fn a_mirror_is_as_fast_as_its_noise_allows_and_tends_to_the_weights() {
        let auto = FeedbackLearning::default();
        let at = |units, samples| {
            let place = FeedbackPlace {
                units,
                samples,
                ..PLACE
            };
            auto.numbers(FeedbackWeights::WeightMirror, place)
        };
        close(at(256, 100), [0.078_125, 0.078_125]);
        close(at(128, 100), [0.1, 0.1]);
        close(at(1000, 1), [2e-4, 2e-4]);
        let typed = FeedbackLearning {
            step_size: Some(0.03),
            ..auto
        };
        close(
            typed.numbers(FeedbackWeights::WeightMirror, PLACE),
            [0.03, 0.03],
        );
        let fast = FeedbackLearning {
            step_size: Some(3.0),
            ..auto
        };
        close(
            fast.numbers(FeedbackWeights::WeightMirror, PLACE),
            [3.0, 1.0],
        );
    }

    #[test]
    fn hebbian_feedback_tends_to_a_mean_whatever_the_reduction() {
        let auto = FeedbackLearning::default();
        let hebbian = |place| auto.numbers(FeedbackWeights::Hebbian, place);
        close(hebbian(PLACE), [0.01 / 4.0, 0.01]);
        let sum = FeedbackPlace {
            reduction: 1.0,
            ..PLACE
        };
        close(hebbian(sum), [0.01 / 400.0, 0.01]);
        // With the paper's factor.
        let paper = FeedbackPlace {
            factor: 1.0 / 16.0,
            ..sum
        };
        close(hebbian(paper), [0.01 / 1.5625, 0.01]);
        let typed = FeedbackLearning {
            step_size: Some(1e-3),
            ..auto
        };
        close(
            typed.numbers(FeedbackWeights::Hebbian, paper),
            [1e-3, 1.5625e-3],
        );
        let silent = FeedbackPlace {
            activity: 0.0,
            ..PLACE
        };
        close(hebbian(silent), [0.0, 0.0]);
    }

    #[test]
    fn a_typed_number_means_what_it_says_and_kolen_pollack_has_the_ridge() {
        for feedback in [FeedbackWeights::WeightMirror, FeedbackWeights::Hebbian] {
            let typed = FeedbackLearning {
                step_size: Some(0.2),
                decay: FeedbackDecay::Number(0.0),
                ..FeedbackLearning::default()
            };
            close(typed.numbers(feedback, PLACE), [0.2, 0.0]);
            let ridge = FeedbackLearning {
                decay: FeedbackDecay::Ridge,
                ..typed
            };
            assert_eq!(ridge.numbers(feedback, PLACE).decay, None);
        }
        let auto = FeedbackLearning::default();
        assert_eq!(
            auto.numbers(FeedbackWeights::KolenPollack, PLACE).decay,
            None
        );
    }
}
