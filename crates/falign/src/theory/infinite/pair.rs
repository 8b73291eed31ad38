//! Two inputs as far as a Gaussian weight vector sees them.

use ndarray::Array2;

use crate::math::fused;
use crate::stage::{Listener, Stage};
use crate::theory::matrix::products_with_listener;

/// The numbers on which the law of (w.x, w.x'), w ~ N(0, I), depends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// |x|^2.
    pub(super) left: f64,
    /// |x'|^2.
    pub(super) right: f64,
    /// x.x'.
    pub(super) product: f64,
}

impl Pair {
    /// |x| |x'|.
    pub(super) fn scale(self) -> f64 {
        // The root of a rounded square is the number itself, so equal inputs have correlation 1.
        let scale = (self.left * self.right).sqrt();
        if scale.is_normal() {
            scale
        } else {
            // The product of the squares left the range of numbers; that of the norms may not.
            self.left.sqrt() * self.right.sqrt()
        }
    }

    /// The correlation of w.x and w.x', in [-1, 1]: exactly 1 for equal inputs, and 0 where an
    /// input vanishes.
    pub(super) fn correlation(self) -> f64 {
        let scale = self.scale();
        if scale > 0.0 {
            (self.product / scale).clamp(-1.0, 1.0)
        } else {
            0.0
        }
    }
}

/// Pairs of two sets of inputs, or of one with itself.
#[derive(Debug)]
pub(super) struct Pairs {
    left: Vec<f64>,
    right: Vec<f64>,
    products: Array2<f64>,
    is_one_set: bool,
}

impl Pairs {
    /// `right` is `None` for the pairs of one set.
    pub(super) fn new(
        left: &Array2<f64>,
        right: Option<&Array2<f64>>,
        listener: Listener<'_>,
    ) -> Option<Self> {
        let squares = |x: &Array2<f64>| -> Vec<f64> {
            let rows = x.rows().into_iter();
            rows.map(|row| row.iter().fold(0.0f64, |sum, &a| fused(a, a, sum)))
                .collect()
        };
        Some(Self {
            left: squares(left),
            right: squares(right.unwrap_or(left)),
            products: products_with_listener(left, right.unwrap_or(left), listener).ok()?,
            is_one_set: right.is_none(),
        })
    }

    pub(super) fn get(&self, i: usize, j: usize) -> Pair {
        Pair {
            left: self.left[i],
            right: self.right[j],
            product: self.products[(i, j)],
        }
    }

    /// Fills a matrix pair by pair; the pairs of one set are symmetric and computed once.
    pub(super) fn map(
        &self,
        listener: Listener<'_>,
        value: impl FnMut(usize, usize) -> f64,
    ) -> Option<Array2<f64>> {
        filled(self.products.dim(), self.is_one_set, listener, value)
    }
}

/// A matrix filled pair by pair; a symmetric one has each pair computed once. `None` if it was
/// stopped.
pub(super) fn filled(
    shape: (usize, usize),
    is_symmetric: bool,
    listener: Listener<'_>,
    mut value: impl FnMut(usize, usize) -> f64,
) -> Option<Array2<f64>> {
    let samples = shape.0;
    let mut matrix = Array2::zeros(shape);
    for i in 0..samples {
        let share = i as f64 / samples as f64;
        if !listener.goes_on(Stage::Kernel { samples, share }) {
            return None;
        }
        for j in if is_symmetric { i } else { 0 }..shape.1 {
            matrix[(i, j)] = value(i, j);
            if is_symmetric {
                matrix[(j, i)] = matrix[(i, j)];
            }
        }
    }
    Some(matrix)
}
