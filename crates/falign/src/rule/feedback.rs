//! Source of the backward weights, and whether they learn.

use serde::{Deserialize, Serialize};

use super::Composition;

/// A learning rule by the field's name, as written in experiment files (`learning.rule`).
///
/// # Example
/// ```
/// use falign::rule::{Feedback, Rule};
/// assert_eq!(Rule::FeedbackAlignment.name(), "feedback_alignment");
/// assert_eq!(Rule::FeedbackAlignment.feedback(), Some(Feedback::Random));
/// assert_eq!(Rule::DirectFeedbackAlignment.feedback(), None); // deep networks only
/// assert!(Rule::ALL.contains(&Rule::WeightMirror));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Errors travel back through the forward weights: `b = beta(t)` in the update of W.
    Backpropagation,
    /// Errors travel back through fixed random weights b (Lillicrap et al. 2016; Algorithm 1
    /// of Song, Xu & Lafferty 2021).
    FeedbackAlignment,
    /// Errors come to every hidden layer straight from the output (Nokland 2016).
    DirectFeedbackAlignment,
    /// Signs of the errors come straight from the output (Frenkel, Lefebvre & Bol 2021).
    SignDirectFeedbackAlignment,
    /// Targets come straight from the output in place of errors (Frenkel, Lefebvre & Bol 2021).
    DirectRandomTargetProjection,
    /// Feedback weights of one size with the signs of the forward weights (Liao et al. 2016).
    UniformSignSymmetry,
    /// Feedback weights of fixed random sizes with the signs of the forward weights.
    FixedRandomSignSymmetry,
    /// Feedback weights with those signs, and sizes drawn again for every batch.
    BatchRandomSignSymmetry,
    /// b learns by the same local product that changes beta (Kolen & Pollack 1994).
    KolenPollack,
    /// b learns from the responses to noise (Akrout et al. 2019).
    WeightMirror,
    /// b learns by output activity times hidden activity.
    HebbianFeedback,
    /// [`Rule::HebbianFeedback`] with Oja's normalising decay.
    OjaFeedback,
    /// Only the output layer learns: random features.
    LastLayerOnly,
    /// Hidden activities are shaken, and what the loss does teaches (Werfel, Xie & Seung 2005).
    NodePerturbation,
    /// Weights are shaken, all at once (Jabri & Flower 1992).
    WeightPerturbation,
}

impl Rule {
    /// Rules in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Backpropagation,
        Self::FeedbackAlignment,
        Self::DirectFeedbackAlignment,
        Self::SignDirectFeedbackAlignment,
        Self::DirectRandomTargetProjection,
        Self::UniformSignSymmetry,
        Self::FixedRandomSignSymmetry,
        Self::BatchRandomSignSymmetry,
        Self::KolenPollack,
        Self::WeightMirror,
        Self::HebbianFeedback,
        Self::OjaFeedback,
        Self::LastLayerOnly,
        Self::NodePerturbation,
        Self::WeightPerturbation,
    ];

    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backpropagation => "backpropagation",
            Self::FeedbackAlignment => "feedback_alignment",
            Self::DirectFeedbackAlignment => "direct_feedback_alignment",
            Self::SignDirectFeedbackAlignment => "sign_direct_feedback_alignment",
            Self::DirectRandomTargetProjection => "direct_random_target_projection",
            Self::UniformSignSymmetry => "uniform_sign_symmetry",
            Self::FixedRandomSignSymmetry => "fixed_random_sign_symmetry",
            Self::BatchRandomSignSymmetry => "batch_random_sign_symmetry",
            Self::KolenPollack => "kolen_pollack",
            Self::WeightMirror => "weight_mirror",
            Self::HebbianFeedback => "hebbian_feedback",
            Self::OjaFeedback => "oja_feedback",
            Self::LastLayerOnly => "last_layer_only",
            Self::NodePerturbation => "node_perturbation",
            Self::WeightPerturbation => "weight_perturbation",
        }
    }

    /// The feedback weights that it uses in the two-layer engines; `None` for rules that only
    /// deep networks have.
    pub fn feedback(self) -> Option<Feedback> {
        Some(match self {
            Self::Backpropagation => Feedback::Transpose,
            Self::FeedbackAlignment => Feedback::Random,
            Self::KolenPollack => Feedback::KolenPollack,
            Self::HebbianFeedback => Feedback::Hebbian,
            Self::OjaFeedback => Feedback::Oja,
            _ => return None,
        })
    }

    /// Composition of the rule in deep networks; `None` for baselines outside the family and for
    /// `oja_feedback`, which two-layer engines have.
    pub fn composition(self) -> Option<Composition> {
        Composition::named(self.name())
    }
}

/// The feedback weights b of a rule: what they are and how they change in one step.
///
/// With `h = psi(w_r' x_i)` the hidden activity, `e_i` the residual and `f_i` the output at
/// sample i, `kappa` the feedback decay and `eta_b` the feedback step size:
///
/// | feedback | b(t+1) | signals needed at the synapse |
/// |---|---|---|
/// | `Transpose` | b(t) (unused; beta(t) carries the error) | the forward weight |
/// | `Random` | b(t) | none |
/// | `KolenPollack` | (1 - kappa) b - (`eta_b/sqrt` p) `sum_i` `e_i` h | residual, hidden activity |
/// | `Hebbian` | (1 - kappa) b + (`eta_b/sqrt` p) `sum_i` `f_i` h | output and hidden activity |
/// | `Oja` | (1 - kappa) b + (`eta_b/sqrt` p) `sum_i` `f_i` (h - `f_i` b/sqrt p) | output and hidden activity, b |
///
/// Source: Kolen & Pollack (1994) for the second, Oja (1982) for the last; Song, Xu &
/// Lafferty (2021), Section 6, propose local rules for b as future work.
///
/// # Example
/// ```
/// use falign::rule::{Feedback, Rule};
/// use falign::two_layer::Problem;
/// use ndarray::array;
/// let problem = Problem {
///     feedback: Feedback::KolenPollack,
///     ..Problem::new(array![[1.0, 0.5]], array![[1.0]], 100, 0.01)
/// };
/// assert_eq!(Some(problem.feedback), Rule::KolenPollack.feedback());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    /// The transposed forward weights: backpropagation.
    Transpose,
    /// Fixed random weights.
    Random,
    /// Learned with the forward weights' own update.
    KolenPollack,
    /// Learned by a Hebbian product.
    Hebbian,
    /// Learned by a Hebbian product with Oja's decay.
    Oja,
}

impl Feedback {
    /// Whether the feedback weights change during training.
    pub(crate) fn is_learned(self) -> bool {
        matches!(self, Self::KolenPollack | Self::Hebbian | Self::Oja)
    }
}
