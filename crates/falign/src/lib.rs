//! `falign` trains and analyses neural networks whose error signals travel backward
//! through *random* weights instead of the transposed forward weights.

pub mod data;
pub mod error;
pub mod experiment;
mod file;
pub mod math;
pub mod record;
pub mod rule;
pub mod theory;
pub mod two_layer;

pub use error::{Error, Result};
