//! Numbers of a step besides the hidden units' own numbers.

use crate::rule::Feedback;

/// The numbers of one step that all hidden units share.
#[derive(Debug, Clone)]
pub(super) struct Numbers<T> {
    pub(super) samples: usize,
    pub(super) outputs: usize,
    pub(super) feedback: Feedback,
    /// e, (outputs, samples).
    pub(super) residual: Vec<T>,
    /// f, (samples, outputs); only where the feedback learns from it.
    pub(super) activity: Vec<T>,
    pub(super) gain: T,
    pub(super) factor: T,
    pub(super) feedback_gain: T,
    pub(super) feedback_factor: T,
    /// Oja's decay per output, else zeros.
    pub(super) oja: Vec<T>,
}
