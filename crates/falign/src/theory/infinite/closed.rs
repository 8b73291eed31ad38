//! Expectations over Gaussian weights that have a closed form.

use std::f64::consts::PI;

use super::Part;
use super::pair::Pair;
use crate::math::Activation;
use crate::math::activation::LEAKY_SLOPE;

/// E psi(w.x) psi(w.x'), or the same of psi', where a closed form is known.
///
/// Source: Cho & Saul (2009) for the rectifiers, Williams (1997) for the error function.
pub(super) fn closed(activation: Activation, part: Part, pair: Pair) -> Option<f64> {
    match activation {
        Activation::Linear => Some(match part {
            Part::Values => pair.product,
            Part::Slopes => 1.0,
        }),
        Activation::Relu => Some(rectified(0.0, part, pair)),
        Activation::LeakyRelu => Some(rectified(LEAKY_SLOPE, part, pair)),
        Activation::Erf => Some(error_function(part, pair)),
        Activation::Tanh | Activation::Sigmoid | Activation::Softplus => None,
    }
}

/// psi(z) = a z + (1 - a) max(z, 0); E z max(z', 0) = x.x'/2 by Stein's lemma.
fn rectified(a: f64, part: Part, pair: Pair) -> f64 {
    let angle = libm::acos(pair.correlation());
    let share = (1.0 - a) * (1.0 - a) / (2.0 * PI);
    match part {
        Part::Values => {
            let scale = (pair.left * pair.right).sqrt();
            let arc = libm::sin(angle) + (PI - angle) * libm::cos(angle);
            a * pair.product + share * scale * arc
        }
        // An input of norm 0 always has the slope at 0, which is a.
        Part::Slopes if pair.left <= 0.0 || pair.right <= 0.0 => {
            let mean = |square: f64| if square > 0.0 { 0.5 * (1.0 + a) } else { a };
            mean(pair.left) * mean(pair.right)
        }
        Part::Slopes => a + share * (PI - angle),
    }
}

fn error_function(part: Part, pair: Pair) -> f64 {
    let Pair {
        left,
        right,
        product,
    } = pair;
    match part {
        Part::Values => {
            let scale = ((1.0 + 2.0 * left) * (1.0 + 2.0 * right)).sqrt();
            2.0 / PI * libm::asin(2.0 * product / scale)
        }
        // The determinant of I + 2 (covariance), without cancellation.
        Part::Slopes => {
            let area = (left * right - product * product).max(0.0);
            4.0 / PI / (1.0 + 2.0 * (left + right) + 4.0 * area).sqrt()
        }
    }
}
