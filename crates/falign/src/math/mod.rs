//! Mathematics without networks: activations, losses, named random streams, products.

mod arithmetic;
mod deferred;
mod eigen;
mod gemm;
mod loss;
mod normal;
mod rows;
mod scalar;
mod slopes;
pub(crate) mod statistics;
mod stream;
mod thin;

pub use arithmetic::arithmetic;
pub(crate) use deferred::DeferredProduct;
pub(crate) use eigen::symmetric_eigen;
pub use falign_kernels::{
    Activation, Facts, KernelForm, Mixed, Scalar, activate, row_products, simd,
};
pub(crate) use falign_kernels::{exponentials, rectify};
pub use gemm::multiply;
pub use loss::{Loss, Reduction};
pub use normal::normal_quantile;
pub(crate) use rows::set_rows;
pub use scalar::Precision;
pub(crate) use slopes::Slopes;
pub use stream::{Stream, StreamName, Streams};
pub(crate) use thin::thin_rows;
