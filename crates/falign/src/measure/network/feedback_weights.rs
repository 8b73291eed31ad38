//! The forward weights that feedback weights stand for, and how these lie to them.

use ndarray::Array2;

use crate::math::simd::Element;
use crate::math::{Scalar, multiply};
use crate::measure::products::{Mean, Products};
use crate::network::Network;
use crate::rule::{Layer, SignalPath};

/// Forward weights for which each hidden layer's feedback weights stand, in `f64`.
///
/// On the layerwise path those of the next layer, (units above, units). On the direct path the
/// product of all layers above, (outputs, units): what the network would be above this layer,
/// were its units linear; none where layers are wired freely. Factors are left out.
pub(super) fn weights_above<T: Element>(network: &Network<T>) -> Vec<Array2<f64>> {
    let above = network.layers()[1..].iter();
    let mut own = above.map(|layer| layer.weights.mapv(Scalar::to_f64));
    match network.rule().path() {
        SignalPath::Layerwise => own.collect(),
        SignalPath::Direct if network.is_wired() => Vec::new(),
        SignalPath::Direct => {
            let mut products: Vec<Array2<f64>> = Vec::new();
            while let Some(weights) = own.next_back() {
                products.push(match products.last() {
                    None => weights,
                    Some(product) => {
                        let shape = (product.nrows(), weights.ncols());
                        let mut next = Array2::zeros(shape);
                        let (a, b) = (product.view(), weights.view());
                        multiply(0.0, &mut next.view_mut(), 1.0, &a, &b);
                        next
                    }
                });
            }
            products.reverse();
            products
        }
    }
}

/// Feedback weights of a hidden layer beside the forward weights that they stand for; NaN where there are
/// none of one shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FeedbackWeights {
    /// Angle of the two as long vectors, in degrees.
    pub(crate) angle: f64,
    /// Norm of the feedback weights over that of the forward weights.
    pub(crate) norm_ratio: f64,
    /// Mean over kernels of the angle between the two, in degrees; NaN where no kernel has two places.
    pub(crate) kernel_angle: f64,
}

impl FeedbackWeights {
    const UNKNOWN: Self = Self {
        angle: f64::NAN,
        norm_ratio: f64::NAN,
        kernel_angle: f64::NAN,
    };
}

/// Feedback weights of each hidden layer beside [`weights_above`]. Gains, through which signals go as they
/// are, have none.
pub(super) fn feedback_weights<T: Element>(network: &Network<T>) -> Vec<FeedbackWeights> {
    let layers = network.layers();
    let rule = network.rule();
    let in_use = rule.feedback_in_use(layers).unwrap_or_default();
    let forward = weights_above(network);
    let is_direct = rule.path() == SignalPath::Direct;
    let compare = |at: usize| match (in_use.get(at), forward.get(at)) {
        (Some(b), Some(w)) if b.dim() == w.dim() && (is_direct || !layers[at + 1].is_gain()) => {
            let pairs = || b.iter().zip(w).map(|(b, &w)| (b.to_f64(), w));
            let products = Products::of(pairs());
            // A direct signal has the factor of the outputs alone.
            let hidden = if is_direct {
                &layers[at + 1..layers.len() - 1]
            } else {
                &[]
            };
            let passed: f64 = hidden.iter().map(|layer| layer.factor.to_f64()).product();
            FeedbackWeights {
                angle: products.angle(),
                norm_ratio: products.norm_ratio() / passed.abs(),
                kernel_angle: if is_direct {
                    f64::NAN
                } else {
                    kernel_angle(&layers[at + 1], &pairs().collect::<Vec<_>>())
                },
            }
        }
        _ => FeedbackWeights::UNKNOWN,
    };
    (0..layers.len() - 1).map(compare).collect()
}

/// Mean over kernels, one for each channel above and below (and place, where places share none), of the angle
/// between the feedback weights of the kernel and its forward weights. NaN where kernels are single numbers.
fn kernel_angle<T: Element>(layer: &Layer<T>, pairs: &[(f64, f64)]) -> f64 {
    // (.., channels above, down, along, channels below)
    let shape = layer.weight().shape;
    let [.., _, down, along, channels] = shape[..] else {
        return f64::NAN;
    };
    let window = down * along;
    if window < 2 {
        return f64::NAN;
    }
    let kernels = pairs.chunks(window * channels).flat_map(|kernels| {
        let kernel = move |below: usize| kernels.iter().skip(below).step_by(channels).copied();
        (0..channels).map(move |below| Products::of(kernel(below)).angle())
    });
    kernels.collect::<Mean>().value()
}
