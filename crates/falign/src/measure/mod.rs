//! What engines report: the names of measured values, and how a run ended.

mod layer;
mod numerics;
mod outcome;
mod quantity;

pub use self::layer::LayerMeasure;
pub use self::numerics::EngineFamily;
pub use self::outcome::Outcome;
pub use self::quantity::Quantity;
