//! The paper's network, full batch: f(x) = alpha beta' psi(W x) / sqrt(p).
//!
//! Refuses mini-batches and depth. Letters: n samples, d inputs, p hidden units, k outputs.

mod choice;
mod quantity;

pub use choice::{Draw, Engine};
pub use quantity::Quantity;
