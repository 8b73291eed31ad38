//! The loop: steps, records, and reasons to stop.

use std::collections::VecDeque;

use crate::measure::{Past, Quantity, References, Seen};
use crate::simulate::Outcome;
use crate::simulate::watch::{Watch, prepare};
use crate::two_layer::{Dynamics, Needs, Problem};

/// Rule by which a run stops before its last step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// Relative change of the loss over a window below which a run has converged; 0: never.
    pub tolerance: f64,
    /// Steps in a window.
    pub window: u64,
}

/// Steps and quantities that are recorded, and until when a run goes on.
#[derive(Debug, Clone, Copy)]
pub struct Recording<'a> {
    /// Recorded steps, ascending; the last one ends the run.
    pub steps: &'a [u64],
    /// Recorded quantities, in the order of the values.
    pub quantities: &'a [Quantity],
    /// Kernels of the start and spectra of the data that they are compared with; without, those that
    /// need them are NaN.
    pub references: Option<&'a References>,
    /// The rule by which to stop before.
    pub stop: Stop,
    /// c of Definition 4.1.
    pub alignment_threshold: f64,
    /// Learns of steps and measures that take long, and may stop the run in their midst.
    pub watch: Option<&'a Watch>,
}

/// Receiver of each recorded step: its row, the values, and the engine.
type OnRecord<'a> = dyn FnMut(usize, &[f64], &mut dyn Dynamics) + 'a;

/// Norms beyond this have left the range where squares are finite.
const DIVERGED: f64 = 1e150;

/// Runs `engine` and calls `record(row, values, engine)` at each recorded step, with one value per
/// quantity: NaN where it has no meaning, and for predictions, which are made after the run.
/// `progress` learns of every step and may ask to stop by answering `false`, which gives `None`, as does a
/// watch that stops it in the midst of one.
///
/// A run diverges at the first step whose residual is not finite (or overflows when
/// squared), and has converged when the loss changed by less than the tolerance,
/// relatively, over a whole window. Neither is an error.
pub fn run_engine(
    problem: &Problem,
    engine: &mut dyn Dynamics,
    recording: Recording<'_>,
    record: &mut OnRecord<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Option<Outcome> {
    let Recording {
        steps,
        quantities,
        references,
        stop,
        alignment_threshold,
        watch,
    } = recording;
    let needs = Needs::of(quantities, false);
    let mut past = Past::new(alignment_threshold);
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
        past.step(problem, step, norm);
        let is_recorded = row < steps.len() && steps[row] == step;
        // Or the state that later rows carry forward.
        if is_recorded || (converged && row < steps.len()) {
            let measured = prepare(watch, |listener| {
                let snapshot = engine.snapshot_with_listener(needs, listener)?;
                let mut seen = Seen::new(problem, &snapshot, step);
                past.align(step, seen.value(Quantity::Alignment).unwrap_or(f64::NAN));
                (seen.past, seen.references) = (Some(&past), references);
                seen.listener = listener;
                values.clear();
                let measured = quantities.iter().map(|&quantity| seen.value(quantity));
                values.extend(measured.map(|value| value.unwrap_or(f64::NAN)));
                seen.end()
            });
            measured.ok()?;
            record(row, &values, engine);
            row += usize::from(is_recorded);
        }
        if converged {
            return Some(Outcome::Converged { step });
        }
        if !progress(step) {
            return None;
        }
        if step < last {
            prepare(watch, |listener| engine.step_with_listener(listener)).ok()?;
        }
    }
    Some(Outcome::Finished)
}
