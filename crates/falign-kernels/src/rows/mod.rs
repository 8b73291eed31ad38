//! Steps of a two-layer network with samples in the lanes: activations with two slopes, one output.
//!
//! What is psi'(Z) for other activations is one bit for each unit and sample here, and the product with K
//! a sum of entries of tables (`tables`).

mod kernel;
mod tables;

use crate::activation::{Activation, LeakyRelu};

pub use kernel::{Advance, Chunk, Forward, Scratch, Signals};
pub(crate) use kernel::{advance, forward};
pub use tables::Tables;
pub(crate) use tables::fill;

/// An activation with two slopes, of which that above the kink is 1, that has a kernel here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinked {
    /// 0 below.
    Relu,
    /// A hundredth below.
    LeakyRelu,
}

impl Kinked {
    /// Kind of an activation, where it has two slopes.
    pub fn of(activation: Activation) -> Option<Self> {
        match activation {
            Activation::Relu => Some(Self::Relu),
            Activation::LeakyRelu => Some(Self::LeakyRelu),
            _ => None,
        }
    }

    /// The slope below the kink.
    pub fn lower_slope(self) -> f64 {
        match self {
            Self::Relu => 0.0,
            Self::LeakyRelu => LeakyRelu::LOWER_SLOPE,
        }
    }
}
