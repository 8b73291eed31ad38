//! Theory as pure functions of arrays: kernels, their spectra, and limits.
//!
//! Imports no engine: tests compare the two, so that agreement means something. Letters: n
//! samples, d inputs, p hidden units, k outputs; K = X X'; e = f - y.

mod algebra;
pub(crate) mod certificate;
pub(crate) mod infinite;
pub(crate) mod kernel;
pub(crate) mod lazy;
pub(crate) mod lemmas;
mod matrix;
pub(crate) mod measure;
pub(crate) mod recurrence;
pub(crate) mod slow_time;
pub(crate) mod spectrum;

pub(crate) use infinite::infinite_kernels_version;
pub(crate) use infinite::infinite_slope_kernel;
pub use infinite::{infinite_feature_kernel, infinite_feedback_kernel, neural_tangent_kernel};
pub use kernel::{feature_kernel, feedback_kernel};
pub(crate) use kernel::{feature_kernel_of, feedback_kernel_of};
pub(crate) use lazy::LazyStart;
pub(crate) use lazy::{LazyFeedback, LazyLimit};
pub(crate) use measure::{
    centred_kernel_alignment, kernel_drift_with_listener, kernel_target_alignment,
    spectral_norm_with_listener, symmetric_part_eigenvalues_with_listener,
};
pub use measure::{eigenvalues, kernel_drift};
pub(crate) use measure::{participation_ratio, spectral_norm};
pub(crate) use recurrence::{LinearNetwork, LinearRecurrence};
pub(crate) use slow_time::{
    Estimate, FeedbackLaw, LinearSlowTime, SlowEstimate, SlowProblem, SlowRidge, SlowTime,
};
pub(crate) use slow_time::{replicate_memory, slow_time_limit_with_listener, states_memory};
pub(crate) use spectrum::infinite_eigenvalues;
pub use spectrum::{Spectrum, kernel_spectrum, training_kernel_max};
pub(crate) use spectrum::{
    certificate_memory, infinite_eigenvalues_with_listener, spectrum_memory,
    training_kernel_max_with_listener,
};
