//! The paper's network, full batch: f(x) = alpha beta' psi(W x) / sqrt(p).
//!
//! Refuses mini-batches and depth. Letters: n samples, d inputs, p hidden units, k outputs.

pub(crate) mod draw;
mod kernels;
mod linear;
mod mask;
mod problem;
pub(crate) mod reference;
mod sample_space;
pub(crate) mod snapshot;
mod start;

pub use crate::data::Weights;
pub(crate) use draw::Draw;
pub use linear::{Linear, LinearStart};
pub use problem::Problem;
pub(crate) use reference::Reference;
pub use sample_space::{SampleSpace, Threads};
pub(crate) use snapshot::Listening;
pub use snapshot::{Dynamics, Needs, Snapshot};
pub use start::Start;
