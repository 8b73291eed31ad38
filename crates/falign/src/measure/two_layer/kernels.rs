//! Quantities of kernels: the engine gives the kernels, `theory` says what describes them.

use std::cell::OnceCell;

use ndarray::Array2;

use super::Seen;
use crate::theory::{
    centred_kernel_alignment, kernel_drift_with_listener, kernel_target_alignment,
    participation_ratio, spectral_norm_with_listener, symmetric_part_eigenvalues_with_listener,
};

/// A kernel with the eigenvalues of its symmetric part, once they are asked for. Nothing describes a
/// kernel that is no longer finite.
pub(crate) struct Kernel {
    matrix: Array2<f64>,
    eigenvalues: OnceCell<Vec<f64>>,
}

impl Kernel {
    /// The kernel of these entries, as many as a square has.
    pub(super) fn square(entries: &[f64]) -> Option<Self> {
        let n = entries.len().isqrt();
        let matrix = Array2::from_shape_vec((n, n), entries.to_vec()).ok()?;
        Some(Self {
            matrix,
            eigenvalues: OnceCell::new(),
        })
    }

    /// Eigenvalues of the symmetric part, ascending; none if they are not finite, or stopped.
    pub(super) fn eigenvalues(&self, seen: &Seen<'_>) -> &[f64] {
        self.eigenvalues.get_or_init(|| {
            let found = seen.unless_stopped(|listener| {
                symmetric_part_eigenvalues_with_listener(&self.matrix, listener)
            });
            found.unwrap_or_default()
        })
    }
}

/// |G(t) - G(0)|.
pub(crate) fn feature_drift(s: &Seen<'_>) -> Option<f64> {
    let start = s.references?.feature_kernel.as_ref()?;
    let now = &s.feature_kernel()?.matrix;
    s.unless_stopped(|listener| kernel_drift_with_listener(now, &start.matrix, listener))
}

/// (tr G)^2 / tr G^2.
pub(crate) fn participation(s: &Seen<'_>) -> Option<f64> {
    participation_ratio(&s.feature_kernel()?.matrix).ok()
}

/// The cosine of G with Y Y'.
pub(crate) fn target_alignment(s: &Seen<'_>) -> Option<f64> {
    kernel_target_alignment(&s.feature_kernel()?.matrix, &s.problem.targets).ok()
}

/// Centred kernel alignment of G(t) with G(0).
pub(crate) fn similarity(s: &Seen<'_>) -> Option<f64> {
    let start = s.references?.feature_kernel.as_ref()?;
    centred_kernel_alignment(&s.feature_kernel()?.matrix, &start.matrix).ok()
}

/// |H(t) - H(0)|.
pub(crate) fn feedback_drift(s: &Seen<'_>) -> Option<f64> {
    let start = s.references?.feedback_kernel.as_ref()?;
    let now = &s.feedback_kernel()?.matrix;
    s.unless_stopped(|listener| kernel_drift_with_listener(now, &start.matrix, listener))
}

/// |H(t)|.
pub(crate) fn feedback_norm(s: &Seen<'_>) -> Option<f64> {
    let now = &s.feedback_kernel()?.matrix;
    s.unless_stopped(|listener| spectral_norm_with_listener(now, listener))
}
