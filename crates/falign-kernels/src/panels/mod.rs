//! Steps of a two-layer network with hidden units in the lanes: every activation, any number of samples
//! and outputs, dropout.

mod forward;
mod kernel;
mod movement;
mod packed;
mod shared;
mod teach;

use crate::Activation;
use crate::simd::activation::{LaneActivation, with_activation};

pub use forward::Forward;
pub(crate) use forward::forward;
pub(crate) use kernel::advance;
pub use kernel::{Advance, Chunk, Product, Scratch, Tile, VECTORS};
pub use packed::Packed;
pub use shared::Shared;
pub(crate) use shared::multiply;

/// Whether psi(Z) is kept next to Z, because it costs more than a load.
pub fn keeps_activities(activation: Activation) -> bool {
    with_activation!(activation, A => <A as LaneActivation<f64>>::STORED)
}
