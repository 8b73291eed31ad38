//! Theory as pure functions of arrays: kernels, their spectra, and limits.
//!
//! Imports no engine: tests compare the two, so that agreement means something. Letters: n
//! samples, d inputs, p hidden units, k outputs; K = X X'; e = f - y.

mod infinite;
mod matrix;
mod spectrum;

pub use infinite::{
    infinite_feature_kernel, infinite_feature_kernel_between, infinite_feedback_kernel,
    infinite_feedback_kernel_between, infinite_slope_kernel, infinite_slope_kernel_between,
    neural_tangent_kernel, surrogate_kernel,
};
pub use spectrum::{Spectrum, kernel_spectrum};
