//! Numbers of the paper's network, made of what its engines show.

pub(super) mod alignment;
pub(super) mod bounds;
pub(super) mod fit;
pub(super) mod kernels;
mod past;
mod references;
mod seen;
mod slow_time;

pub(crate) use self::past::Past;
pub use self::references::References;
pub(crate) use self::seen::Seen;
pub use self::seen::quantity;
pub(crate) use self::slow_time::{SlowSeen, composite};
