//! What engines report: the names of measured values, and how a run ended.

mod layer;
mod outcome;
mod quantity;

pub use layer::LayerMeasure;
pub use outcome::Outcome;
pub use quantity::Quantity;

/// Raised whenever the numbers an engine gives change, or the default of a key, so that stored
/// results of another version are not taken for this one's.
pub const NUMERICS_VERSION: u32 = 1;
