//! Maps between layers against differences of their plain loops, and what they keep from step to step.

use ndarray::Array2;

use super::compare::{is_within, largest, ratio, size};
use super::net::Pass;
use super::operators;
use super::report::{Check, Question};
use super::subject::{Audited, Purpose};
use super::watch::Step;
use crate::layer::{Batch, Kept, Map, Pass as MapPass, PlainMap};
use crate::math::Stream;

const QUESTION: Question = Question {
    name: "maps",
    meaning: "maps between layers pull signals back by the slope of the pass that they kept, found by finite \
              differences; what they keep from step to step moves once in each",
};

/// Shift of inputs, in a difference of fourth order.
const SHIFT: f64 = 1e-3;

/// Largest relative error of a slope along a random direction.
const TOLERANCE: f64 = 1e-7;

/// Largest relative error of a state after several steps.
const STATES: f64 = 1e-12;

pub(super) fn check(subject: &Audited<'_>, steps: &[Step]) -> Check {
    let Some(first) = steps.first() else {
        return QUESTION.not_applicable("no step was watched");
    };
    if subject.net.maps().next().is_none() {
        return QUESTION.not_applicable("there is none");
    }
    let pass = first.pass(subject);
    let mut draws = Purpose::Directions.open();
    let (mut errors, mut unknown) = (Vec::new(), 0);
    for (node, map, from) in subject.net.maps() {
        let Some(plain) = map.plain() else {
            unknown += 1;
            continue;
        };
        let x: Vec<&Array2<f64>> = from.iter().map(|&value| &pass.values[value]).collect();
        let mut noise = pass.draws_of(node);
        errors.push(slope_error(
            subject,
            map.as_ref(),
            plain,
            &x,
            [&mut noise, &mut draws],
        ));
    }
    let compared = errors.len();
    let states = states_error(subject, steps);
    let moved = states.map_or(String::new(), |error| {
        format!(
            "; states after {} steps are off by {error:.1e}",
            steps.len()
        )
    });
    let unknown = match unknown {
        0 => String::new(),
        some => format!(", {some} without plain loops"),
    };
    let note = format!("{compared} maps along random directions{unknown}{moved}");
    if !is_within(states.unwrap_or(0.0), STATES) {
        return QUESTION.within(states.unwrap_or(0.0), STATES, note);
    }
    QUESTION.within(largest(errors), TOLERANCE, note)
}

/// Error of <s, J v>, the map's own `pull_back` of s against differences of the plain forward pass along v, and
/// that of the forward passes themselves.
fn slope_error(
    subject: &Audited<'_>,
    map: &dyn Map<f64>,
    plain: PlainMap,
    x: &[&Array2<f64>],
    [noise, draws]: [&mut Stream; 2],
) -> f64 {
    let batch = Batch {
        samples: x[0].nrows(),
        layout: subject.net.wiring().layout(),
    };
    let branch = plain.branch(x, &mut noise.clone());
    let y = plain.forward(x, &branch);
    let s = y.mapv(|_| draws.normal());
    let v: Vec<Array2<f64>> = x.iter().map(|x| x.mapv(|_| draws.normal())).collect();
    let (own, below) = calls(map, x, &s, batch, noise);
    let at = |shift: f64| {
        let moved: Vec<Array2<f64>> = x.iter().zip(&v).map(|(x, v)| *x + &(shift * v)).collect();
        let y = plain.forward(&moved.iter().collect::<Vec<_>>(), &branch);
        (&y * &s).sum()
    };
    let h = SHIFT;
    let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
    let found: f64 = below
        .iter()
        .zip(&v)
        .map(|(below, v)| (below * v).sum())
        .sum();
    let terms: f64 = below
        .iter()
        .zip(&v)
        .map(|(b, v)| (b * v).mapv(f64::abs).sum())
        .sum();
    let of_slope = ratio((found - slope).abs(), terms + 1e-300);
    let of_values = ratio(size(&(&own - &y)), size(&y));
    largest([of_slope, of_values])
}

/// y of a map as its engine lays it out, and the signals below of s, in rows.
fn calls(
    map: &dyn Map<f64>,
    x: &[&Array2<f64>],
    s: &Array2<f64>,
    batch: Batch,
    noise: &mut Stream,
) -> (Array2<f64>, Vec<Array2<f64>>) {
    let laid: Vec<Vec<f64>> = x
        .iter()
        .map(|x| operators::laid(*x, x.ncols(), batch))
        .collect();
    let slices: Vec<&[f64]> = laid.iter().map(Vec::as_slice).collect();
    let mut states: Vec<_> = map.states().into_iter().map(|(_, start)| start).collect();
    let (mut y, mut kept) = (vec![0.0; batch.length(s.ncols())], Kept::default());
    let mut pass = MapPass {
        batch,
        is_training: true,
        noise,
        states: &mut states,
    };
    map.forward(&slices, &mut y, &mut pass, &mut kept);
    let mut below: Vec<Vec<f64>> = laid.iter().map(|x| vec![0.0; x.len()]).collect();
    let mut slices: Vec<&mut [f64]> = below.iter_mut().map(Vec::as_mut_slice).collect();
    let signal = operators::laid(s, s.ncols(), batch);
    map.pull_back(&signal, &kept, &mut slices, batch);
    let rows = |laid: &[f64], numbers: usize| {
        let place = |(i, j)| laid[batch.place(i, j, numbers)];
        Array2::from_shape_fn((batch.samples, numbers), place)
    };
    let pairs = below.iter().zip(x);
    let below = pairs.map(|(below, x)| rows(below, x.ncols())).collect();
    (rows(&y, s.ncols()), below)
}

/// Error of the states that the network has after the steps; none where there are none.
fn states_error(subject: &Audited<'_>, steps: &[Step]) -> Option<f64> {
    let last = steps.last()?;
    let mut errors = Vec::new();
    let mut found = last.states_after.iter();
    let passes: Vec<Pass> = steps.iter().map(|step| step.pass(subject)).collect();
    for (_, map, from) in subject.net.maps() {
        let start: Vec<Vec<f64>> = map.states().into_iter().map(|(_, start)| start).collect();
        let found: Vec<&Vec<f64>> = found.by_ref().take(start.len()).collect();
        let (Some(plain), false) = (map.plain(), start.is_empty()) else {
            continue;
        };
        let expected = passes.iter().fold(start, |states, pass| {
            let x: Vec<_> = from.iter().map(|&value| &pass.values[value]).collect();
            plain.states_after(&states, &x)
        });
        for (found, expected) in found.into_iter().zip(expected) {
            let scale = largest(expected.iter().map(|x| x.abs()));
            let pairs = found.iter().zip(&expected);
            errors.extend(pairs.map(|(a, b)| ratio((a - b).abs(), scale)));
        }
    }
    (!errors.is_empty()).then(|| largest(errors))
}
