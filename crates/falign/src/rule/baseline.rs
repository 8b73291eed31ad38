//! Rules a neuroscientist expects beside the family: no teaching at all, and teaching by
//! trial.

use ndarray::{Array2, Zip};

use super::learning_rule::LearningRule;
use super::scene::{Layer, Trace};
use crate::math::simd::Element;
use crate::math::{Scalar, Stream, activate, multiply};

/// Only the last layer learns; the hidden layers stay random features.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastLayerOnly;

impl<T: Scalar> LearningRule<T> for LastLayerOnly {
    fn teach(&mut self, _: &[Layer<T>], _: &Trace<T>, signals: &mut [Array2<T>]) {
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
#[derive(Debug)]
pub struct NodePerturbation {
    sigma: f64,
    noise: Stream,
}

impl NodePerturbation {
    /// `sigma` is the noise's standard deviation, positive; `noise` its stream.
    pub fn new(sigma: f64, noise: Stream) -> Self {
        Self { sigma, noise }
    }
}

/// Outputs of the layers from `from` up, given their input.
fn outputs<T: Element>(layers: &[Layer<T>], input: Array2<T>) -> Array2<T> {
    let mut below = input;
    let last = layers.len() - 1;
    for (at, layer) in layers.iter().enumerate() {
        let mut z = Array2::from_elem((below.nrows(), layer.units()), T::ZERO);
        let weights = layer.weights.t();
        multiply(
            T::ZERO,
            &mut z.view_mut(),
            layer.factor,
            &below.view(),
            &weights,
        );
        if let Some(bias) = &layer.bias {
            z += bias;
        }
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
    fn teach(&mut self, layers: &[Layer<T>], trace: &Trace<T>, signals: &mut [Array2<T>]) {
        let factor = trace.reduction.factor(trace.batch());
        let row =
            |m: &Array2<T>, i: usize| -> Vec<f64> { m.row(i).iter().map(|x| x.to_f64()).collect() };
        // The trace holds targets reduced as the residual is.
        let targets: Vec<Vec<f64>> = (0..trace.batch())
            .map(|i| row(&trace.targets, i).iter().map(|y| y / factor).collect())
            .collect();
        for (at, signal) in signals.iter_mut().enumerate() {
            let noise = &mut self.noise;
            signal.mapv_inplace(|_| T::from_f64(noise.normal()));
            let mut shaken = trace.activities[at].clone();
            let sigma = T::from_f64(self.sigma);
            Zip::from(&mut shaken)
                .and(&*signal)
                .for_each(|a, &xi| *a += sigma * xi);
            let found = outputs(&layers[at + 1..], shaken);
            for (i, mut xi) in signal.rows_mut().into_iter().enumerate() {
                let change = trace.loss.of_sample(&row(&found, i), &targets[i])
                    - trace.loss.of_sample(&row(&trace.outputs, i), &targets[i]);
                let gain = T::from_f64(factor * change / self.sigma);
                xi.mapv_inplace(|x| gain * x);
            }
        }
    }
}
