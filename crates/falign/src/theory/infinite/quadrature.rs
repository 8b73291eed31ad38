//! Expectations for an activation of which nothing is known, by quadrature.

use std::f64::consts::TAU;

use ndarray::Array2;

use super::Part;
use super::directions::{Angle, Directions};
use crate::math::Activation;
use crate::stage::Listener;

/// The distance of nodes.
const STEP: f64 = 1.0 / 24.0;
/// Nodes on either side of 0: up to 9, beyond which the normal density is below 1e-18.
const REACH: i32 = 216;

/// E f(s u) f(t (r u + sqrt(1 - r^2) v)) over independent u, v ~ N(0, 1), by the trapezoidal rule.
///
/// Where f is analytic within h of the real line the error is about exp(-150 h / s) for a norm s,
/// in either input: below 1e-13 for norms up to 5 and h = pi/2, as of tanh. Kinks of f cost more. 188,000
/// evaluations a pair.
#[derive(Debug)]
pub(super) struct Quadrature {
    activation: Activation,
    part: Part,
    /// The weight of each node.
    weights: Vec<f64>,
}

impl Quadrature {
    pub(super) fn of(activation: Activation, part: Part) -> Self {
        let density = |u: f64| libm::exp(-0.5 * u * u) / TAU.sqrt();
        Self {
            activation,
            part,
            weights: nodes().map(|u| STEP * density(u)).collect(),
        }
    }

    /// Kernel of two sets of inputs, or of one with itself.
    pub(super) fn matrix(
        &self,
        left: &Array2<f64>,
        right: Option<&Array2<f64>>,
        listener: Listener<'_>,
    ) -> Option<Array2<f64>> {
        let left = Directions::new(left);
        let right = right.map(Directions::new);
        left.map(right.as_ref(), listener, |angle| self.entry(angle))
    }

    fn entry(&self, angle: Angle) -> f64 {
        let Angle {
            norms: [s, t],
            cosine,
            sine,
        } = angle;
        let outer = nodes().zip(&self.weights).map(|(u, weight)| {
            let inner = nodes().zip(&self.weights);
            let inner = inner.map(|(v, weight)| weight * self.of_unit(t * (cosine * u + sine * v)));
            weight * self.of_unit(s * u) * inner.sum::<f64>()
        });
        let mean: f64 = outer.sum();
        if self.part == Part::SlopesTimesProducts {
            mean * (cosine * s * t)
        } else {
            mean
        }
    }

    fn of_unit(&self, z: f64) -> f64 {
        if self.part == Part::Values {
            self.activation.value(z)
        } else {
            self.activation.derivative(z)
        }
    }
}

fn nodes() -> impl Iterator<Item = f64> {
    (-REACH..=REACH).map(|i| STEP * f64::from(i))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::whole;
    use crate::theory::infinite::expectation;
    use ndarray::array;

    /// Error of the rule for kappa, and rounding.
    const TOLERANCE: f64 = 1e-13;

    #[test]
    fn at_norms_up_to_5_it_agrees_with_what_is_known() {
        let left = array![[0.3, -0.7], [3.0, 4.0]];
        let right = array![[1.2, 0.4], [0.0, 0.0]];
        for activation in [
            Activation::Tanh,
            Activation::Sigmoid,
            Activation::Softplus,
            Activation::Gelu,
            Activation::Silu,
        ] {
            for part in [Part::Values, Part::Slopes, Part::SlopesTimesProducts] {
                for right in [None, Some(&right)] {
                    let known = whole(|nobody| expectation(activation, part, &left, right, nobody));
                    let quadrature = Quadrature::of(activation, part);
                    let found = whole(|nobody| quadrature.matrix(&left, right, nobody));
                    let scale = known.iter().fold(1.0f64, |top, x| top.max(x.abs()));
                    for (found, known) in found.iter().zip(&known) {
                        let error = (found - known).abs() / scale;
                        assert!(error < TOLERANCE, "{activation:?} {part:?}: {error:e}");
                    }
                }
            }
        }
    }
}
