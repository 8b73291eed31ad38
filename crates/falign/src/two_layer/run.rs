//! The loop: steps, records, and reasons to stop.

use std::collections::VecDeque;

use super::Problem;
use super::snapshot::{Dynamics, Needs, Snapshot, quantity};
use crate::measure::{Outcome, Quantity};

/// Rule by which a run stops before its last step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// Relative change of the loss over a window below which a run has converged; 0: never.
    pub tolerance: f64,
    /// Steps in a window.
    pub window: u64,
}

/// Steps and quantities that are recorded, and until when a run goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recording<'a> {
    /// Recorded steps, ascending; the last one ends the run.
    pub steps: &'a [u64],
    /// Recorded quantities, in the order of the values.
    pub quantities: &'a [Quantity],
    /// The rule by which to stop before.
    pub stop: Stop,
    /// c of Definition 4.1.
    pub alignment_threshold: f64,
}

/// Receiver of each recorded step: its row, the snapshot, the values, and the engine.
pub type Record<'a> = dyn FnMut(usize, &Snapshot, &mut [f64], &mut dyn Dynamics) + 'a;

/// Norms beyond this have left the range where squares are finite.
const DIVERGED: f64 = 1e150;

/// Runs `engine` and calls `record(row, snapshot, values, engine)` at each recorded step, with one
/// value per quantity: NaN where it has no meaning, and for those of kernels and theorems, which
/// `record` can work out from the snapshot; `contraction_rate` and `residual_to_bound` have the
/// step's |e(t)| / |e(t-1)| for it. `progress` learns of every step and may ask to
/// stop by answering `false`, which gives `None`.
///
/// A run diverges at the first step whose residual is not finite (or overflows when
/// squared), and has converged when the loss changed by less than the tolerance,
/// relatively, over a whole window. Neither is an error.
pub fn run(
    problem: &Problem,
    engine: &mut dyn Dynamics,
    recording: Recording<'_>,
    record: &mut Record<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Option<Outcome> {
    let Recording {
        steps,
        quantities,
        stop,
        alignment_threshold,
    } = recording;
    let needs = Needs::of(quantities, false);
    let mut history = History::new(alignment_threshold);
    let mut losses = VecDeque::new();
    let last = steps.last().copied().unwrap_or(0);
    let mut row = 0;
    let mut values = Vec::new();
    for step in 0..=last {
        let norm = engine.residual_norm();
        if norm.is_nan() || norm >= DIVERGED {
            return Some(Outcome::Diverged { step });
        }
        let converged = stop.tolerance > 0.0 && {
            losses.push_back(norm * norm);
            if losses.len() as u64 > stop.window {
                let before: f64 = losses.pop_front().unwrap_or(f64::INFINITY);
                (before - norm * norm).abs() <= stop.tolerance * norm * norm
            } else {
                false
            }
        };
        history.step(problem, step, norm);
        let mut measure = |row: usize, history: &mut History, values: &mut Vec<f64>| {
            let snapshot = engine.snapshot(needs);
            values.clear();
            let alignment = quantity(problem, &snapshot, step, Quantity::Alignment);
            history.align(step, alignment.unwrap_or(f64::NAN));
            values.extend(quantities.iter().map(|&q| {
                quantity(problem, &snapshot, step, q).unwrap_or_else(|| history.value(q))
            }));
            record(row, &snapshot, values, engine);
        };
        if row < steps.len() && steps[row] == step {
            measure(row, &mut history, &mut values);
            row += 1;
        } else if converged && row < steps.len() {
            // The state that later rows carry forward.
            measure(row, &mut history, &mut values);
        }
        if converged {
            return Some(Outcome::Converged { step });
        }
        if !progress(step) {
            return None;
        }
        if step < last {
            engine.step();
        }
    }
    Some(Outcome::Finished)
}

/// Numbers that depend on more than one step.
struct History {
    threshold: f64,
    norm: f64,
    contraction: f64,
    ridge_spent: f64,
    aligned: bool,
    aligned_since: f64,
}

impl History {
    fn new(threshold: f64) -> Self {
        Self {
            threshold,
            norm: f64::NAN,
            contraction: f64::NAN,
            ridge_spent: 0.0,
            aligned: false,
            aligned_since: f64::NAN,
        }
    }

    fn step(&mut self, problem: &Problem, step: u64, norm: f64) {
        self.contraction = norm / self.norm;
        self.norm = norm;
        if step > 0 {
            self.ridge_spent += problem.step_size * problem.schedule.value(step - 1);
        }
    }

    fn align(&mut self, step: u64, alignment: f64) {
        let aligned = alignment >= self.threshold;
        if aligned && !self.aligned {
            self.aligned_since = step as f64;
        }
        if !aligned {
            self.aligned_since = f64::NAN;
        }
        self.aligned = aligned;
    }

    fn value(&self, quantity: Quantity) -> f64 {
        match quantity {
            Quantity::Contraction | Quantity::ContractionRate | Quantity::ResidualToBound => {
                self.contraction
            }
            Quantity::Aligned => f64::from(u8::from(self.aligned)),
            Quantity::AlignedSince => self.aligned_since,
            Quantity::EtaLambdaT => self.ridge_spent,
            _ => f64::NAN,
        }
    }
}
