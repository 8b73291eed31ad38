//! The angle between the gradients that a rule applies and the true ones.

use ndarray::Array1;

use crate::math::simd::Element;
use crate::measure::products::Products;
use crate::network::Gradients;
use crate::rule::Layer;

/// Sums over samples of both gradients of one layer, weights before biases.
#[derive(Debug)]
struct LayerSums {
    delivered: Vec<f64>,
    exact: Vec<f64>,
}

impl LayerSums {
    fn products(&self) -> Products {
        let pairs = self.delivered.iter().zip(&self.exact);
        Products::of(pairs.map(|(&a, &b)| (a, b)))
    }
}

/// Sums over samples of both gradients of a network: 16 bytes a weight.
#[derive(Debug)]
pub(super) struct UpdateSums {
    layers: Vec<LayerSums>,
}

impl UpdateSums {
    pub(super) fn new<T: Element>(layers: &[Layer<T>]) -> Self {
        let sums = |layer: &Layer<T>| {
            let biases = layer.bias.as_ref().map_or(0, Array1::len);
            let zeros = vec![0.0; layer.weights.len() + biases];
            LayerSums {
                delivered: zeros.clone(),
                exact: zeros,
            }
        };
        Self {
            layers: layers.iter().map(sums).collect(),
        }
    }

    pub(super) fn include<T: Element>(&mut self, delivered: &Gradients<T>, exact: &Gradients<T>) {
        for (at, sums) in self.layers.iter_mut().enumerate() {
            delivered.add_layer_to(at, &mut sums.delivered);
            exact.add_layer_to(at, &mut sums.exact);
        }
    }

    /// Angle of all layers together, in degrees.
    pub(super) fn angle(&self) -> f64 {
        let mut total = Products::default();
        for layer in &self.layers {
            total.add(layer.products());
        }
        total.angle()
    }

    /// Angle of one layer, in degrees.
    pub(super) fn layer_angle(&self, at: usize) -> f64 {
        self.layers[at].products().angle()
    }
}
