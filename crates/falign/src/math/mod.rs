//! Mathematics without networks: activations, losses, named random streams, products.

pub(crate) mod arithmetic;
mod deferred;
pub(crate) mod digits;
mod eigen;
pub(crate) mod gemm;
mod loss;
pub(crate) mod normal;
mod number;
mod rows;
mod scalar;
mod slopes;
pub(crate) mod statistics;
mod stream;
mod thin;
mod transpose;

pub(crate) use arithmetic::arithmetic;
pub(crate) use deferred::DeferredProduct;
pub(crate) use eigen::symmetric_eigen;
pub use falign_kernels::{Activation, Scalar};
pub(crate) use falign_kernels::{
    KernelForm, Mixed, activate, exponentials, fused, keep_largest, rectify, row_products, simd,
};
pub(crate) use gemm::multiply;
pub use loss::{Loss, Reduction};
pub use number::Number;
pub(crate) use rows::set_rows;
pub use scalar::Precision;
pub(crate) use slopes::Slopes;
pub use stream::{Stream, StreamName, Streams};
pub(crate) use thin::thin_rows;
pub(crate) use transpose::transpose;
