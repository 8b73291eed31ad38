//! What can be measured of a two-layer network, and under which column name.

use serde::{Deserialize, Serialize};

/// A scalar measured at a recorded step.
///
/// With k > 1 outputs, norms are Frobenius norms and `|v_r|` is the norm of a unit's k weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// 1/2 sum of e^2 over samples and outputs: the data part.
    Loss,
    /// `loss` + alpha^2 lambda(t)/2 |beta|^2, the objective (4.1).
    RegularisedLoss,
    /// |e|.
    ResidualNorm,
    /// cos(b, beta); k > 1: mean over samples of cos(beta `e_i`, b `e_i`).
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
    /// |beta|.
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
    /// Slow time eta t / sqrt(p).
    Tau,
    /// Ridge spent: eta times the sum of lambda(i) over i < t.
    EtaLambdaT,
}

impl Quantity {
    /// All quantities, in column order.
    pub const ALL: [Self; 22] = [
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
        Self::Tau,
        Self::EtaLambdaT,
    ];

    /// The column name.
    pub fn name(self) -> &'static str {
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
            Self::Tau => "tau",
            Self::EtaLambdaT => "eta_lambda_t",
        }
    }

    /// The quantity of that column name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|quantity| quantity.name() == name)
    }

    /// Whether the quantity is positive by nature, so that its logarithm is summarised too.
    pub fn is_positive(self) -> bool {
        !matches!(
            self,
            Self::Alignment
                | Self::AlignmentFlattened
                | Self::AlignmentSummed
                | Self::AlignmentAngle
                | Self::Aligned
                | Self::AlignedSince
                | Self::Tau
                | Self::EtaLambdaT
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
