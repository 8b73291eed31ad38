//! Maps that the library has, one file each.

mod activated;
mod batch_norm;
mod dropped;
mod layer_norm;
mod pool;
mod residual;

pub use activated::Activated;
pub use batch_norm::BatchNorm;
pub use dropped::Dropped;
pub(crate) use dropped::draw_masks;
pub use layer_norm::LayerNorm;
pub use pool::Pool;
pub use residual::Residual;
