//! Two inputs by their norms and directions, which neither overflow nor cancel.

use ndarray::Array2;

use super::pair::filled;
use crate::stage::Listener;

/// The numbers on which the law of (w.x, w.x'), w ~ N(0, I), depends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Angle {
    /// |x| and |x'|.
    pub(super) norms: [f64; 2],
    /// r, the cosine of the angle between x and x'; 0 where one of them vanishes.
    pub(super) cosine: f64,
    /// sqrt(1 - r^2), from the distance of the directions: near-duplicates keep its digits.
    pub(super) sine: f64,
}

/// The inputs of one set, each as |x| and x/|x|.
#[derive(Debug)]
pub(super) struct Directions {
    norms: Vec<f64>,
    /// Row-major (samples, `columns`); zeros for an input that vanishes.
    units: Vec<f64>,
    columns: usize,
}

impl Directions {
    pub(super) fn new(inputs: &Array2<f64>) -> Self {
        let mut norms = Vec::with_capacity(inputs.nrows());
        let mut units = Vec::with_capacity(inputs.len());
        for row in inputs.rows() {
            // Relative to the largest entry, so that no square leaves the range of numbers.
            let largest = row.iter().fold(0.0f64, |top, x| top.max(x.abs()));
            if largest > 0.0 {
                let square = |x: &f64| (x / largest) * (x / largest);
                let rest = row.iter().map(square).sum::<f64>().sqrt();
                norms.push(largest * rest);
                units.extend(row.iter().map(|x| x / largest / rest));
            } else {
                norms.push(0.0);
                units.extend(row.iter().map(|_| 0.0));
            }
        }
        Self {
            norms,
            units,
            columns: inputs.ncols(),
        }
    }

    /// A matrix of `value` of all pairs with the rows of `other`, or with each other.
    pub(super) fn map(
        &self,
        other: Option<&Self>,
        listener: Listener<'_>,
        mut value: impl FnMut(Angle) -> f64,
    ) -> Option<Array2<f64>> {
        let right = other.unwrap_or(self);
        let shape = (self.norms.len(), right.norms.len());
        filled(shape, other.is_none(), listener, |i, j| {
            value(self.angle(i, right, j))
        })
    }

    fn angle(&self, i: usize, other: &Self, j: usize) -> Angle {
        let (u, v) = (self.unit(i), other.unit(j));
        let norms = [self.norms[i], other.norms[j]];
        if norms[0] <= 0.0 || norms[1] <= 0.0 {
            return Angle {
                norms,
                cosine: 0.0,
                sine: 1.0,
            };
        }
        // The squared chord between x and x', or x and -x', whichever is nearer.
        let near = sum_of_squares(u, v, |a, b| a - b);
        let (chord, sign) = if near <= 2.0 {
            (near, 1.0)
        } else {
            (sum_of_squares(u, v, |a, b| a + b), -1.0)
        };
        Angle {
            norms,
            cosine: sign * (1.0 - 0.5 * chord),
            sine: (chord * (1.0 - 0.25 * chord)).max(0.0).sqrt(),
        }
    }

    fn unit(&self, i: usize) -> &[f64] {
        &self.units[i * self.columns..(i + 1) * self.columns]
    }
}

/// Sum of `of(a, b)^2`, in one fixed order of several partial sums that run side by side.
fn sum_of_squares(u: &[f64], v: &[f64], of: impl Fn(f64, f64) -> f64) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    for (u, v) in u.chunks(LANES).zip(v.chunks(LANES)) {
        for (sum, (&a, &b)) in sums.iter_mut().zip(u.iter().zip(v)) {
            let difference = of(a, b);
            *sum += difference * difference;
        }
    }
    sums.iter().sum()
}
