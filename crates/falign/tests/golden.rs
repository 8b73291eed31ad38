//! Every engine, activation and rule against values from 40-digit arithmetic.
//!
//! `golden.json` was made by an independent mpmath program; inputs are exact in `f32`.

use falign::internal::math::simd::Element;
use falign::internal::two_layer::Reference;
use falign::math::{Activation, Streams};
use falign::measure::{Quantity, quantity};
use falign::rule::{Feedback, RidgeForm, Schedule};
use falign::two_layer::{
    Dynamics, Linear, LinearStart, Needs, Problem, SampleSpace, Start, Threads, Weights,
};
use ndarray::Array2;
use serde_json::Value;

use crate::support::relative;

/// Ten steps on numbers of order one: rounding stays near 1e-15 (f64) and 1e-6 (f32).
const F64: f64 = 1e-12;
const F32: f64 = 1e-5;

pub(crate) fn golden() -> Value {
    serde_json::from_str(include_str!("golden/golden.json")).unwrap()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = match value[0] {
        Value::Array(_) => serde_json::from_value(value.clone()).unwrap(),
        _ => serde_json::from_value::<Vec<f64>>(value.clone())
            .unwrap()
            .into_iter()
            .map(|x| vec![x])
            .collect(),
    };
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

fn setting(golden: &Value, activation: Activation, feedback: Feedback) -> (Problem, Start) {
    let inputs = matrix(&golden["X"]);
    let hidden = matrix(&golden["W0"]);
    let step_size = golden["eta"].as_f64().unwrap();
    let problem = Problem {
        activation,
        feedback,
        schedule: Schedule::Constant {
            ridge: golden["lam"].as_f64().unwrap(),
        },
        ..Problem::new(
            inputs,
            matrix(&golden["y"]),
            hidden.nrows() as u64,
            step_size,
        )
    };
    let start = Start::Given(Weights {
        hidden,
        output: matrix(&golden["beta0"]),
        feedback: matrix(&golden["b"]),
    });
    (problem, start)
}

fn check(
    problem: &Problem,
    engine: &mut dyn Dynamics,
    expected: &Value,
    tolerance: f64,
    what: &str,
) {
    let needs = Needs::of(&[Quantity::HiddenMovementRms], true);
    for step in 0..=10u64 {
        if let Some(row) = expected.get(step.to_string()) {
            let snapshot = engine.snapshot(needs);
            let close = |name: &str, got: &[f64], expected: &[f64]| {
                let error = relative(got, expected);
                assert!(error < tolerance, "{what} step {step} {name}: {error:e}");
            };
            for (name, q) in [
                ("loss", Quantity::Loss),
                ("reg_loss", Quantity::RegularisedLoss),
                ("err_norm", Quantity::ResidualNorm),
                ("cos", Quantity::Alignment),
                ("beta_norm", Quantity::OutputNorm),
            ] {
                let got = quantity(problem, &snapshot, step, q).unwrap();
                close(name, &[got], &[row[name].as_f64().unwrap()]);
            }
            let e: Vec<f64> = serde_json::from_value(row["e"].clone()).unwrap();
            close("e", &snapshot.residual, &e);
            if let (Some(beta), Some(w), Some(weights)) =
                (row.get("beta"), row.get("W"), engine.weights())
            {
                let flat = |m: Array2<f64>| m.iter().copied().collect::<Vec<_>>();
                close("beta", &flat(weights.output), &flat(matrix(beta)));
                close("W", &flat(weights.hidden), &flat(matrix(w)));
            }
        }
        engine.step();
    }
}

fn check_weight_engines<T: Element>(
    problem: &Problem,
    start: &Start,
    expected: &Value,
    tolerance: f64,
    what: &str,
) {
    let streams = Streams::new(0, 0);
    let needs = Needs::of(&[Quantity::HiddenMovementRms], true);
    let mut reference = Reference::<T>::new(problem, start, streams);
    check(
        problem,
        &mut reference,
        expected,
        tolerance,
        &format!("reference {what}"),
    );
    let mut fast = SampleSpace::<T>::new(problem, start.clone(), streams, needs, Threads::One);
    check(
        problem,
        &mut fast,
        expected,
        tolerance,
        &format!("sample_space {what}"),
    );
}

#[test]
fn engines_reproduce_the_golden_values() {
    let golden = golden();
    let known = |a: &Activation| golden["regression"].get(a.name()).is_some();
    for activation in Activation::ALL.into_iter().filter(known) {
        for (name, feedback) in [("fa", Feedback::Random), ("bp", Feedback::Transpose)] {
            let expected = &golden["regression"][activation.name()][name];
            let (problem, start) = setting(&golden, activation, feedback);
            let what = format!("{} {name}", activation.name());
            check_weight_engines::<f64>(&problem, &start, expected, F64, &what);
            if activation == Activation::Linear {
                let needs = Needs::of(&[Quantity::HiddenMovementRms], true);
                let start = LinearStart::Weights(start.clone());
                let mut linear = Linear::new(&problem, start, needs);
                check(
                    &problem,
                    &mut linear,
                    expected,
                    F64,
                    &format!("linear {what}"),
                );
            }
            check_weight_engines::<f32>(&problem, &start, expected, F32, &what);
        }
    }
}

#[test]
fn the_printed_ridge_form_reproduces_its_golden_values() {
    let golden = golden();
    let expected = &golden["regression_ridge_lam_switch"]["tanh"]["fa"];
    let (mut problem, start) = setting(&golden, Activation::Tanh, Feedback::Random);
    problem.ridge_form = RidgeForm::PerStep;
    check_weight_engines::<f64>(&problem, &start, expected, F64, "per-step ridge");
}
