//! The Gram draw has the law of the weights' draw: two-sample Kolmogorov-Smirnov tests.

use falign::math::{Activation, Streams};
use falign::measure::{Quantity, quantity};
use falign::rule::{Feedback, Schedule};
use falign::two_layer::{Dynamics, Linear, LinearStart, Needs, Problem, Start};

use crate::support::problem;

const RUNS: u64 = 1500;

/// sqrt(RUNS / 2) D stays below this with probability 1 - 0.0005 (Kolmogorov's distribution).
const CRITICAL: f64 = 2.03;

const MEASURED: [Quantity; 3] = [Quantity::Alignment, Quantity::Loss, Quantity::OutputNorm];

/// Largest distance of the empirical distribution functions, times sqrt(nm/(n + m)).
fn kolmogorov_smirnov(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
    assert!(a.iter().chain(&b).all(|x| x.is_finite()), "a run diverged");
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (mut i, mut j, mut largest) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        if a[i] <= b[j] {
            i += 1;
        } else {
            j += 1;
        }
        largest = largest.max((i as f64 / n - j as f64 / m).abs());
    }
    largest * (n * m / (n + m)).sqrt()
}

/// Values of the measured quantities after `steps` steps, one list of runs each.
fn sample(problem: &Problem, correlation: f64, is_gram: bool, steps: u64) -> [Vec<f64>; 3] {
    // Different runs of the two draws, so that the samples are independent.
    let first = if is_gram { RUNS } else { 0 };
    let mut values = [const { Vec::new() }; 3];
    for run in first..first + RUNS {
        let streams = Streams::new(77, run);
        let start = if is_gram {
            LinearStart::Gram {
                streams,
                correlation,
            }
        } else {
            LinearStart::Weights(Start::Drawn {
                streams,
                correlation,
            })
        };
        let needs = Needs::of(&MEASURED, false);
        let mut engine = Linear::new(problem, start, needs);
        for _ in 0..steps {
            engine.step();
        }
        let snapshot = engine.snapshot(needs);
        for (list, q) in values.iter_mut().zip(MEASURED) {
            list.push(quantity(problem, &snapshot, steps, q).unwrap());
        }
    }
    values
}

fn linear(n: usize, d: usize, k: usize, p: u64) -> Problem {
    let mut problem = problem(21, n, d, k, p);
    problem.activation = Activation::Linear;
    // Small enough a step that no run diverges, not even of five units.
    problem.step_size = 0.03;
    problem.schedule = Schedule::Constant { ridge: 0.3 };
    problem
}

fn same_law(problem: &Problem, correlation: f64, steps: u64, what: &str) {
    let weights = sample(problem, correlation, false, steps);
    let gram = sample(problem, correlation, true, steps);
    for ((a, b), q) in weights.into_iter().zip(gram).zip(MEASURED) {
        let distance = kolmogorov_smirnov(a, b);
        assert!(
            distance < CRITICAL,
            "{what}, {}: {distance}, expected below {CRITICAL}",
            q.name()
        );
    }
}

#[test]
fn the_gram_draw_has_the_law_of_the_weights() {
    for p in [5, 40, 300] {
        for steps in [0, 100] {
            same_law(
                &linear(4, 6, 1, p),
                0.0,
                steps,
                &format!("p = {p}, step {steps}"),
            );
        }
    }
}

#[test]
fn the_gram_draw_has_the_law_of_the_weights_in_the_corners() {
    // p < n + 2: the Gram matrix of the columns is singular.
    same_law(&linear(9, 12, 1, 5), 0.0, 100, "few units");
    same_law(
        &linear(4, 6, 2, 40),
        0.5,
        20,
        "two outputs, correlated feedback",
    );
    // Rank-deficient inputs: more samples than dimensions, one of them twice.
    let mut repeated = linear(7, 3, 1, 40);
    let first = repeated.inputs.row(0).to_owned();
    repeated.inputs.row_mut(1).assign(&first);
    same_law(&repeated, 0.0, 100, "rank-deficient inputs");
    let mut transposed = linear(4, 6, 1, 40);
    transposed.feedback = Feedback::Transpose;
    same_law(&transposed, 0.0, 100, "backpropagation");
}

/// The tests above could fail: a tenth more units is seen.
#[test]
fn the_test_tells_widths_apart() {
    let near = sample(&linear(4, 6, 1, 40), 0.0, false, 0);
    let far = sample(&linear(4, 6, 1, 44), 0.0, true, 0);
    let norm = kolmogorov_smirnov(near[2].clone(), far[2].clone());
    assert!(norm > CRITICAL, "{norm}");
}

/// The law of large numbers holds at a width that no memory holds: cos(b, beta(0)) is about
/// 1/sqrt(p) and |beta(0)|^2/p is 1.
#[test]
fn a_width_of_1e12_concentrates() {
    let problem = linear(3, 5, 1, 1_000_000_000_000);
    let values = sample(&problem, 0.0, true, 0);
    let rms = (values[0].iter().map(|x| x * x).sum::<f64>() / RUNS as f64).sqrt();
    assert!((rms * 1e6 - 1.0).abs() < 0.08, "{rms}");
    assert!(values[2].iter().all(|x| (x / 1e6 - 1.0).abs() < 1e-5));
}
