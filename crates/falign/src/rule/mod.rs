//! Learning rules: which weights carry the error backward, and how ridge shrinks weights.
//!
//! [`Rule`] is a rule by name, built in or of a user's own crate, and [`Registry`] has those that
//! experiment files can name. [`Feedback`] is that of the two-layer engines, [`Composition`] the
//! random-feedback family for networks of any depth, and [`LearningRule`] the trait of any rule of such
//! networks. This room knows no engine: it defines what a rule sees, engines fill it.

pub(crate) mod algebra;
pub(crate) mod baseline;
pub(crate) mod composed;
mod custom;
mod feedback;
pub(crate) mod feedback_learning;
pub(crate) mod fused;
pub(crate) mod gate;
mod layer;
mod learning_rule;
pub(crate) mod making;
pub(crate) mod mirror;
mod mode;
pub(crate) mod named;
mod passage;
mod registry;
mod row;
mod schedule;
mod table;
mod trace;

pub use algebra::SignalPath;
pub(crate) use algebra::{Composition, DirectFeedback, FeedbackWeights, Magnitude, Sent};
pub(crate) use baseline::{LastLayerOnly, NodePerturbation, WeightPerturbation};
pub(crate) use composed::Composed;
pub use custom::CustomRule;
pub use feedback::Feedback;
pub(crate) use feedback_learning::{
    FeedbackDecay, FeedbackLearning, FeedbackNumbers, FeedbackPlace,
};
pub(crate) use gate::Gate;
pub use layer::Layer;
pub(crate) use layer::ValuesMut;
pub use learning_rule::{Adaptation, LearningRule, Plasticity};
pub(crate) use making::RuleKind;
pub use making::RuleStart;
pub(crate) use mirror::MirrorResponse;
pub(crate) use mode::{Mode, States};
pub(crate) use named::RulePrecision;
pub(crate) use passage::Passage;
pub use registry::Registry;
pub use schedule::{RidgeForm, Schedule};
pub use table::Rule;
pub use trace::Trace;
