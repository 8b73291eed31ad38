//! An explicit Runge-Kutta pair with step control, for states of any size.
//!
//! Bogacki and Shampine's third-order method with its embedded second-order one: three slopes a
//! step. The right side may fail, and the caller says which norm of the error counts: what
//! single particles do at the kink of an activation is nothing to the whole.
//!
//! Where the right side jumps and pushes back from both sides, as at the kink of ReLU, the solution
//! slides along the jump. Steps go to and fro across it, with the right mean motion and an error of
//! the order of a step, which no step control brings down: the caller says which steps are short
//! enough.

use ndarray::Array2;

use crate::Result;

/// Share of the estimated largest step that is taken.
const SAFETY: f64 = 0.9;

/// Advances `state` from tau = `from` to `to`. `step` is the first step tried, and afterwards
/// the next one to try.
///
/// `tolerance` is what the errors of all steps over one unit of tau may add up to: each is the
/// `norm` of the two methods' distance. No step is made shorter than one that moves the state by
/// `motion` in that norm.
pub(super) fn integrate(
    state: &mut Array2<f64>,
    (from, to): (f64, f64),
    step: &mut f64,
    (tolerance, motion): (f64, f64),
    norm: impl Fn(&Array2<f64>) -> f64,
    mut slope: impl FnMut(&Array2<f64>, f64) -> Result<Array2<f64>>,
) -> Result<()> {
    let span = to - from;
    if span <= 0.0 {
        return Ok(());
    }
    let mut tau = from;
    let mut k1 = slope(state, tau)?;
    while tau < to {
        let speed = norm(&k1);
        let smallest = if speed > 0.0 { motion / speed } else { 0.0 }.max(span * 1e-10);
        let rest = to - tau;
        let is_last = *step >= rest;
        let h = if is_last { rest } else { step.max(smallest) };
        let at = |parts: &[(f64, &Array2<f64>)]| {
            let mut next = state.clone();
            for (weight, slope) in parts {
                next.scaled_add(h * weight, slope);
            }
            next
        };
        let k2 = slope(&at(&[(0.5, &k1)]), tau + 0.5 * h)?;
        let k3 = slope(&at(&[(0.75, &k2)]), tau + 0.75 * h)?;
        let next = at(&[(2.0 / 9.0, &k1), (1.0 / 3.0, &k2), (4.0 / 9.0, &k3)]);
        let k4 = slope(&next, tau + h)?;
        // Per unit of tau; NaN asks for a shorter step.
        let distance = {
            let mut sum = &k1 * (-5.0 / 72.0);
            for (weight, slope) in [(1.0 / 12.0, &k2), (1.0 / 9.0, &k3), (-0.125, &k4)] {
                sum.scaled_add(weight, slope);
            }
            norm(&sum) / tolerance
        };
        let error = if distance.is_nan() {
            f64::INFINITY
        } else {
            distance
        };
        if error <= 1.0 || h <= smallest {
            *state = next;
            k1 = k4;
            tau = if is_last { to } else { tau + h };
        }
        // The estimate per unit of tau grows as the square of the step.
        let growth = SAFETY / error.max(1e-12).sqrt();
        let proposed = h * growth.clamp(0.2, 5.0);
        // A step that was cut short by the end says little about a longer one.
        *step = if is_last && error <= 1.0 {
            proposed.max(*step)
        } else {
            proposed
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_error_is_below_what_was_asked_for_and_third_order() {
        // x' = -x^2 cos(t): x = 1 / (1 + sin t).
        let solve = |tolerance: f64| {
            let mut x = array![[1.0]];
            let (mut step, mut slopes) = (1e-3, 0);
            for piece in 0..4 {
                let ends = (0.5 * f64::from(piece), 0.5 * f64::from(piece + 1));
                integrate(
                    &mut x,
                    ends,
                    &mut step,
                    (tolerance, 0.0),
                    |x| x[(0, 0)].abs(),
                    |x, t| {
                        slopes += 1;
                        Ok(x.mapv(|x| -x * x * t.cos()))
                    },
                )
                .unwrap();
            }
            ((x[(0, 0)] - 1.0 / (1.0 + 2f64.sin())).abs(), slopes)
        };
        let (coarse, fine) = (solve(1e-4), solve(1e-7));
        assert!(coarse.0 < 1e-4 && fine.0 < 1e-7, "{coarse:?} {fine:?}");
        // Third order, with control per unit of tau: 10^(3/2) times as many steps.
        assert!(fine.1 < 50 * coarse.1, "{coarse:?} {fine:?}");
    }

    #[test]
    fn a_failing_right_side_ends_it() {
        let mut x = array![[1.0]];
        let failed = integrate(
            &mut x,
            (0.0, 1.0),
            &mut 0.1,
            (1e-3, 0.0),
            |_| 0.0,
            |_, _| Err(crate::Error::config("ridge", 0, "above 0")),
        );
        assert!(failed.is_err());
    }

    /// x' = (1, -sign x1), from (0, 0.5): x1 reaches 0 and stays, as nothing else is pushed to from
    /// both sides.
    #[test]
    fn a_state_that_slides_along_a_jump_takes_few_steps() {
        let (mut x, mut step, mut slopes) = (array![[0.0, 0.5]], 1e-3, 0);
        let norm = |x: &Array2<f64>| x.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let motion = 1e-2;
        integrate(
            &mut x,
            (0.0, 3.0),
            &mut step,
            (1e-6, motion),
            norm,
            |x, _| {
                slopes += 1;
                Ok(array![[1.0, -x[(0, 1)].signum()]])
            },
        )
        .unwrap();
        assert!((x[(0, 0)] - 3.0).abs() < 1e-12, "{x}");
        assert!(x[(0, 1)].abs() <= motion, "{x}");
        assert!(slopes < 1500, "{slopes}");
    }
}
