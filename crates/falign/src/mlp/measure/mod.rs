//! What a network and its rule are like on a set of samples: loss, accuracy, angles between
//! what the rule does and what backpropagation would do, units that no longer respond.
//!
//! [`alignment()`] and [`accuracy()`] look at matrices; [`Measurement`] looks at a network on any
//! number of samples, chunk by chunk. Nothing here changes a weight. Sums are kept in `f64`
//! whatever the network's precision.

mod accuracy;
mod alignment;
mod measured;
mod measurement;
mod products;
mod pseudoinverse;
mod stand_in;
mod units;
mod updates;
mod wanted;

pub use accuracy::accuracy;
pub use alignment::{Alignment, alignment};
pub use measured::{LayerMeasured, Measured};
pub use measurement::Measurement;
pub use wanted::Wanted;
