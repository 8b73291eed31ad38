//! Rules by name, and what is asked of them.

use std::borrow::Cow;
use std::sync::Arc;

use super::algebra::Composition;
use super::custom::CustomRule;
use super::feedback::Feedback;
use super::learning_rule::LearningRule;
use super::making::{RuleKind, RuleStart};
use super::table::Rule;
use crate::math::simd::Element;

impl Rule {
    /// The name in experiment files.
    pub fn name(&self) -> &str {
        self.row().map_or_else(CustomRule::name, |row| row.name)
    }

    /// The name in figures, such as FA; of a rule of a user's own, its name in words.
    pub(crate) fn label(&self) -> Cow<'_, str> {
        match self.row() {
            Ok(row) => row.label.into(),
            Err(custom) => custom.name().replace('_', " ").into(),
        }
    }

    /// Effect of the rule, with the literature it comes from; `None` for a rule of a user's own.
    pub(crate) fn about(&self) -> Option<String> {
        let lines = self.row().ok()?.about.iter();
        Some(lines.map(|line| line.trim()).collect::<Vec<_>>().join(" "))
    }

    /// The feedback weights that it uses in the two-layer engines; `None` for rules that only
    /// deep networks have.
    pub(crate) fn feedback(&self) -> Option<Feedback> {
        self.row().ok()?.two_layer
    }

    /// Kind of the rule in networks of any depth; `None` for `oja_feedback`, which only two-layer
    /// engines have.
    pub fn kind(&self) -> Option<RuleKind> {
        self.row()
            .map_or_else(|custom| Some(custom.kind()), |row| row.kind)
    }

    /// Composition of the rule in deep networks; `None` for rules outside the family.
    pub(crate) fn composition(&self) -> Option<Composition> {
        match self.kind()? {
            RuleKind::Family(composition) => Some(composition),
            _ => None,
        }
    }

    /// Whether it is a custom rule without a version, whose results nobody can tell from those of
    /// another state of its code.
    pub(crate) fn is_unversioned(&self) -> bool {
        self.custom()
            .is_some_and(|custom| custom.version().is_none())
    }

    /// The rule of a user's own crate, if it is one.
    pub fn custom(&self) -> Option<&CustomRule> {
        self.row().err()
    }
}

impl From<CustomRule> for Rule {
    fn from(custom: CustomRule) -> Self {
        Self::Custom(Arc::new(custom))
    }
}

/// The name in figures of the built-in rule with that name, such as FA.
///
/// ```
/// use falign::internal::rule::label;
/// assert_eq!(label("direct_feedback_alignment"), Some("DFA"));
/// assert_eq!(label("width"), None);
/// ```
pub fn label(name: &str) -> Option<&'static str> {
    let row = Rule::ROWS.iter().find(|row| row.name == name)?;
    Some(row.label)
}

/// The two precisions of a network.
pub(crate) trait RulePrecision: Element {
    /// Rule of a run; `None` for the family, whose feedback weights are drawn first, and for rules that
    /// only two-layer engines have.
    fn made(rule: &Rule, start: &RuleStart<'_, Self>) -> Option<Box<dyn LearningRule<Self>>>;
}

impl RulePrecision for f32 {
    fn made(rule: &Rule, start: &RuleStart<'_, f32>) -> Option<Box<dyn LearningRule<f32>>> {
        Some(match rule.row() {
            Ok(row) => (row.make?.single)(start),
            Err(custom) => (custom.single)(start),
        })
    }
}

impl RulePrecision for f64 {
    fn made(rule: &Rule, start: &RuleStart<'_, f64>) -> Option<Box<dyn LearningRule<f64>>> {
        Some(match rule.row() {
            Ok(row) => (row.make?.double)(start),
            Err(custom) => (custom.double)(start),
        })
    }
}

impl Composition {
    /// The rules of the family that have names.
    pub fn all() -> impl Iterator<Item = (&'static str, Self)> {
        let rows = Rule::ROWS.iter();
        rows.filter_map(|row| match row.kind? {
            RuleKind::Family(composition) => Some((row.name, composition)),
            _ => None,
        })
    }

    /// The rule of this name.
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::all().find(|(known, _)| *known == name);
        found.map(|(_, rule)| rule)
    }

    /// Name of the rule, if it has one.
    pub fn name(self) -> Option<&'static str> {
        let found = Self::all().find(|(_, rule)| *rule == self);
        found.map(|(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_compositions_are_different_and_lead_back() {
        for (at, rule) in Rule::ALL.iter().enumerate() {
            let row = rule.row().unwrap();
            let before = || Rule::ROWS[..at].iter();
            assert!(before().all(|other| other.name != row.name), "{rule:?}");
            assert!(before().all(|other| other.label != row.label), "{rule:?}");
            assert!(row.two_layer.is_some() || row.kind.is_some(), "{rule:?}");
            if let Some(composition) = rule.composition() {
                composition.check().unwrap();
                assert!(before().all(|other| other.kind != row.kind), "{rule:?}");
                assert_eq!(Composition::named(row.name), Some(composition));
                assert_eq!(composition.name(), Some(row.name));
            } else {
                assert_eq!(Composition::named(row.name), None);
                // Whatever is no family and not for two layers alone is made of the start.
                assert_eq!(row.make.is_some(), row.kind.is_some(), "{rule:?}");
            }
        }
        assert!(
            Composition::all().count() >= 11,
            "the family of the published rules"
        );
        assert_eq!(Composition::named("feedback"), None);
    }
}
