//! The paper's network, full batch: f(x) = alpha beta' psi(W x) / sqrt(p).
//!
//! Refuses mini-batches and depth. Letters: n samples, d inputs, p hidden units, k outputs.

mod choice;
mod outcome;
mod quantity;

pub use choice::{Draw, Engine};
pub use outcome::Outcome;
pub use quantity::Quantity;

/// Raised whenever the numbers an engine gives change, so that stored results of another
/// version are not taken for this one's.
pub const NUMERICS_VERSION: u32 = 1;
