//! What is measured of every hidden layer of a deep network.

use serde::{Deserialize, Serialize};

/// A value per hidden layer. Its plain name stands for the mean over the hidden layers where it
/// has a meaning; with `_layer_1`, `_layer_2`, ... behind it, for one of them, counted from the
/// input up.
///
/// The *delivered signal* is what the rule sends to the layer, for a sample of residual e (the
/// derivative of its loss by the outputs); *backpropagation's* is the true derivative of the loss
/// by the layer's activity, in the same network and for the same sample. Values without a
/// meaning are NaN: the cosine of a vanishing vector, whatever a rule does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerMeasure {
    /// Mean over samples of the cosine of the delivered signal and backpropagation's; samples
    /// where one of them vanishes are left out.
    Alignment,
    /// Cosine of the two signals of all samples as two long vectors.
    AlignmentFlattened,
    /// Cosine of the two signals summed over samples.
    AlignmentSummed,
    /// The angle whose cosine is `alignment`, in degrees.
    AlignmentAngle,
    /// Norm of the delivered signals of all samples over that of backpropagation's.
    NormRatio,
    /// Angle between the layer's feedback weights and the forward weights they stand for, as
    /// two long vectors, in degrees: those of the next layer on the layerwise path, the product of
    /// all layers above on the direct one. Sign feedback is taken with its signs; 0 for
    /// backpropagation; NaN for rules without feedback weights.
    WeightAngle,
    /// Angle between the gradient of the layer's weights and biases that the rule applies, summed
    /// over samples, and the true one, in degrees; ridge and optimiser left out. Of a rule that
    /// learns by trial, its estimate.
    UpdateAngle,
    /// Mean over samples of the angle between the delivered signal and `W^+ v`, in degrees:
    /// `W^+` is the pseudoinverse of the forward weights that the feedback stands for (see
    /// `weight_angle`), v what reaches the layer from above, which is e for the top hidden layer
    /// and on the direct path, else the delivered signal of the layer above times its slopes.
    /// Feedback alignment brings B' near `W^+` (Lillicrap et al. 2016).
    PseudoinverseAngle,
    /// Share of units that are 0 with slope 0 for every sample: of `ReLU`, in practice.
    DeadFraction,
    /// Share of activities, over units and samples, whose slope is below a hundredth of the
    /// activation's steepest. NaN for piecewise linear activations (linear, `ReLU`, leaky `ReLU`).
    SaturatedFraction,
}

impl LayerMeasure {
    /// All of them, in column order.
    pub const ALL: [Self; 10] = [
        Self::Alignment,
        Self::AlignmentFlattened,
        Self::AlignmentSummed,
        Self::AlignmentAngle,
        Self::NormRatio,
        Self::WeightAngle,
        Self::UpdateAngle,
        Self::PseudoinverseAngle,
        Self::DeadFraction,
        Self::SaturatedFraction,
    ];

    /// The name, without a layer.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alignment => "alignment",
            Self::AlignmentFlattened => "alignment_flattened",
            Self::AlignmentSummed => "alignment_summed",
            Self::AlignmentAngle => "alignment_angle",
            Self::NormRatio => "norm_ratio",
            Self::WeightAngle => "weight_angle",
            Self::UpdateAngle => "update_angle",
            Self::PseudoinverseAngle => "pseudoinverse_angle",
            Self::DeadFraction => "dead_fraction",
            Self::SaturatedFraction => "saturated_fraction",
        }
    }
}
