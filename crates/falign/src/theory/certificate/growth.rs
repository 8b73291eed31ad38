//! Late divergence of a run that starts stable, because its feature kernel grows.
//!
//! Under ridge the features move on the slow time, and with them the largest eigenvalue of G;
//! once eta (lambda + max G) passes 2 the fastest mode overshoots for good.

use ndarray::Array2;

use super::Setup;
use super::data::Facts;
use crate::math::{Activation, Loss, Streams};
use crate::rule::Schedule;
use crate::stage::{Listener, Stage};
use crate::theory::algebra::{apart, symmetric_eigen, symmetric_eigenvalues};
use crate::theory::spectrum::RANK_TOLERANCE;
use crate::theory::{LazyFeedback, LinearSlowTime, SlowTime};
use crate::{Error, Result};

/// Growth of the network along b in the slow-time limit.
pub(super) enum Growth {
    /// Unstable from this step on; half the difference of two samples of particles.
    Passes { step: f64, spread: Option<f64> },
    /// Stable to the end; the largest eta (lambda + max G).
    Stays { largest: f64 },
    /// No prediction.
    Unknown { why: String },
}

/// Relative error of max G that a step may make.
const TOLERANCE: f64 = 1e-3;

/// Particles, in fours.
const FOURS: usize = 300;

/// Operations after which a prediction gives up: a few seconds.
const WORK: f64 = 3e10;

/// Fewer slow steps than this are never taken.
const LEAST_STEPS: f64 = 8.0;

/// Either form of the limit.
#[derive(Clone)]
enum Limit {
    Linear(LinearSlowTime),
    Particles(SlowTime),
}

impl Limit {
    fn new(setup: &Setup<'_>, seed: u64, listener: Listener<'_>) -> Result<Self> {
        let (x, y, loss) = (setup.inputs, setup.targets, Loss::SquaredError);
        Ok(if setup.activation == Activation::Linear {
            let reduced = if x.nrows() > x.ncols() {
                let (samples, x, y) = (x.nrows(), x.clone(), y.clone());
                let found = apart(samples, listener, move || on_range(&x, &y));
                Some(found.ok_or(Error::Stopped)?)
            } else {
                None
            };
            let (x, y) = reduced.as_ref().map_or((x, y), |(x, y)| (x, y));
            Self::Linear(LinearSlowTime::new(x, y, loss)?)
        } else {
            let streams = Streams::new(seed, 0);
            Self::Particles(SlowTime::draw(
                setup.activation,
                loss,
                x,
                y,
                FOURS,
                streams,
            )?)
        })
    }

    fn advance(&mut self, ridge: impl Fn(f64) -> f64, step: f64) -> Result<()> {
        match self {
            Self::Linear(limit) => limit.advance(ridge, step),
            Self::Particles(limit) => limit.advance(ridge, step),
        }
    }

    fn feature_kernel(&self, ridge: f64) -> Result<Array2<f64>> {
        Ok(match self {
            Self::Linear(limit) => limit.state(ridge)?.feature_kernel,
            Self::Particles(limit) => limit.state(ridge)?.feature_kernel,
        })
    }
}

/// Operations of one controlled step for n samples of dimension d: a whole and two halves, each with
/// two slopes, and two spectra.
fn work(n: f64, d: f64, is_linear: bool) -> f64 {
    let (n, products) = if is_linear {
        (n.min(d), 0.0)
    } else {
        let particles = 4.0 * FOURS as f64;
        (n, 4.0 * n * n * particles)
    };
    8.0 * (12.0 * n * n * n + products)
}

/// Steps within which the ridge changes, and after which there is none.
fn scales(schedule: &Schedule) -> (f64, f64) {
    match schedule {
        Schedule::Constant { .. } => (f64::INFINITY, f64::INFINITY),
        Schedule::Cutoff { last_step, .. } => (f64::INFINITY, *last_step as f64 + 1.0),
        Schedule::InverseSquare { decay_steps, .. } | Schedule::Exponential { decay_steps, .. } => {
            (*decay_steps, f64::INFINITY)
        }
        Schedule::Table { values } => (values.len() as f64, f64::INFINITY),
    }
}

/// More samples than inputs, X = U S V': d samples S V' with targets U' Y, whose dynamics are
/// those on the range of X. The rest of Y moves nothing.
fn on_range(x: &Array2<f64>, y: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let (squares, v) = symmetric_eigen(&x.t().dot(x));
    let floor = RANK_TOLERANCE * squares.last().copied().unwrap_or(0.0);
    let mut reduced = v.t().to_owned();
    let mut along = v.t().dot(&x.t().dot(y));
    for (i, square) in squares.iter().enumerate() {
        let singular = if *square > floor { square.sqrt() } else { 0.0 };
        let inverse = if singular > 0.0 { 1.0 / singular } else { 0.0 };
        reduced.row_mut(i).map_inplace(|x| *x *= singular);
        along.row_mut(i).map_inplace(|y| *y *= inverse);
    }
    (reduced, along)
}

/// # Errors
/// [`Error::Stopped`] where it is to stop.
pub(super) fn late_divergence(
    setup: &Setup<'_>,
    facts: &Facts,
    listener: Listener<'_>,
) -> Result<Growth> {
    let unknown = |why: &str| {
        Ok(Growth::Unknown {
            why: why.to_owned(),
        })
    };
    if facts.ridge <= 0.0 {
        return unknown("without ridge features do not move on the slow time");
    }
    if setup.feedback != (LazyFeedback::Fixed { correlation: 0.0 }) {
        return unknown("the slow-time limit is that of feedback independent of beta(0)");
    }
    if facts.max <= 0.0 {
        return unknown("the kernel vanishes");
    }
    if facts.eta * (facts.max + setup.schedule.value(0)) > 2.0 {
        return Ok(Growth::Passes {
            step: 0.0,
            spread: None,
        });
    }
    let first = follow(setup, facts, 1, listener)?;
    if facts.is_linear {
        return Ok(first);
    }
    let Growth::Passes { step, .. } = first else {
        return Ok(first);
    };
    // A second sample tells how far the particles can be trusted.
    Ok(match follow(setup, facts, 2, listener)? {
        Growth::Passes { step: other, .. } => Growth::Passes {
            step: f64::midpoint(step, other).round(),
            spread: Some(0.5 * (step - other).abs()),
        },
        other => other,
    })
}

fn follow(setup: &Setup<'_>, facts: &Facts, seed: u64, listener: Listener<'_>) -> Result<Growth> {
    let per_tau = facts.p.sqrt() / facts.eta;
    let too_much = |tau: f64| {
        let why = format!(
            "followed to step {:.0} of {}; further is too much work at n = {}",
            tau * per_tau,
            setup.steps,
            facts.n
        );
        Ok(Growth::Unknown { why })
    };
    let (scale, last) = scales(setup.schedule);
    let end = last.min(setup.steps as f64) / per_tau;
    let per_step = work(facts.n, facts.d, facts.is_linear);
    if per_step > WORK {
        return too_much(0.0);
    }
    let mut limit = Limit::new(setup, seed, listener)?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the run"
    )]
    let at_step = |step: f64| setup.schedule.value(step as u64);
    // At the end itself the ridge is that of the last step that has any.
    let ridge = |tau: f64| at_step(tau.min(end * (1.0 - 1e-12)) * per_tau);
    let top = |limit: &Limit, tau: f64| -> Result<f64> {
        let kernel = limit.feature_kernel(ridge(tau))?;
        Ok(symmetric_eigenvalues(&kernel)
            .last()
            .copied()
            .unwrap_or(0.0))
    };
    let (mut tau, mut step) = (0.0, end.min(scale / per_tau) / LEAST_STEPS);
    let mut now = top(&limit, 0.0)?;
    let mut largest = facts.eta * (ridge(0.0) + now);
    let mut work = 0.0;
    while tau < end && ridge(tau) > 0.0 {
        listener.tell(Stage::SlowTime {
            groups: if facts.is_linear { 0 } else { FOURS },
            share: tau / end,
        })?;
        work += per_step;
        if work > WORK {
            return too_much(tau);
        }
        step = step.min(end - tau);
        let mut whole = limit.clone();
        whole.advance(ridge, step)?;
        let mut halves = limit.clone();
        halves.advance(ridge, 0.5 * step)?;
        halves.advance(ridge, 0.5 * step)?;
        let next = top(&halves, tau + step)?;
        let error = (top(&whole, tau + step)? - next).abs() / next;
        if error.is_nan() || error > TOLERANCE {
            step *= 0.5;
            if step < 1e-6 * end {
                return Ok(Growth::Unknown {
                    why: "the limit changes faster than it can be followed".to_owned(),
                });
            }
            continue;
        }
        let share = |kernel: f64, tau: f64| facts.eta * (ridge(tau) + kernel);
        let (before, after) = (share(now, tau), share(next, tau + step));
        if after > 2.0 {
            let part = ((2.0 - before) / (after - before)).clamp(0.0, 1.0);
            return Ok(Growth::Passes {
                step: ((tau + part * step) * per_tau).ceil(),
                spread: None,
            });
        }
        largest = largest.max(after);
        (limit, now) = (halves, next);
        tau += step;
        if error < 0.2 * TOLERANCE {
            step *= 2.0;
        }
    }
    Ok(Growth::Stays { largest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_that_of_spectra_and_of_particles() {
        let is_near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-12;
        // 8 times 12 n^3, with n the smaller of samples and dimension.
        assert!(is_near(work(5.0, 3.0, true), 8.0 * 324.0));
        assert!(is_near(work(3.0, 5.0, true), 8.0 * 324.0));
        // And 4 n^2 for each of 1200 particles.
        let particles = 4.0 * 25.0 * 1200.0;
        assert!(is_near(work(5.0, 3.0, false), 8.0 * (1500.0 + particles)));
    }
}
