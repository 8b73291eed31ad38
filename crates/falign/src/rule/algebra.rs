//! The random-feedback family as a product of three choices: path x signal x feedback weights.

use serde::{Deserialize, Serialize};

use super::gate::Gate;
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

/// Weights through which a direct rule reaches layers whose weights are used at many places. Three rules of the literature
/// bear the name of direct feedback alignment there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectFeedback {
    /// A weight from every output to every number of the activity, at which the signal lands (Nokland
    /// 2016): (outputs, units) a layer.
    #[default]
    Dense,
    /// A kernel of the layer above with a channel for each output, which stands at every place above: the signal
    /// lands at that layer's input, and is the same at all places but near borders (Sanfiz and Akrout 2021).
    Kernel,
    /// As dense, but every layer has the first columns of one matrix, drawn uniformly from -1 to 1 and
    /// divided by the square root of its columns (Launay et al. 2020).
    Shared,
}

/// A rule of the family. [`Rule`](super::Rule) has those with a name, and the literature they come from.
///
/// ```
/// use falign::internal::rule::Composition;
/// use falign::rule::SignalPath;
/// let rule = Composition::named("direct_feedback_alignment").unwrap();
/// assert_eq!(rule.path, SignalPath::Direct);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Composition {
    /// Layer by layer, or straight from the output.
    pub path: SignalPath,
    /// The signal that is sent.
    pub sent: Sent,
    /// The weights that carry it.
    pub feedback: FeedbackWeights,
    /// How the direct path reaches a layer; dense on the layerwise path.
    pub direct: DirectFeedback,
    /// The function by which signals of the direct path become changes of a layer; psi' on the layerwise path.
    pub gate: Gate,
}

impl Composition {
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
        if self.path == SignalPath::Layerwise && self.direct != DirectFeedback::Dense {
            return Err(Error::config(
                "learning.feedback_shape",
                format!("{:?}", self.direct),
                "describes direct feedback, and signals go layer by layer; \
                 leave it out, or take a direct rule",
            ));
        }
        if self.path == SignalPath::Layerwise && self.gate != Gate::Derivative {
            return Err(Error::config(
                "learning.gate",
                format!("{:?}", self.gate),
                "stands in the place of psi' where signals come directly, and these go layer by layer; \
                 leave it out, or take a direct rule",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let rule = Composition {
            direct: DirectFeedback::Kernel,
            ..Composition::named("feedback_alignment").unwrap()
        };
        let refusal = rule.check().unwrap_err().to_string();
        assert!(refusal.contains("learning.feedback_shape"), "{refusal}");
        let rule = Composition {
            gate: Gate::Sin,
            ..Composition::named("feedback_alignment").unwrap()
        };
        let refusal = rule.check().unwrap_err().to_string();
        assert!(refusal.contains("learning.gate"), "{refusal}");
    }
}
