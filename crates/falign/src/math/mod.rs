//! Mathematics without networks: activations, named random streams, fixed-order products.

mod activation;
mod scalar;

pub use activation::Activation;
pub use scalar::{Precision, Scalar};
