//! The built-in rules, one row each: documentation, name in experiment files, feedback weights in the
//! two-layer engines, and what teaches networks of any depth.

use super::algebra::FeedbackWeights::{
    Hebbian, KolenPollack, Random, Sign, Transpose, WeightMirror,
};
use super::algebra::Sent::{Error, SignOfError, Target};
use super::algebra::SignalPath::{Direct, Layerwise};
use super::algebra::{Composition, Magnitude};
use super::baseline::{LastLayerOnly, NodePerturbation, WeightPerturbation};
use super::feedback::Feedback;
use super::row::rules;

rules! {
    /// Errors travel back through the forward weights: b = beta(t) in the update of W (Rumelhart,
    /// Hinton & Williams 1986).
    Backpropagation = "backpropagation" / "BP", Some(Feedback::Transpose),
        family(Layerwise, Error, Transpose);
    /// Errors travel back through fixed random weights b (Lillicrap, Cownden, Tweed & Akerman 2016;
    /// Algorithm 1 of Song, Xu & Lafferty 2021).
    FeedbackAlignment = "feedback_alignment" / "FA", Some(Feedback::Random),
        family(Layerwise, Error, Random);
    /// Errors come to every hidden layer straight from the output (Nokland 2016).
    DirectFeedbackAlignment = "direct_feedback_alignment" / "DFA", None,
        family(Direct, Error, Random);
    /// Signs of the errors come straight from the output (Frenkel, Lefebvre & Bol 2021).
    SignDirectFeedbackAlignment = "sign_direct_feedback_alignment" / "sDFA", None,
        family(Direct, SignOfError, Random);
    /// Targets come straight from the output in place of errors (Frenkel, Lefebvre & Bol 2021).
    DirectRandomTargetProjection = "direct_random_target_projection" / "DRTP", None,
        family(Direct, Target, Random);
    /// Feedback weights of one size with the signs of the forward weights (Liao, Leibo & Poggio 2016;
    /// Moskovitz, Litwin-Kumar & Abbott 2018, as the next two).
    UniformSignSymmetry = "uniform_sign_symmetry" / "uSF", None,
        family(Layerwise, Error, Sign(Magnitude::Unit));
    /// Feedback weights of fixed random sizes with the signs of the forward weights.
    FixedRandomSignSymmetry = "fixed_random_sign_symmetry" / "frSF", None,
        family(Layerwise, Error, Sign(Magnitude::FixedRandom));
    /// Feedback weights with those signs, and sizes drawn again for every batch.
    BatchRandomSignSymmetry = "batch_random_sign_symmetry" / "brSF", None,
        family(Layerwise, Error, Sign(Magnitude::BatchRandom));
    /// b learns by the same local product that changes beta (Kolen & Pollack 1994; Akrout et al. 2019).
    KolenPollack = "kolen_pollack" / "Kolen–Pollack", Some(Feedback::KolenPollack),
        family(Layerwise, Error, KolenPollack);
    /// b learns from the responses to noise (Akrout et al. 2019).
    WeightMirror = "weight_mirror" / "weight mirror", None,
        family(Layerwise, Error, WeightMirror);
    /// b learns by output activity times hidden activity (Song, Xu & Lafferty 2021, Section 6, as
    /// future work).
    HebbianFeedback = "hebbian_feedback" / "Hebbian", Some(Feedback::Hebbian),
        family(Layerwise, Error, Hebbian);
    /// b learns as Hebbian feedback does, with Oja's normalising decay (Oja 1982).
    OjaFeedback = "oja_feedback" / "Oja", Some(Feedback::Oja),
        none;
    /// Only the output layer learns: random features.
    LastLayerOnly = "last_layer_only" / "last layer only", None,
        LastLayerOnly(|_start| LastLayerOnly);
    /// Hidden activities are shaken, and what the loss does teaches (Werfel, Xie & Seung 2005).
    NodePerturbation = "node_perturbation" / "node perturbation", None,
        NodePerturbation(|start| NodePerturbation::new(start.perturbation));
    /// Weights are shaken, all at once (Jabri & Flower 1992).
    WeightPerturbation = "weight_perturbation" / "weight perturbation", None,
        WeightPerturbation(|start| WeightPerturbation::new(start.perturbation));
}
