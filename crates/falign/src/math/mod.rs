//! Mathematics without networks: activations, named random streams, fixed-order products.

mod activation;
mod normal;
mod product;
mod scalar;
pub mod simd;
mod stream;

pub use activation::Activation;
pub use normal::normal_quantile;
pub use product::row_products;
pub use scalar::{Precision, Scalar};
pub use stream::{Stream, StreamName, Streams};
