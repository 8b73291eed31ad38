//! What engines report: the names of measured values, and how a run ended.

mod layer;
mod numerics;
mod outcome;
mod quantity;

pub use layer::LayerMeasure;
pub use numerics::EngineFamily;
pub use outcome::Outcome;
pub use quantity::Quantity;
