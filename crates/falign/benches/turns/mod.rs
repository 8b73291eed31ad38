//! Turns of a few milliseconds, and the engine that takes them.

use std::time::Instant;

use falign::internal::math::simd::Element;
use falign::math::Activation;
use falign::two_layer::{Needs, SampleSpace, Threads};

use crate::two_layer::problem::{Size, problem, start, streams};

/// How long a turn lasts, in seconds.
const TURN: f64 = 0.004;

/// Work per second of `turns` turns, in their order. After each turn comes one of `other`.
pub(crate) fn rates(turns: usize, work: &mut dyn FnMut(), other: &mut dyn FnMut()) -> Vec<f64> {
    work();
    let begin = Instant::now();
    work();
    let repeats = (TURN / begin.elapsed().as_secs_f64()).ceil().max(1.0);
    let mut seen = Vec::with_capacity(turns);
    for _ in 0..turns {
        let begin = Instant::now();
        let mut done = 0.0;
        while done < repeats {
            work();
            done += 1.0;
        }
        seen.push(repeats / begin.elapsed().as_secs_f64());
        other();
    }
    seen
}

/// Rate of the best turn.
pub(crate) fn best(rates: &[f64]) -> f64 {
    rates.iter().copied().fold(0.0, f64::max)
}

/// The sample-space engine at the start of a run that measures nothing on its way.
pub(crate) fn engine<T: Element>(
    activation: Activation,
    size: Size,
    parallel: bool,
) -> SampleSpace<T> {
    let mut problem = problem(activation, size);
    // The largest eigenvalue grows with n.
    problem.step_size *= (50.0 / size.samples as f64).min(1.0);
    let threads = if parallel { Threads::All } else { Threads::One };
    SampleSpace::new(&problem, start(), streams(), Needs::default(), threads)
}
