//! How the rule of a run is made, in the precision of its network.

use super::algebra::Composition;
use super::layer::Layer;
use crate::math::Streams;

/// Start of a run, of which its rule is made.
///
/// ```
/// use falign::internal::rule::LastLayerOnly;
/// use falign::rule::{CustomRule, LearningRule, RuleStart};
/// fn begun<T: falign::math::Number>(start: &RuleStart<'_, T>) -> Box<dyn LearningRule<T>> {
///     // Feedback weights would have the units of the layers above.
///     assert!(start.layers.len() > 1);
///     Box::new(LastLayerOnly)
/// }
/// let lazy = CustomRule::new("lazy", begun::<f32>, begun::<f64>);
/// assert_eq!((lazy.name(), lazy.version()), ("lazy", None));
/// ```
#[derive(Debug)]
pub struct RuleStart<'a, T> {
    /// Number of the run, from 0.
    pub run: u64,
    /// Random streams of the run. Whatever is opened begins at its beginning, so that a rule that draws
    /// from them alone is the same whenever it is made.
    pub streams: Streams,
    /// The layers at the start, from the input up.
    pub layers: &'a [Layer<T>],
    /// Standard deviation of the noise of rules that learn by trial (`learning.perturbation`).
    pub perturbation: f64,
}

/// Kind of a rule of networks of any depth, as far as its construction, its step size and its audit
/// depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// A rule of the random-feedback family.
    Family(Composition),
    /// [`LastLayerOnly`](super::LastLayerOnly).
    LastLayerOnly,
    /// [`NodePerturbation`](super::NodePerturbation).
    NodePerturbation,
    /// [`WeightPerturbation`](super::WeightPerturbation).
    WeightPerturbation,
    /// Any other type with [`LearningRule`](super::LearningRule).
    Other,
}

impl RuleKind {
    /// Whether the rule learns from what the loss does when activities or weights are shaken.
    pub fn is_trial(self) -> bool {
        matches!(self, Self::NodePerturbation | Self::WeightPerturbation)
    }
}
