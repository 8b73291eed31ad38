//! Maps that the library has, one file each.

mod activated;
mod batch_norm;
mod channels_first;
mod dropped;
mod layer_norm;
mod pool;
mod residual;

pub use activated::Activated;
pub use batch_norm::BatchNorm;
pub use channels_first::ChannelsFirst;
pub use dropped::Dropped;
pub(crate) use dropped::draw_masks;
pub use layer_norm::LayerNorm;
pub use pool::Pool;
pub use residual::Residual;
