//! Numbers that describe a kernel: eigenvalues, drift, similarity, dimension.

use ndarray::Array2;

use super::algebra;
use super::matrix::{check_columns, check_shape, check_square, products, products_with_listener};
use crate::stage::Listener;
use crate::{Error, Result};

/// Entries that differ from their mirror images by less than this share of the largest are rounding.
const SYMMETRIC: f64 = 1e-14;

/// Eigenvalues of the symmetric part (A + A')/2, ascending: for a symmetric kernel, its own.
///
/// The first bounds how fast a kernel that is not symmetric can make an error grow: e' A e is at
/// least this times |e|^2. Cost: O(n^3).
///
/// # Errors
/// [`Error::Shape`] if the kernel is not square or not finite.
///
/// # Example
/// ```
/// use falign::internal::theory::symmetric_part_eigenvalues;
/// use ndarray::array;
/// let eigenvalues = symmetric_part_eigenvalues(&array![[1.0, 3.0], [-3.0, 2.0]])?;
/// assert_eq!(eigenvalues, [1.0, 2.0]);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn symmetric_part_eigenvalues(kernel: &Array2<f64>) -> Result<Vec<f64>> {
    symmetric_part_eigenvalues_with_listener(kernel, Listener::NOBODY)
}

/// [`symmetric_part_eigenvalues`], unless it is stopped.
///
/// # Errors
/// As there; [`Error::Stopped`] where it is to stop.
pub(crate) fn symmetric_part_eigenvalues_with_listener(
    kernel: &Array2<f64>,
    listener: Listener<'_>,
) -> Result<Vec<f64>> {
    check_square("kernel", kernel)?;
    let symmetric = (kernel + &kernel.t()) * 0.5;
    algebra::symmetric_eigenvalues_with_listener(symmetric, listener).ok_or(Error::Stopped)
}

/// Eigenvalues (real part, imaginary part) of any square matrix, by ascending real part: those
/// of G + H with a negative real part are errors that grow. Cost: O(n^3).
///
/// # Errors
/// [`Error::Shape`] if the kernel is not square or not finite.
///
/// # Example
/// ```
/// use falign::theory::eigenvalues;
/// use ndarray::array;
/// let turn = eigenvalues(&array![[0.0, 2.0], [-2.0, 0.0]])?;
/// assert!((turn[0].1.abs() - 2.0).abs() < 1e-14 && turn[0].0.abs() < 1e-14);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn eigenvalues(kernel: &Array2<f64>) -> Result<Vec<(f64, f64)>> {
    check_square("kernel", kernel)?;
    let mut pairs = algebra::complex_eigenvalues(kernel);
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    Ok(pairs)
}

/// The spectral norm |A|: the largest singular value. Cost: O(n^3).
///
/// # Errors
/// [`Error::Shape`] if the kernel is not square or not finite.
pub fn spectral_norm(kernel: &Array2<f64>) -> Result<f64> {
    spectral_norm_with_listener(kernel, Listener::NOBODY)
}

/// [`spectral_norm`], unless it is stopped.
///
/// # Errors
/// As there; [`Error::Stopped`] where it is to stop.
pub(crate) fn spectral_norm_with_listener(
    kernel: &Array2<f64>,
    listener: Listener<'_>,
) -> Result<f64> {
    check_square("kernel", kernel)?;
    let scale = kernel.iter().fold(0.0, |top: f64, x| top.max(x.abs()));
    let skew = kernel.indexed_iter().fold(0.0, |top: f64, ((i, j), x)| {
        top.max((x - kernel[(j, i)]).abs())
    });
    if skew <= SYMMETRIC * scale {
        let eigenvalues = algebra::symmetric_eigenvalues_with_listener(kernel.clone(), listener);
        let eigenvalues = eigenvalues.ok_or(Error::Stopped)?;
        return Ok(eigenvalues.iter().fold(0.0, |top: f64, l| top.max(l.abs())));
    }
    let columns = kernel.t().to_owned();
    let square = products_with_listener(&columns, &columns, listener)?;
    let eigenvalues = algebra::symmetric_eigenvalues_with_listener(square, listener);
    let eigenvalues = eigenvalues.ok_or(Error::Stopped)?;
    Ok(eigenvalues
        .last()
        .map_or(0.0, |largest| largest.max(0.0).sqrt()))
}

/// How far a kernel has moved: |A(t) - A(0)| in spectral norm.
///
/// # Errors
/// [`Error::Shape`] if the kernels do not fit.
///
/// Source: Song, Xu & Lafferty (2021), Lemma A.3 and the proofs of Lemmas A.5 and A.7.
pub fn kernel_drift(now: &Array2<f64>, start: &Array2<f64>) -> Result<f64> {
    kernel_drift_with_listener(now, start, Listener::NOBODY)
}

/// [`kernel_drift`], unless it is stopped.
///
/// # Errors
/// As there; [`Error::Stopped`] where it is to stop.
pub(crate) fn kernel_drift_with_listener(
    now: &Array2<f64>,
    start: &Array2<f64>,
    listener: Listener<'_>,
) -> Result<f64> {
    check_shape("start", start, now.dim())?;
    spectral_norm_with_listener(&(now - start), listener)
}

/// Cosine of the kernel with Y Y', in [-1, 1]: how much of the kernel points along the targets.
///
/// `kernel` is (samples, samples), `targets` (samples, outputs). NaN where either vanishes.
///
/// # Errors
/// [`Error::Shape`] if there is not one row of targets per sample.
///
/// # Example
/// ```
/// use falign::internal::theory::kernel_target_alignment;
/// use ndarray::array;
/// let y = array![[1.0], [2.0]];
/// assert!((kernel_target_alignment(&y.dot(&y.t()), &y)? - 1.0).abs() < 1e-15);
/// # Ok::<(), falign::Error>(())
/// ```
///
/// Source: Cristianini, Shawe-Taylor, Elisseeff & Kandola (2001).
pub fn kernel_target_alignment(kernel: &Array2<f64>, targets: &Array2<f64>) -> Result<f64> {
    check_square("kernel", kernel)?;
    check_shape("targets", targets, (kernel.nrows(), targets.ncols()))?;
    Ok(cosine(kernel, &products(targets, targets)))
}

/// Centred kernel alignment: the cosine of two kernels after their rows and columns are made
/// to sum to 0, in [-1, 1], for the change of features since the start.
///
/// # Errors
/// [`Error::Shape`] if the kernels do not fit.
///
/// # Example
/// ```
/// use falign::internal::theory::centred_kernel_alignment;
/// use ndarray::array;
/// let g = array![[2.0, 1.0], [1.0, 3.0]];
/// let shifted = &g * 4.0 + 7.0; // scale and offset do not count
/// assert!((centred_kernel_alignment(&g, &shifted)? - 1.0).abs() < 1e-14);
/// # Ok::<(), falign::Error>(())
/// ```
///
/// Source: Kornblith, Norouzi, Lee & Hinton (2019).
#[doc(alias = "CKA")]
pub fn centred_kernel_alignment(kernel: &Array2<f64>, other: &Array2<f64>) -> Result<f64> {
    check_square("kernel", kernel)?;
    check_columns("other", other, kernel.ncols())?;
    check_square("other", other)?;
    Ok(cosine(&centred(kernel), &centred(other)))
}

/// The effective number of features of a symmetric kernel: (tr A)^2 / tr A^2, from 1 to n; NaN
/// for a kernel that vanishes.
///
/// # Errors
/// [`Error::Shape`] if the kernel is not square or not finite.
///
/// # Example
/// ```
/// use falign::internal::theory::participation_ratio;
/// assert_eq!(participation_ratio(&ndarray::Array2::eye(5))?, 5.0);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn participation_ratio(kernel: &Array2<f64>) -> Result<f64> {
    check_square("kernel", kernel)?;
    let trace: f64 = kernel.diag().sum();
    Ok(trace * trace / inner(kernel, kernel))
}

fn inner(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn cosine(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    inner(a, b) / (inner(a, a).sqrt() * inner(b, b).sqrt())
}

fn centred(kernel: &Array2<f64>) -> Array2<f64> {
    let n = kernel.nrows() as f64;
    let rows = kernel.sum_axis(ndarray::Axis(1)) / n;
    let columns = kernel.sum_axis(ndarray::Axis(0)) / n;
    let all = rows.sum() / n;
    Array2::from_shape_fn(kernel.dim(), |(i, j)| {
        kernel[(i, j)] - rows[i] - columns[j] + all
    })
}
