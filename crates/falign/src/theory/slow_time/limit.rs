//! The slow-time limit to a tolerance: particles, replicates and steps chosen, errors stated.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use ndarray::Array2;
use rayon::prelude::*;

use super::particles::particles;
use super::{FeedbackLaw, LinearSlowTime, Moments, SlowRidge, SlowState, SlowTime};
use crate::math::{Activation, Loss, Streams};
use crate::memory::{Extent, Need, Size};
use crate::stage::{Listener, Stage, Work};
use crate::theory::algebra::apart;
use crate::theory::matrix::check_shape;
use crate::{Error, Result};

/// Independent samples of particles, from which the error of their mean is known to about 25 %.
const REPLICATES: u64 = 8;

/// Groups of particles in a replicate are multiplied by this until the error is small enough.
const GROWTH: usize = 4;

/// Particles per sample that a first attempt has at least: with fewer, the sampled kernel is
/// hardly invertible.
const GROUPS_PER_SAMPLE: usize = 6;

/// Groups in a replicate beyond which no larger ones are tried.
const MAX_GROUPS: usize = 60_000;

/// Groups in a replicate of a first attempt.
fn first_groups(samples: usize) -> usize {
    (GROUPS_PER_SAMPLE * samples).max(64)
}

/// Memory of one replicate of [`slow_time_limit`] at its largest, besides the states that it gives.
/// Replicates go on side by side, as many as there are threads.
pub(crate) fn replicate_memory(activation: Activation, extent: &Extent) -> Vec<Need> {
    use Size::{Outputs, Samples};
    // Kernels, and a linear system with its factors.
    let kernels = extent.array(64.0, &[Samples, Samples]);
    if activation == Activation::Linear {
        return vec![kernels];
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count, which saturates"
    )]
    let mut groups = first_groups(extent.samples as usize);
    while groups.saturating_mul(GROWTH) <= MAX_GROUPS {
        groups *= GROWTH;
    }
    let particles = (Samples, particles(activation, groups) as f64);
    vec![
        // z, four slopes and the next z; in the last slope four more.
        Need::array(80.0, &[particles, (Samples, extent.samples)]),
        Need::array(24.0, &[particles, (Outputs, extent.outputs)]),
        kernels,
    ]
}

/// Bytes of the states of [`slow_time_limit`] at so many taus: of all replicates, and means.
pub(crate) fn states_memory(taus: f64, extent: &Extent) -> Need {
    let samples = (Size::Samples, extent.samples);
    let states = REPLICATES as f64 + 3.0;
    Need::array(8.0 * states, &[(Size::Records, taus), samples, samples])
}

/// Share of the tolerance that the steps may take.
const STEP_SHARE: f64 = 0.5;

/// A network at infinite width and what it learns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlowProblem<'a> {
    /// psi.
    pub activation: Activation,
    /// The loss that is minimised.
    pub loss: Loss,
    /// X, (samples, `input_dim`).
    pub inputs: &'a Array2<f64>,
    /// Y, (samples, outputs). For centred outputs f - f(0) and the squared error: Y + f(0).
    pub targets: &'a Array2<f64>,
    /// The law of the feedback weights.
    pub law: &'a FeedbackLaw,
}

/// A number and its error: one standard error of what was sampled, with what the number of
/// particles and the steps add.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// The error of `value`.
    pub error: f64,
}

/// Prediction of the limit at one tau.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowEstimate {
    /// tau.
    pub tau: f64,
    /// The alignment: mean over samples, as [`SlowState::alignment_per_sample`].
    pub alignment: Estimate,
    /// The loss, summed over samples.
    pub loss: Estimate,
    /// Mean over replicates.
    pub state: SlowState,
}

/// The slow-time limit at `taus` (ascending, from 0 on) to a tolerance: that of the alignment,
/// and of the loss relative to its value for outputs 0.
///
/// Eight independent replicates of particles, drawn from separate streams, give the mean
/// and its standard error. Replicates are enlarged four-fold until at every tau the error is
/// below the tolerance; the change from one size to the next tells what the number of particles
/// biases, the change to steps of an eight times larger tolerance what steps do. Where the
/// largest size is reached before (about 240,000 particles in a replicate), what was reached
/// comes back: look at the errors. Linear networks need no particles and have only the error of
/// the steps.
///
/// The same call gives the same bits for any number of threads and, with the squared error and
/// up to 1000 samples, on every machine. Cost: of
/// the order of 1000 slopes of [`SlowTime`], each O(M n (n + k)); measured on one core at a
/// tolerance of 0.004 up to tau = 2: 0.3 s for 10 samples, 10 s for 50.
///
/// # Errors
/// [`Error::Shape`] for arrays that do not fit;
/// [`Error::Config`] for a law that does not fit, taus that do not ascend,
/// a tolerance that is not positive, or cross-entropy without ridge.
///
/// # Example
/// ```
/// use falign::math::{Activation, Loss};
/// use falign::internal::theory::SlowRidge;
/// use falign::internal::theory::{FeedbackLaw, SlowProblem, slow_time_limit};
/// use ndarray::array;
/// let problem = SlowProblem {
///     activation: Activation::Relu,
///     loss: Loss::SquaredError,
///     inputs: &array![[1.0, 0.0], [0.0, 1.0]],
///     targets: &array![[1.0], [-1.0]],
///     law: &FeedbackLaw::Gaussian,
/// };
/// let limit = slow_time_limit(problem, &SlowRidge::constant(1.0), &[1.0, 2.0], 0.01)?;
/// assert!(limit[1].alignment.error < 0.01);
/// assert!(limit[1].alignment.value > limit[0].alignment.value);
/// # Ok::<(), falign::Error>(())
/// ```
///
/// Source: derived here, a heuristic limit checked by simulation; compare Bordelon & Pehlevan
/// (2023).
pub fn slow_time_limit(
    problem: SlowProblem<'_>,
    ridge: &SlowRidge,
    taus: &[f64],
    tolerance: f64,
) -> Result<Vec<SlowEstimate>> {
    slow_time_limit_with_listener(problem, ridge, taus, tolerance, Listener::NOBODY)
}

/// [`slow_time_limit`], unless it is stopped.
///
/// # Errors
/// As there; [`Error::Stopped`] where it is to stop.
pub(crate) fn slow_time_limit_with_listener(
    problem: SlowProblem<'_>,
    ridge: &SlowRidge,
    taus: &[f64],
    tolerance: f64,
    listener: Listener<'_>,
) -> Result<Vec<SlowEstimate>> {
    check(problem, taus, tolerance)?;
    let zero_loss = {
        let outputs = Array2::zeros(problem.targets.dim());
        let mut unused = outputs.clone();
        let reduction = crate::math::Reduction::Sum;
        problem
            .loss
            .residual(&outputs, problem.targets, reduction, &mut unused)
    };
    let scale = if zero_loss > 0.0 { zero_loss } else { 1.0 };
    let fine = STEP_SHARE * tolerance;
    if problem.activation == Activation::Linear {
        let round = Round::new(listener, 0, 2, ridge, taus);
        let start = || {
            let k = problem.targets.ncols();
            let of_start = |_| round.stage();
            let work = Work::new(listener, f64::INFINITY, &of_start);
            LinearSlowTime::new_of(problem.inputs, problem.targets, problem.loss, &work)?
                .with_feedback_moment(problem.law.second_moment(k))
        };
        let states = round.curve(Form::Linear(start()?), 0.1 * fine)?;
        let coarse = round.curve(Form::Linear(start()?), 0.8 * fine)?;
        return Ok(combine(taus, &[states], &coarse, None));
    }
    let replicate = |round: &Round<'_>, groups: usize, number: u64, fine: f64| {
        let (inputs, targets) = (problem.inputs.clone(), problem.targets.clone());
        let (
            law,
            SlowProblem {
                activation, loss, ..
            },
        ) = (problem.law.clone(), problem);
        let drawn = apart(inputs.nrows(), listener, move || {
            let problem = SlowProblem {
                activation,
                loss,
                inputs: &inputs,
                targets: &targets,
                law: &law,
            };
            SlowTime::draw_with_law(problem, groups, Streams::new(0, number))
        });
        let particles = drawn.ok_or(Error::Stopped)??;
        round.curve(Form::Particles(particles), fine)
    };
    let mut groups = first_groups(problem.inputs.nrows());
    let mut before: Option<Vec<SlowEstimate>> = None;
    loop {
        let round = Round::new(listener, groups, REPLICATES + 1, ridge, taus);
        let replicates: Vec<Vec<SlowState>> = (0..REPLICATES)
            .into_par_iter()
            .map(|number| replicate(&round, groups, number, fine))
            .collect::<Result<_>>()?;
        let coarse = replicate(&round, groups, 0, 8.0 * fine)?;
        let now = combine(taus, &replicates, &coarse, before.as_deref());
        let worst = now.iter().fold(0.0f64, |worst, at| {
            worst.max(at.alignment.error).max(at.loss.error / scale)
        });
        let is_known = before.is_some() && worst <= tolerance;
        if is_known || groups * GROWTH > MAX_GROUPS {
            return Ok(now);
        }
        before = Some(now);
        groups *= GROWTH;
    }
}

fn check(problem: SlowProblem<'_>, taus: &[f64], tolerance: f64) -> Result<()> {
    let shape = (problem.inputs.nrows(), problem.targets.ncols());
    check_shape("targets", problem.targets, shape)?;
    problem.law.check(problem.targets.ncols())?;
    if tolerance.is_nan() || tolerance <= 0.0 {
        let why = "expected a number above 0";
        return Err(Error::config("tolerance", tolerance, why));
    }
    let ascend = taus.windows(2).all(|pair| pair[0] <= pair[1]);
    if !(ascend && taus.iter().all(|tau| tau.is_finite() && *tau >= 0.0)) {
        let why = "expected finite numbers from 0 on, ascending";
        return Err(Error::config("taus", format!("{taus:?}"), why));
    }
    Ok(())
}

/// Either way to the limit.
enum Form {
    Linear(LinearSlowTime),
    Particles(SlowTime),
}

/// Several curves over the same taus, which are told of together.
struct Round<'a> {
    listener: Listener<'a>,
    groups: usize,
    ridge: &'a SlowRidge,
    taus: &'a [f64],
    /// The tau at which the units of a curve are still.
    end: f64,
    /// The tau that all curves together have gone through, and have to.
    done: Mutex<f64>,
    whole: f64,
}

impl<'a> Round<'a> {
    fn new(
        listener: Listener<'a>,
        groups: usize,
        curves: u64,
        ridge: &'a SlowRidge,
        taus: &'a [f64],
    ) -> Self {
        let last = taus.last().copied().unwrap_or(0.0);
        let end = last.min(ridge.end().unwrap_or(last));
        Self {
            listener,
            groups,
            ridge,
            taus,
            end,
            done: Mutex::new(0.0),
            whole: curves as f64 * end,
        }
    }

    fn stage(&self) -> Stage {
        let done = *self.done.lock().unwrap_or_else(PoisonError::into_inner);
        Stage::SlowTime {
            groups: self.groups,
            share: if self.whole > 0.0 {
                (done / self.whole).min(1.0)
            } else {
                0.0
            },
        }
    }

    /// The states at all taus.
    fn curve(&self, mut form: Form, tolerance: f64) -> Result<Vec<SlowState>> {
        let reached = Cell::new(0.0);
        // A step that was too long goes back.
        let look = |tau: f64| {
            let further = tau.min(self.end) - reached.get();
            if further > 0.0 {
                reached.set(reached.get() + further);
                *self.done.lock().unwrap_or_else(PoisonError::into_inner) += further;
            }
            self.listener.tell(self.stage())
        };
        let of_slope = |_| self.stage();
        let work = Work::new(self.listener, f64::INFINITY, &of_slope);
        let ridge = self.ridge;
        self.taus
            .iter()
            .map(|&tau| match &mut form {
                Form::Linear(limit) => {
                    limit.advance_before(&look, &work, tau, ridge, tolerance)?;
                    limit.state_of(ridge.value(tau), &work)
                }
                Form::Particles(limit) => {
                    limit.advance_before(&look, &work, tau, ridge, tolerance)?;
                    limit.state_of(ridge.value(tau), &work)
                }
            })
            .collect()
    }
}

/// Means over replicates, with errors. `coarse` is the first replicate with longer steps,
/// `before` the estimate of replicates a `GROWTH`-th as large.
fn combine(
    taus: &[f64],
    replicates: &[Vec<SlowState>],
    coarse: &[SlowState],
    before: Option<&[SlowEstimate]>,
) -> Vec<SlowEstimate> {
    let measure = |of: fn(&SlowState) -> f64, row: usize, before: Option<f64>| {
        let values: Vec<f64> = replicates.iter().map(|states| of(&states[row])).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        let sampling = (squares / (count * (count - 1.0).max(1.0))).sqrt();
        // A bias of order 1/M: this is what is left of it after the last enlargement.
        let bias = before.map_or(0.0, |before| (mean - before) / (GROWTH as f64 - 1.0));
        // Errors of steps are proportional to their tolerance, here 8 times as large.
        let steps = (of(&coarse[row]) - values[0]) / 7.0;
        Estimate {
            value: mean,
            error: (sampling * sampling + bias * bias + steps * steps).sqrt(),
        }
    };
    taus.iter()
        .enumerate()
        .map(|(row, &tau)| {
            let before = before.map(|before| &before[row]);
            SlowEstimate {
                tau,
                alignment: measure(
                    SlowState::alignment_per_sample,
                    row,
                    before.map(|b| b.alignment.value),
                ),
                loss: measure(|state| state.loss, row, before.map(|b| b.loss.value)),
                state: mean_state(replicates, row),
            }
        })
        .collect()
}

fn mean_state(replicates: &[Vec<SlowState>], row: usize) -> SlowState {
    let count = replicates.len() as f64;
    let mean = |of: &dyn Fn(&SlowState) -> &Array2<f64>| {
        let mut sum = of(&replicates[0][row]).clone();
        for states in &replicates[1..] {
            sum += of(&states[row]);
        }
        sum / count
    };
    SlowState {
        residual: mean(&|s| &s.residual),
        loss: replicates
            .iter()
            .map(|states| states[row].loss)
            .sum::<f64>()
            / count,
        feature_kernel: mean(&|s| &s.feature_kernel),
        moments: Moments {
            feedback: mean(&|s| &s.moments.feedback),
            output: mean(&|s| &s.moments.output),
            cross: mean(&|s| &s.moments.cross),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::total;
    use crate::stage::stopped_at_each_stage;
    use ndarray::array;

    /// One sample and one output: an alignment of cross/4, since E b^2 = 8 and E bhat^2 = 2.
    fn state(loss: f64, alignment: f64) -> SlowState {
        SlowState {
            residual: array![[0.5]],
            loss,
            feature_kernel: array![[loss]],
            moments: Moments {
                feedback: array![[8.0]],
                output: array![[2.0]],
                cross: array![[4.0 * alignment]],
            },
        }
    }

    #[test]
    fn the_limit_can_be_stopped_wherever_it_is_and_has_the_same_bits_before_anybody() {
        let (inputs, targets) = (array![[1.0, 0.3], [-0.2, 0.8]], array![[1.0], [-0.6]]);
        let (ridge, taus) = (SlowRidge::constant(0.7), [0.0, 0.02, 0.05]);
        for activation in [Activation::Tanh, Activation::Linear] {
            let problem = SlowProblem {
                activation,
                loss: Loss::SquaredError,
                inputs: &inputs,
                targets: &targets,
                law: &FeedbackLaw::Gaussian,
            };
            let solve = |listener: Listener<'_>| {
                slow_time_limit_with_listener(problem, &ridge, &taus, 0.5, listener)
            };
            // Replicates one after another tell in one order.
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .build()
                .unwrap();
            let told = pool.install(|| stopped_at_each_stage(solve));
            let mut shares: Vec<(usize, f64)> = told
                .into_iter()
                .map(|stage| match stage {
                    Stage::SlowTime { groups, share } => (groups, share),
                    other => panic!("{other:?}"),
                })
                .collect();
            assert!(shares.is_sorted(), "{shares:?}");
            let (_, last) = shares[shares.len() - 1];
            assert!((last - 1.0).abs() < 1e-12, "{last}");
            shares.dedup_by_key(|(groups, _)| *groups);
            let groups: Vec<usize> = shares.iter().map(|(groups, _)| *groups).collect();
            let expected: &[usize] = match activation {
                Activation::Linear => &[0],
                _ => &[64, 256],
            };
            assert_eq!(groups, expected);
            let goes_on = |_| true;
            let with = solve(Listener::new(&goes_on)).unwrap();
            let plain = slow_time_limit(problem, &ridge, &taus, 0.5).unwrap();
            assert_eq!(with, plain);
        }
    }

    /// Formula of the size alone: `tests/limits` finds out that a replicate takes as much.
    #[test]
    fn memory_is_that_of_the_largest_replicate_that_may_be_tried() {
        let extent = Extent {
            samples: 30.0,
            held_out: 0.0,
            inputs: 7.0,
            outputs: 2.0,
            width: 1e9,
        };
        // 180 groups, 720, 2880, 11520, 46080: four times as many are beyond the limit.
        let all = |activation| total(&replicate_memory(activation, &extent)).bytes;
        let particles = |count: f64| count * (80.0 * 30.0 + 24.0 * 2.0) + 64.0 * 900.0;
        let states = states_memory(5.0, &extent).bytes;
        for (found, expected) in [
            (all(Activation::Relu), particles(4.0 * 46_080.0)),
            (all(Activation::Tanh), particles(2.0 * 46_080.0)),
            (all(Activation::Linear), 64.0 * 900.0),
            (states, 8.0 * 11.0 * 5.0 * 900.0),
        ] {
            assert!((found - expected).abs() < 1.0, "{found} {expected}");
        }
    }

    #[test]
    fn errors_are_those_of_sampling_of_the_number_of_particles_and_of_steps() {
        let replicates = [
            vec![state(1.0, 0.1)],
            vec![state(3.0, 0.4)],
            vec![state(5.0, 0.4)],
        ];
        let coarse = [state(1.7, 0.17)];
        let alone = combine(&[0.25], &replicates, &coarse, None);
        // Standard errors of the mean of three, and a seventh of what longer steps change.
        let is_near = |a: f64, b: f64| (a - b).abs() < 1e-14;
        assert!(is_near(alone[0].loss.value, 3.0) && is_near(alone[0].alignment.value, 0.3));
        assert!(is_near(alone[0].loss.error, (8.0f64 / 6.0 + 0.01).sqrt()));
        assert!(is_near(
            alone[0].alignment.error,
            (0.06f64 / 6.0 + 0.0001).sqrt()
        ));
        assert!(is_near(alone[0].state.loss, 3.0) && is_near(alone[0].tau, 0.25));
        assert!(is_near(alone[0].state.moments.cross[(0, 0)], 1.2));
        // Replicates a quarter as large had a loss of 2.1: a third of the difference is left.
        let mut smaller = alone.clone();
        smaller[0].loss.value = 2.1;
        let all = combine(&[0.25], &replicates, &coarse, Some(&smaller));
        assert!(is_near(
            all[0].loss.error,
            (8.0f64 / 6.0 + 0.09 + 0.01).sqrt()
        ));
        assert!(is_near(all[0].alignment.error, alone[0].alignment.error));
        // One replicate has no error of sampling.
        let one = combine(&[0.25], &replicates[..1], &coarse, None);
        assert!(is_near(one[0].loss.error, 0.1));
    }
}
