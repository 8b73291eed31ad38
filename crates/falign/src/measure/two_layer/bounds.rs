//! Residuals and alignments over the bounds of theorems. They can be asked of every rule and activation; which of
//! them a theorem speaks of, `falign theory` says.

use super::{Seen, alignment};
use crate::math::Activation;

fn norm<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    values.map(|x| x * x).sum::<f64>().sqrt()
}

/// (1 - |e(t)| / |e(t-1)|) / (eta gamma).
pub(crate) fn contraction_rate(s: &Seen<'_>) -> Option<f64> {
    let gamma = s.references?.infinite_kernel.gamma;
    Some((1.0 - s.past?.contraction) / (s.problem.step_size * gamma))
}

/// |e(t)| over what (4.2), or (4.3) for linear networks, allows after e(t-1).
pub(crate) fn residual_to_bound(s: &Seen<'_>) -> Option<f64> {
    let now = norm(s.snapshot.residual.iter());
    Some(now / allowed(s, now / s.past?.contraction)?)
}

/// The right side of (4.2), or of (4.3) for linear networks, with eta lambda(t) |y| where the
/// paper prints lambda(t) |y|: what its proofs give. `before` is |e(t-1)|; there is none at step 0.
fn allowed(s: &Seen<'_>, before: f64) -> Option<f64> {
    let last = s.step.checked_sub(1)?;
    let share = match s.problem.activation {
        Activation::Linear => 0.5,
        _ => 0.25,
    };
    let left = s.problem.factor(last);
    let kept = left - share * s.problem.step_size * s.references?.infinite_kernel.gamma;
    Some(kept * before + (1.0 - left) * norm(s.problem.targets.iter()))
}

/// |cos(b, beta)| over n / sqrt(p).
pub(crate) fn alignment_to_bound(s: &Seen<'_>) -> f64 {
    let (n, p) = (s.problem.inputs.nrows() as f64, s.problem.width as f64);
    alignment::per_sample(s).abs() * p.sqrt() / n
}

/// eps of X: M / gamma - 1 of X X'.
pub(crate) fn isometry_eps(s: &Seen<'_>) -> Option<f64> {
    let inputs = s.references?.inputs;
    Some(inputs.max / inputs.gamma - 1.0)
}
