//! Predictions of the limits for a run, next to what is measured of it: from its data and outputs at
//! the start, never from its later steps.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ndarray::Array2;
use sha2::{Digest, Sha256};

use super::engine;
use crate::config::setting::TwoLayerSetting;
use crate::math::Loss;
use crate::measure::{Limit, Made, Quantity, SlowSeen, composite};
use crate::rule::Feedback;
use crate::simulate::Context;
use crate::simulate::resolve::resolve_watched;
use crate::simulate::watch::{Watch, prepare};
use crate::stage::Listener;
use crate::theory::{
    Estimate, FeedbackLaw, LazyFeedback, LazyLimit, LazyStart, SlowEstimate, SlowProblem,
    SlowRidge, slow_time_limit_with_listener,
};
use crate::two_layer::{Needs, Problem};
use crate::{Error, Result};

/// The error to which the slow-time limit is solved: of alignment, and of the loss relative to
/// that of outputs 0. A run of width 10^4 differs from another by more.
const TOLERANCE: f64 = 0.004;

/// Makes the predictions of a run, which come after its last step, and drops them: for whoever
/// wants to know how long that takes once the problem is there and `ready` has been called.
pub(crate) fn predict(
    setting: &TwoLayerSetting,
    run_number: u64,
    context: Context<'_>,
    steps: &[u64],
    ready: impl FnOnce(),
) -> Result<()> {
    if !setting.quantities.iter().any(|q| q.is_prediction()) {
        return Ok(());
    }
    let (problem, _) = resolve_watched(setting, run_number, setting.draw(), context)?;
    let mut values = vec![vec![f64::NAN; setting.quantities.len()]; steps.len()];
    ready();
    fill(setting, run_number, context, &problem, steps, &mut values)
}

/// Puts predictions into their columns of `values`, one row per recorded step.
pub(super) fn fill(
    setting: &TwoLayerSetting,
    run: u64,
    context: Context<'_>,
    problem: &Problem,
    steps: &[u64],
    values: &mut [Vec<f64>],
) -> Result<()> {
    let is_of = |limit| setting.quantities.iter().any(|q| q.limit() == Some(limit));
    let is_wanted = [Limit::Lazy, Limit::SlowTime].map(is_of);
    if is_wanted == [false, false] {
        return Ok(());
    }
    let start = Start::new(setting, run, context, problem)?;
    let [lazy, slow] = is_wanted;
    if lazy {
        let losses = start.lazy_losses(setting, problem, steps, context.watch)?;
        for (at, quantity) in setting.quantities.iter().enumerate() {
            if quantity.limit() == Some(Limit::Lazy) {
                let rows = values.iter_mut().zip(&losses);
                rows.for_each(|(row, loss)| row[at] = *loss);
            }
        }
    }
    if slow {
        let limits = start.slow_time(problem, steps, context)?;
        let left = remaining(problem, steps);
        for (at, quantity) in setting.quantities.iter().enumerate() {
            let Some(Made::SlowTime(value)) = quantity.two_layer().map(|row| row.made) else {
                continue;
            };
            for ((row, limit), &left) in values.iter_mut().zip(limits.iter()).zip(&left) {
                row[at] = value(&slow_seen(setting, problem, limit, left));
            }
        }
    }
    Ok(())
}

/// alpha^2 p: the width on which the slow time runs.
fn slow_width(problem: &Problem) -> f64 {
    problem.output_scale * problem.output_scale * problem.width as f64
}

/// Slow-time limit at the last step of run 0, with what is left of beta(0).
pub(crate) fn final_slow_time(
    setting: &TwoLayerSetting,
    context: Context<'_>,
    problem: &Problem,
    steps: u64,
) -> Result<Estimate> {
    let start = Start::new(setting, 0, context, problem)?;
    let limit = start.slow_time(problem, &[steps], context)?;
    let left = remaining(problem, &[steps]);
    Ok(Estimate {
        value: composite(&slow_seen(setting, problem, &limit[0], left[0])),
        error: limit[0].alignment.error,
    })
}

/// The slow-time limit at the last of so many steps, of a run whose outputs start at 0: for whoever
/// wants to know how long it takes.
pub(crate) fn slow_time_of(problem: &Problem, steps: u64) -> Result<Vec<SlowEstimate>> {
    let (ridge, taus) = slow_clock(problem, &[steps]);
    let slow = slow_problem(problem, &problem.targets);
    slow_time_limit_with_listener(slow, &ridge, &taus, TOLERANCE, Listener::NOBODY)
}

/// The ridge on the slow time, and that time at each step.
fn slow_clock(problem: &Problem, steps: &[u64]) -> (SlowRidge, Vec<f64>) {
    let width = slow_width(problem);
    let per_step = problem.step_size / width.sqrt();
    let schedule = problem.schedule.clone();
    (
        SlowRidge::new(schedule, problem.ridge_form, problem.step_size, width),
        steps.iter().map(|&step| step as f64 * per_step).collect(),
    )
}

fn slow_problem<'a>(problem: &'a Problem, targets: &'a Array2<f64>) -> SlowProblem<'a> {
    SlowProblem {
        activation: problem.activation,
        loss: Loss::SquaredError,
        inputs: &problem.inputs,
        targets,
        law: &FeedbackLaw::Gaussian,
    }
}

/// Prediction of the limit for a recorded step, as rows of quantities read it.
fn slow_seen<'a>(
    setting: &TwoLayerSetting,
    problem: &Problem,
    limit: &'a SlowEstimate,
    remaining: f64,
) -> SlowSeen<'a> {
    SlowSeen {
        limit,
        remaining,
        width: slow_width(problem),
        correlation: setting.feedback_correlation,
    }
}

/// `P_t`, the product of the ridge factors, at each recorded step.
pub(crate) fn remaining(problem: &Problem, steps: &[u64]) -> Vec<f64> {
    let (mut left, mut t) = (1.0, 0);
    steps
        .iter()
        .map(|&step| {
            // What has vanished stays so: no further product is needed.
            while t < step && left > 0.0 {
                left *= problem.factor(t);
                t += 1;
            }
            left
        })
        .collect()
}

/// Parts of a run's start that the limits need.
struct Start {
    /// f(0), not centred.
    outputs: Array2<f64>,
    /// Y, or Y + f(0) where outputs are centred.
    targets: Array2<f64>,
}

impl Start {
    fn new(
        setting: &TwoLayerSetting,
        run: u64,
        context: Context<'_>,
        problem: &Problem,
    ) -> Result<Self> {
        let mut plain = setting.clone();
        plain.center_outputs = false;
        plain.quantities = vec![Quantity::Loss];
        let (_, _, mut engine) = engine(&plain, run, context)?;
        let residual = prepare(context.watch, |listener| {
            engine.snapshot_with_listener(Needs::default(), listener)
        })?
        .residual;
        let residual = Array2::from_shape_vec(problem.targets.dim(), residual)
            .expect("a residual for each target");
        let outputs = residual + &problem.targets;
        let targets = if problem.center_outputs {
            &problem.targets + &outputs
        } else {
            problem.targets.clone()
        };
        Ok(Self { outputs, targets })
    }

    fn lazy_losses(
        &self,
        setting: &TwoLayerSetting,
        problem: &Problem,
        steps: &[u64],
        watch: Option<&Watch>,
    ) -> Result<Vec<f64>> {
        let feedback = match problem.feedback {
            Feedback::Transpose => LazyFeedback::Transpose,
            _ => LazyFeedback::Fixed {
                correlation: setting.feedback_correlation,
            },
        };
        let start = LazyStart {
            inputs: &problem.inputs,
            targets: &self.targets,
            initial_outputs: &self.outputs,
        };
        let mut limit = prepare(watch, |listener| {
            LazyLimit::with_listener(
                problem.activation,
                feedback,
                problem.step_size,
                problem.schedule.clone(),
                start,
                listener,
            )
        })?
        .with_ridge_form(problem.ridge_form);
        let is_stopped = || watch.is_some_and(|watch| watch.stop.load(Ordering::Relaxed));
        let mut losses = Vec::with_capacity(steps.len());
        for &step in steps {
            while limit.steps_done() < step && limit.loss().is_finite() {
                if is_stopped() {
                    return Err(Error::Stopped);
                }
                limit.step();
            }
            // A step size that is too large diverges in the limit too.
            let loss = limit.loss();
            losses.push(if loss.is_finite() { loss } else { f64::NAN });
        }
        Ok(losses)
    }

    fn slow_time(
        &self,
        problem: &Problem,
        steps: &[u64],
        context: Context<'_>,
    ) -> Result<Arc<Vec<SlowEstimate>>> {
        let (ridge, taus) = slow_clock(problem, steps);
        // Runs on the same data have the same limit.
        let mut key = Sha256::new();
        let name = problem.activation.name();
        key.update(format!("{name} {ridge:?} {:?}", problem.inputs.dim()));
        for x in problem.inputs.iter().chain(&self.targets).chain(&taus) {
            key.update(x.to_le_bytes());
        }
        context.sources.slow_time(key.finalize().into(), || {
            let slow = slow_problem(problem, &self.targets);
            prepare(context.watch, |listener| {
                slow_time_limit_with_listener(slow, &ridge, &taus, TOLERANCE, listener)
            })
        })
    }
}
