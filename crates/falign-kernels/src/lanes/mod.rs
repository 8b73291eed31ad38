//! Convolutions and local connections with samples in the lanes.
//!
//! Numbers of a block of samples lie `[place][channel][lane]`, so that the channels of neighbouring places of a line are
//! one contiguous run of steps: nothing is copied, and zeros around an image are skipped. A place of a result is a
//! small product, a *tile* of channels by lanes in registers, over a few runs; what runs there are is planned once for
//! all samples. The gradient by the weights is another tile, of channels by steps, over places and lanes; of weights
//! that no places share it is one with weights in the lanes, over samples in rows.
//!
//! Each sum has one order, whatever the instruction set: of a result its steps, of a gradient places, then vectors,
//! then the tree of lane sums.

mod correlate;
mod gradient;
mod weights;

pub(crate) use correlate::correlate;
pub use correlate::{Correlation, End, MOST_CHANNELS, Place, Run, tiles};
pub(crate) use gradient::add_gradient;
pub use gradient::{Gradient, Patch};
pub use weights::WeightSums;
pub(crate) use weights::add_weight_sums;
