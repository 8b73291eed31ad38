//! Mathematics without networks: activations, losses, named random streams, products.

pub(crate) mod activation;
mod arithmetic;
mod eigen;
mod exponential;
mod gemm;
mod loss;
mod normal;
mod pass;
mod product;
mod rows;
mod scalar;
pub mod simd;
mod slopes;
mod stream;
mod thin;
mod unmade;

pub use activation::{Activation, Facts, KernelForm, Mixed};
pub use arithmetic::arithmetic;
pub(crate) use eigen::symmetric_eigen;
pub use gemm::multiply;
pub use loss::{Loss, Reduction};
pub use normal::normal_quantile;
pub use pass::activate;
pub(crate) use pass::rectify;
pub use product::row_products;
pub(crate) use rows::set_rows;
pub use scalar::{Precision, Scalar};
pub(crate) use slopes::Slopes;
pub use stream::{Stream, StreamName, Streams};
pub(crate) use thin::ThinRows;
pub(crate) use unmade::UnmadeProduct;
