//! Eigenvalues and linear systems: the one place of `theory` that knows its libraries.
//!
//! Up to [`SAME_BITS`] rows symmetric eigenvalues come from `nalgebra`, whose scalar loops give
//! the same bits on every processor: units of experiments and recorded quantities rest on
//! them. Beyond, and for everything else, from `faer`: several times as fast, the same bits for
//! any number of threads on one machine, equal to rounding elsewhere.

use std::time::Duration;

use faer::linalg::solvers::Solve;
use faer::{Mat, MatRef, Side};
use nalgebra::DMatrix;
use ndarray::Array2;

use crate::stage::{self, Listener, Stage, Work};
use crate::{Result, math};

/// Rows up to which symmetric eigenvalues have the same bits on every processor.
const SAME_BITS: usize = 1000;

/// Eigenvalues of a symmetric matrix, ascending; only its lower half is read.
///
/// The matrix must be square and finite (see [`check_square`](super::matrix::check_square)).
pub(super) fn symmetric_eigenvalues(matrix: &Array2<f64>) -> Vec<f64> {
    let n = matrix.nrows();
    let mut eigenvalues = if n <= SAME_BITS {
        let eigenvalues = scalar(matrix).symmetric_eigenvalues();
        eigenvalues.iter().copied().collect()
    } else {
        // Without a copy: the library makes its own.
        let rows = matrix.as_standard_layout();
        let slice = rows.as_slice().expect("in standard layout");
        MatRef::from_row_major_slice(slice, n, n)
            .self_adjoint_eigenvalues(Side::Lower)
            .unwrap_or_else(|_| vec![f64::NAN; n])
    };
    eigenvalues.sort_by(f64::total_cmp);
    eigenvalues
}

/// Rows from which eigenvalues take long enough to be stopped: some hundredths of a second.
const LONG: usize = 300;

/// [`symmetric_eigenvalues`], unless it is stopped.
pub(super) fn symmetric_eigenvalues_with_listener(
    matrix: Array2<f64>,
    listener: Listener<'_>,
) -> Option<Vec<f64>> {
    apart(matrix.nrows(), listener, move || {
        symmetric_eigenvalues(&matrix)
    })
}

/// Runs `work` on a matrix of that many rows, unless it is stopped. The libraries cannot be interrupted,
/// so it runs on a separate thread, which is left to end by itself.
pub(super) fn apart<T: Send + 'static>(
    samples: usize,
    listener: Listener<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    if !listener.is_there() || samples < LONG {
        return Some(work());
    }
    let stage = Stage::Eigenvalues { samples };
    stage::apart(listener, stage, Duration::ZERO, |_| work()).ok()
}

/// [`apart`], as a part of some work.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(super) fn apart_of<T: Send + 'static>(
    samples: usize,
    whole: &Work<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    whole.apart(samples >= LONG, work)
}

/// Eigenvalues (real, imaginary) of a square, finite matrix.
pub(super) fn complex_eigenvalues(matrix: &Array2<f64>) -> Vec<(f64, f64)> {
    match dense(matrix).eigenvalues() {
        Ok(values) => values.into_iter().map(|z| (z.re, z.im)).collect(),
        Err(_) => vec![(f64::NAN, f64::NAN); matrix.nrows()],
    }
}

/// Eigenvalues, ascending, and eigenvectors in columns of a symmetric matrix.
pub(super) fn symmetric_eigen(matrix: &Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let n = matrix.nrows();
    match dense(matrix).self_adjoint_eigen(Side::Lower) {
        Ok(eigen) => {
            let values = eigen.S().column_vector().iter().copied().collect();
            (values, array(eigen.U()))
        }
        Err(_) => (vec![f64::NAN; n], Array2::from_elem((n, n), f64::NAN)),
    }
}

/// [`symmetric_eigen`] in no order, with the same bits on every processor up to [`SAME_BITS`]
/// rows, and slower there.
pub(super) fn portable_eigen(matrix: &Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let n = matrix.nrows();
    if n > SAME_BITS {
        return symmetric_eigen(matrix);
    }
    let entries: Vec<f64> = matrix.iter().copied().collect();
    let (values, vectors) = math::symmetric_eigen(&entries);
    let vectors = Array2::from_shape_fn((n, n), |(i, j)| vectors[j * n + i]);
    (values, vectors)
}

/// [`solve_positive`], likewise.
pub(super) fn portable_solve_positive(
    matrix: &Array2<f64>,
    right: &Array2<f64>,
) -> Option<Array2<f64>> {
    if matrix.nrows() > SAME_BITS {
        return solve_positive(matrix, right);
    }
    let solution = scalar(matrix).cholesky()?.solve(&scalar(right));
    Some(Array2::from_shape_fn(right.dim(), |at| solution[at]))
}

/// Copy of a matrix as nalgebra's, whose loops are scalar.
fn scalar(matrix: &Array2<f64>) -> DMatrix<f64> {
    let (rows, columns) = matrix.dim();
    DMatrix::from_row_iterator(rows, columns, matrix.iter().copied())
}

/// The solution of `matrix` x = `right`, which is not finite where the matrix is singular.
pub(super) fn solve(matrix: &Array2<f64>, right: &Array2<f64>) -> Array2<f64> {
    array(dense(matrix).partial_piv_lu().solve(dense(right)).as_ref())
}

/// The solution for a symmetric positive definite matrix; `None` if it is not.
pub(super) fn solve_positive(matrix: &Array2<f64>, right: &Array2<f64>) -> Option<Array2<f64>> {
    let factor = dense(matrix).llt(Side::Lower).ok()?;
    Some(array(factor.solve(dense(right)).as_ref()))
}

/// Copy of a matrix as faer's.
fn dense(matrix: &Array2<f64>) -> Mat<f64> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[(i, j)])
}

fn array(matrix: MatRef<'_, f64>) -> Array2<f64> {
    Array2::from_shape_fn((matrix.nrows(), matrix.ncols()), |(i, j)| matrix[(i, j)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// Rounding, relative to the largest entry.
    const ROUNDING: f64 = 1e-12;

    /// Row-stochastic up to a factor: no symmetry, full rank.
    fn filled(n: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, n), |(i, j)| {
            ((i * n + j) as f64 * 0.37).sin() + if i == j { 3.0 } else { 0.0 }
        })
    }

    #[test]
    fn both_libraries_find_the_same_spectrum() {
        let a = filled(60);
        let symmetric = a.dot(&a.t());
        let scalar = symmetric_eigenvalues(&symmetric);
        let (blocked, vectors) = symmetric_eigen(&symmetric);
        let largest = scalar[59];
        for (a, b) in scalar.iter().zip(&blocked) {
            assert!((a - b).abs() < ROUNDING * largest, "{a} {b}");
        }
        for (values, vectors) in [(blocked, vectors), portable_eigen(&symmetric)] {
            let again = (&vectors * &ndarray::arr1(&values)).dot(&vectors.t());
            let left = again - &symmetric;
            assert!(left.iter().all(|x| x.abs() < ROUNDING * largest));
        }
    }

    #[test]
    fn large_spectra_keep_trace_and_order() {
        // Above the size that changes libraries: a known spectrum, seen through a reflection.
        let n = SAME_BITS + 20;
        let v = Array2::from_shape_fn((n, 1), |(i, _)| (1.0 + i as f64 * 0.1).sin());
        let square: f64 = v.iter().map(|x| x * x).sum();
        let reflection = Array2::eye(n) - v.dot(&v.t()) * (2.0 / square);
        let values = ndarray::Array1::from_shape_fn(n, |i| (i + 1) as f64);
        let found = symmetric_eigenvalues(&(&reflection * &values).dot(&reflection));
        for (a, b) in found.iter().zip(&values) {
            assert!((a - b).abs() < ROUNDING * n as f64, "{a} {b}");
        }
    }

    #[test]
    fn solutions_solve() {
        let a = filled(30);
        let right = Array2::from_shape_fn((30, 2), |(i, j)| (i + 3 * j) as f64);
        assert!(
            (a.dot(&solve(&a, &right)) - &right)
                .iter()
                .all(|x| x.abs() < 1e-9)
        );
        let symmetric = a.dot(&a.t());
        for solver in [solve_positive, portable_solve_positive] {
            let solution = solver(&symmetric, &right).unwrap();
            let left = symmetric.dot(&solution) - &right;
            assert!(left.iter().all(|x| x.abs() < 1e-9));
        }
        assert!(solve_positive(&array![[1.0, 2.0], [2.0, 1.0]], &array![[1.0], [1.0]]).is_none());
    }
}
