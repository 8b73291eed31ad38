//! The start of a run: W(0), beta(0) and b, given or drawn from named streams.

use crate::Result;
use crate::data::Weights;
use crate::math::{StreamName, Streams, fused};
use crate::stage::{Listener, Stage, Work, unstopped};

/// Source of the initial weights. Drawn hidden weights are made again whenever they
/// are needed, not stored.
///
/// # Example
/// ```
/// use falign::math::Streams;
/// use falign::two_layer::{Problem, Start};
/// use ndarray::Array;
/// let inputs = Array::from_shape_fn((6, 4), |(i, j)| ((5 * i + 3 * j) as f64).sin());
/// let targets = Array::from_shape_fn((6, 1), |(i, _)| (i as f64).cos());
/// let problem = Problem::new(inputs, targets, 50, 0.02);
/// let streams = Streams::new(1, 0);
/// let start = Start::Drawn { streams, correlation: 0.0 };
/// // Drawn weights are made when they are needed: rows 10 to 19 of W(0), 4 inputs each.
/// assert_eq!(start.hidden_rows(10, 10, problem.input_dim()).len(), 10 * 4);
/// ```
#[derive(Debug, Clone)]
pub enum Start {
    /// Given weights.
    Given(Weights),
    /// i.i.d. N(0, 1) from the streams of a run; b = rho beta + sqrt(1 - rho^2) xi.
    Drawn {
        /// The run's streams.
        streams: Streams,
        /// rho in [-1, 1].
        correlation: f64,
    },
}

impl Start {
    /// Rows `first .. first + count` of W(0), row-major.
    pub fn hidden_rows(&self, first: usize, count: usize, input_dim: usize) -> Vec<f64> {
        unstopped(|nobody| self.hidden_rows_of(first, count, input_dim, &unmeasured(nobody)))
    }

    /// [`hidden_rows`](Self::hidden_rows), as a part of some work.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(crate) fn hidden_rows_of(
        &self,
        first: usize,
        count: usize,
        input_dim: usize,
        work: &Work<'_>,
    ) -> Result<Vec<f64>> {
        match self {
            Self::Given(weights) => Ok(weights
                .hidden
                .rows()
                .into_iter()
                .skip(first)
                .take(count)
                .flat_map(|row| row.to_vec())
                .collect()),
            Self::Drawn { streams, .. } => {
                let mut stream = streams.open(StreamName::HiddenWeights);
                stream.seek((first * input_dim) as u64);
                work.draw(count * input_dim, || stream.normal())
            }
        }
    }

    /// beta(0) and b, each row-major (width, outputs).
    pub fn output_and_feedback(&self, width: usize, outputs: usize) -> (Vec<f64>, Vec<f64>) {
        unstopped(|nobody| self.output_and_feedback_of(width, outputs, &unmeasured(nobody)))
    }

    /// [`output_and_feedback`](Self::output_and_feedback), as a part of some work.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(crate) fn output_and_feedback_of(
        &self,
        width: usize,
        outputs: usize,
        work: &Work<'_>,
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        match self {
            Self::Given(weights) => Ok((
                weights.output.iter().copied().collect(),
                weights.feedback.iter().copied().collect(),
            )),
            Self::Drawn {
                streams,
                correlation,
            } => {
                let drawn = |name| {
                    let mut stream = streams.open(name);
                    work.draw(width * outputs, || stream.normal())
                };
                let output = drawn(StreamName::OutputWeights)?;
                let mut feedback = drawn(StreamName::FeedbackWeights)?;
                correlate(&output, &mut feedback, *correlation);
                Ok((output, feedback))
            }
        }
    }
}

/// Work on weights of which nobody asks how much there is.
fn unmeasured(listener: Listener<'_>) -> Work<'_> {
    Work::new(listener, 0.0, &Stage::weights)
}

/// xi becomes rho beta + sqrt(1 - rho^2) xi.
pub(super) fn correlate(beta: &[f64], xi: &mut [f64], rho: f64) {
    let rest = ((1.0 - rho) * (1.0 + rho)).sqrt();
    for (b, &beta) in xi.iter_mut().zip(beta) {
        *b = fused(rho, beta, rest * *b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Activation;
    use crate::rule::{Feedback, RidgeForm, Schedule};
    use crate::stage::stopped_at_each_stage;
    use crate::two_layer::{Dynamics, Linear, LinearStart, Needs, Problem, Reference, SampleSpace};
    use ndarray::Array2;

    const STREAMS: fn() -> Streams = || Streams::new(3, 1);

    fn problem(activation: Activation, feedback: Feedback) -> Problem {
        let matrix = |rows, columns| {
            Array2::from_shape_fn((rows, columns), |(i, j)| {
                (((7 * i + 3) * (j + 2)) as f64 * 0.37).sin()
            })
        };
        Problem {
            inputs: matrix(5, 7),
            targets: matrix(5, 2),
            held_out: Some((matrix(3, 7), matrix(3, 2))),
            width: 601,
            activation,
            feedback,
            step_size: 0.1,
            schedule: Schedule::Constant { ridge: 0.3 },
            ridge_form: RidgeForm::StepScaled,
            dropout: 0.0,
            output_scale: 1.0,
            center_outputs: false,
            feedback_step_size: 0.1,
            feedback_decay: None,
        }
    }

    fn needs() -> Needs {
        Needs {
            coefficients: true,
            held_out: true,
            ..Needs::default()
        }
    }

    /// An engine at its start, told of to somebody.
    type Begin<'a> = Box<dyn Fn(Listener<'_>) -> Result<Box<dyn Dynamics>> + 'a>;

    fn linear_from<'a>(problem: &'a Problem, start: impl Fn() -> LinearStart + 'a) -> Begin<'a> {
        Box::new(move |listener| {
            let engine = Linear::with_listener(problem, start(), needs(), listener)?;
            Ok(Box::new(engine))
        })
    }

    /// Looks at every engine, with its number.
    fn each_engine(see: impl Fn(usize, &Begin<'_>)) {
        let tanh = problem(Activation::Tanh, Feedback::Random);
        let linear = problem(Activation::Linear, Feedback::Random);
        let learns = problem(Activation::Linear, Feedback::KolenPollack);
        let drawn = || Start::Drawn {
            streams: STREAMS(),
            correlation: 0.4,
        };
        let gram = || LinearStart::Gram {
            streams: STREAMS(),
            correlation: 0.4,
        };
        let of_weights = || LinearStart::Weights(drawn());
        let begins: [Begin<'_>; 6] = [
            Box::new(|listener| {
                Ok(Box::new(Reference::<f32>::with_listener(
                    &tanh,
                    &drawn(),
                    STREAMS(),
                    listener,
                )?))
            }),
            Box::new(|listener| {
                let engine = SampleSpace::<f64>::with_listener(
                    &tanh,
                    drawn(),
                    STREAMS(),
                    needs(),
                    false,
                    listener,
                );
                Ok(Box::new(engine?))
            }),
            linear_from(&linear, of_weights),
            linear_from(&linear, gram),
            linear_from(&learns, of_weights),
            linear_from(&learns, gram),
        ];
        begins
            .iter()
            .enumerate()
            .for_each(|(at, begin)| see(at, begin));
    }

    #[test]
    fn every_start_can_be_stopped_wherever_it_is_and_has_the_same_bits_before_anybody() {
        each_engine(|at, begin| {
            let told = stopped_at_each_stage(begin);
            assert!(told.len() > 3, "engine {at}: {told:?}");
            let shares: Vec<f64> = told
                .iter()
                .map(|stage| match stage {
                    Stage::Weights { share } => *share,
                    other => panic!("engine {at}: {other:?}"),
                })
                .collect();
            assert!(shares.is_sorted(), "engine {at}: {shares:?}");
            // What there is to do is told about right.
            let before_last = shares[shares.len() - 2];
            assert!(
                (0.3..=1.0).contains(&before_last),
                "engine {at}: {shares:?}"
            );
            let goes_on = |_| true;
            let mut with = begin(Listener::new(&goes_on)).unwrap();
            let mut without = begin(Listener::NOBODY).unwrap();
            for engine in [&mut with, &mut without] {
                engine.step();
                engine.step();
            }
            assert_eq!(
                with.residual_norm().to_bits(),
                without.residual_norm().to_bits(),
                "engine {at}"
            );
            let told = stopped_at_each_stage(|listener| {
                begin(Listener::NOBODY)?.weights_with_listener(listener)
            });
            let has_units = with.weights().is_some();
            // Plain loops have theirs at hand.
            assert_eq!(told.is_empty(), at == 0 || !has_units, "engine {at}");
            assert_eq!(with.weights(), without.weights(), "engine {at}");
        });
    }

    #[test]
    fn every_step_can_be_stopped_wherever_it_is_and_has_the_same_bits_before_anybody() {
        each_engine(|at, begin| {
            let first = |listener: Listener<'_>| {
                let mut engine = begin(Listener::NOBODY)?;
                engine.step_with_listener(listener)
            };
            let told = stopped_at_each_stage(first);
            let shares: Vec<f64> = told
                .iter()
                .map(|stage| match stage {
                    Stage::Step {
                        step: 1,
                        share: Some(share),
                    } => *share,
                    other => panic!("engine {at}: {other:?}"),
                })
                .collect();
            assert!(!shares.is_empty() && shares.is_sorted(), "engine {at}");
            let mut with = begin(Listener::NOBODY).unwrap();
            let mut without = begin(Listener::NOBODY).unwrap();
            let goes_on = |_| true;
            for _ in 0..3 {
                let listener = Listener::new(&goes_on).of_short_steps();
                with.step_with_listener(listener).unwrap();
                without.step();
            }
            assert_eq!(with.steps_done(), 3);
            let norms = [&with, &without].map(|engine| engine.residual_norm().to_bits());
            assert_eq!(norms[0], norms[1], "engine {at}");
        });
    }

    #[test]
    fn every_snapshot_can_be_stopped_wherever_it_is_and_has_the_same_bits_before_anybody() {
        let all = Needs {
            output_movement: true,
            hidden_movement: true,
            conservation: true,
            feature_kernel: true,
            feedback_kernel: true,
            ..needs()
        };
        each_engine(|at, begin| {
            let begun = || {
                let mut engine = begin(Listener::NOBODY).unwrap();
                engine.step();
                engine
            };
            let told =
                stopped_at_each_stage(|listener| begun().snapshot_with_listener(all, listener));
            assert!(told.len() > 3, "engine {at}: {told:?}");
            let is_measured = |stage: &Stage| matches!(stage, Stage::Measures { step: 1, .. });
            assert!(told.iter().all(is_measured), "engine {at}: {told:?}");
            let goes_on = |_| true;
            let listener = Listener::new(&goes_on).of_short_steps();
            let with = begun().snapshot_with_listener(all, listener).unwrap();
            let without = begun().snapshot(all);
            // Every number to its last digit.
            assert_eq!(format!("{with:?}"), format!("{without:?}"), "engine {at}");
        });
    }
}
