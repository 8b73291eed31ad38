//! Expectations over Gaussian weights that have a closed form.

use std::f64::consts::PI;

use super::Part;
use super::pair::Pair;
use crate::math::Activation;
use crate::math::activation::LEAKY_SLOPE;

/// E psi(w.x) psi(w.x'), or the same of psi', for linear and rectified units; `None` for others.
///
/// Source: Cho & Saul (2009) for the rectifiers.
pub(super) fn closed(activation: Activation, part: Part, pair: Pair) -> Option<f64> {
    if part == Part::SlopesTimesProducts {
        return Some(pair.product * closed(activation, Part::Slopes, pair)?);
    }
    match activation {
        Activation::Linear if part == Part::Values => Some(pair.product),
        Activation::Linear => Some(1.0),
        Activation::Relu => Some(rectified(0.0, part, pair)),
        Activation::LeakyRelu => Some(rectified(LEAKY_SLOPE, part, pair)),
        _ => None,
    }
}

/// psi(z) = a z + (1 - a) max(z, 0); E z max(z', 0) = x.x'/2 by Stein's lemma.
fn rectified(a: f64, part: Part, pair: Pair) -> f64 {
    let angle = libm::acos(pair.correlation());
    let share = (1.0 - a) * (1.0 - a) / (2.0 * PI);
    match part {
        Part::Values => {
            let scale = pair.scale();
            let arc = libm::sin(angle) + (PI - angle) * libm::cos(angle);
            a * pair.product + share * scale * arc
        }
        // An input of norm 0 always has the slope at 0, which is a.
        Part::Slopes if pair.left <= 0.0 || pair.right <= 0.0 => {
            let mean = |square: f64| if square > 0.0 { 0.5 * (1.0 + a) } else { a };
            mean(pair.left) * mean(pair.right)
        }
        _ => a + share * (PI - angle),
    }
}
