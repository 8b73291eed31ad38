//! Theory as pure functions of arrays. Imports no engine: tests compare the two.

mod spectrum;

pub use spectrum::{Spectrum, linear_kernel_spectrum};
