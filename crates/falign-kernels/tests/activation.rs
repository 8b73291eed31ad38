//! Activations against their definitions and declared facts.

use std::f64::consts::PI;

use falign_kernels::{Activation, KernelForm};

/// Error of a central difference with step 1e-6 on these smooth functions.
const DIFFERENCE_TOLERANCE: f64 = 1e-9;
/// Rounding of a value near 40.
const ROUNDING: f64 = 1e-13;
/// Rounding of a slope.
const SLOPE_ROUNDING: f64 = 1e-12;
/// The largest slope may lie between two points of the grid.
const BETWEEN_POINTS: f64 = 1e-5;

/// A fine grid that holds 0.
fn grid() -> impl Iterator<Item = f64> + Clone {
    (-4000..=4000).map(|i| f64::from(i) * 0.01)
}

#[test]
fn derivatives_match_central_differences() {
    for activation in Activation::ALL {
        for z in [-3.1f64, -0.7, 0.2, 1.3, 4.0] {
            let h = 1e-6;
            let slope = (activation.value(z + h) - activation.value(z - h)) / (2.0 * h);
            let error = (slope - activation.derivative(z)).abs();
            assert!(
                error < DIFFERENCE_TOLERANCE,
                "{activation:?} at {z}: {error:e}"
            );
        }
    }
}

#[test]
fn nan_passes_through_and_large_arguments_saturate() {
    for activation in Activation::ALL {
        assert!(activation.value(f64::NAN).is_nan(), "{activation:?}");
        for z in [-800.0f64, 800.0] {
            assert!(activation.value(z).is_finite() && activation.derivative(z).is_finite());
        }
    }
}

#[test]
fn names_are_those_of_json_and_are_read_back() {
    for activation in Activation::ALL {
        let text = serde_json::to_string(&activation).unwrap();
        assert_eq!(text, format!("\"{}\"", activation.name()));
        assert_eq!(
            serde_json::from_str::<Activation>(&text).unwrap(),
            activation
        );
    }
    let unknown = serde_json::from_str::<Activation>("\"no_such\"").unwrap_err();
    assert!(unknown.to_string().contains("`tanh`"), "{unknown}");
}

#[test]
fn symmetries_and_bounds_are_as_declared() {
    for activation in Activation::ALL {
        let facts = activation.facts();
        let psi = |z: f64| activation.value(z);
        let is_odd = grid().all(|z| (psi(-z) + psi(z)).abs() < ROUNDING);
        assert_eq!(facts.is_odd, is_odd, "{activation:?}");
        let homogeneous = |c: f64| grid().all(|z| (psi(c * z) - c * psi(z)).abs() < ROUNDING);
        let is_homogeneous = homogeneous(0.5) && homogeneous(3.0);
        assert_eq!(facts.is_homogeneous, is_homogeneous, "{activation:?}");
        let is_bounded = psi(1e6).abs() < 2.0 * psi(1e3).abs() && psi(-1e6).abs() < 10.0;
        assert_eq!(facts.is_bounded, is_bounded, "{activation:?}");
    }
}

#[test]
fn slopes_jump_at_kinks_alone_and_bend_where_psi_is_curved() {
    let h = 1e-9;
    for activation in Activation::ALL {
        let facts = activation.facts();
        let slope = |z: f64| activation.derivative(z);
        let jumps = |z: f64| (slope(z + h) - slope(z - h)).abs() > 1e-6;
        let is_same = |z: f64, other: f64| slope(z).to_bits() == slope(other).to_bits();
        for z in grid() {
            let is_kink = facts.kinks.contains(&z);
            assert_eq!(jumps(z), is_kink, "{activation:?} at {z}");
            // Neighbours on the grid, on one side of every kink.
            let (near, far) = (z + 1e-3, z + 9e-3);
            if facts.is_piecewise_linear {
                assert!(is_same(near, far), "{activation:?} at {z}");
            }
        }
        let is_straight = is_same(0.5, 1.5) && is_same(-0.5, -1.5);
        assert_eq!(facts.is_piecewise_linear, is_straight, "{activation:?}");
    }
}

#[test]
fn the_largest_slope_is_reached_and_never_exceeded() {
    for activation in Activation::ALL {
        let slopes = grid().map(|z| activation.derivative(z).abs());
        let error = slopes.fold(0.0, f64::max) - activation.facts().largest_slope;
        let is_near = -BETWEEN_POINTS < error && error < SLOPE_ROUNDING;
        assert!(is_near, "{activation:?} {error:e}");
    }
}

#[test]
fn the_rule_keeps_the_moments_of_the_logistic_law() {
    let KernelForm::Mixture { scales, .. } = Activation::Tanh.facts().kernel else {
        panic!("tanh is a mixture of logistic scales");
    };
    let mean = |of: &dyn Fn(f64) -> f64| scales.iter().map(|(k, p)| p * of(*k)).sum::<f64>();
    // The slope of tanh at 0; the variance pi^2/3 of the logistic law; E softplus(0) = log 2.
    for (is, wanted) in [
        (mean(&|_| 1.0), 1.0),
        (mean(&|k| 1.0 / k), (0.5 * PI).sqrt()),
        (mean(&|k| 4.0 * k * k), PI * PI / 3.0),
        (mean(&|k| 2.0 * k), (2.0 * PI).sqrt() * 2f64.ln()),
    ] {
        assert!((is / wanted - 1.0).abs() < 1e-13, "{is} {wanted}");
    }
}
