//! Layers as a learning rule meets them: operators with weights, and maps without.
//!
//! An [`Operator`] is linear in its input and in its weights, and a rule needs three calls of it:
//! `forward`, `pull_back` of a signal through *given* weights, and `gradient`. Feedback weights are
//! weights of the same operator, so a rule that is written in these calls trains every layer. A [`Map`]
//! has no weights, or several inputs: it pulls a signal back through its own slope, as the forward pass
//! left it. A [`Wiring`] says which of
//! them reads what.
//!
//! Signals are flat slices; [`Batch`] says how samples lie in them.

mod activated;
mod batch;
mod dense;
mod finish;
mod map;
mod operator;
mod wiring;

pub use activated::Activated;
pub use batch::{Batch, Inputs, Layout};
pub use dense::Dense;
pub use finish::{Finish, bias_gradient};
pub use map::{Kept, Map, Pass};
pub(crate) use operator::Shared;
pub use operator::{Extent, Operator, Packed, Parameter, Way};
pub(crate) use wiring::Node;
pub use wiring::{Value, Wiring};
