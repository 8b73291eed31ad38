//! Looks of a measurement: nothing but what is wanted is computed.

use crate::measure::Quantity;

/// Looks of a measurement besides loss, outputs and the last layer's weights.
#[allow(clippy::struct_excessive_bools, reason = "a set of independent wants")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Looks {
    /// Teaching signals against those of backpropagation.
    pub(crate) signals: bool,
    /// Gradients against those of backpropagation.
    pub(crate) updates: bool,
    /// Feedback weights against forward weights.
    pub(crate) weights: bool,
    /// Teaching signals against those of pseudoinverses.
    pub(crate) pseudoinverse: bool,
    /// Single units.
    pub(crate) units: bool,
    /// Activities of samples against each other.
    pub(crate) activities: bool,
    /// A linear classifier of activities.
    pub(crate) probe: bool,
    /// Outputs beyond the largest.
    pub(crate) top_k: bool,
}

impl Looks {
    /// No further looks.
    pub(crate) const NONE: Self = Self {
        signals: false,
        updates: false,
        weights: false,
        pseudoinverse: false,
        units: false,
        activities: false,
        probe: false,
        top_k: false,
    };
    /// Only signals.
    pub(crate) const SIGNALS: Self = Self {
        signals: true,
        ..Self::NONE
    };
    /// Only gradients.
    pub(crate) const UPDATES: Self = Self {
        updates: true,
        ..Self::NONE
    };
    /// Only feedback weights.
    pub(crate) const WEIGHTS: Self = Self {
        weights: true,
        ..Self::NONE
    };
    /// Only pseudoinverses.
    pub(crate) const PSEUDOINVERSE: Self = Self {
        pseudoinverse: true,
        ..Self::NONE
    };
    /// Only units.
    pub(crate) const UNITS: Self = Self {
        units: true,
        ..Self::NONE
    };
    /// Only activities.
    pub(crate) const ACTIVITIES: Self = Self {
        activities: true,
        ..Self::NONE
    };
    /// A classifier of activities.
    pub(crate) const PROBE: Self = Self {
        probe: true,
        ..Self::ACTIVITIES
    };
    /// Only outputs.
    pub(crate) const TOP_K: Self = Self {
        top_k: true,
        ..Self::NONE
    };

    /// Looks of either.
    fn or(self, other: Self) -> Self {
        Self {
            signals: self.signals || other.signals,
            updates: self.updates || other.updates,
            weights: self.weights || other.weights,
            pseudoinverse: self.pseudoinverse || other.pseudoinverse,
            units: self.units || other.units,
            activities: self.activities || other.activities,
            probe: self.probe || other.probe,
            top_k: self.top_k || other.top_k,
        }
    }
}

/// Measures that are wanted. By default only the loss, the accuracy and the output norm, which
/// cost no more than the forward pass.
///
/// ```
/// use falign::internal::measure::Wanted;
/// use falign::measure::Quantity;
/// let cheap = [Quantity::TestLoss, Quantity::TestAccuracy, Quantity::OutputNorm];
/// assert_eq!(Wanted::of(&cheap, 5), Wanted::default());
/// assert_ne!(Wanted::of(&[Quantity::WeightAngle], 5), Wanted::default());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    pub(super) looks: Looks,
    pub(super) top_k: Option<usize>,
}

impl Wanted {
    /// Measures that these quantities need; those that no measurement gives are passed over. `top_k`
    /// is the number of outputs that [`Quantity::TestTopKAccuracy`] looks at.
    pub fn of(quantities: &[Quantity], top_k: usize) -> Self {
        let all = quantities.iter().map(|quantity| quantity.looks());
        let looks = all.fold(Looks::NONE, Looks::or);
        Self {
            looks,
            top_k: looks.top_k.then_some(top_k),
        }
    }

    /// Whether signals are asked of the rule.
    pub(super) fn teaches(self) -> bool {
        let looks = self.looks;
        looks.signals || looks.updates || looks.pseudoinverse
    }
}
