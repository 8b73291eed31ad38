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

pub use self::accuracy::accuracy;
pub use self::alignment::{Alignment, alignment};
pub use self::measured::{LayerMeasured, Measured};
pub use self::measurement::Measurement;
pub use self::wanted::Wanted;
