//! A learning rule of a user's own crate, with the name that experiment files give it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::learning_rule::LearningRule;
use super::making::{RuleKind, RuleStart};

/// Makes the rule of a run in one precision.
pub(super) type MakeCustom<T> =
    Arc<dyn Fn(&RuleStart<'_, T>) -> Box<dyn LearningRule<T>> + Send + Sync>;

/// A learning rule of a user's own crate: how it is made, and what it is called. A
/// [`Registry`](super::Registry) lets experiment files name it.
///
/// Two of them are equal if they have the same name and the same version.
///
/// ```
/// use falign::internal::rule::LastLayerOnly;
/// use falign::rule::{CustomRule, Registry};
/// // Two closures, because a network may have single or double precision.
/// let lazy = CustomRule::new("lazy", |_| Box::new(LastLayerOnly), |_| Box::new(LastLayerOnly));
/// let mut rules = Registry::built_in();
/// rules.register(lazy.with_version("1"))?;
/// assert_eq!(rules.get("lazy").map(|rule| rule.name()), Some("lazy"));
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Clone)]
pub struct CustomRule {
    name: String,
    version: Option<String>,
    kind: RuleKind,
    pub(super) single: MakeCustom<f32>,
    pub(super) double: MakeCustom<f64>,
}

impl CustomRule {
    /// A rule without a version, constructed for every run by one of two functions: that of the
    /// network's precision.
    pub fn new(
        name: impl Into<String>,
        single: impl Fn(&RuleStart<'_, f32>) -> Box<dyn LearningRule<f32>> + Send + Sync + 'static,
        double: impl Fn(&RuleStart<'_, f64>) -> Box<dyn LearningRule<f64>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            version: None,
            kind: RuleKind::Other,
            single: Arc::new(single),
            double: Arc::new(double),
        }
    }

    /// Gives it a version. Raise it whenever the rule's numbers change: jobs of another version have
    /// other ids. With a version finished jobs are kept, and unfinished runs go on from their
    /// checkpoints; then [`feedback`](LearningRule::feedback) and [`state`](LearningRule::state) must be
    /// all that later steps depend on. Without one every run is computed again.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The name in experiment files.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version, if it has one.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Kind of the rule whose place it takes; else [`RuleKind::Other`].
    pub(super) fn kind(&self) -> RuleKind {
        self.kind
    }

    /// The rule under the name of another, whose kind it has and is held to.
    pub(crate) fn in_place_of(&self, name: &str, kind: Option<RuleKind>) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.unwrap_or(RuleKind::Other),
            ..self.clone()
        }
    }
}

impl fmt::Debug for CustomRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomRule")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl PartialEq for CustomRule {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.version) == (&other.name, &other.version)
    }
}

impl Eq for CustomRule {}

impl Hash for CustomRule {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, &self.version).hash(state);
    }
}
