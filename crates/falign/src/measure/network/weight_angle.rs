//! The forward weights that feedback weights stand for, and the angle between the two.

use ndarray::Array2;

use crate::math::simd::Element;
use crate::math::{Scalar, multiply};
use crate::measure::products::Products;
use crate::network::Network;
use crate::rule::SignalPath;

/// Forward weights for which each hidden layer's feedback weights stand, in `f64`.
///
/// On the layerwise path those of the next layer, (units above, units). On the direct path the
/// product of all layers above, (outputs, units): what the network would be above this layer,
/// were its units linear; none where layers are wired freely. Factors are left out: they change no angle.
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

/// Angle of each hidden layer between its feedback weights and [`weights_above`], in
/// degrees; NaN where there are none of one shape.
pub(super) fn weight_angles<T: Element>(network: &Network<T>) -> Vec<f64> {
    let layers = network.layers();
    let in_use = network.rule().feedback_in_use(layers).unwrap_or_default();
    let forward = weights_above(network);
    let angle = |at: usize| match (in_use.get(at), forward.get(at)) {
        (Some(b), Some(w)) if b.dim() == w.dim() => {
            Products::of(b.iter().zip(w).map(|(b, &w)| (b.to_f64(), w))).angle()
        }
        _ => f64::NAN,
    };
    (0..layers.len() - 1).map(angle).collect()
}
