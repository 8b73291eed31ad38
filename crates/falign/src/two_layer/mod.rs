//! The paper's network, full batch: f(x) = alpha beta' psi(W x) / sqrt(p).
//!
//! Refuses mini-batches and depth. Letters: n samples, d inputs, p hidden units, k outputs.

mod choice;
mod linear;
mod mask;
mod problem;
mod quantity;
mod reference;
mod sample_space;
mod snapshot;
mod start;

pub use choice::{Draw, Engine};
pub use linear::{Linear, LinearStart};
pub use problem::Problem;
pub use quantity::Quantity;
pub use reference::Reference;
pub use sample_space::SampleSpace;
pub use snapshot::{Dynamics, Movement, Needs, Snapshot, quantity};
pub use start::{Start, Weights};
