//! Kernels against 40-digit quadrature, closed forms and each other.
//!
//! `infinite_kernels.json` was made by `tools/infinite_kernels.py golden`, which knows nothing of
//! the mixtures that are summed here.

use ndarray::array;
use serde_json::Value;

use super::*;

/// The error of the rule for kappa, relative to the root of the two diagonal entries.
const TOLERANCE: f64 = 4e-14;

fn golden() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../tests/golden/infinite_kernels.json")).unwrap()
}

#[test]
fn kernels_are_those_of_forty_digits_from_norm_1e_minus_3_to_1e200() {
    for case in golden() {
        let rows: Vec<[f64; 2]> = serde_json::from_value(case["inputs"].clone()).unwrap();
        let inputs = Array2::from(rows.clone());
        let names = [
            ("tanh", Activation::Tanh),
            ("sigmoid", Activation::Sigmoid),
            ("softplus", Activation::Softplus),
        ];
        for (name, activation) in names {
            let both = [
                (
                    name.to_owned(),
                    infinite_feature_kernel(activation, &inputs),
                ),
                (
                    format!("{name}_slope"),
                    infinite_slope_kernel(activation, &inputs),
                ),
            ];
            for (key, kernel) in both {
                let wanted: Vec<String> = serde_json::from_value(case[&key].clone()).unwrap();
                let wanted: Vec<f64> = wanted.iter().map(|x| x.parse().unwrap()).collect();
                let scale = wanted[0].sqrt() * wanted[2].sqrt();
                for (at, wanted) in [(0, 0), (0, 1), (1, 1)].into_iter().zip(&wanted) {
                    if wanted.is_infinite() {
                        assert!(kernel[at].is_infinite(), "{key} {rows:?} {at:?}");
                        continue;
                    }
                    let relative = if at.0 == at.1 || scale.is_infinite() {
                        wanted.abs()
                    } else {
                        scale
                    };
                    let error = (kernel[at] - wanted).abs() / relative;
                    assert!(error < TOLERANCE, "{key} {rows:?} {at:?}: {error:e}");
                    assert!(kernel[at].to_bits() == kernel[(at.1, at.0)].to_bits());
                }
            }
        }
    }
}

#[test]
fn inputs_that_vanish_have_the_kernels_of_the_bias() {
    let inputs = array![[0.0, 0.0], [3.0, 4.0]];
    for activation in Activation::ALL {
        let g = infinite_feature_kernel(activation, &inputs);
        let h = infinite_slope_kernel(activation, &inputs);
        let (value, slope) = (activation.value(0.0f64), activation.derivative(0.0f64));
        assert!((g[(0, 0)] - value * value).abs() < 1e-14, "{activation:?}");
        assert!((h[(0, 0)] - slope * slope).abs() < 1e-14, "{activation:?}");
        assert!(g.iter().chain(&h).all(|x| x.is_finite()), "{activation:?}");
    }
}

#[test]
fn the_error_function_has_the_kernels_of_williams() {
    let inputs = array![[0.3, -1.2, 2.0], [1.5, 0.25, 0.5], [-0.6, 2.4, -4.0]];
    let g = infinite_feature_kernel(Activation::Erf, &inputs);
    let h = infinite_slope_kernel(Activation::Erf, &inputs);
    let products = inputs.dot(&inputs.t());
    for ((i, j), product) in products.indexed_iter() {
        let (s, t) = (products[(i, i)], products[(j, j)]);
        let scale = ((1.0 + 2.0 * s) * (1.0 + 2.0 * t)).sqrt();
        let value = 2.0 / std::f64::consts::PI * (2.0 * product / scale).asin();
        let area = 1.0 + 2.0 * (s + t) + 4.0 * (s * t - product * product);
        let slope = 4.0 / std::f64::consts::PI / area.sqrt();
        assert!((g[(i, j)] - value).abs() < 1e-15, "{i} {j}");
        assert!((h[(i, j)] / slope - 1.0).abs() < 1e-13, "{i} {j}");
    }
}

#[test]
fn feedback_kernels_are_slopes_times_products() {
    let left = array![[0.3, -1.2, 2.0], [0.0, 0.0, 0.0], [1.5, 0.25, 0.5]];
    let right = array![[-0.6, 2.4, -4.1], [2.0, 0.1, 7.0]];
    for activation in Activation::ALL {
        let whole = infinite_feedback_kernel_between(activation, &left, &right).unwrap();
        let slopes = infinite_slope_kernel_between(activation, &left, &right).unwrap();
        for (index, product) in left.dot(&right.t()).indexed_iter() {
            let wanted = slopes[index] * product;
            let error = (whole[index] - wanted).abs();
            assert!(error <= 1e-14 * wanted.abs(), "{activation:?} {index:?}");
        }
    }
}

#[test]
fn kernels_of_any_norm_are_finite_and_positive() {
    // Norms from 1e-200 to 1e150, whose squares leave the range of numbers on both sides.
    let sizes = [1e-200, 1e-150, 1e-3, 1.0, 77.0, 1e8, 1e150];
    let inputs = Array2::from_shape_fn((sizes.len(), 3), |(i, c)| {
        sizes[i] * ((7 * i + 3 * c + 1) as f64).sin()
    });
    for activation in [Activation::Tanh, Activation::Sigmoid, Activation::Erf] {
        let g = infinite_feature_kernel(activation, &inputs);
        let ntk = neural_tangent_kernel(activation, &inputs);
        let slopes = infinite_slope_kernel(activation, &inputs);
        assert!(g.iter().chain(&ntk).chain(&slopes).all(|x| x.is_finite()));
        for i in 1..sizes.len() {
            assert!(slopes[(i, i)] < slopes[(i - 1, i - 1)] * (1.0 + 1e-14));
            let bound = (g[(i, i)] * g[(i - 1, i - 1)]).sqrt();
            assert!(
                g[(i, i - 1)].abs() <= bound * (1.0 + 1e-14),
                "{activation:?}"
            );
        }
    }
}

#[test]
fn raw_tables_have_a_positive_kernel_whatever_activation() {
    // Norms up to 7e5 with nearly parallel rows, as in tables of years and sums of money.
    let inputs = Array2::from_shape_fn((16, 6), |(i, c)| {
        let (year, size) = (
            1947.0 + i as f64,
            [1.0, 83.0, 2.3e5, 2.4e3, 1.6e3, 1.1e5][c],
        );
        let growth = 1.0 + 0.02 * i as f64 * (c as f64 + 1.0) + 0.01 * ((i * (c + 3)) as f64).sin();
        if c == 0 { year } else { size * growth }
    });
    for activation in [Activation::Tanh, Activation::Sigmoid, Activation::Softplus] {
        let spectrum = crate::theory::kernel_spectrum(activation, &inputs);
        let kernel = infinite_feature_kernel(activation, &inputs);
        let trace = kernel.diag().sum();
        assert!(
            spectrum.max <= trace && spectrum.max >= trace / 16.0,
            "{activation:?}"
        );
        assert!(
            spectrum.gamma > 0.0 && spectrum.gamma < spectrum.max,
            "{activation:?}"
        );
        let eigenvalues = crate::theory::infinite_eigenvalues(activation, &inputs);
        let least = eigenvalues[0] / spectrum.max;
        assert!(least > -1e-13, "{activation:?}: {least:e}");
    }
}

#[test]
fn gated_units_of_large_norm_are_rectified() {
    let inputs = array![[3e8, -1e8, 2e8], [1e8, 2e8, -4e8], [-1.5e8, 0.5e8, -1e8]];
    let relu = infinite_feature_kernel(Activation::Relu, &inputs);
    let slopes = infinite_slope_kernel(Activation::Relu, &inputs);
    for activation in [Activation::Gelu, Activation::Silu] {
        let g = infinite_feature_kernel(activation, &inputs);
        let h = infinite_slope_kernel(activation, &inputs);
        for at in [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)] {
            let scale = (relu[(at.0, at.0)] * relu[(at.1, at.1)]).sqrt();
            let error = (g[at] - relu[at]).abs() / scale;
            assert!(error < 1e-13, "{activation:?} {at:?}: {error:e}");
            // The third input is minus half of the first: there slopes meet at the kink alone.
            let error = (h[at] - slopes[at]).abs();
            assert!(error < 1e-7, "{activation:?} {at:?}: {error:e}");
        }
    }
}
