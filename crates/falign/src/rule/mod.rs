//! Learning rules: which weights carry the error backward, and how ridge shrinks weights.
//!
//! [`Rule`] and [`Feedback`] are those of the two-layer engines; [`Composition`] is the whole
//! random-feedback family for networks of any depth, and [`LearningRule`] the trait of a private
//! rule. This room knows no engine: it defines what a rule sees, engines fill it.

mod algebra;
mod baseline;
mod composed;
mod feedback;
mod feedback_learning;
pub(crate) mod fused;
mod layer;
mod learning_rule;
mod mirror;
mod mode;
mod passage;
mod schedule;
mod trace;

pub use algebra::{Composition, FeedbackWeights, Magnitude, Sent, SignalPath};
pub use baseline::{LastLayerOnly, NodePerturbation, WeightPerturbation};
pub use composed::Composed;
pub use feedback::{Feedback, Rule};
pub use feedback_learning::{FeedbackDecay, FeedbackLearning, FeedbackNumbers, FeedbackPlace};
pub use layer::Layer;
pub(crate) use layer::ValuesMut;
pub use learning_rule::{Adaptation, LearningRule, Trials};
pub use mirror::MirrorResponse;
pub(crate) use mode::{Mode, States};
pub(crate) use passage::Passage;
pub use schedule::{RidgeForm, Schedule};
pub use trace::Trace;
