//! Two-layer networks at the paper's size: n = 50 samples, d = 150 inputs.

pub(crate) mod bench;
pub(crate) mod gemm_step;
pub(crate) mod linear;
pub(crate) mod problem;
pub(crate) mod product;
pub(crate) mod reference;
pub(crate) mod sample_space;
pub(crate) mod weight_space;
