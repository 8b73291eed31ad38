//! The paper's network, full batch: f(x) = alpha beta' psi(W x) / sqrt(p).
//!
//! Refuses mini-batches and depth. Letters: n samples, d inputs, p hidden units, k outputs.

mod choice;
mod linear;
mod mask;
mod outcome;
mod problem;
mod quantity;
mod reference;
mod run;
mod sample_space;
mod snapshot;
mod start;

pub use crate::data::Weights;
pub use choice::{Draw, Engine};
pub use linear::{Linear, LinearStart};
pub use outcome::Outcome;
pub use problem::Problem;
pub use quantity::Quantity;
pub use reference::Reference;
pub use run::{Recording, Stop, run};
pub use sample_space::SampleSpace;
pub use snapshot::{Dynamics, Movement, Needs, Snapshot, quantity};
pub use start::Start;

/// Raised whenever the numbers an engine gives change, so that stored results of another
/// version are not taken for this one's.
pub const NUMERICS_VERSION: u32 = 1;
