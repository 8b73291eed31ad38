//! Learning rules: which weights carry the error backward, and how ridge shrinks weights.
//!
//! [`Rule`] is a rule by name, built in or of a user's own crate, and [`Registry`] has those that
//! experiment files can name. [`Feedback`] is that of the two-layer engines, [`Composition`] the
//! random-feedback family for networks of any depth, and [`LearningRule`] the trait of any rule of such
//! networks. This room knows no engine: it defines what a rule sees, engines fill it.

mod algebra;
mod baseline;
mod composed;
mod custom;
mod feedback;
mod feedback_learning;
pub(crate) mod fused;
mod layer;
mod learning_rule;
mod making;
mod mirror;
mod mode;
mod named;
mod passage;
mod registry;
mod row;
mod schedule;
mod table;
mod trace;

pub use algebra::{Composition, FeedbackWeights, Magnitude, Sent, SignalPath};
pub use baseline::{LastLayerOnly, NodePerturbation, WeightPerturbation};
pub use composed::Composed;
pub use custom::CustomRule;
pub use feedback::Feedback;
pub use feedback_learning::{FeedbackDecay, FeedbackLearning, FeedbackNumbers, FeedbackPlace};
pub use layer::Layer;
pub(crate) use layer::ValuesMut;
pub use learning_rule::{Adaptation, LearningRule, Trials};
pub use making::{RuleKind, RuleStart};
pub use mirror::MirrorResponse;
pub(crate) use mode::{Mode, States};
pub(crate) use named::RulePrecision;
pub(crate) use passage::Passage;
pub use registry::Registry;
pub use schedule::{RidgeForm, Schedule};
pub use table::Rule;
pub use trace::Trace;
