//! Claims tested on recorded runs: findings, and the verdict that the worst of them gives.
//!
//! Too little to decide on is never a pass.

mod compare;
mod curve;
mod evaluate;
mod finding;
mod quantity;
mod reference;
pub mod stored;
mod student;
#[cfg(test)]
mod tests;

pub use evaluate::Verdict;
pub use finding::named;
