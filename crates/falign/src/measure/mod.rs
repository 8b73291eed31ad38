//! What engines report: the names of measured values, how a run ended, how far it is.

mod layer;
mod numerics;
mod outcome;
mod quantity;
mod stage;

pub use self::layer::LayerMeasure;
pub use self::numerics::EngineFamily;
pub use self::outcome::Outcome;
pub use self::quantity::Quantity;
#[cfg(test)]
pub(crate) use self::stage::stopped_at_each_stage;
pub(crate) use self::stage::{DRAW, Work, rows_at_once, unstopped, whole};
pub use self::stage::{Listener, Stage};
