//! Expectations over Gaussian weights by Mehler's formula, for every smooth activation.
//!
//! With `h_k` the orthonormal Hermite polynomials and u ~ N(0, 1),
//!
//! ```text
//! E psi(w.x) psi(w.x') = sum_k a_k(|x|) a_k(|x'|) r^k,   a_k(s) = E psi(s u) h_k(u),
//! ```
//!
//! where r is the correlation of w.x and w.x'.
//!
//! Not Gauss and Hermite's quadrature: for |x| near 12 its error is 4e-2 with 128 points.

use super::Part;
use super::pair::Pairs;
use super::plane::plane;
use crate::math::{Activation, activate, row_products};
use ndarray::Array2;

/// The integrals end where the density is 1e-43.
const RANGE: f64 = 14.0;

/// The trapezoid rule's step, for small norms and as step times norm.
const WIDEST_STEP: f64 = 0.05;
const STEP_PER_NORM: f64 = 0.12;

/// Points treated at once, which bounds the memory.
const POINTS: usize = 1024;

/// Terms of the series that are tried, in this order. The polynomials' oscillation, 62 per unit
/// for the last, is resolved by the steps of the norms (above 5) that come so far.
const TERMS: [usize; 6] = [120, 240, 480, 960, 1920, 3840];

/// Largest remainder of a series, relative to the root of the two second moments.
const TOLERANCE: f64 = 1e-13;

/// The matrix of all pairs. Each entry's remainder is below [`TOLERANCE`]; entries whose series
/// ends too late (near-duplicates of large norm) are integrated in the plane. More terms are
/// taken while more entries than inputs would need that.
pub(super) fn mehler(activation: Activation, part: Part, pairs: &Pairs) -> Array2<f64> {
    let (left, right) = (pairs.left_norms(), pairs.right_norms());
    let affordable = left.len().max(right.len());
    let last = TERMS.len() - 1;
    for (level, terms) in TERMS.into_iter().enumerate() {
        let series = Series::new(activation, part, &left, terms);
        let other = (!pairs.is_one_set()).then(|| Series::new(activation, part, &right, terms));
        let other = other.as_ref().unwrap_or(&series);
        let mut late = 0;
        let is_diagonal = |i: usize, j: usize| pairs.is_one_set() && i == j;
        let is_late = |i: usize, j: usize| {
            let r = pairs.get(i, j).correlation();
            !is_diagonal(i, j) && series.remainder(i, other, j, r) > TOLERANCE
        };
        pairs.map(|i, j| {
            late += usize::from(is_late(i, j));
            0.0
        });
        if late > affordable && level < last {
            continue;
        }
        return pairs.map(|i, j| {
            if is_diagonal(i, j) {
                series.squares[i]
            } else if is_late(i, j) {
                plane(activation, part, pairs.get(i, j))
            } else {
                series.sum(i, other, j, pairs.get(i, j).correlation())
            }
        });
    }
    unreachable!("the last level returns")
}

/// Hermite coefficients of psi(s u) for several s.
struct Series {
    terms: usize,
    /// (norms, terms).
    coefficients: Vec<f64>,
    /// E psi(s u)^2.
    squares: Vec<f64>,
    /// What the coefficients lack of it: the sum of the squares of all later ones.
    tails: Vec<f64>,
}

impl Series {
    fn new(activation: Activation, part: Part, norms: &[f64], terms: usize) -> Self {
        let largest = norms.iter().copied().fold(0.0, f64::max);
        let step = WIDEST_STEP.min(STEP_PER_NORM / largest);
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a few hundred points per unit of norm"
        )]
        let half = (RANGE / step).ceil() as i64;
        let points: Vec<f64> = (-half..=half).map(|m| m as f64 * step).collect();
        let mut coefficients = vec![0.0; norms.len() * terms];
        let mut squares = vec![0.0; norms.len()];
        for points in points.chunks(POINTS) {
            let basis = weighted_basis(points, step, terms);
            let mut values: Vec<f64> = norms
                .iter()
                .flat_map(|s| points.iter().map(move |u| s * u))
                .collect();
            let mut slopes = vec![0.0; values.len()];
            activate(activation, &mut values, &mut slopes);
            let values = match part {
                Part::Values => values,
                Part::Slopes => slopes,
            };
            // The first polynomial is 1, so the basis begins with the weights.
            for (square, row) in squares.iter_mut().zip(values.chunks(points.len())) {
                for (value, weight) in row.iter().zip(&basis) {
                    *square += weight * value * value;
                }
            }
            let parts = row_products(&values, &basis, points.len());
            for (sum, part) in coefficients.iter_mut().zip(parts) {
                *sum += part;
            }
        }
        let held = coefficients
            .chunks(terms)
            .map(|row| row.iter().map(|a| a * a).sum::<f64>());
        let tails = squares
            .iter()
            .zip(held)
            .map(|(square, held)| (square - held).max(0.0))
            .collect();
        Self {
            terms,
            coefficients,
            squares,
            tails,
        }
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.coefficients[i * self.terms..(i + 1) * self.terms]
    }

    /// The series at correlation r.
    fn sum(&self, i: usize, other: &Self, j: usize, r: f64) -> f64 {
        let terms = self.row(i).iter().zip(other.row(j)).rev();
        terms.fold(0.0, |sum, (a, b)| sum * r + a * b)
    }

    /// Bound on what the series lacks (Cauchy and Schwarz), relative to its scale.
    fn remainder(&self, i: usize, other: &Self, j: usize, r: f64) -> f64 {
        let scale = (self.squares[i] * other.squares[j]).sqrt();
        let tail = (self.tails[i] * other.tails[j]).sqrt();
        if tail <= TOLERANCE * scale {
            return 0.0;
        }
        libm::pow(r.abs(), self.terms as f64) * tail / scale
    }
}

/// `h_k(u)` times the weight of u: row-major (terms, points).
fn weighted_basis(points: &[f64], step: f64, terms: usize) -> Vec<f64> {
    let count = points.len();
    let mut basis = vec![0.0; terms * count];
    let density = |u: f64| libm::exp(-0.5 * u * u) / (2.0 * std::f64::consts::PI).sqrt();
    for (weight, &u) in basis.iter_mut().zip(points) {
        *weight = step * density(u);
    }
    for k in 1..terms {
        let (done, rest) = basis.split_at_mut(k * count);
        let now = &done[(k - 1) * count..];
        let (back, root) = (((k - 1) as f64).sqrt(), (k as f64).sqrt());
        for (m, next) in rest[..count].iter_mut().enumerate() {
            // The second polynomial has none before it.
            let before = if k > 1 {
                done[(k - 2) * count + m]
            } else {
                0.0
            };
            *next = (points[m] * now[m] - back * before) / root;
        }
    }
    basis
}
