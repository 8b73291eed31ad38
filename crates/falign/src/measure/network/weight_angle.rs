//! The forward weights that feedback weights stand for, and the angle between the two.

use ndarray::Array2;

use crate::math::simd::Element;
use crate::math::{Scalar, multiply};
use crate::measure::products::Products;
use crate::network::Network;
use crate::rule::{Layer, SignalPath};

/// Forward weights for which each hidden layer's feedback weights stand, in `f64`.
///
/// On the layerwise path those of the next layer, (units above, units). On the direct path the
/// product of all layers above, (outputs, units): what the network would be above this layer,
/// were its units linear. Factors are left out: they change no angle.
pub(super) fn weights_above<T: Element>(layers: &[Layer<T>], path: SignalPath) -> Vec<Array2<f64>> {
    let above = layers[1..].iter();
    let mut own = above.map(|layer| layer.weights.mapv(Scalar::to_f64));
    match path {
        SignalPath::Layerwise => own.collect(),
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
/// degrees; NaN where the rule has none of that shape.
pub(super) fn weight_angles<T: Element>(network: &Network<T>) -> Vec<f64> {
    let (layers, rule) = (network.layers(), network.rule());
    let in_use = rule.feedback_in_use(layers).unwrap_or_default();
    let forward = weights_above(layers, rule.path());
    let angle = |(at, w): (usize, &Array2<f64>)| match in_use.get(at) {
        Some(b) if b.dim() == w.dim() => {
            Products::of(b.iter().zip(w).map(|(b, &w)| (b.to_f64(), w))).angle()
        }
        _ => f64::NAN,
    };
    forward.iter().enumerate().map(angle).collect()
}
