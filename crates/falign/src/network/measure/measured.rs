//! What a measurement found.

use super::products::Mean;
use crate::measure::{LayerMeasure, Quantity};

/// What a measurement found of one hidden layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerMeasured {
    /// In the order of [`LayerMeasure::ALL`].
    values: [f64; LayerMeasure::ALL.len()],
}

impl LayerMeasured {
    /// A layer of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self {
            values: [f64::NAN; LayerMeasure::ALL.len()],
        }
    }

    pub(super) fn set(&mut self, measure: LayerMeasure, value: f64) {
        self.values[measure as usize] = value;
    }

    /// The value; NaN if it has no meaning here or was not wanted.
    pub fn value(&self, measure: LayerMeasure) -> f64 {
        self.values[measure as usize]
    }
}

/// What a measurement found. Values that have no meaning, or were not wanted, are NaN.
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
        Some(match quantity {
            Quantity::TestLoss => self.loss_per_sample,
            Quantity::TestAccuracy => self.accuracy,
            Quantity::TestTopKAccuracy => self.top_k_accuracy,
            Quantity::UpdateAngle => self.update_angle,
            Quantity::OutputNorm => self.output_norm,
            Quantity::OfLayer(measure, layer) => usize::from(layer)
                .checked_sub(1)
                .and_then(|at| self.layers.get(at))
                .map_or(f64::NAN, |found| found.value(measure)),
            plain => {
                let measure = plain.layer_measure()?;
                let values = self.layers.iter().map(|layer| layer.value(measure));
                values.collect::<Mean>().value()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_stored_in_column_order() {
        for (at, measure) in LayerMeasure::ALL.into_iter().enumerate() {
            assert_eq!(measure as usize, at);
        }
    }

    #[test]
    fn means_leave_out_layers_without_a_value() {
        let mut layers = vec![LayerMeasured::unknown(); 3];
        layers[0].set(LayerMeasure::NormRatio, 1.0);
        layers[2].set(LayerMeasure::NormRatio, 4.0);
        let found = Measured {
            samples: 1,
            loss_per_sample: 0.5,
            accuracy: f64::NAN,
            top_k_accuracy: f64::NAN,
            update_angle: f64::NAN,
            output_norm: 2.0,
            layers,
        };
        let value = |name: &str| found.value(Quantity::from_name(name).unwrap());
        assert_eq!(value("norm_ratio"), Some(2.5));
        assert_eq!(value("norm_ratio_layer_3"), Some(4.0));
        for nothing in ["norm_ratio_layer_2", "norm_ratio_layer_4", "weight_angle"] {
            assert!(value(nothing).unwrap().is_nan(), "{nothing}");
        }
        for unknown in ["loss", "epoch", "validation_loss", "residual_norm"] {
            assert_eq!(value(unknown), None, "{unknown}");
        }
    }
}
