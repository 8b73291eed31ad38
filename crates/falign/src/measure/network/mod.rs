//! Networks and their rules on a set of samples: loss, accuracy, angles between
//! what the rule does and what backpropagation would do, units that no longer respond, what a layer's
//! activities tell.
//!
//! [`alignment()`] looks at matrices; [`Measurement`] looks at a network on any number of samples,
//! chunk by chunk. Nothing here changes a weight. Sums are kept in `f64` whatever the network's
//! precision.

mod activities;
mod alignment;
mod feedback_weights;
mod measured;
mod measurement;
mod probe;
mod pseudoinverse;
mod training;
mod units;
mod updates;
mod wanted;

pub use self::alignment::{Alignment, alignment};
pub use self::measured::{LayerMeasured, Measured};
pub use self::measurement::Measurement;
pub(crate) use self::training::Batches;
pub(crate) use self::wanted::Looks;
pub use self::wanted::Wanted;
