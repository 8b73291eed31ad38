//! Losses, norms, and the conservation law.

use super::Seen;

/// m's trace, m a row-major (outputs, outputs) matrix.
fn trace(s: &Seen<'_>, m: &[f64]) -> f64 {
    let k = s.problem.outputs();
    (0..k).map(|c| m[c * k + c]).sum()
}

fn half_square(e: &[f64]) -> f64 {
    0.5 * e.iter().map(|x| x * x).sum::<f64>()
}

/// 1/2 |e|^2.
pub(crate) fn loss(s: &Seen<'_>) -> f64 {
    half_square(&s.snapshot.residual)
}

/// The objective (4.1).
pub(crate) fn regularised_loss(s: &Seen<'_>) -> f64 {
    let alpha = s.problem.output_scale;
    let ridge = s.problem.schedule.value(s.step);
    loss(s) + 0.5 * alpha * alpha * ridge * trace(s, &s.snapshot.output_gram)
}

/// |e|.
pub(crate) fn residual_norm(s: &Seen<'_>) -> f64 {
    (2.0 * loss(s)).sqrt()
}

/// 1/2 |e|^2 on held-out samples.
pub(crate) fn held_out_loss(s: &Seen<'_>) -> Option<f64> {
    Some(half_square(s.snapshot.held_out_residual.as_ref()?))
}

/// |beta|.
pub(crate) fn output_norm(s: &Seen<'_>) -> f64 {
    trace(s, &s.snapshot.output_gram).sqrt()
}

/// |b - beta|.
pub(crate) fn feedback_gap(s: &Seen<'_>) -> f64 {
    let cross = trace(s, &s.snapshot.cross_gram);
    let square =
        trace(s, &s.snapshot.output_gram) + trace(s, &s.snapshot.feedback_gram) - 2.0 * cross;
    square.max(0.0).sqrt()
}

/// The root mean square over units of the change of what continuous time conserves.
pub(crate) fn conservation_drift(s: &Seen<'_>) -> Option<f64> {
    Some((s.snapshot.conservation? / s.problem.width as f64).sqrt())
}
