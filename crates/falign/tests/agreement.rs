//! Every fast engine against the plain loops: residual, beta and cosine at every step.

use falign::internal::two_layer::Reference;
use falign::math::{Activation, Streams};
use falign::measure::{Quantity, quantity};
use falign::rule::{Feedback, RidgeForm, Schedule};
use falign::two_layer::{
    Dynamics, Linear, LinearStart, Needs, Problem, SampleSpace, Snapshot, Start, Threads,
};

use crate::support::{distance, problem};

/// 60 steps of well-conditioned dynamics; rounding grows from 1e-16 by the square root of sizes.
const TOLERANCE: f64 = 1e-10;

const MEASURED: [Quantity; 14] = [
    Quantity::Loss,
    Quantity::RegularisedLoss,
    Quantity::Alignment,
    Quantity::AlignmentFlattened,
    Quantity::AlignmentSummed,
    Quantity::OutputNorm,
    Quantity::OutputMovementMax,
    Quantity::OutputMovementRms,
    Quantity::DecayedMovementMax,
    Quantity::DecayedMovementRms,
    Quantity::HiddenMovementMax,
    Quantity::HiddenMovementRms,
    Quantity::ConservationDrift,
    Quantity::HeldOutLoss,
];

/// (n, d, k, p): n < d, n > d, p < n + 2, several outputs, several chunks, samples in the lanes.
const SIZES: [(usize, usize, usize, u64); 8] = [
    (7, 13, 1, 30),
    (13, 5, 1, 41),
    (9, 12, 3, 26),
    (20, 30, 1, 6),
    (6, 4, 3, 333),
    (1, 3, 1, 8),
    (33, 20, 1, 300),
    (70, 9, 1, 41),
];

const SCHEDULES: [fn() -> Schedule; 5] = [
    || Schedule::Constant { ridge: 0.0 },
    || Schedule::Constant { ridge: 0.4 },
    || Schedule::Cutoff {
        ridge: 0.8,
        last_step: 11,
    },
    || Schedule::InverseSquare {
        ridge: 0.8,
        decay_steps: 9.0,
    },
    || Schedule::Exponential {
        ridge: 0.8,
        decay_steps: 9.0,
    },
];

const FEEDBACKS: [Feedback; 5] = [
    Feedback::Random,
    Feedback::Transpose,
    Feedback::KolenPollack,
    Feedback::Hebbian,
    Feedback::Oja,
];

/// Everything both snapshots hold, compared.
pub(crate) fn compare(problem: &Problem, step: u64, a: &Snapshot, b: &Snapshot, what: &str) {
    let error = distance(&a.residual, &b.residual);
    assert!(error < TOLERANCE, "{what} step {step} residual: {error:e}");
    for q in MEASURED {
        let (Some(x), Some(y)) = (quantity(problem, a, step, q), quantity(problem, b, step, q))
        else {
            continue;
        };
        if x.is_nan() {
            continue;
        }
        let error = (x - y).abs() / (1.0 + y.abs());
        assert!(
            error < TOLERANCE,
            "{what} step {step} {}: {x} against {y}",
            q.name()
        );
    }
}

fn agree(problem: &Problem, correlation: f64, seed: u64, what: &str) {
    let streams = Streams::new(seed, 0);
    let start = Start::Drawn {
        streams,
        correlation,
    };
    let needs = Needs::of(&MEASURED, true);
    let mut plain = Reference::<f64>::new(problem, &start, streams);
    let mut fast = SampleSpace::<f64>::new(problem, start.clone(), streams, needs, Threads::One);
    let mut spread = SampleSpace::<f64>::new(problem, start, streams, needs, Threads::All);
    for step in 0..60 {
        let expected = plain.snapshot(needs);
        compare(problem, step, &fast.snapshot(needs), &expected, what);
        let error = distance(&[fast.residual_norm()], &[plain.residual_norm()]);
        assert!(
            error < TOLERANCE,
            "{what} step {step} training residual: {error:e}"
        );
        assert_eq!(
            fast.residual_norm().to_bits(),
            spread.residual_norm().to_bits(),
            "{what}"
        );
        plain.step();
        fast.step();
        spread.step();
    }
}

fn with_held_out(mut base: Problem, seed: u64) -> Problem {
    let (d, k) = (base.input_dim(), base.outputs());
    base.held_out = Some((
        crate::support::normals(seed, 4, d),
        crate::support::normals(seed + 1, 4, k),
    ));
    base
}

#[test]
fn sample_space_follows_the_reference_for_every_activation_rule_and_schedule() {
    let mut case = 0;
    for (n, d, k, p) in SIZES {
        for activation in Activation::ALL {
            for feedback in FEEDBACKS {
                case += 1;
                let schedule = SCHEDULES[case % SCHEDULES.len()]();
                let correlation = [0.0, 0.6, -0.3][case % 3];
                let what =
                    format!("n={n} d={d} k={k} p={p} {activation:?} {feedback:?} {schedule:?}");
                let mut problem = with_held_out(problem(case as u64, n, d, k, p), 77);
                problem.activation = activation;
                problem.feedback = feedback;
                problem.schedule = schedule;
                problem.step_size = 0.04;
                problem.feedback_step_size = 0.03;
                problem.feedback_decay = (case % 2 == 0).then_some(0.01);
                if case % 7 == 2 {
                    problem.ridge_form = RidgeForm::PerStep;
                    problem.schedule = problem.schedule.scaled(0.1);
                }
                if case % 4 == 1 {
                    problem.output_scale = 3.0;
                    problem.center_outputs = true;
                }
                agree(&problem, correlation, case as u64, &what);
            }
        }
    }
}

#[test]
fn dropout_masks_are_shared_by_the_engines() {
    for (at, (activation, k, p)) in [
        (Activation::Linear, 2, 40),
        (Activation::Relu, 2, 30),
        (Activation::Tanh, 2, 500),
        (Activation::Tanh, 1, 500),
        (Activation::Sigmoid, 2, 27),
        (Activation::Erf, 1, 27),
    ]
    .into_iter()
    .enumerate()
    {
        let mut problem = problem(5, 8, 12, k, p);
        problem.activation = activation;
        problem.dropout = 0.3;
        problem.step_size = 0.05;
        // Ridge shrinks weights that are silent, too.
        for schedule in [SCHEDULES[0](), SCHEDULES[1 + at % 4]()] {
            problem.schedule = schedule;
            problem.feedback = FEEDBACKS[at % FEEDBACKS.len()];
            let correlation = [0.0, 0.6][at % 2];
            let what = format!("dropout {activation:?} k={k} {:?}", problem.schedule);
            agree(&problem, correlation, 9, &what);
        }
    }
}

#[test]
fn networks_beyond_the_second_level_cache_follow_the_reference() {
    // More than a megabyte of Z, with psi(Z) where it is kept; in f64.
    for (activation, k, p) in [
        (Activation::Tanh, 1, 1700),
        (Activation::Erf, 2, 1700),
        (Activation::Relu, 2, 3300),
    ] {
        let mut problem = problem(6, 40, 5, k, p);
        problem.activation = activation;
        problem.step_size = 0.01;
        agree(&problem, 0.0, 10, &format!("{activation:?} k={k} p={p}"));
    }
}

#[test]
fn rank_deficient_inputs_are_no_special_case() {
    let mut problem = problem(3, 10, 6, 1, 40);
    let first = problem.inputs.row(0).to_owned();
    problem.inputs.row_mut(1).assign(&first);
    agree(&problem, 0.0, 4, "duplicate rows");
}

#[test]
fn linear_engine_follows_the_reference_for_every_rule_and_schedule() {
    let mut case = 0;
    for (n, d, k, p) in SIZES {
        for feedback in FEEDBACKS {
            for schedule in SCHEDULES {
                case += 1;
                let mut problem = with_held_out(problem(case, n, d, k, p), 50);
                problem.activation = Activation::Linear;
                problem.feedback = feedback;
                problem.schedule = schedule();
                problem.step_size = 0.04;
                problem.feedback_step_size = 0.03;
                problem.feedback_decay = (case % 3 == 0).then_some(0.01);
                if case % 7 == 2 {
                    problem.ridge_form = RidgeForm::PerStep;
                    problem.schedule = problem.schedule.scaled(0.1);
                }
                if case % 4 == 1 {
                    problem.output_scale = 3.0;
                    problem.center_outputs = true;
                }
                let streams = Streams::new(case, 0);
                let start = Start::Drawn {
                    streams,
                    correlation: [0.0, 0.6][usize::from(case % 2 == 1)],
                };
                let needs = Needs::of(&MEASURED, true);
                let mut plain = Reference::<f64>::new(&problem, &start, streams);
                let mut linear = Linear::new(&problem, LinearStart::Weights(start), needs);
                let what = format!(
                    "n={n} d={d} k={k} p={p} {feedback:?} {:?}",
                    problem.schedule
                );
                for step in 0..60 {
                    let expected = plain.snapshot(needs);
                    compare(&problem, step, &linear.snapshot(needs), &expected, &what);
                    plain.step();
                    linear.step();
                }
                if let Some(weights) = linear.weights() {
                    let expected = plain.weights().unwrap();
                    let flat = |m: &ndarray::Array2<f64>| m.iter().copied().collect::<Vec<_>>();
                    for (a, b) in [
                        (&weights.hidden, &expected.hidden),
                        (&weights.output, &expected.output),
                        (&weights.feedback, &expected.feedback),
                    ] {
                        assert!(distance(&flat(a), &flat(b)) < TOLERANCE, "{what} weights");
                    }
                }
            }
        }
    }
}
