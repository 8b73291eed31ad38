//! Lemma B.1, (B.4) and (B.5) against the engines.

use falign::internal::theory::{LinearNetwork, LinearRecurrence};
use falign::internal::two_layer::Reference;
use falign::math::{Activation, Streams};
use falign::measure::{Quantity, quantity};
use falign::rule::{RidgeForm, Schedule};
use falign::two_layer::{Dynamics, Linear, LinearStart, Needs, Problem, Start, Weights};
use ndarray::Array2;

use crate::support::{normals, problem, relative};

const STEPS: u64 = 10_000;

/// Relative to |e(0)| + |y|; rounding of 10^4 steps of a contraction.
const TOLERANCE: f64 = 1e-12;

fn schedules() -> Vec<Schedule> {
    let ridge = 0.4;
    vec![
        Schedule::Constant { ridge: 0.0 },
        Schedule::Constant { ridge },
        Schedule::Cutoff {
            ridge,
            last_step: 300,
        },
        Schedule::InverseSquare {
            ridge,
            decay_steps: 200.0,
        },
        Schedule::Exponential {
            ridge,
            decay_steps: 200.0,
        },
        Schedule::Table {
            values: (0..500).map(|t| 0.3 + 0.2 * f64::from(t % 7)).collect(),
        },
    ]
}

fn start(p: usize, d: usize, k: usize) -> Weights {
    Weights {
        hidden: normals(21, p, d),
        output: normals(22, p, k),
        feedback: normals(23, p, k),
    }
}

fn recurrence(problem: &Problem, weights: &Weights) -> LinearRecurrence {
    let network = LinearNetwork {
        inputs: &problem.inputs,
        targets: &problem.targets,
        hidden_weights: &weights.hidden,
        output_weights: &weights.output,
        feedback_weights: &weights.feedback,
    };
    LinearRecurrence::new(network, problem.step_size, problem.schedule.clone())
        .unwrap()
        .with_ridge_form(problem.ridge_form)
}

fn linear_problem(p: usize, k: usize, schedule: Schedule) -> Problem {
    let mut problem = problem(20, 5, 8, k, p as u64);
    problem.activation = Activation::Linear;
    problem.step_size = 0.02; // a constant ridge makes G grow; at 0.1 it diverges by step 8000
    problem.schedule = schedule;
    problem
}

fn norm(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[test]
fn the_recurrence_of_lemma_b_1_is_the_training_of_both_engines() {
    let p = 100;
    for k in [1, 2] {
        for schedule in schedules() {
            // Per step the same numbers are a ridge 50 times as large, which lasting diverges.
            let lasts = matches!(schedule, Schedule::Constant { .. } | Schedule::Table { .. });
            let forms = if lasts || k == 2 {
                &[RidgeForm::StepScaled][..]
            } else {
                &[RidgeForm::StepScaled, RidgeForm::PerStep]
            };
            for &form in forms {
                let mut problem = linear_problem(p, k, schedule.clone());
                problem.ridge_form = form;
                let weights = start(p, 8, k);
                let given = Start::Given(weights.clone());
                let mut plain = Reference::<f64>::new(&problem, &given, Streams::new(0, 0));
                let mut fast = Linear::new(&problem, LinearStart::Weights(given), Needs::default());
                let mut exact = recurrence(&problem, &weights);
                let y = norm(problem.targets.iter().copied());
                let scale = norm(exact.residual().iter().copied()) + y;
                for t in 1..=STEPS {
                    exact.step();
                    plain.step();
                    fast.step();
                    if t % 500 != 0 && t > 20 {
                        continue;
                    }
                    for engine in [&mut plain as &mut dyn Dynamics, &mut fast] {
                        let snapshot = engine.snapshot(Needs::default());
                        let pairs = exact.residual().iter().zip(&snapshot.residual);
                        let error = norm(pairs.map(|(a, b)| a - b)) / scale;
                        assert!(
                            error < TOLERANCE,
                            "k {k} {schedule:?} {form:?} step {t}: {error:e}"
                        );
                        let measured =
                            quantity(&problem, &snapshot, t, Quantity::Alignment).unwrap();
                        assert!(k > 1 || (exact.alignment() - measured).abs() < 1e-10);
                    }
                }
            }
        }
    }
}

#[test]
fn weights_by_b_4_and_b_5_are_those_of_the_plain_engine() {
    let (p, d, k) = (30, 8, 2);
    let problem = linear_problem(p, k, schedules()[3].clone());
    let weights = start(p, d, k);
    let given = Start::Given(weights.clone());
    let mut plain = Reference::<f64>::new(&problem, &given, Streams::new(0, 0));
    let mut exact = recurrence(&problem, &weights);
    for _ in 0..700 {
        exact.step();
        plain.step();
    }
    let trained = plain.weights().unwrap();
    let direction = exact.hidden_direction(&problem.inputs).unwrap();
    let hidden = &weights.hidden + &weights.feedback.dot(&direction);
    let fewer = exact.hidden_direction(&normals(20, 4, d)).unwrap_err();
    assert!(fewer.to_string().contains("inputs"), "{fewer}");
    let z = weights.hidden.dot(&problem.inputs.t());
    let parts: [Array2<f64>; 3] = [
        &weights.output * exact.initial_factor(),
        z.dot(&exact.hidden_coefficients()),
        weights.feedback.dot(&exact.feedback_coefficients()),
    ];
    let output = &parts[0] + &parts[1] + &parts[2];
    let flat = |a: &Array2<f64>| a.iter().copied().collect::<Vec<f64>>();
    assert!(relative(&flat(&hidden), &flat(&trained.hidden)) < TOLERANCE);
    assert!(relative(&flat(&output), &flat(&trained.output)) < TOLERANCE);
    // The shares are those of these three parts.
    let square = (&output * &output).sum();
    let shares = exact.output_shares();
    for (part, share) in parts.iter().zip(shares) {
        assert!(((part * &output).sum() / square - share).abs() < TOLERANCE);
    }
}

#[test]
fn recorded_shares_of_beta_are_those_of_the_recurrence() {
    let shares = [
        Quantity::ShareInitial,
        Quantity::ShareHidden,
        Quantity::ShareFeedback,
    ];
    for (k, held_out) in [(1, false), (2, true)] {
        for schedule in schedules() {
            let p = 60;
            let mut problem = linear_problem(p, k, schedule);
            problem.held_out = Some((normals(24, 3, 8), normals(25, 3, k)));
            let weights = start(p, 8, k);
            let mut needs = Needs::of(&shares, false);
            needs.held_out = held_out;
            let given = LinearStart::Weights(Start::Given(weights.clone()));
            let mut engine = Linear::new(&problem, given, needs);
            let mut exact = recurrence(&problem, &weights);
            for step in 0..600 {
                if step % 100 == 0 {
                    let snapshot = engine.snapshot(needs);
                    let measured = shares.map(|q| quantity(&problem, &snapshot, step, q).unwrap());
                    assert!((measured.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                    for (a, b) in measured.iter().zip(exact.output_shares()) {
                        assert!((a - b).abs() < 1e-10, "step {step}: {measured:?}");
                    }
                }
                engine.step();
                exact.step();
            }
        }
    }
}
