//! Two inputs as far as a Gaussian weight vector sees them.

use ndarray::Array2;

use crate::theory::matrix::products;

/// What the law of (w.x, w.x'), w ~ N(0, I), depends on.
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
    /// The correlation of w.x and w.x', in [-1, 1]: exactly 1 for equal inputs, and 0 where an
    /// input vanishes.
    pub(super) fn correlation(self) -> f64 {
        // The root of a rounded square is the number itself, so equal inputs give 1.
        let scale = (self.left * self.right).sqrt();
        if scale > 0.0 {
            (self.product / scale).clamp(-1.0, 1.0)
        } else {
            0.0
        }
    }
}

/// All pairs of two sets of inputs, or of one with itself.
#[derive(Debug)]
pub(super) struct Pairs {
    left: Vec<f64>,
    right: Vec<f64>,
    products: Array2<f64>,
    is_one_set: bool,
}

impl Pairs {
    /// `right` is `None` for the pairs of one set.
    pub(super) fn new(left: &Array2<f64>, right: Option<&Array2<f64>>) -> Self {
        let squares = |x: &Array2<f64>| -> Vec<f64> {
            let rows = x.rows().into_iter();
            rows.map(|row| row.iter().fold(0.0f64, |sum, &a| a.mul_add(a, sum)))
                .collect()
        };
        Self {
            left: squares(left),
            right: squares(right.unwrap_or(left)),
            products: products(left, right.unwrap_or(left)),
            is_one_set: right.is_none(),
        }
    }

    pub(super) fn get(&self, i: usize, j: usize) -> Pair {
        Pair {
            left: self.left[i],
            right: self.right[j],
            product: self.products[(i, j)],
        }
    }

    pub(super) fn left_norms(&self) -> Vec<f64> {
        self.left.iter().map(|square| square.sqrt()).collect()
    }

    pub(super) fn right_norms(&self) -> Vec<f64> {
        self.right.iter().map(|square| square.sqrt()).collect()
    }

    pub(super) fn is_one_set(&self) -> bool {
        self.is_one_set
    }

    /// Fills a matrix pair by pair; the pairs of one set are symmetric and computed once.
    pub(super) fn map(&self, mut value: impl FnMut(usize, usize) -> f64) -> Array2<f64> {
        let mut matrix = Array2::zeros(self.products.dim());
        for i in 0..self.left.len() {
            for j in if self.is_one_set { i } else { 0 }..self.right.len() {
                matrix[(i, j)] = value(i, j);
                if self.is_one_set {
                    matrix[(j, i)] = matrix[(i, j)];
                }
            }
        }
        matrix
    }
}
