//! Products of rows, and what a shape must be.

use ndarray::{Array2, Axis};

use super::algebra;
use crate::stage::{Listener, Stage, Work, unstopped};
use crate::{Error, Result};

/// `left` (m, d) times `right` (n, d) transposed, with one fixed order of summation: (m, n).
pub(super) fn products(left: &Array2<f64>, right: &Array2<f64>) -> Array2<f64> {
    unstopped(|nobody| products_with_listener(left, right, nobody))
}

/// [`products`] as the kernel of the rows of `left`, a few rows at a time.
///
/// # Errors
/// [`Error::Stopped`] where it is to stop.
pub(super) fn products_with_listener(
    left: &Array2<f64>,
    right: &Array2<f64>,
    listener: Listener<'_>,
) -> Result<Array2<f64>> {
    let samples = left.nrows();
    let all = left.len() as f64 * right.nrows() as f64;
    let stage = |share| Stage::Kernel { samples, share };
    products_of(left, right, &Work::new(listener, all, &stage))
}

/// [`products`], as a part of some work.
///
/// # Errors
/// [`Error::Stopped`] where it is to stop.
pub(super) fn products_of(
    left: &Array2<f64>,
    right: &Array2<f64>,
    work: &Work<'_>,
) -> Result<Array2<f64>> {
    let (left, right) = (left.as_standard_layout(), right.as_standard_layout());
    let contiguous = "in standard layout";
    let values = work.products(
        left.as_slice().expect(contiguous),
        right.as_slice().expect(contiguous),
        left.ncols(),
    )?;
    Ok(
        Array2::from_shape_vec((left.nrows(), right.nrows()), values)
            .expect("one product for each pair of rows"),
    )
}

/// Eigenvalues below this share of the largest one are rounding.
const RANK_TOLERANCE: f64 = 1e-12;

/// C (n, rank) with C C' = `matrix`, symmetric and positive semidefinite.
pub(super) fn root(matrix: &Array2<f64>) -> Array2<f64> {
    powers(matrix, f64::sqrt).0
}

/// The symmetric inverse square root of a positive definite `matrix`; 0 where it is singular.
pub(super) fn inverse_root(matrix: &Array2<f64>) -> Array2<f64> {
    let (scaled, vectors) = powers(matrix, |l| 1.0 / l.sqrt());
    products(&scaled, &vectors)
}

/// Eigenvectors in columns, each times a function of its eigenvalue, and as they are; those of
/// eigenvalue 0 are left out.
fn powers(matrix: &Array2<f64>, of: impl Fn(f64) -> f64) -> (Array2<f64>, Array2<f64>) {
    let (eigenvalues, vectors) = algebra::portable_eigen(matrix);
    let floor = RANK_TOLERANCE * eigenvalues.iter().copied().fold(0.0, f64::max);
    let kept: Vec<usize> = (0..eigenvalues.len())
        .filter(|&c| eigenvalues[c] > floor)
        .collect();
    let plain = vectors.select(Axis(1), &kept);
    let mut scaled = plain.clone();
    for (mut column, &c) in scaled.columns_mut().into_iter().zip(&kept) {
        column *= of(eigenvalues[c]);
    }
    (scaled, plain)
}

/// The transpose, stored anew.
pub(super) fn transposed(matrix: &Array2<f64>) -> Array2<f64> {
    matrix.t().as_standard_layout().into_owned()
}

/// `left` (m, d) times `right` (d, n), in the same fixed order.
pub(super) fn product(left: &Array2<f64>, right: &Array2<f64>) -> Array2<f64> {
    products(left, &transposed(right))
}

/// Refuses a matrix `what` of another number of columns.
pub(super) fn check_columns(what: &str, matrix: &Array2<f64>, columns: usize) -> Result<()> {
    if matrix.ncols() == columns {
        return Ok(());
    }
    let expected = format!("{columns} columns");
    Err(Error::shape(what, expected, shown(matrix)))
}

/// Refuses a matrix `what` of another shape.
pub(super) fn check_shape(what: &str, matrix: &Array2<f64>, shape: (usize, usize)) -> Result<()> {
    if matrix.dim() == shape {
        return Ok(());
    }
    Err(Error::shape(what, format!("{shape:?}"), shown(matrix)))
}

/// Refuses what is not square or not finite: eigenvalues would never be found.
pub(super) fn check_square(what: &str, matrix: &Array2<f64>) -> Result<()> {
    if matrix.nrows() != matrix.ncols() {
        return Err(Error::shape(what, "a square matrix", shown(matrix)));
    }
    check_finite(what, matrix)
}

/// Refuses a matrix `what` with infinities or NaN.
pub(super) fn check_finite(what: &str, matrix: &Array2<f64>) -> Result<()> {
    if matrix.iter().all(|x| x.is_finite()) {
        return Ok(());
    }
    let got = format!("{} with numbers that are not finite", shown(matrix));
    Err(Error::shape(what, "finite numbers only", got))
}

fn shown(matrix: &Array2<f64>) -> String {
    format!("{:?}", matrix.dim())
}
