//! Learning rules: which weights carry the error backward, and how ridge shrinks beta.
//!
//! A rule is an immutable value; everything that changes is passed in. This room knows no
//! engine and no matrices of a particular engine.

mod feedback;
mod schedule;

pub use feedback::{Feedback, Rule};
pub use schedule::{RidgeForm, Schedule};
