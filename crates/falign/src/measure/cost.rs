//! Costs of quantities.

use super::Quantity;
use super::network::Looks;
use super::row::{DataSpectrum, Made, NetworkValue};

/// Work that a quantity asks for; it follows from what its row reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cost {
    /// The work of every recorded step of two-layer engines.
    Little,
    /// The coefficients of W(t).
    Coefficients,
    /// The feature kernel.
    FeatureKernel,
    /// The feedback kernel.
    FeedbackKernel,
    /// The spectrum of Gbar or X X'.
    Spectrum,
    /// The lazy limit.
    Lazy,
    /// The slow-time limit.
    SlowTime,
    /// Sums over the batches that were trained on.
    Batches,
    /// A forward pass.
    Forward,
    /// Activities of samples against each other.
    Activities,
    /// A linear classifier of activities.
    Probe,
    /// Feedback weights against forward weights.
    Weights,
    /// Signals of the rule and of backpropagation.
    Signals,
    /// Gradients of the rule and of backpropagation.
    Gradients,
    /// Pseudoinverses of the weights.
    Pseudoinverse,
}

impl Cost {
    /// Costs in the order of documents.
    pub(super) const ALL: [Self; 15] = [
        Self::Little,
        Self::Coefficients,
        Self::FeatureKernel,
        Self::FeedbackKernel,
        Self::Spectrum,
        Self::Lazy,
        Self::SlowTime,
        Self::Batches,
        Self::Forward,
        Self::Activities,
        Self::Probe,
        Self::Weights,
        Self::Signals,
        Self::Gradients,
        Self::Pseudoinverse,
    ];

    /// Name of the cost in the table, and its explanation.
    pub(super) fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Little => (
                "yes",
                "O(k^2 p + k n) at each recorded step; no p in the linear engine",
            ),
            Self::Coefficients => (
                "C",
                "the coefficients of W(t) = W(0) + C X are kept: n p numbers more, and as many \
                 multiply-adds in every step",
            ),
            Self::FeatureKernel => ("G", "O(p n^2 + n^3) at each recorded step"),
            Self::FeedbackKernel => ("H", "O(k^2 p n^2 + (n k)^3) at each recorded step"),
            Self::Spectrum => ("spectrum", "O(n^3), once a run"),
            Self::Lazy => (
                "lazy limit",
                "a start, the infinite-width kernels and O(k n^2) a step, once a run",
            ),
            Self::SlowTime => (
                "slow-time limit",
                "particles that follow the limit to an error of 0.004, once for all runs on the same data",
            ),
            Self::Batches => ("batches", "nothing: of the batches that were trained on"),
            Self::Forward => (
                "forward",
                "at each recorded step a forward pass over its samples, which all quantities of them share",
            ),
            Self::Activities => (
                "activities",
                "with the forward pass, the activities of n <= 2000 samples are kept, 16 n bytes a unit for a layer \
                 and 8 n for the others, and multiplied by each other, n^2 multiply-adds a unit",
            ),
            Self::Probe => ("probe", "with these products, O(n^3) a hidden layer"),
            Self::Weights => ("weights", "a pass over the weights of all layers"),
            Self::Signals => (
                "signals",
                "with the forward pass, signals of the rule and of backpropagation",
            ),
            Self::Gradients => (
                "gradients",
                "with the signals, two products as of a training step, and 16 bytes a weight",
            ),
            Self::Pseudoinverse => (
                "pseudoinverse",
                "with the rule's signals, another backward pass in `f64`, and O(s^3) a hidden layer, s the \
                 shorter side of the weights above it",
            ),
        }
    }

    /// Cost of a quantity in two-layer engines, if they have it.
    pub(super) fn in_two_layer(quantity: Quantity) -> Option<Self> {
        let row = quantity.two_layer()?;
        let needs = row.needs;
        Some(match (row.made, row.spectrum) {
            (Made::Lazy, _) => Self::Lazy,
            (Made::SlowTime(_), _) => Self::SlowTime,
            _ if needs.feedback_kernel => Self::FeedbackKernel,
            _ if needs.feature_kernel => Self::FeatureKernel,
            _ if needs.coefficients => Self::Coefficients,
            (_, Some(DataSpectrum::InfiniteKernel | DataSpectrum::Inputs)) => Self::Spectrum,
            (_, None) => Self::Little,
        })
    }

    /// Cost of a quantity in networks of any depth, if they have it.
    pub(super) fn in_networks(quantity: Quantity) -> Option<Self> {
        if let NetworkValue::Batches(_) = quantity.network()?.value {
            return Some(Self::Batches);
        }
        Some(match quantity.looks() {
            Looks {
                pseudoinverse: true,
                ..
            } => Self::Pseudoinverse,
            Looks { updates: true, .. } => Self::Gradients,
            Looks { signals: true, .. } => Self::Signals,
            Looks { weights: true, .. } => Self::Weights,
            Looks { probe: true, .. } => Self::Probe,
            Looks {
                activities: true, ..
            } => Self::Activities,
            _ => Self::Forward,
        })
    }
}
