//! The paper's network, full batch: f(x) = alpha beta' psi(W x) / sqrt(p).
//!
//! Refuses mini-batches and depth. Letters: n samples, d inputs, p hidden units, k outputs.

mod draw;
mod kernels;
mod linear;
mod mask;
mod problem;
mod reference;
mod sample_space;
mod snapshot;
mod start;

pub use crate::data::Weights;
pub use draw::Draw;
pub use linear::{Linear, LinearStart};
pub use problem::Problem;
pub use reference::Reference;
pub use sample_space::SampleSpace;
pub use snapshot::{Dynamics, Movement, Needs, Shares, Snapshot};
pub use start::Start;
