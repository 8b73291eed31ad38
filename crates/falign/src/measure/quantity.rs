//! What can be measured of a network, and under which column name.

use std::borrow::Cow;

use super::LayerMeasure;

/// A scalar measured at a recorded step.
///
/// With k > 1 outputs, norms are Frobenius norms and `|v_r|` is the norm of a unit's k weights.
/// Two-layer engines measure all of `Loss` to `FeedbackKernelMinEigenvalue`. Those of kernels
/// cost, at each recorded step, O(p n^2 + n^3) for the feature kernel G and O(k^2 p n^2 + (n k)^3)
/// for the feedback kernel H, under backpropagation with beta for b. The mini-batch engine measures
/// those marked *deep*: on the test set, or on the training set where there is none, but for
/// `loss` and `train_accuracy`, which are means over the batches since the last recorded step, and
/// the two of the whole training set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// 1/2 sum of e^2 over samples and outputs: the data part. *Deep*: the loss per sample,
    /// mean over the batches since the last recorded step.
    Loss,
    /// `loss` + alpha^2 lambda(t)/2 |beta|^2, the objective (4.1).
    RegularisedLoss,
    /// |e|.
    ResidualNorm,
    /// cos(b, beta); k > 1: mean over samples of cos(beta `e_i`, b `e_i`). *Deep*: mean over
    /// hidden layers of [`LayerMeasure::Alignment`]; the next three likewise.
    Alignment,
    /// cos of (beta `e_1`, ..., beta `e_n`) and (b `e_1`, ..., b `e_n`) as two long vectors.
    AlignmentFlattened,
    /// cos(beta sum `e_i`, b sum `e_i`), the literal reading of Section 4.
    AlignmentSummed,
    /// The angle of `alignment` in degrees.
    AlignmentAngle,
    /// 1 if `alignment` >= `alignment_threshold`, else 0.
    Aligned,
    /// The first recorded step since which the run has been aligned (`T_c` of Definition 4.1).
    AlignedSince,
    /// |beta|. *Deep*: norm of the last layer's weights.
    OutputNorm,
    /// Largest |`beta_r(t)` - `beta_r(0)`| over units.
    OutputMovementMax,
    /// Root mean square of |`beta_r(t)` - `beta_r(0)`| over units.
    OutputMovementRms,
    /// Largest |`beta_r(t)` - `P_t` `beta_r(0)`|, `P_t` the product of the ridge factors so far.
    DecayedMovementMax,
    /// Root mean square of |`beta_r(t)` - `P_t` `beta_r(0)`|.
    DecayedMovementRms,
    /// Largest |`w_r(t)` - `w_r(0)`| over units.
    HiddenMovementMax,
    /// Root mean square of |`w_r(t)` - `w_r(0)`|.
    HiddenMovementRms,
    /// |e(t)| / |e(t-1)|, the contraction of the step that led here; empty at step 0.
    Contraction,
    /// Root mean square over units of the change of `b_r` `beta_r` - |`w_r|^2/2` since the start.
    ConservationDrift,
    /// Loss on the held-out samples.
    HeldOutLoss,
    /// |b - beta|.
    FeedbackGap,
    /// Share of |beta|^2 that lies in the part of beta(t) along beta(0): <part, beta> / |beta|^2.
    /// With the next two it adds up to 1. Linear networks under feedback alignment (B.5).
    ShareInitial,
    /// The same for the part that W(0)X' spans: what the start's features have learned.
    ShareHidden,
    /// The same for the part along b, the only one that aligns.
    ShareFeedback,
    /// Loss in the lazy limit, from the run's own data and outputs at the start. A prediction, as
    /// the next three: computed without the run's later steps.
    LazyLoss,
    /// `alignment` in the slow-time limit, from the run's own data.
    SlowTimeAlignment,
    /// `loss` in the slow-time limit.
    SlowTimeLoss,
    /// `alignment` in the slow-time limit with what a finite width keeps of beta(0).
    CompositeAlignment,
    /// (1 - |e(t)| / |e(t-1)|) / (eta gamma), how much of eta gamma the last step contracted by:
    /// without ridge at least 1/4 by Theorem 3.2, and 1/2 for linear networks by 4.3. Empty at
    /// step 0, as the next.
    ContractionRate,
    /// |e(t)| over what (4.2), or (4.3) for linear networks, allows after e(t-1):
    /// (1 - eta gamma/4 - eta lambda)|e(t-1)| + eta lambda |y|, gamma/2 for linear. At most 1.
    ResidualToBound,
    /// |cos(b, beta)| over n / sqrt(p), its bound without ridge (Section 4.1).
    AlignmentToBound,
    /// gamma, the least eigenvalue of the infinite-width kernel on its range. Of the run's
    /// data, as the next two: the same at every step.
    InfiniteKernelMinEigenvalue,
    /// M, its largest eigenvalue.
    InfiniteKernelMaxEigenvalue,
    /// eps of the inputs, which are (gamma, eps)-isometric (Definition 4.4), on their range.
    IsometryEps,
    /// Slow time eta t / sqrt(p).
    Tau,
    /// Ridge spent: eta times the sum of lambda(i) over i < t.
    EtaLambdaT,
    /// |G(t) - G(0)|, spectral norm, G = psi(Z) psi(Z)'/p the feature kernel.
    FeatureKernelDrift,
    /// The least eigenvalue of G.
    FeatureKernelMinEigenvalue,
    /// The largest eigenvalue of G.
    FeatureKernelMaxEigenvalue,
    /// (tr G)^2 / tr G^2, the effective number of features.
    ParticipationRatio,
    /// The cosine of G with Y Y'.
    KernelTargetAlignment,
    /// Centred kernel alignment of G(t) with G(0).
    KernelSimilarity,
    /// |H(t) - H(0)|, spectral norm, H the feedback kernel.
    FeedbackKernelDrift,
    /// |H(t)|, spectral norm.
    FeedbackKernelNorm,
    /// The least eigenvalue of (H + H')/2: for one output, of H.
    FeedbackKernelMinEigenvalue,
    /// Passes through the training set. *Deep*.
    Epoch,
    /// Share of training samples classified rightly, when their batch came. *Deep*.
    TrainAccuracy,
    /// Loss per sample on the test set. *Deep*.
    TestLoss,
    /// Share of test samples classified rightly. *Deep*.
    TestAccuracy,
    /// Share of test samples whose class is among the `top_k` largest outputs. *Deep*.
    TestTopKAccuracy,
    /// Loss per sample on the validation set. *Deep*.
    ValidationLoss,
    /// Share of validation samples classified rightly. *Deep*.
    ValidationAccuracy,
    /// Loss per sample on the whole training set, by the network as it is at the recorded step and
    /// without dropout. *Deep*.
    TrainSetLoss,
    /// Share of the training set classified rightly, likewise. *Deep*.
    TrainSetAccuracy,
    /// Mean over hidden layers of [`LayerMeasure::NormRatio`]. *Deep*.
    NormRatio,
    /// Mean over hidden layers of [`LayerMeasure::WeightAngle`]. *Deep*.
    WeightAngle,
    /// Angle between the gradient of all weights and biases that the rule applies and the true
    /// one, in degrees: output layer included, ridge and optimiser left out. *Deep*.
    UpdateAngle,
    /// Mean over hidden layers of [`LayerMeasure::PseudoinverseAngle`]. *Deep*.
    PseudoinverseAngle,
    /// Mean over hidden layers of [`LayerMeasure::DeadFraction`]. *Deep*.
    DeadFraction,
    /// Mean over hidden layers of [`LayerMeasure::SaturatedFraction`]. *Deep*.
    SaturatedFraction,
    /// A measure of one hidden layer, counted from 1 at the input. *Deep*.
    OfLayer(LayerMeasure, u8),
}

impl Quantity {
    /// All quantities but those of single layers, in column order.
    pub const ALL: [Self; 59] = [
        Self::Loss,
        Self::RegularisedLoss,
        Self::ResidualNorm,
        Self::Alignment,
        Self::AlignmentFlattened,
        Self::AlignmentSummed,
        Self::AlignmentAngle,
        Self::Aligned,
        Self::AlignedSince,
        Self::OutputNorm,
        Self::OutputMovementMax,
        Self::OutputMovementRms,
        Self::DecayedMovementMax,
        Self::DecayedMovementRms,
        Self::HiddenMovementMax,
        Self::HiddenMovementRms,
        Self::Contraction,
        Self::ConservationDrift,
        Self::HeldOutLoss,
        Self::FeedbackGap,
        Self::ShareInitial,
        Self::ShareHidden,
        Self::ShareFeedback,
        Self::LazyLoss,
        Self::SlowTimeAlignment,
        Self::SlowTimeLoss,
        Self::CompositeAlignment,
        Self::ContractionRate,
        Self::ResidualToBound,
        Self::AlignmentToBound,
        Self::InfiniteKernelMinEigenvalue,
        Self::InfiniteKernelMaxEigenvalue,
        Self::IsometryEps,
        Self::Tau,
        Self::EtaLambdaT,
        Self::FeatureKernelDrift,
        Self::FeatureKernelMinEigenvalue,
        Self::FeatureKernelMaxEigenvalue,
        Self::ParticipationRatio,
        Self::KernelTargetAlignment,
        Self::KernelSimilarity,
        Self::FeedbackKernelDrift,
        Self::FeedbackKernelNorm,
        Self::FeedbackKernelMinEigenvalue,
        Self::Epoch,
        Self::TrainAccuracy,
        Self::TestLoss,
        Self::TestAccuracy,
        Self::TestTopKAccuracy,
        Self::ValidationLoss,
        Self::ValidationAccuracy,
        Self::TrainSetLoss,
        Self::TrainSetAccuracy,
        Self::NormRatio,
        Self::WeightAngle,
        Self::UpdateAngle,
        Self::PseudoinverseAngle,
        Self::DeadFraction,
        Self::SaturatedFraction,
    ];

    /// The column name.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::OfLayer(measure, layer) => {
                Cow::Owned(format!("{}_layer_{layer}", measure.name()))
            }
            other => Cow::Borrowed(other.plain_name()),
        }
    }

    /// The names of [`Quantity::ALL`].
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        Self::ALL.into_iter().map(Self::plain_name)
    }

    /// The name, without the layer.
    fn plain_name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::RegularisedLoss => "regularised_loss",
            Self::ResidualNorm => "residual_norm",
            Self::Alignment => "alignment",
            Self::AlignmentFlattened => "alignment_flattened",
            Self::AlignmentSummed => "alignment_summed",
            Self::AlignmentAngle => "alignment_angle",
            Self::Aligned => "aligned",
            Self::AlignedSince => "aligned_since",
            Self::OutputNorm => "output_norm",
            Self::OutputMovementMax => "output_movement_max",
            Self::OutputMovementRms => "output_movement_rms",
            Self::DecayedMovementMax => "decayed_movement_max",
            Self::DecayedMovementRms => "decayed_movement_rms",
            Self::HiddenMovementMax => "hidden_movement_max",
            Self::HiddenMovementRms => "hidden_movement_rms",
            Self::Contraction => "contraction",
            Self::ConservationDrift => "conservation_drift",
            Self::HeldOutLoss => "held_out_loss",
            Self::FeedbackGap => "feedback_gap",
            Self::ShareInitial => "share_initial",
            Self::ShareHidden => "share_hidden",
            Self::ShareFeedback => "share_feedback",
            Self::LazyLoss => "lazy_loss",
            Self::SlowTimeAlignment => "slow_time_alignment",
            Self::SlowTimeLoss => "slow_time_loss",
            Self::CompositeAlignment => "composite_alignment",
            Self::ContractionRate => "contraction_rate",
            Self::ResidualToBound => "residual_to_bound",
            Self::AlignmentToBound => "alignment_to_bound",
            Self::InfiniteKernelMinEigenvalue => "infinite_kernel_min_eigenvalue",
            Self::InfiniteKernelMaxEigenvalue => "infinite_kernel_max_eigenvalue",
            Self::IsometryEps => "isometry_eps",
            Self::Tau => "tau",
            Self::EtaLambdaT => "eta_lambda_t",
            Self::FeatureKernelDrift => "feature_kernel_drift",
            Self::FeatureKernelMinEigenvalue => "feature_kernel_min_eigenvalue",
            Self::FeatureKernelMaxEigenvalue => "feature_kernel_max_eigenvalue",
            Self::ParticipationRatio => "participation_ratio",
            Self::KernelTargetAlignment => "kernel_target_alignment",
            Self::KernelSimilarity => "kernel_similarity",
            Self::FeedbackKernelDrift => "feedback_kernel_drift",
            Self::FeedbackKernelNorm => "feedback_kernel_norm",
            Self::FeedbackKernelMinEigenvalue => "feedback_kernel_min_eigenvalue",
            Self::Epoch => "epoch",
            Self::TrainAccuracy => "train_accuracy",
            Self::TestLoss => "test_loss",
            Self::TestAccuracy => "test_accuracy",
            Self::TestTopKAccuracy => "test_top_k_accuracy",
            Self::ValidationLoss => "validation_loss",
            Self::ValidationAccuracy => "validation_accuracy",
            Self::TrainSetLoss => "train_set_loss",
            Self::TrainSetAccuracy => "train_set_accuracy",
            Self::NormRatio => "norm_ratio",
            Self::WeightAngle => "weight_angle",
            Self::UpdateAngle => "update_angle",
            Self::PseudoinverseAngle => "pseudoinverse_angle",
            Self::DeadFraction => "dead_fraction",
            Self::SaturatedFraction => "saturated_fraction",
            Self::OfLayer(measure, _) => measure.name(),
        }
    }

    /// The quantity of that column name.
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some((measure, layer)) = name.split_once("_layer_") {
            let measure = LayerMeasure::ALL
                .into_iter()
                .find(|m| m.name() == measure)?;
            let is_plain = !layer.starts_with(['0', '+']);
            let layer = layer.parse().ok().filter(|_| is_plain)?;
            return Some(Self::OfLayer(measure, layer));
        }
        Self::ALL
            .into_iter()
            .find(|quantity| quantity.name() == name)
    }

    /// Whether the two-layer engines measure it.
    pub fn is_two_layer(self) -> bool {
        self < Self::Epoch
    }

    /// Whether it is what a limit says of the run, not a measurement.
    pub fn is_prediction(self) -> bool {
        self == Self::LazyLoss || self.is_slow_time()
    }

    /// Whether it is what the slow-time limit says.
    pub fn is_slow_time(self) -> bool {
        matches!(
            self,
            Self::SlowTimeAlignment | Self::SlowTimeLoss | Self::CompositeAlignment
        )
    }

    /// Whether it is a share of beta by (B.5), which linear networks under feedback alignment
    /// have.
    pub fn is_share(self) -> bool {
        matches!(
            self,
            Self::ShareInitial | Self::ShareHidden | Self::ShareFeedback
        )
    }

    /// Whether it is or needs gamma or M, the extreme eigenvalues of the infinite-width kernel.
    pub fn needs_infinite_kernel(self) -> bool {
        matches!(
            self,
            Self::ContractionRate
                | Self::ResidualToBound
                | Self::InfiniteKernelMinEigenvalue
                | Self::InfiniteKernelMaxEigenvalue
        )
    }

    /// Whether the mini-batch engine measures it.
    pub fn is_deep(self) -> bool {
        self >= Self::Epoch
            || matches!(
                self,
                Self::Loss
                    | Self::Alignment
                    | Self::AlignmentFlattened
                    | Self::AlignmentSummed
                    | Self::AlignmentAngle
                    | Self::OutputNorm
            )
    }

    /// The measure of hidden layers that it is or averages, if it is one.
    pub fn layer_measure(self) -> Option<LayerMeasure> {
        Some(match self {
            Self::OfLayer(measure, _) => measure,
            Self::Alignment => LayerMeasure::Alignment,
            Self::AlignmentFlattened => LayerMeasure::AlignmentFlattened,
            Self::AlignmentSummed => LayerMeasure::AlignmentSummed,
            Self::AlignmentAngle => LayerMeasure::AlignmentAngle,
            Self::NormRatio => LayerMeasure::NormRatio,
            Self::WeightAngle => LayerMeasure::WeightAngle,
            Self::PseudoinverseAngle => LayerMeasure::PseudoinverseAngle,
            Self::DeadFraction => LayerMeasure::DeadFraction,
            Self::SaturatedFraction => LayerMeasure::SaturatedFraction,
            _ => return None,
        })
    }

    /// Whether the quantity is positive by nature, so that its logarithm is summarised too.
    pub fn is_positive(self) -> bool {
        matches!(
            self,
            Self::Loss
                | Self::RegularisedLoss
                | Self::ResidualNorm
                | Self::OutputNorm
                | Self::OutputMovementMax
                | Self::OutputMovementRms
                | Self::DecayedMovementMax
                | Self::DecayedMovementRms
                | Self::HiddenMovementMax
                | Self::HiddenMovementRms
                | Self::Contraction
                | Self::ConservationDrift
                | Self::HeldOutLoss
                | Self::FeedbackGap
                | Self::FeatureKernelDrift
                | Self::FeatureKernelMinEigenvalue
                | Self::FeatureKernelMaxEigenvalue
                | Self::FeedbackKernelDrift
                | Self::FeedbackKernelNorm
                | Self::LazyLoss
                | Self::SlowTimeLoss
                | Self::ResidualToBound
                | Self::AlignmentToBound
                | Self::InfiniteKernelMinEigenvalue
                | Self::InfiniteKernelMaxEigenvalue
                | Self::IsometryEps
                | Self::TestLoss
                | Self::ValidationLoss
                | Self::TrainSetLoss
        )
    }

    /// Whether the engines must accumulate the coefficient matrix C (W(t) = W(0) + C X).
    pub fn needs_coefficients(self) -> bool {
        matches!(
            self,
            Self::HiddenMovementMax
                | Self::HiddenMovementRms
                | Self::ConservationDrift
                | Self::HeldOutLoss
        )
    }

    /// Whether it describes the feature kernel G.
    pub fn is_of_feature_kernel(self) -> bool {
        (Self::FeatureKernelDrift..=Self::KernelSimilarity).contains(&self)
    }

    /// Whether it describes the feedback kernel H.
    pub fn is_of_feedback_kernel(self) -> bool {
        (Self::FeedbackKernelDrift..=Self::FeedbackKernelMinEigenvalue).contains(&self)
    }

    /// Whether it compares a kernel with that of the start.
    pub fn needs_initial_kernel(self) -> bool {
        matches!(
            self,
            Self::FeatureKernelDrift | Self::KernelSimilarity | Self::FeedbackKernelDrift
        )
    }

    /// Whether the quantity looks at single hidden units, which the Gram draw does not have.
    pub fn needs_units(self) -> bool {
        matches!(
            self,
            Self::OutputMovementMax
                | Self::DecayedMovementMax
                | Self::HiddenMovementMax
                | Self::ConservationDrift
        )
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_nothing_else_does() {
        let layers = LayerMeasure::ALL.map(|measure| Quantity::OfLayer(measure, 12));
        for quantity in Quantity::ALL.into_iter().chain(layers) {
            assert_eq!(Quantity::from_name(&quantity.name()), Some(quantity));
            assert!(quantity.is_two_layer() || quantity.is_deep());
        }
        for wrong in [
            "alignment_layer_",
            "alignment_layer_0",
            "alignment_layer_01",
            "loss_layer_1",
        ] {
            assert_eq!(Quantity::from_name(wrong), None, "{wrong}");
        }
    }
}
