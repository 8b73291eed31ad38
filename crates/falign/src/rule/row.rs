//! The form of a row of the table of built-in rules.

use super::feedback::Feedback;
use super::learning_rule::LearningRule;
use super::making::{RuleKind, RuleStart};

/// Functions that make a built-in rule, one for each precision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Make {
    pub(super) single: fn(&RuleStart<'_, f32>) -> Box<dyn LearningRule<f32>>,
    pub(super) double: fn(&RuleStart<'_, f64>) -> Box<dyn LearningRule<f64>>,
}

/// A built-in rule.
#[derive(Debug)]
pub(crate) struct Row {
    pub(super) name: &'static str,
    /// The name in figures.
    pub(super) label: &'static str,
    /// Effect of the rule, and the literature it comes from.
    pub(super) about: &'static [&'static str],
    pub(super) two_layer: Option<Feedback>,
    pub(super) kind: Option<RuleKind>,
    /// `None` for the family, and for rules that networks of any depth do not have.
    pub(super) make: Option<Make>,
}

/// [`Rule`](super::Rule) and its rows: `Variant = "name" / "label", feedback weights in the two-layer engines, network;`,
/// each below its documentation, which `falign explain` prints. The network is `family(path, sent, feedback)`, `none`, or the kind of a rule of its own with what makes
/// it of a [`RuleStart`].
macro_rules! rules {
    ($($(#[doc = $about:literal])+ $variant:ident = $name:literal / $label:literal, $two_layer:expr,
        $network:ident $(($($part:tt)*))?;)+) => {
        /// A learning rule by the field's name, as written in experiment files (`learning.rule`).
        ///
        /// ```
        /// use falign::rule::Rule;
        /// assert_eq!(Rule::FeedbackAlignment.name(), "feedback_alignment");
        /// assert!(Rule::ALL.contains(&Rule::DirectFeedbackAlignment));
        /// ```
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Rule {
            $($(#[doc = $about])+ $variant,)+
            /// A rule of a user's own crate.
            Custom(std::sync::Arc<$crate::rule::CustomRule>),
        }

        impl Rule {
            /// The rows, in the order of the documentation.
            pub(super) const ROWS: &[$crate::rule::row::Row] = &[$(
                $crate::rule::row::Row {
                    name: $name,
                    label: $label,
                    about: &[$($about),+],
                    two_layer: $two_layer,
                    kind: $crate::rule::row::kind!($network $(($($part)*))?),
                    make: $crate::rule::row::make!($network $(($($part)*))?),
                },
            )+];

            /// Built-in rules in the order of the documentation.
            pub const ALL: [Self; Self::ROWS.len()] = [$(Self::$variant,)+];

            /// The row of a built-in rule, or the rule of a user's own.
            pub(super) fn row(&self) -> Result<&'static $crate::rule::row::Row, &$crate::rule::CustomRule> {
                #[derive(Clone, Copy)]
                enum Place {
                    $($variant,)+
                }
                match self {
                    $(Self::$variant => Ok(&Self::ROWS[Place::$variant as usize]),)+
                    Self::Custom(custom) => Err(custom),
                }
            }
        }
    };
}
pub(super) use rules;

/// The kind of a row.
macro_rules! kind {
    (none) => {
        None
    };
    (family($path:expr, $sent:expr, $feedback:expr)) => {
        Some($crate::rule::RuleKind::Family(Composition {
            path: $path,
            sent: $sent,
            feedback: $feedback,
            direct: $crate::rule::DirectFeedback::Dense,
            gate: $crate::rule::Gate::Derivative,
        }))
    };
    ($kind:ident($($make:tt)*)) => {
        Some($crate::rule::RuleKind::$kind)
    };
}
pub(super) use kind;

/// The functions that make the rule of a row.
macro_rules! make {
    (none) => {
        None
    };
    (family($($part:tt)*)) => {
        None
    };
    ($kind:ident(|$start:ident| $rule:expr)) => {
        Some($crate::rule::row::Make {
            single: |$start| Box::new($rule),
            double: |$start| Box::new($rule),
        })
    };
}
pub(super) use make;
