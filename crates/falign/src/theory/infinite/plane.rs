//! Expectations over Gaussian weights by the trapezoid rule in the plane, for near-duplicates.

use super::Part;
use super::pair::Pair;
use crate::math::{Activation, activate};

/// Where the standard normal density has fallen to 3e-18 of its maximum.
const RANGE: f64 = 9.0;

/// Step for a Gaussian alone: an error of exp(-2 pi^2 / 0.16), far below rounding.
const WIDEST_STEP: f64 = 0.4;

/// Step times slope of the argument. The nearest singularity of tanh lies pi/2 off the real
/// line, so that the error is about exp(-pi^2 / 0.2) = 4e-22.
const STEP_PER_SLOPE: f64 = 0.2;

/// E psi(w.x) psi(w.x') (or of psi'), to about 1e-14 of its scale, for any correlation r.
///
/// With u, v independent standard normals, w.x = |x| (c u + s v) and w.x' = |x'| (c u - s v)
/// where c, s = sqrt((1 +- r)/2). Near-duplicates have a small s, so the integrand is smooth
/// along v and few points are enough there. Cost: about 8000 |x|^2 c s evaluations where
/// |x| c and |x| s are large.
pub(super) fn plane(activation: Activation, part: Part, pair: Pair) -> f64 {
    let (left, right) = (pair.left.sqrt(), pair.right.sqrt());
    let r = pair.correlation();
    let (c, s) = ((0.5 * (1.0 + r)).sqrt(), (0.5 * (1.0 - r)).sqrt());
    let across = nodes(left.max(right) * s);
    let along = nodes(left.max(right) * c);
    let mut slope = vec![0.0; along.len()];
    let mut values = |scale: f64, shift: f64| {
        let mut z: Vec<f64> = along.iter().map(|(u, _)| scale * (c * u + shift)).collect();
        activate(activation, &mut z, &mut slope);
        match part {
            Part::Values => z,
            Part::Slopes => slope.clone(),
        }
    };
    let mut total = 0.0;
    for (v, outer) in across {
        let (first, second) = (values(left, s * v), values(right, -s * v));
        let line = first.iter().zip(&second).zip(&along);
        total += outer
            * line
                .map(|((a, b), (_, weight))| weight * a * b)
                .sum::<f64>();
    }
    total
}

/// Points and weights for a standard normal whose integrand has arguments of this slope.
fn nodes(slope: f64) -> Vec<(f64, f64)> {
    let step = WIDEST_STEP.min(STEP_PER_SLOPE / slope);
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a few points per unit of a norm that fits in memory"
    )]
    let half = (RANGE / step).ceil() as i64;
    let density = |u: f64| libm::exp(-0.5 * u * u) / (2.0 * std::f64::consts::PI).sqrt();
    (-half..=half)
        .map(|m| m as f64 * step)
        .map(|u| (u, step * density(u)))
        .collect()
}
