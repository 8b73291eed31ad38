//! The random-feedback family as a product of three choices: path x signal x feedback weights.

use crate::{Error, Result};

/// Path of a hidden layer's teaching signal.
///
/// # Example
/// ```
/// use falign::Network;
/// use falign::rule::{Rule, SignalPath};
/// let path = |rule| -> falign::Result<SignalPath> {
///     Ok(Network::<f32>::builder(5, 2).hidden(&[4, 3]).rule(rule).build()?.rule().path())
/// };
/// assert_eq!(path(Rule::FeedbackAlignment)?, SignalPath::Layerwise);
/// assert_eq!(path(Rule::DirectFeedbackAlignment)?, SignalPath::Direct);
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignalPath {
    /// The signal comes from the next layer.
    Layerwise,
    /// The signal comes from the output, past the layers between.
    Direct,
}

/// Signal that is sent backward from the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sent {
    /// The residual, the derivative of the loss by the outputs.
    Error,
    /// The sign of the residual, entry by entry.
    SignOfError,
    /// The target, whatever the outputs are.
    Target,
}

/// Magnitudes of feedback weights that share the signs of the forward weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Magnitude {
    /// Equal magnitudes.
    Unit,
    /// Random, drawn once.
    FixedRandom,
    /// Random, drawn again for every batch.
    BatchRandom,
}

/// The weights that carry signals backward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedbackWeights {
    /// The transposed forward weights.
    Transpose,
    /// Random and fixed.
    Random,
    /// Signs of the forward weights, other magnitudes.
    Sign(Magnitude),
    /// Changed as the forward weights are, and decaying with them.
    KolenPollack,
    /// Learned from the responses to noise in a separate phase.
    WeightMirror,
    /// Learned from the activities at both ends.
    Hebbian,
}

/// A rule of the family.
///
/// ```
/// use falign::internal::rule::Composition;
/// use falign::rule::SignalPath;
/// let rule = Composition::named("direct_feedback_alignment").unwrap();
/// assert_eq!(rule.path, SignalPath::Direct);
/// assert_eq!(rule.name(), Some("direct_feedback_alignment"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Composition {
    /// Layer by layer, or straight from the output.
    pub path: SignalPath,
    /// The signal that is sent.
    pub sent: Sent,
    /// The weights that carry it.
    pub feedback: FeedbackWeights,
}

const fn rule(path: SignalPath, sent: Sent, feedback: FeedbackWeights) -> Composition {
    Composition {
        path,
        sent,
        feedback,
    }
}

impl Composition {
    /// The rules that have names, and the literature they come from:
    ///
    /// | name | source |
    /// |---|---|
    /// | `backpropagation` | Rumelhart, Hinton & Williams (1986) |
    /// | `feedback_alignment` | Lillicrap, Cownden, Tweed & Akerman (2016) |
    /// | `direct_feedback_alignment` | Nokland (2016) |
    /// | `sign_direct_feedback_alignment`, `direct_random_target_projection` | Frenkel, Lefebvre & Bol (2021) |
    /// | `uniform_sign_symmetry`, `fixed_random_sign_symmetry`, `batch_random_sign_symmetry` | Liao, Leibo & Poggio (2016); Moskovitz, Litwin-Kumar & Abbott (2018) |
    /// | `kolen_pollack`, `weight_mirror` | Kolen & Pollack (1994); Akrout et al. (2019) |
    /// | `hebbian_feedback` | Song, Xu & Lafferty (2021), Section 6, as future work |
    pub const NAMED: [(&str, Self); 11] = {
        use FeedbackWeights::{Hebbian, KolenPollack, Random, Sign, Transpose, WeightMirror};
        use Sent::{Error, SignOfError, Target};
        use SignalPath::{Direct, Layerwise};
        [
            ("backpropagation", rule(Layerwise, Error, Transpose)),
            ("feedback_alignment", rule(Layerwise, Error, Random)),
            ("direct_feedback_alignment", rule(Direct, Error, Random)),
            (
                "sign_direct_feedback_alignment",
                rule(Direct, SignOfError, Random),
            ),
            (
                "direct_random_target_projection",
                rule(Direct, Target, Random),
            ),
            (
                "uniform_sign_symmetry",
                rule(Layerwise, Error, Sign(Magnitude::Unit)),
            ),
            (
                "fixed_random_sign_symmetry",
                rule(Layerwise, Error, Sign(Magnitude::FixedRandom)),
            ),
            (
                "batch_random_sign_symmetry",
                rule(Layerwise, Error, Sign(Magnitude::BatchRandom)),
            ),
            ("kolen_pollack", rule(Layerwise, Error, KolenPollack)),
            ("weight_mirror", rule(Layerwise, Error, WeightMirror)),
            ("hebbian_feedback", rule(Layerwise, Error, Hebbian)),
        ]
    };

    /// The rule of this name.
    pub fn named(name: &str) -> Option<Self> {
        let (_, rule) = Self::NAMED.iter().find(|(known, _)| *known == name)?;
        Some(*rule)
    }

    /// Name of the rule, if it has one.
    pub fn name(self) -> Option<&'static str> {
        let (name, _) = Self::NAMED.iter().find(|(_, rule)| *rule == self)?;
        Some(name)
    }

    /// Refuses combinations without a meaning.
    ///
    /// # Errors
    /// [`Error::Config`] where direct feedback would need forward weights that do not exist:
    /// only random feedback weights reach past layers.
    pub fn check(self) -> Result<()> {
        if self.path == SignalPath::Direct && self.feedback != FeedbackWeights::Random {
            return Err(Error::config(
                "learning.feedback",
                format!("{:?}", self.feedback),
                "no forward weights join the output to the layers below the last; \
                 take random feedback weights, or the layerwise path",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_rule_is_valid_and_different() {
        for (at, (name, rule)) in Composition::NAMED.iter().enumerate() {
            rule.check().unwrap();
            assert_eq!(Composition::named(name), Some(*rule));
            assert_eq!(rule.name(), Some(*name));
            assert!(
                Composition::NAMED[..at]
                    .iter()
                    .all(|(_, other)| other != rule)
            );
        }
        assert_eq!(Composition::named("feedback"), None);
    }

    #[test]
    fn direct_paths_need_random_weights() {
        let rule = Composition {
            path: SignalPath::Direct,
            ..Composition::named("kolen_pollack").unwrap()
        };
        assert!(
            rule.check()
                .unwrap_err()
                .to_string()
                .contains("KolenPollack")
        );
        assert_eq!(rule.name(), None);
    }
}
