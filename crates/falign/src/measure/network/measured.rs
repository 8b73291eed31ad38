//! Findings of a measurement.

use super::Alignment;
use super::feedback_weights::FeedbackWeights;
use super::units::Units;
use crate::measure::products::Mean;
use crate::measure::{LayerMeasure, NetworkValue, Quantity, Samples};

/// Findings of a measurement in one hidden layer; NaN, or nothing, where they have no meaning or were
/// not wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerMeasured {
    /// Teaching signals of the rule compared with those of backpropagation.
    pub(crate) signals: Option<Alignment>,
    /// Feedback weights compared with forward weights.
    pub(crate) weights: Option<FeedbackWeights>,
    /// Angle of the rule's gradient and the true one, in degrees.
    pub(crate) update_angle: f64,
    /// Angle of the rule's signals and those of the pseudoinverse, in degrees.
    pub(crate) pseudoinverse_angle: f64,
    /// States of its units.
    pub(crate) units: Option<Units>,
    /// Effective rank of its activities.
    pub(crate) effective_rank: f64,
    /// Accuracy of a linear classifier of its activities.
    pub(crate) probe_accuracy: f64,
}

impl LayerMeasured {
    /// The value; NaN if it has no meaning here or was not wanted.
    pub fn value(&self, measure: LayerMeasure) -> f64 {
        let of_layer = measure.mean().row().of_layer;
        of_layer.map_or(f64::NAN, |known| (known.value)(self))
    }

    /// A number of the signals.
    pub(crate) fn signals(&self, number: fn(Alignment) -> f64) -> f64 {
        self.signals.map_or(f64::NAN, number)
    }

    /// A number of the feedback weights.
    pub(crate) fn weights(&self, number: fn(FeedbackWeights) -> f64) -> f64 {
        self.weights.map_or(f64::NAN, number)
    }

    /// A number of the units.
    pub(crate) fn units(&self, number: fn(Units) -> f64) -> f64 {
        self.units.map_or(f64::NAN, number)
    }
}

/// Findings of a measurement. Values that have no meaning, or were not wanted, are NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Samples that were looked at.
    pub samples: usize,
    /// The loss, mean over samples.
    pub loss_per_sample: f64,
    /// Share of labelled samples classified rightly.
    pub accuracy: f64,
    /// Share of labelled samples whose class is among the `top_k` largest outputs.
    pub top_k_accuracy: f64,
    /// Angle between the rule's gradient of all weights and biases and the true one, in degrees.
    pub update_angle: f64,
    /// Norm of the last layer's weights.
    pub output_norm: f64,
    /// The hidden layers, from the input up.
    pub layers: Vec<LayerMeasured>,
}

impl Measured {
    /// The value of a quantity, as if the samples were the test set; `None` for those that no
    /// measurement of one sample set gives, such as `loss` and `validation_loss`. A quantity
    /// of the hidden layers is the mean over those where it has a meaning; of a layer that does
    /// not exist it is NaN.
    pub fn value(&self, quantity: Quantity) -> Option<f64> {
        if let Quantity::OfLayer(measure, layer) = quantity {
            let found = usize::from(layer).checked_sub(1);
            let found = found.and_then(|at| self.layers.get(at));
            return Some(found.map_or(f64::NAN, |found| found.value(measure)));
        }
        let row = quantity.row();
        match row.network?.value {
            NetworkValue::Samples(Samples::Held | Samples::Test, value) => Some(value(self)),
            NetworkValue::Layers => {
                let of_layer = row.of_layer?;
                let values = self.layers.iter().map(of_layer.value);
                Some(values.collect::<Mean>().value())
            }
            NetworkValue::Samples(..) | NetworkValue::Batches(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNKNOWN: LayerMeasured = LayerMeasured {
        signals: None,
        weights: None,
        update_angle: f64::NAN,
        pseudoinverse_angle: f64::NAN,
        units: None,
        effective_rank: f64::NAN,
        probe_accuracy: f64::NAN,
    };

    #[test]
    fn means_leave_out_layers_without_a_value() {
        let mut layers = vec![UNKNOWN; 3];
        layers[0].effective_rank = 40.0;
        layers[2].effective_rank = 50.0;
        let found = Measured {
            samples: 1,
            loss_per_sample: 0.5,
            accuracy: f64::NAN,
            top_k_accuracy: f64::NAN,
            update_angle: 30.0,
            output_norm: 2.0,
            layers,
        };
        let value = |name: &str| found.value(Quantity::from_name(name).unwrap());
        assert_eq!(value("effective_rank"), Some(45.0));
        assert_eq!(value("effective_rank_layer_3"), Some(50.0));
        assert_eq!(value("test_loss"), Some(0.5));
        // The whole network's, which is no mean.
        assert_eq!(value("update_angle"), Some(30.0));
        for nothing in [
            "effective_rank_layer_2",
            "effective_rank_layer_4",
            "weight_angle_layer_1",
            "probe_accuracy",
            "dead_fraction",
            "norm_ratio",
            "update_angle_layer_1",
        ] {
            assert!(value(nothing).unwrap().is_nan(), "{nothing}");
        }
        for unknown in ["loss", "epoch", "validation_loss", "residual_norm"] {
            assert_eq!(value(unknown), None, "{unknown}");
        }
    }
}
