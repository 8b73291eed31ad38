//! Memory of a network in training.

use super::OptimiserKind;
use super::training::{CHUNK, Training};
use crate::math::simd::Element;
use crate::memory::{Need, Size};

/// The sizes of a network and of its training, as real numbers: they may be too large for any
/// other.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkExtent {
    /// d.
    pub inputs: f64,
    /// Units of the hidden layers, from the input up.
    pub widths: Vec<f64>,
    /// k.
    pub outputs: f64,
    /// Samples of a batch.
    pub batch: f64,
    /// Samples of the largest set.
    pub samples: f64,
    /// Optimiser, which keeps numbers for each weight.
    pub optimiser: OptimiserKind,
    /// Whether there are feedback weights besides the forward weights.
    pub has_feedback: bool,
    /// Whether weights are kept as files.
    pub saves: bool,
}

impl<T: Element> Training<T> {
    /// Memory of a network, its rule, its training and a checkpoint of them, besides the samples.
    pub fn memory(extent: &NetworkExtent) -> Vec<Need> {
        let (each, feedback) = Self::of_a_weight(extent);
        let mut sides = vec![(Size::Inputs, extent.inputs)];
        sides.extend(extent.widths.iter().map(|&units| (Size::Width, units)));
        sides.push((Size::Outputs, extent.outputs));
        let mut all: Vec<Need> = sides
            .windows(2)
            .map(|layer| Need::array(each, layer))
            .collect();
        // Feedback has the shape of the layers above the first, or of less.
        let above = sides.windows(2).skip(1);
        all.extend(above.map(|layer| Need::array(feedback, layer)));
        all.extend(Self::values(extent, &sides));
        all
    }

    /// Memory of a network whose layers have so many weights and whose layers and maps make so many numbers a
    /// sample, and of its training, besides the samples. `extent` has no widths.
    pub(crate) fn memory_of_layers(
        extent: &NetworkExtent,
        weights: &[f64],
        numbers: &[f64],
    ) -> Vec<Need> {
        let (each, feedback) = Self::of_a_weight(extent);
        let array = |&size: &f64| Need::array(each + feedback, &[(Size::Width, size)]);
        let mut all: Vec<Need> = weights.iter().map(array).collect();
        let mut sides = vec![(Size::Inputs, extent.inputs)];
        sides.extend(numbers.iter().map(|&size| (Size::Width, size)));
        all.extend(Self::values(extent, &sides));
        all
    }

    /// Bytes of each weight, and of each feedback weight.
    fn of_a_weight(extent: &NetworkExtent) -> (f64, f64) {
        let t = size_of::<T>() as f64;
        let states = match extent.optimiser {
            OptimiserKind::Sgd => 0.0,
            OptimiserKind::Momentum { .. }
            | OptimiserKind::Nesterov { .. }
            | OptimiserKind::RmsProp { .. } => 1.0,
            OptimiserKind::Adam { .. } => 2.0,
        };
        let saved = if extent.saves { 2.0 } else { 0.0 };
        // Weights, their changes, their start; what the optimiser has; and a checkpoint of weights
        // and optimiser, as arrays and as the bytes of a file.
        let each = t * (3.0 + states + 2.0 * (1.0 + states) + saved);
        let feedback = if extent.has_feedback { 3.0 * t } else { 0.0 };
        (each, feedback)
    }

    /// Memory of the values of a batch, and of what is measured at a time, of so many numbers a sample.
    fn values(extent: &NetworkExtent, sides: &[(Size, f64)]) -> Vec<Need> {
        let t = size_of::<T>() as f64;
        let mut all = Vec::new();
        // A batch, and what is measured at a time: activities, slopes, signals, what
        // backpropagation's would be.
        let batch = (Size::Batch, extent.batch);
        let measured = extent.samples.min(CHUNK as f64);
        for &(size, units) in sides {
            // Inputs have activities only.
            let held = if size == Size::Inputs { t } else { 4.0 * t };
            all.push(Need::array(held, &[batch, (size, units)]));
            all.push(Need::array(2.0 * t * measured, &[(size, units)]));
        }
        all
    }
}
