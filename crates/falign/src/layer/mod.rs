//! Layers as a learning rule meets them: operators with weights, and maps without.
//!
//! An [`Operator`] is linear in its input and in its weights, and a rule needs three calls of it:
//! `forward`, `pull_back` of a signal through *given* weights, and `gradient`. Feedback weights are
//! weights of the same operator, so a rule that is written in these calls trains every layer. A map
//! has no weights, or several inputs: it pulls a signal back through its own slope, as the forward pass
//! left it. A wiring says which of them reads what.
//!
//! Signals are flat slices; [`Batch`] says how samples lie in them.

mod batch;
mod channels;
mod dense;
pub(crate) mod finish;
pub(crate) mod gain;
pub(crate) mod geometry;
pub(crate) mod map;
pub(crate) mod maps;
mod operator;
pub(crate) mod plain;
pub(crate) mod plain_map;
pub(crate) mod windowed;
pub(crate) mod wiring;

pub use batch::{Batch, Inputs, Layout};
pub use dense::Dense;
pub use finish::Finish;
pub(crate) use finish::bias_gradient;
pub(crate) use geometry::{Image, Window, Windows};
pub(crate) use map::{Kept, Map, Pass};
pub(crate) use maps::draw_masks;
pub(crate) use operator::Shared;
pub use operator::{Extent, Operator, Packed, Parameter, Way};
pub(crate) use plain_map::{Branch, PlainMap, continued};
pub(crate) use wiring::{Node, Value, Wiring};
