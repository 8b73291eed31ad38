//! Teaching signals against those that the pseudoinverse of the forward weights would send.

use nalgebra::DMatrix;
use ndarray::Array2;

use super::feedback_weights::weights_above;
use crate::math::simd::Element;
use crate::math::{Scalar, multiply};
use crate::measure::products::{Mean, Products};
use crate::network::Network;
use crate::rule::{SignalPath, Trace};

/// Eigenvalues of W W' below this share of the largest count as 0: singular values of W below
/// a millionth.
const RANK_TOLERANCE: f64 = 1e-12;

/// The transposed Moore-Penrose pseudoinverse of W, (rows, columns) as W is: (W W')^+ W, or the
/// same from the other side, whichever has the smaller Gram matrix. NaN if W is not finite.
/// Cost: O(s^2 l + s^3), s the shorter side and l the longer.
fn transposed_pseudoinverse(w: &Array2<f64>) -> Array2<f64> {
    let (rows, columns) = w.dim();
    let scale = w.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    // A maximum drops NaN. The eigenvalues' iteration would never end on it.
    if w.iter().any(|x| !x.is_finite()) {
        return Array2::from_elem(w.dim(), f64::NAN);
    }
    if scale == 0.0 {
        return w.clone();
    }
    let w = w.mapv(|x| x / scale);
    let side = rows.min(columns);
    let mut gram = Array2::zeros((side, side));
    if rows <= columns {
        multiply(0.0, &mut gram.view_mut(), 1.0, &w.view(), &w.t());
    } else {
        multiply(0.0, &mut gram.view_mut(), 1.0, &w.t(), &w.view());
    }
    let eigen = DMatrix::from_fn(side, side, |i, j| gram[(i, j)]).symmetric_eigen();
    let largest = eigen.eigenvalues.max();
    // V over the square roots of the eigenvalues, so that the inverse is a square.
    let root = Array2::from_shape_fn((side, side), |(i, j)| {
        let value = eigen.eigenvalues[j];
        if value > RANK_TOLERANCE * largest {
            eigen.eigenvectors[(i, j)] / value.sqrt()
        } else {
            0.0
        }
    });
    let inverse = &mut gram;
    multiply(0.0, &mut inverse.view_mut(), 1.0, &root.view(), &root.t());
    let mut result = Array2::zeros((rows, columns));
    let (a, b) = if rows <= columns {
        (inverse.view(), w.view())
    } else {
        (w.view(), inverse.view())
    };
    multiply(0.0, &mut result.view_mut(), 1.0 / scale, &a, &b);
    result
}

/// Angles between delivered signals and those of the pseudoinverse, for every hidden layer.
#[derive(Debug)]
pub(super) struct PseudoinverseAngles {
    path: SignalPath,
    /// Transposed, (units above, units) or (outputs, units).
    inverses: Vec<Array2<f64>>,
    angles: Vec<Mean>,
}

impl PseudoinverseAngles {
    /// Takes the pseudoinverses of the present weights: none of layers that are wired freely, whose
    /// angles are NaN.
    pub(super) fn new<T: Element>(network: &Network<T>) -> Self {
        let path = network.rule().path();
        let forward = if network.is_wired() {
            Vec::new()
        } else {
            weights_above(network)
        };
        Self {
            path,
            angles: vec![Mean::default(); network.layers().len() - 1],
            inverses: forward.iter().map(transposed_pseudoinverse).collect(),
        }
    }

    /// `delivered` holds the signals of a batch that went through as `trace` tells.
    pub(super) fn include<T: Element>(&mut self, trace: &Trace<T>, delivered: &[Array2<T>]) {
        for (at, inverse) in self.inverses.iter().enumerate() {
            let above = at + 1;
            let sent = if self.path == SignalPath::Direct || above == delivered.len() {
                trace.residual.mapv(Scalar::to_f64)
            } else {
                let mut delta = delivered[above].mapv(Scalar::to_f64);
                let slopes = trace.derivatives(above);
                delta.zip_mut_with(&*slopes, |d, s| *d *= s.to_f64());
                delta
            };
            let mut ideal = Array2::zeros(delivered[at].dim());
            let view = &mut ideal.view_mut();
            multiply(0.0, view, 1.0, &sent.view(), &inverse.view());
            let rows = delivered[at].rows().into_iter().zip(ideal.rows());
            for (delivered, ideal) in rows {
                let pairs = delivered.iter().zip(ideal);
                let products = Products::of(pairs.map(|(a, &b)| (a.to_f64(), b)));
                self.angles[at].include(products.angle());
            }
        }
    }

    /// Angle of a layer in degrees, mean over samples.
    pub(super) fn layer_angle(&self, at: usize) -> f64 {
        self.angles[at].value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{array, s};

    fn largest(difference: &Array2<f64>) -> f64 {
        difference.iter().fold(0.0, |m, x| m.max(x.abs()))
    }

    /// The four conditions of Penrose, for wide, tall, square, huge and rank-deficient matrices.
    #[test]
    fn the_conditions_of_penrose_hold() {
        let w = array![
            [1.0, 2.0, -1.0, 0.5],
            [0.3, -0.7, 2.0, 1.0],
            [1.3, 1.3, 1.0, 1.5] // the sum of the others
        ];
        let cases = [
            w.slice(s![..2, ..]).to_owned(),
            w.slice(s![..2, ..]).t().to_owned(),
            w.slice(s![..2, ..2]).to_owned() * 1e200,
            w.clone(),
            w.t().to_owned(),
            w * 0.0,
        ];
        for w in cases {
            let plus = transposed_pseudoinverse(&w).reversed_axes();
            let (left, right) = (w.dot(&plus), plus.dot(&w));
            let size = largest(&w).max(f64::MIN_POSITIVE);
            assert!(largest(&(left.dot(&w) - &w)) < 1e-12 * size, "{w}");
            let size = largest(&plus).max(f64::MIN_POSITIVE);
            assert!(largest(&(right.dot(&plus) - &plus)) < 1e-12 * size, "{w}");
            for product in [left, right] {
                assert!(largest(&(&product - &product.t())) < 1e-12, "{w}");
            }
        }
    }

    #[test]
    fn what_is_not_finite_has_no_pseudoinverse() {
        let found = transposed_pseudoinverse(&array![[1.0, f64::NAN], [0.0, f64::INFINITY]]);
        assert!(found.iter().all(|x| x.is_nan()));
    }
}
