//! Weight mirrors: feedback weights that learn from what units answer to noise.

use ndarray::Array2;

use super::layer::Layer;
use crate::math::simd::Element;
use crate::math::{Loss, Stream};

/// Response of a mirrored layer's units to noise n, normal, of unit variance and independent
/// for every input and sample.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum MirrorResponse {
    /// W n, whose mean is 0: B moves by `eta_b` times the mean over the batch of (W n) n', on
    /// average `eta_b` W.
    #[default]
    Linear,
    /// The units' own answer y to a n, its mean kept, as in the program of Akrout et al. (2019): B
    /// moves by `eta_b` times the mean over the batch of y (a n)'. Of hidden units y is psi(z) with
    /// the z of a forward pass, c W (a n) + bias; of output units what the loss makes of z: the
    /// logistic function, the softmax, or z itself.
    ///
    /// On average that is `eta_b` a^2 c E[psi'(z)] W. The mean of y adds nothing to it but
    /// scatter: where noise is weak, most of what moves B.
    Activation {
        /// a, the standard deviation of what the inputs fire, above 0.
        noise: f64,
    },
}

/// The layer that is mirrored.
pub(super) struct Mirrored<'a, T> {
    pub(super) layer: &'a Layer<T>,
    /// The loss, of the output layer.
    pub(super) loss: Option<Loss>,
}

/// Settings of a mirror phase.
pub(super) struct Phase<T> {
    pub(super) response: MirrorResponse,
    /// m.
    pub(super) samples: usize,
    /// Factor by which B shrinks in a step.
    pub(super) keep: T,
    /// `eta_b`.
    pub(super) step_size: T,
}

/// The mirror phase of one layer (Akrout et al. 2019): its inputs fire with noise, its units
/// respond, and B moves towards the mean of response x noise.
pub(super) fn mirror<T: Element>(
    b: &mut Array2<T>,
    of: &Mirrored<'_, T>,
    phase: &Phase<T>,
    noise: &mut Stream,
) {
    let (layer, samples) = (of.layer, phase.samples);
    let mut fired =
        Array2::from_shape_simple_fn((samples, layer.inputs()), || T::from_f64(noise.normal()));
    let mut factor = T::ONE;
    if let MirrorResponse::Activation { noise } = phase.response {
        let noise = T::from_f64(noise);
        fired.mapv_inplace(|n| noise * n);
        factor = layer.factor;
    }
    let mut response = layer.sums(factor, &fired);
    if phase.response != MirrorResponse::Linear {
        layer.add_bias(&mut response);
        match of.loss {
            Some(loss) => loss.predictions(&mut response),
            None => response.mapv_inplace(|z| layer.activation.value(z)),
        }
    }
    // Noise differs from place to place, and each place sees the same weights.
    let step = phase.step_size / T::from_f64((samples * layer.places()) as f64);
    layer.correlate(phase.keep, b, step, &response, &fired);
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};

    use super::*;
    use crate::math::{Activation, StreamName, Streams};

    /// 2 units with 3 inputs and a factor of 0.8.
    fn layer(activation: Activation) -> Layer<f64> {
        let weights = array![[0.9, -0.4, 1.7], [-1.1, 0.6, 0.2]];
        let layer = Layer::dense(weights, activation).with_factor(0.8);
        layer.with_bias(array![0.3, -0.7])
    }

    fn start() -> Array2<f64> {
        array![[0.5, -0.25, 1.5], [0.75, 2.0, -1.25]]
    }

    const SAMPLES: usize = 5;

    /// One phase with keep 0.9 and step 0.07.
    fn moved(layer: &Layer<f64>, loss: Option<Loss>, response: MirrorResponse) -> Array2<f64> {
        let mut b = start();
        let phase = Phase {
            response,
            samples: SAMPLES,
            keep: 0.9,
            step_size: 0.07,
        };
        mirror(&mut b, &Mirrored { layer, loss }, &phase, &mut stream());
        b
    }

    fn stream() -> Stream {
        Streams::new(3, 0).open(StreamName::Dropout)
    }

    /// Expected B from a sum sample by sample, with the answer to one sample's noise passed in.
    fn by_hand(answer: impl Fn(Array1<f64>) -> Array1<f64>, size: f64) -> Array2<f64> {
        let mut stream = stream();
        let mut b = 0.9 * start();
        for _ in 0..SAMPLES {
            let n = Array1::from_shape_simple_fn(3, || size * stream.normal());
            let y = answer(n.clone());
            for ((k, j), b) in b.indexed_iter_mut() {
                *b += 0.07 / SAMPLES as f64 * y[k] * n[j];
            }
        }
        b
    }

    fn near(found: &Array2<f64>, wanted: &Array2<f64>, what: &str) {
        let far = (found - wanted).mapv(f64::abs);
        assert!(far.iter().all(|x| *x < 1e-14), "{what}: {found} {wanted}");
    }

    fn logistic(z: f64) -> f64 {
        1.0 / (1.0 + (-z).exp())
    }

    #[test]
    fn linear_responses_know_neither_factor_nor_bias_nor_activation() {
        let layer = layer(Activation::Sigmoid);
        let wanted = by_hand(|n| layer.weights.dot(&n), 1.0);
        for loss in [None, Some(Loss::Logistic)] {
            near(
                &moved(&layer, loss, MirrorResponse::Linear),
                &wanted,
                "linear",
            );
        }
    }

    /// B <- 0.9 B + `eta_b` mean(y (a n)') with y = psi(c W (a n) + bias), of which nothing is subtracted.
    #[test]
    fn the_units_own_answers_keep_their_mean() {
        let response = MirrorResponse::Activation { noise: 0.6 };
        for activation in [Activation::Sigmoid, Activation::Softplus, Activation::Tanh] {
            let layer = layer(activation);
            let z = |n| 0.8 * layer.weights.dot(&n) + layer.bias.as_ref().unwrap();
            let wanted = by_hand(|n| z(n).mapv(|z| activation.value(z)), 0.6);
            let found = moved(&layer, None, response);
            near(&found, &wanted, activation.name());
            // Answers whose mean over the noise is taken away are another rule.
            let at_rest = layer.bias.as_ref().unwrap();
            let rest = at_rest.mapv(|z| activation.value(z));
            let centred = by_hand(|n| z(n).mapv(|z| activation.value(z)) - &rest, 0.6);
            let apart = (&found - &centred).mapv(f64::abs);
            assert!(apart.iter().all(|x| *x > 1e-4), "{activation:?}: {apart}");
        }
    }

    #[test]
    fn output_units_answer_what_the_loss_makes_of_them() {
        let response = MirrorResponse::Activation { noise: 1.3 };
        let layer = layer(Activation::Linear);
        let z = |n| 0.8 * layer.weights.dot(&n) + layer.bias.as_ref().unwrap();
        let softmax = |z: Array1<f64>| z.mapv(f64::exp) / z.mapv(f64::exp).sum();
        for (loss, wanted) in [
            (Loss::SquaredError, by_hand(z, 1.3)),
            (Loss::Logistic, by_hand(|n| z(n).mapv(logistic), 1.3)),
            (
                Loss::SquaredErrorLogistic,
                by_hand(|n| z(n).mapv(logistic), 1.3),
            ),
            (Loss::SoftmaxCrossEntropy, by_hand(|n| softmax(z(n)), 1.3)),
        ] {
            near(
                &moved(&layer, Some(loss), response),
                &wanted,
                &format!("{loss:?}"),
            );
        }
    }
}
