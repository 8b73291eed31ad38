//! Theory as pure functions of arrays: kernels, their spectra, and limits.
//!
//! Imports no engine: tests compare the two, so that agreement means something. Letters: n
//! samples, d inputs, p hidden units, k outputs; K = X X'; e = f - y.

mod algebra;
pub(crate) mod certificate;
mod infinite;
mod kernel;
mod lazy;
pub(crate) mod lemmas;
mod matrix;
mod measure;
mod recurrence;
mod slow_time;
pub(crate) mod spectrum;

pub(crate) use infinite::infinite_kernels_version;
pub use infinite::{
    infinite_feature_kernel, infinite_feature_kernel_between, infinite_feedback_kernel,
    infinite_feedback_kernel_between, infinite_slope_kernel, infinite_slope_kernel_between,
    neural_tangent_kernel, surrogate_kernel,
};
pub use kernel::{
    feature_kernel, feature_kernel_between, feedback_kernel, feedback_kernel_between,
};
pub(crate) use kernel::{feature_kernel_of, feedback_kernel_of};
pub(crate) use lazy::LazyStart;
pub use lazy::{LazyFeedback, LazyLimit};
pub(crate) use measure::symmetric_part_eigenvalues_with_listener;
pub use measure::{
    centred_kernel_alignment, eigenvalues, kernel_drift, kernel_target_alignment,
    participation_ratio, spectral_norm, symmetric_part_eigenvalues,
};
pub use recurrence::{LinearNetwork, LinearRecurrence};
pub(crate) use slow_time::slow_time_limit_with_listener;
pub use slow_time::{
    Estimate, FeedbackLaw, LinearSlowTime, Moments, SlowEstimate, SlowProblem, SlowRidge,
    SlowState, SlowTime, slow_time_limit,
};
pub use spectrum::{Spectrum, infinite_eigenvalues, kernel_spectrum, training_kernel_max};
pub(crate) use spectrum::{
    certificate_memory, infinite_eigenvalues_with_listener, spectrum_memory,
    training_kernel_max_with_listener,
};
