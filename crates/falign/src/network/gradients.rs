//! Gradients of all weights and biases of a network.

use ndarray::{Array1, Array2, Axis};

use super::input::Input;
use crate::math::simd::Element;
use crate::math::{Stream, multiply};
use crate::rule::{Composed, Layer, Trace};

const WHOLE: &str = "a whole array";

/// Gradients of each layer, from the input up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gradients<T> {
    /// Gradients of the layers' weights, (units, inputs).
    pub(super) weights: Vec<Array2<T>>,
    /// (units); empty where a layer has no biases.
    pub(super) biases: Vec<Array1<T>>,
}

impl<T: Element> Gradients<T> {
    pub(super) fn zeros(layers: &[Layer<T>]) -> Self {
        let biases = |layer: &Layer<T>| layer.bias.as_ref().map_or(0, Array1::len);
        Self {
            // In the weights' order in memory.
            weights: layers.iter().map(|l| l.weights.map(|_| T::ZERO)).collect(),
            biases: layers
                .iter()
                .map(|l| Array1::from_elem(biases(l), T::ZERO))
                .collect(),
        }
    }

    /// Writes what the deltas of the hidden layers, (batch, units), and the trace's residual make
    /// of the batch `input`: of weights from layer `first` on, and of all biases. Cost: 2 batch
    /// operations a weight.
    pub(super) fn fill(
        &mut self,
        layers: &[Layer<T>],
        trace: &Trace<T>,
        deltas: &[Array2<T>],
        input: &dyn Input<T>,
        first: usize,
    ) {
        if let Some(passage) = trace.passage() {
            for (at, layer) in layers.iter().enumerate() {
                let delta = deltas.get(at).unwrap_or(&trace.residual);
                passage.gradient(layer, at, delta, self.both_mut(at));
            }
            return;
        }
        for (at, layer) in layers.iter().enumerate() {
            let delta = deltas.get(at).unwrap_or(&trace.residual);
            let mut gradient = self.weights[at].view_mut();
            if at < first {
                // Its weights have changed already.
            } else if at == 0 {
                input.gradient(&delta.view(), layer.factor, &mut gradient);
            } else {
                let below = trace.activities[at - 1].view();
                multiply(T::ZERO, &mut gradient, layer.factor, &delta.t(), &below);
            }
            if layer.bias.is_some() {
                self.biases[at].fill(T::ZERO);
                for row in delta.axis_iter(Axis(0)) {
                    self.biases[at] += &row;
                }
            }
        }
    }

    /// Writes the gradients of the batch that went through a wiring, as a rule of the family tells its deltas: each
    /// layer's while its delta is in the caches.
    pub(super) fn fill_on_the_way(
        &mut self,
        layers: &[Layer<T>],
        trace: &Trace<T>,
        rule: &mut Composed<T>,
        noise: &mut Stream,
    ) {
        let passage = trace.passage().expect("layers that are wired");
        for at in 0..layers.len() {
            self.both_mut(at).into_iter().for_each(|g| g.fill(T::ZERO));
        }
        let last = layers.len() - 1;
        rule.tell_deltas(layers, trace, noise, &mut |at, delta| {
            if at < last {
                passage.gradient_of(&layers[at], at, delta, self.both_mut(at));
            }
        });
        passage.gradient(&layers[last], last, &trace.residual, self.both_mut(last));
    }

    /// Gradients of one layer's weights and of its biases.
    fn both_mut(&mut self, at: usize) -> [&mut [T]; 2] {
        let biases = self.biases[at].as_slice_mut().expect(WHOLE);
        [self.weights[at].as_slice_mut().expect(WHOLE), biases]
    }

    /// Gradients of one layer's parameters, in their order in memory.
    pub(super) fn arrays_mut(&mut self, at: usize) -> impl Iterator<Item = &mut [T]> {
        let weights = self.weights[at].as_slice_memory_order_mut();
        let biases = self.biases[at].as_slice_mut();
        [weights, biases]
            .into_iter()
            .map(|array| array.expect(WHOLE))
    }

    /// Adds one layer's gradients to `sums`, weights before biases.
    pub(crate) fn add_layer_to(&self, at: usize, sums: &mut [f64]) {
        let gradients = self.weights[at].iter().chain(&self.biases[at]);
        for (sum, gradient) in sums.iter_mut().zip(gradients) {
            *sum += gradient.to_f64();
        }
    }
}
