//! Which measures are wanted, so that nothing else is computed.

use crate::measure::{LayerMeasure, Quantity};

/// Which measures are wanted. By default only the loss, the accuracy and the output norm, which
/// cost no more than the forward pass.
///
/// ```
/// use falign::network::Wanted;
/// use falign::measure::{LayerMeasure, Quantity};
/// let wanted = Wanted::of(&[Quantity::TestLoss, Quantity::WeightAngle], 5);
/// assert!(wanted.has(LayerMeasure::WeightAngle) && !wanted.has(LayerMeasure::Alignment));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// In the order of [`LayerMeasure::ALL`].
    measures: [bool; LayerMeasure::ALL.len()],
    update_angle: bool,
    top_k: Option<usize>,
}

impl Wanted {
    /// What these quantities need; those that no measurement gives are passed over. `top_k` is
    /// the number of outputs that [`Quantity::TestTopKAccuracy`] looks at.
    pub fn of(quantities: &[Quantity], top_k: usize) -> Self {
        let mut wanted = Self::default();
        for quantity in quantities {
            if let Some(measure) = quantity.layer_measure() {
                wanted.measures[measure as usize] = true;
            }
            match quantity {
                Quantity::UpdateAngle => wanted.update_angle = true,
                Quantity::TestTopKAccuracy => wanted.top_k = Some(top_k),
                _ => {}
            }
        }
        wanted
    }

    /// Whether this measure of hidden layers is wanted, for one of them or all.
    pub fn has(self, measure: LayerMeasure) -> bool {
        self.measures[measure as usize]
    }

    pub(super) fn top_k(self) -> Option<usize> {
        self.top_k
    }

    /// Whether teaching signals are to be compared with those of backpropagation.
    pub(super) fn compares_signals(self) -> bool {
        use LayerMeasure::{
            Alignment, AlignmentAngle, AlignmentFlattened, AlignmentSummed, NormRatio,
        };
        let kinds = [
            Alignment,
            AlignmentFlattened,
            AlignmentSummed,
            AlignmentAngle,
            NormRatio,
        ];
        kinds.into_iter().any(|measure| self.has(measure))
    }

    /// Whether gradients are to be compared with those of backpropagation.
    pub(super) fn compares_updates(self) -> bool {
        self.update_angle || self.has(LayerMeasure::UpdateAngle)
    }

    /// Whether single units are to be looked at.
    pub(super) fn looks_at_units(self) -> bool {
        self.has(LayerMeasure::DeadFraction) || self.has(LayerMeasure::SaturatedFraction)
    }
}
