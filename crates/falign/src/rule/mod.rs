//! Learning rules: which weights carry the error backward, and how ridge shrinks weights.
//!
//! [`Rule`] and [`Feedback`] are those of the two-layer engines; [`Composition`] is the whole
//! random-feedback family for networks of any depth, and [`LearningRule`] the trait of a private
//! rule. This room knows no engine: it defines what a rule sees, engines fill it.

pub(crate) mod algebra;
pub(crate) mod baseline;
pub(crate) mod composed;
mod feedback;
pub(crate) mod feedback_learning;
pub(crate) mod fused;
mod layer;
mod learning_rule;
pub(crate) mod mirror;
mod mode;
mod passage;
mod schedule;
mod trace;

pub use algebra::SignalPath;
pub(crate) use algebra::{Composition, FeedbackWeights, Magnitude, Sent};
pub(crate) use baseline::{LastLayerOnly, NodePerturbation, WeightPerturbation};
pub(crate) use composed::Composed;
pub use feedback::{Feedback, Rule};
pub(crate) use feedback_learning::{
    FeedbackDecay, FeedbackLearning, FeedbackNumbers, FeedbackPlace,
};
pub use layer::Layer;
pub(crate) use layer::ValuesMut;
pub use learning_rule::{Adaptation, LearningRule, Trials};
pub(crate) use mirror::MirrorResponse;
pub(crate) use mode::{Mode, States};
pub(crate) use passage::Passage;
pub use schedule::{RidgeForm, Schedule};
pub use trace::Trace;
