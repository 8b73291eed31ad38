//! Problems of random sizes, rules, precisions and instruction sets, for as long as one likes, against
//! the plain loops.

use falign::internal::math::simd::{Path, force_path};
use falign::internal::two_layer::Reference;
use falign::math::{Activation, StreamName, Streams};
use falign::measure::{Quantity, quantity};
use falign::rule::{Feedback, Schedule};
use falign::two_layer::{Dynamics, Needs, Problem, SampleSpace, Snapshot, Start, Threads};

use crate::support::seeds::{draws, for_cases, pick, size};
use crate::support::{distance, problem};

const STEPS: u64 = 20;

/// Reference arithmetic of one case: multiply-adds a step.
const LARGEST: f64 = 3e6;

/// Rounding over the steps of a case; in f32 a unit of a ReLU network may also be on the
/// other side of its kink.
const TOLERANCES: [f64; 2] = [1e-9, 2e-3];

const MEASURED: [Quantity; 5] = [
    Quantity::Loss,
    Quantity::AlignmentFlattened,
    Quantity::OutputNorm,
    Quantity::OutputMovementRms,
    Quantity::HiddenMovementRms,
];

/// A problem that does not diverge, and the correlation of its start.
fn drawn(seed: u64) -> (Problem, f64) {
    let s = &mut draws(seed);
    let (n, d, k) = (size(s, 1.0, 150.0), size(s, 1.0, 200.0), size(s, 1.0, 8.0));
    let most = LARGEST / ((n * (d + k)) as f64);
    let p = size(s, 1.0, most.clamp(1.0, 5000.0)) as u64;
    let mut problem = problem(seed, n, d, k, p);
    problem.activation = pick(s, &Activation::ALL);
    problem.feedback = pick(
        s,
        &[
            Feedback::Random,
            Feedback::Transpose,
            Feedback::KolenPollack,
            Feedback::Hebbian,
            Feedback::Oja,
        ],
    );
    let ridge = 2.0 * s.uniform();
    problem.schedule = match size(s, 1.0, 3.0) {
        1 => Schedule::Constant { ridge: 0.0 },
        2 => Schedule::Constant { ridge },
        _ => Schedule::Cutoff {
            ridge,
            last_step: 7,
        },
    };
    // Gbar of such inputs has eigenvalues up to about n.
    problem.step_size = 0.3 / n as f64;
    problem.feedback_step_size = 0.1 / n as f64;
    problem.dropout = pick(s, &[0.0, 0.0, 0.3]);
    if s.uniform() < 0.2 {
        problem.output_scale = 2.0;
        problem.center_outputs = true;
    }
    (problem, pick(s, &[0.0, 0.0, 0.7]))
}

/// A residual from which a problem is left: steps on the way to overflow say nothing.
const DIVERGED: f64 = 1e15;

fn distances(problem: &Problem, step: u64, fast: &Snapshot, plain: &Snapshot) -> (String, f64) {
    let mut worst = (
        "residual".to_owned(),
        distance(&fast.residual, &plain.residual),
    );
    let norm = quantity(problem, plain, step, Quantity::OutputNorm).unwrap_or(0.0);
    let residual = plain.residual.iter().map(|e| e * e).sum::<f64>().sqrt();
    for q in MEASURED {
        let of = |snapshot: &Snapshot| quantity(problem, snapshot, step, q);
        let (Some(x), Some(y)) = (of(fast), of(plain)) else {
            continue;
        };
        if y.is_nan() {
            continue;
        }
        let error = (x - y).abs() / (1.0 + y.abs());
        // A cosine of signals has the fewer digits the nearer beta or the residual is to 0.
        let error = match q {
            Quantity::AlignmentFlattened => error * norm.min(residual).min(1.0),
            _ => error,
        };
        // A number that is lost is the worst of errors.
        if error > worst.1 || error.is_nan() {
            worst = (q.name().into_owned(), error);
        }
    }
    worst
}

fn try_seed(seed: u64) {
    let (problem, correlation) = drawn(seed);
    let mut stream = Streams::new(seed, 1).open(StreamName::Audit);
    let path = pick(&mut stream, &[Path::Portable, Path::Avx2, Path::Avx512]);
    let is_double = stream.uniform() < 0.5;
    let streams = Streams::new(seed, 0);
    let start = Start::Drawn {
        streams,
        correlation,
    };
    let needs = Needs::of(&MEASURED, false);
    let mut plain = Reference::<f64>::new(&problem, &start, streams);
    force_path(Some(path));
    let mut fast: Box<dyn Dynamics> = if is_double {
        Box::new(SampleSpace::<f64>::new(
            &problem,
            start,
            streams,
            needs,
            Threads::One,
        ))
    } else {
        Box::new(SampleSpace::<f32>::new(
            &problem,
            start,
            streams,
            needs,
            Threads::One,
        ))
    };
    let tolerance = TOLERANCES[usize::from(!is_double)];
    for step in 0..=STEPS {
        if plain.residual_norm() > DIVERGED {
            break;
        }
        let expected = plain.snapshot(needs);
        let (what, error) = distances(&problem, step, &fast.snapshot(needs), &expected);
        assert!(
            error < tolerance,
            "{what} is {error:e} off at step {step}: n = {}, d = {}, k = {}, p = {}, {:?}, \
             {:?}, {:?}, dropout {}, {} on {path:?}",
            problem.samples(),
            problem.input_dim(),
            problem.outputs(),
            problem.width,
            problem.activation,
            problem.feedback,
            problem.schedule,
            problem.dropout,
            if is_double { "f64" } else { "f32" },
        );
        plain.step();
        fast.step();
    }
    force_path(None);
}

#[test]
fn random_problems_agree_with_the_plain_loops() {
    for_cases("problems against the plain loops", 40, try_seed);
}
