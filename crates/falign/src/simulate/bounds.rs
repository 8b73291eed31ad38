//! Quantities of the theorems: constants of a run's data, and its residual against what they
//! allow. The engine gives the residual and its contraction, `theory` the constants. They can be
//! asked of every rule and activation; which of them a theorem speaks of, `falign theory` says.

use super::resolve::{Resolved, spectrum};
use super::watch::Watch;
use crate::Result;
use crate::math::Activation;
use crate::measure::Quantity;
use crate::theory::Spectrum;
use crate::two_layer::{Problem, Snapshot};

/// The constants that a run's quantities ask for; NaN for the others.
pub(super) struct BoundMeasures<'a> {
    problem: &'a Problem,
    /// gamma and M of Gbar, on its range.
    kernel: Spectrum,
    /// eps of X.
    isometry_eps: f64,
    /// |y|.
    target_norm: f64,
}

impl<'a> BoundMeasures<'a> {
    /// Costs O(n^3) for each of the spectra of Gbar and of X X', where asked for.
    pub(super) fn new(
        problem: &'a Problem,
        resolved: &Resolved,
        quantities: &[Quantity],
        watch: Option<&Watch>,
    ) -> Result<Self> {
        let asked = |is: fn(Quantity) -> bool| quantities.iter().copied().any(is);
        let unknown = Spectrum {
            gamma: f64::NAN,
            max: f64::NAN,
        };
        let spectrum = |activation| spectrum(activation, &problem.inputs, watch);
        let kernel = if !asked(Quantity::needs_infinite_kernel) {
            unknown
        } else if resolved.gamma.is_nan() {
            spectrum(problem.activation)?
        } else {
            Spectrum {
                gamma: resolved.gamma,
                max: resolved.kernel_max,
            }
        };
        let inputs = if asked(|q| q == Quantity::IsometryEps) {
            spectrum(Activation::Linear)?
        } else {
            unknown
        };
        Ok(Self {
            problem,
            kernel,
            isometry_eps: inputs.max / inputs.gamma - 1.0,
            target_norm: norm(problem.targets.iter()),
        })
    }

    /// Puts the quantities of theorems into a row whose columns of them have the contraction of
    /// the step that led here.
    pub(super) fn fill(
        &self,
        step: u64,
        snapshot: &Snapshot,
        quantities: &[Quantity],
        row: &mut [f64],
    ) {
        for (value, quantity) in row.iter_mut().zip(quantities) {
            *value = match quantity {
                Quantity::ContractionRate => {
                    (1.0 - *value) / (self.problem.step_size * self.kernel.gamma)
                }
                Quantity::ResidualToBound => {
                    let now = norm(snapshot.residual.iter());
                    now / self.allowed(step, now / *value)
                }
                Quantity::InfiniteKernelMinEigenvalue => self.kernel.gamma,
                Quantity::InfiniteKernelMaxEigenvalue => self.kernel.max,
                Quantity::IsometryEps => self.isometry_eps,
                _ => continue,
            };
        }
    }

    /// The right side of (4.2), or of (4.3) for linear networks, with eta lambda(t) |y| where the
    /// paper prints lambda(t) |y|: what its proofs give. `before` is |e(t-1)|. NaN at step 0.
    fn allowed(&self, step: u64, before: f64) -> f64 {
        let Some(last) = step.checked_sub(1) else {
            return f64::NAN;
        };
        let share = match self.problem.activation {
            Activation::Linear => 0.5,
            _ => 0.25,
        };
        let left = self.problem.factor(last);
        let kept = left - share * self.problem.step_size * self.kernel.gamma;
        kept * before + (1.0 - left) * self.target_norm
    }
}

fn norm<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    values.map(|x| x * x).sum::<f64>().sqrt()
}
