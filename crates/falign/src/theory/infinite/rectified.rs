//! Expectations over Gaussian weights for linear and rectified units, in closed form.

use std::f64::consts::PI;

use super::Part;
use super::pair::Pair;

/// E psi(w.x) psi(w.x'), or the same of psi', where psi(z) = a z + (1 - a) max(z, 0).
///
/// E z max(z', 0) = x.x'/2 by Stein's lemma. Source: Cho & Saul (2009).
pub(super) fn rectified(a: f64, part: Part, pair: Pair) -> f64 {
    if part == Part::SlopesTimesProducts {
        return pair.product * rectified(a, Part::Slopes, pair);
    }
    // Without a kink; norms may leave the range of numbers.
    if a >= 1.0 {
        return if part == Part::Values {
            pair.product
        } else {
            1.0
        };
    }
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
