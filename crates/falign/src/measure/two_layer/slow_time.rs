//! The slow-time limit of a run.

use crate::theory::SlowEstimate;

/// The slow-time limit at a recorded step of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlowSeen<'a> {
    pub(crate) limit: &'a SlowEstimate,
    /// `P_t`, the product of the ridge factors so far.
    pub(crate) remaining: f64,
    /// alpha^2 p.
    pub(crate) width: f64,
    /// rho, of b and beta(0).
    pub(crate) correlation: f64,
}

/// The alignment in the limit with what a finite width keeps of beta(0), and rho.
pub(crate) fn composite(s: &SlowSeen<'_>) -> f64 {
    let state = &s.limit.state;
    let moments = state.moments.composite(s.width, s.remaining, s.correlation);
    state.alignment_with(&moments)
}
