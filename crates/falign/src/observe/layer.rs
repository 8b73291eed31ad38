//! What is measured of every hidden layer of a deep network.

use serde::{Deserialize, Serialize};

/// A value per hidden layer. Its plain name stands for the mean over hidden layers; with
/// `_layer_1`, `_layer_2`, ... behind it, for one of them, counted from the input up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerMeasure {
    /// Mean over samples of the cosine of the signal delivered to the layer and the one that
    /// backpropagation would send.
    Alignment,
    /// Cosine of the two signals of all samples as two long vectors.
    AlignmentFlattened,
    /// Cosine of the two signals summed over samples.
    AlignmentSummed,
    /// The angle whose cosine is `alignment`, in degrees.
    AlignmentAngle,
    /// Norm of the delivered signals over that of backpropagation's.
    NormRatio,
    /// Angle between the layer's feedback weights and the forward weights they stand for, as
    /// two long vectors, in degrees. On the direct path: the product of the layers above.
    WeightAngle,
    /// Angle between the change that the layer's weights would have and the gradient's, in degrees.
    UpdateAngle,
    /// Mean over samples of the angle between the delivered signal and that of the
    /// pseudoinverse of the forward weights, in degrees (Lillicrap et al. 2016).
    PseudoinverseAngle,
    /// Share of units that are 0 with slope 0 for every sample.
    DeadFraction,
    /// Share of activities whose slope is below a hundredth of the activation's steepest.
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
