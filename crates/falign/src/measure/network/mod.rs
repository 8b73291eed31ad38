//! Networks and their rules on a set of samples: loss, accuracy, angles between
//! what the rule does and what backpropagation would do, units that no longer respond.
//!
//! [`alignment()`] looks at matrices; [`Measurement`] looks at a network on any number of samples,
//! chunk by chunk. Nothing here changes a weight. Sums are kept in `f64` whatever the network's
//! precision.

mod alignment;
mod measured;
mod measurement;
mod pseudoinverse;
mod training;
mod units;
mod updates;
mod wanted;
mod weight_angle;

pub use self::alignment::{Alignment, alignment};
pub use self::measured::{LayerMeasured, Measured};
pub use self::measurement::Measurement;
pub(crate) use self::training::Batches;
pub(crate) use self::wanted::Looks;
pub use self::wanted::Wanted;
