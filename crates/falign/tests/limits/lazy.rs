//! The lazy limit: how far networks of finite width are from it.

use falign::internal::theory::{LazyFeedback, LazyLimit};
use falign::math::Activation;
use falign::rule::{RidgeForm, Schedule};
use falign::theory::kernel_spectrum;
use ndarray::{Array2, array};

use crate::support::{normals, problem};
use crate::theory::lazy_error;

/// Sup error over 60 steps without ridge, of an independent program: tanh, n = 20, d = 60,
/// eta = 0.5/M; rho, and the errors at widths 400 and 6400.
const MEASURED: [(f64, [f64; 2]); 4] = [
    (0.0, [0.074, 0.015]),
    (0.3, [0.059, 0.012]),
    (0.7, [0.050, 0.0092]),
    (1.0, [0.046, 0.0083]),
];

#[test]
fn finite_width_errors_have_the_size_and_slope_measured_elsewhere() {
    const SEEDS: u64 = 4;
    /// One draw against the mean of four others: errors vary by about 40 % from draw to draw, and
    /// that program may have divided by |e(t)| where this one divides by |e(0)|.
    const FACTOR: f64 = 2.5;
    let mut problem = problem(60, 20, 60, 1, 1);
    problem.activation = Activation::Tanh;
    problem.held_out = Some((normals(61, 2, 60) / 60f64.sqrt(), normals(62, 2, 1)));
    problem.step_size = 0.5 / kernel_spectrum(Activation::Tanh, &problem.inputs).max;
    for (correlation, measured) in MEASURED {
        let errors = [400, 6400].map(|width| {
            problem.width = width;
            let errors = (0..SEEDS).map(|seed| lazy_error(&problem, correlation, 300 + seed)[0]);
            errors.sum::<f64>() / SEEDS as f64
        });
        for (error, measured) in errors.iter().zip(measured) {
            let ratio = error / measured;
            assert!(
                ratio < FACTOR && ratio > 1.0 / FACTOR,
                "rho {correlation}: {errors:?}, measured elsewhere {measured}"
            );
        }
        let slope = (errors[1] / errors[0]).ln() / 16f64.ln();
        // Two means of four, each known to 20 %: 0.1 in the slope.
        assert!((slope + 0.5).abs() < 0.2, "rho {correlation}: {slope}");
    }
}

#[test]
fn a_ridge_per_step_is_a_ridge_divided_by_the_step_size() {
    let (x, y, start) = (normals(1, 5, 7), normals(2, 5, 2), normals(3, 5, 2));
    let (eta, ridge) = (0.02, 0.3);
    let limit = |ridge: f64, form: RidgeForm| {
        let feedback = LazyFeedback::Fixed { correlation: 0.5 };
        let schedule = Schedule::Exponential {
            ridge,
            decay_steps: 20.0,
        };
        let mut limit = LazyLimit::new(Activation::Relu, feedback, eta, schedule, &x, &y, &start)
            .unwrap()
            .with_ridge_form(form);
        for _ in 0..30 {
            limit.step();
        }
        limit.residual().clone()
    };
    let (scaled, per_step) = (
        limit(ridge, RidgeForm::StepScaled),
        limit(ridge * eta, RidgeForm::PerStep),
    );
    let difference: Array2<f64> = &scaled - &per_step;
    assert!(difference.iter().all(|x| x.abs() < 1e-13));
    let none = limit(0.0, RidgeForm::StepScaled);
    assert!((&scaled - &none).iter().any(|x| x.abs() > 1e-3));
}

/// Two steps worked out by hand: a ridge that changes, feedback correlated with the output weights,
/// two outputs, and a new input.
#[test]
fn two_steps_by_hand() {
    let pi = std::f64::consts::PI;
    let (eta, ridge) = (0.1, [0.3, 0.7, 0.2]);
    // Orthogonal inputs of squared norms 4 and 1, and a new one along the first, the other way.
    let (x, new) = (array![[2.0, 0.0], [0.0, 1.0]], array![[-3.0, 0.0]]);
    let (y, start) = (
        array![[1.0, -0.5], [0.25, 2.0]],
        array![[0.3, 0.1], [-0.2, 0.4]],
    );
    let new_start = array![[0.7, -0.6]];
    // ReLU: |x||z| / (2 pi) of orthogonal inputs, |x|^2 / 2 of equal ones, 0 of opposite ones.
    let g = array![[2.0, 1.0 / pi], [1.0 / pi, 0.5]];
    let g_new = array![[0.0, 3.0 / (2.0 * pi)]];
    // x'z times the share of weights on which both are active: 1/4, 1/2 and 0.
    let h = array![[2.0, 0.0], [0.0, 0.5]];
    let h_new = Array2::<f64>::zeros((1, 2));
    for form in [RidgeForm::StepScaled, RidgeForm::PerStep] {
        let decay = ridge.map(|lambda| match form {
            RidgeForm::StepScaled => 0.1 * lambda,
            RidgeForm::PerStep => lambda,
        });
        // P_0, ..., P_3: what is left of beta(0).
        let left = [
            1.0,
            1.0 - decay[0],
            (1.0 - decay[0]) * (1.0 - decay[1]),
            (1.0 - decay[0]) * (1.0 - decay[1]) * (1.0 - decay[2]),
        ];
        for feedback in [
            LazyFeedback::Fixed { correlation: 0.6 },
            LazyFeedback::Fixed { correlation: -0.4 },
            LazyFeedback::Fixed { correlation: 0.0 },
            LazyFeedback::Transpose,
        ] {
            let schedule = Schedule::Table {
                values: ridge.to_vec(),
            };
            let relu = Activation::Relu;
            let mut limit = LazyLimit::new(relu, feedback, eta, schedule, &x, &y, &start)
                .unwrap()
                .with_ridge_form(form)
                .with_new_inputs(&new, &new_start)
                .unwrap();
            let (mut e, mut f) = (&start - &y, new_start.clone());
            for t in 0..3 {
                // W moves along b, or along beta(t); what it has moved is seen through beta(t + 1).
                let share = match feedback {
                    LazyFeedback::Fixed { correlation } => correlation * left[t + 1],
                    LazyFeedback::Transpose => left[t] * left[t + 1],
                };
                let kernel = &g + share * &h;
                let kernel_new = &g_new + share * &h_new;
                f = (1.0 - decay[t]) * &f - eta * kernel_new.dot(&e);
                e = (1.0 - decay[t]) * &e - eta * kernel.dot(&e) - decay[t] * &y;
                limit.step();
                let what = format!("{feedback:?} {form:?} after step {t}");
                let is_near = |a: &Array2<f64>, b: &Array2<f64>| {
                    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-14)
                };
                assert!(
                    is_near(limit.residual(), &e),
                    "{what}: {}",
                    limit.residual()
                );
                assert!(
                    is_near(limit.new_outputs().unwrap(), &f),
                    "{what}: new inputs"
                );
                let loss = 0.5 * e.mapv(|e| e * e).sum();
                assert!((limit.loss() - loss).abs() < 1e-13, "{what}");
                assert_eq!(limit.steps_done(), t as u64 + 1);
            }
        }
    }
}
