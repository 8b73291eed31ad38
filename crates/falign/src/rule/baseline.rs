//! Rules a neuroscientist expects besides the family: no teaching at all, and learning by
//! trial.

use ndarray::{Array2, Zip};

use super::layer::Layer;
use super::learning_rule::{LearningRule, Plasticity};
use super::trace::Trace;
use crate::math::simd::Element;
use crate::math::{Scalar, Stream, activate};

/// Only the last layer learns; the hidden layers stay random features.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastLayerOnly;

impl<T: Scalar> LearningRule<T> for LastLayerOnly {
    fn teach(&mut self, _: &[Layer<T>], _: &Trace<T>, signals: &mut [Array2<T>], _: &mut Stream) {
        for signal in signals {
            signal.fill(T::ZERO);
        }
    }
}

/// Node perturbation: hidden activities are shaken by noise, layer by layer, and each
/// sample's change of loss, times the noise that made it, estimates the derivative.
///
/// The signal of a layer is xi (L(a + sigma xi) - L(a)) / sigma, unbiased up to O(sigma^2)
/// and with a variance that grows with the number of units. The output layer keeps its exact
/// residual. Cost: one forward pass of the layers above, for every hidden layer.
///
/// Source: Werfel, Xie & Seung (2005).
#[derive(Debug, Clone, Copy)]
pub struct NodePerturbation {
    sigma: f64,
}

impl NodePerturbation {
    /// `sigma` is the noise's standard deviation, positive.
    pub fn new(sigma: f64) -> Self {
        Self { sigma }
    }
}

/// Outputs of the layers from `from` up, given their input.
fn outputs<T: Element>(layers: &[Layer<T>], input: Array2<T>) -> Array2<T> {
    let mut below = input;
    let last = layers.len() - 1;
    for (at, layer) in layers.iter().enumerate() {
        let mut z = layer.sums(layer.factor, &below);
        layer.add_bias(&mut z);
        if at < last {
            let mut unused = vec![T::ZERO; z.len()];
            let values = z.as_slice_mut().expect("a whole array");
            activate(layer.activation, values, &mut unused);
        }
        below = z;
    }
    below
}

impl<T: Element> LearningRule<T> for NodePerturbation {
    fn teach(
        &mut self,
        layers: &[Layer<T>],
        trace: &Trace<T>,
        signals: &mut [Array2<T>],
        noise: &mut Stream,
    ) {
        let factor = trace.reduction.factor(trace.batch());
        let row =
            |m: &Array2<T>, i: usize| -> Vec<f64> { m.row(i).iter().map(|x| x.to_f64()).collect() };
        // The trace holds targets reduced as the residual is.
        let targets: Vec<Vec<f64>> = (0..trace.batch())
            .map(|i| row(&trace.targets, i).iter().map(|y| y / factor).collect())
            .collect();
        for (at, signal) in signals.iter_mut().enumerate() {
            signal.mapv_inplace(|_| T::from_f64(noise.normal()));
            let mut shaken = trace.activities[at].clone();
            let sigma = T::from_f64(self.sigma);
            Zip::from(&mut shaken)
                .and(&*signal)
                .for_each(|a, &xi| *a += sigma * xi);
            let mut found = match trace.passage() {
                None => outputs(&layers[at + 1..], shaken),
                Some(passage) => passage.again(layers, Some((at, &shaken))),
            };
            if let Some(offset) = &trace.offset {
                found -= offset;
            }
            for (i, mut xi) in signal.rows_mut().into_iter().enumerate() {
                let change = trace.loss.of_sample(&row(&found, i), &targets[i])
                    - trace.loss.of_sample(&row(&trace.outputs, i), &targets[i]);
                let gain = T::from_f64(factor * change / self.sigma);
                xi.mapv_inplace(|x| gain * x);
            }
        }
    }
}

/// Weight perturbation: all weights and biases are shaken at once, for the whole batch, and
/// the change of the loss, times the noise that made it, estimates the gradient.
///
/// The estimate is xi (L(W + sigma xi) - L(W)) / sigma, unbiased up to O(sigma^2), with a
/// variance that grows with the number of weights. No teaching signal reaches a hidden layer:
/// the signals it reports are zero. Cost: one forward pass and a copy of the weights.
///
/// Source: Jabri & Flower (1992); compared with node perturbation by Werfel, Xie & Seung (2005).
#[derive(Debug, Clone, Copy)]
pub struct WeightPerturbation {
    sigma: f64,
}

impl WeightPerturbation {
    /// `sigma` is the noise's standard deviation, positive.
    pub fn new(sigma: f64) -> Self {
        Self { sigma }
    }
}

impl<T: Element> LearningRule<T> for WeightPerturbation {
    fn teach(&mut self, _: &[Layer<T>], _: &Trace<T>, signals: &mut [Array2<T>], _: &mut Stream) {
        for signal in signals {
            signal.fill(T::ZERO);
        }
    }

    fn plasticity(&mut self, step: &mut Plasticity<'_, T>, noise: &mut Stream) -> bool {
        let sigma = T::from_f64(self.sigma);
        let mut shaken = step.layers.to_vec();
        let mut draw = |_: &T| T::from_f64(noise.normal());
        for (at, layer) in shaken.iter_mut().enumerate() {
            let xi = &mut step.gradients[at];
            xi.map_inplace(|x| *x = draw(x));
            layer.weights.zip_mut_with(xi, |w, &xi| *w += sigma * xi);
            if let Some(bias) = &mut layer.bias {
                let xi = &mut step.bias_gradients[at];
                xi.map_inplace(|x| *x = draw(x));
                bias.zip_mut_with(xi, |w, &xi| *w += sigma * xi);
            }
        }
        let change = (step.trial)(&shaken) - step.loss;
        let gain = T::from_f64(change / self.sigma);
        for gradient in &mut *step.gradients {
            gradient.mapv_inplace(|xi| gain * xi);
        }
        for gradient in &mut *step.bias_gradients {
            gradient.mapv_inplace(|xi| gain * xi);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::math::{Activation, StreamName, Streams};

    /// Signals hold whatever was there before.
    #[test]
    fn rules_that_send_nothing_write_that() {
        let layer = |weights: Array2<f64>| Layer::dense(weights, Activation::Tanh);
        let layers = [layer(array![[1.0], [2.0]]), layer(array![[3.0, 4.0]])];
        let trace = Trace::new(&layers, 3);
        let noise = &mut Streams::new(1, 0).open(StreamName::Dropout);
        let rules: [Box<dyn LearningRule<f64>>; 2] = [
            Box::new(LastLayerOnly),
            Box::new(WeightPerturbation::new(0.1)),
        ];
        for mut rule in rules {
            let mut signals = [Array2::from_elem((3, 2), 0.7)];
            rule.teach(&layers, &trace, &mut signals, noise);
            assert!(signals[0].iter().all(|s| *s == 0.0));
        }
    }
}
