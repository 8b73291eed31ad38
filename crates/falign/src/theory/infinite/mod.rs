//! Kernels of infinitely wide networks: expectations over one hidden unit's w ~ N(0, I).
//!
//! Closed forms for linear and rectified units, and sums of closed forms for mixtures, whose
//! error and cost do not depend on the norms of the inputs; quadrature for whatever else may come. All
//! in a fixed order: the same bits on every machine.

mod directions;
mod mixture;
mod pair;
mod quadrature;
mod rectified;
mod surrogate;

use ndarray::Array2;

use super::matrix::check_columns;
use crate::Result;
use crate::math::{Activation, KernelForm};
use crate::stage::{Listener, whole};
use mixture::Mixture;
use pair::Pairs;
use quadrature::Quadrature;
use rectified::rectified;
pub use surrogate::surrogate_kernel;

/// Function of the preactivation that is multiplied with itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// psi.
    Values,
    /// psi'.
    Slopes,
    /// psi', and the product with x.x'.
    SlopesTimesProducts,
}

fn expectation(
    activation: Activation,
    part: Part,
    left: &Array2<f64>,
    right: Option<&Array2<f64>>,
    listener: Listener<'_>,
) -> Option<Array2<f64>> {
    match activation.facts().kernel {
        KernelForm::Rectified(lower) => {
            let pairs = Pairs::new(left, right, listener)?;
            pairs.map(listener, |i, j| rectified(lower, part, pairs.get(i, j)))
        }
        KernelForm::Mixture { of, scales, factor } => {
            Mixture::new(of, scales, factor, part).matrix(left, right, listener)
        }
        KernelForm::Quadrature => Quadrature::of(activation, part).matrix(left, right, listener),
    }
}

/// The version of the kernels' numbers, part of the id of the runs that read them.
///
/// `None` for those that never changed. 2: tanh, sigmoid, softplus and erf by [`mixture`], where
/// they were series and another closed form.
pub(crate) fn infinite_kernels_version(activation: Activation) -> Option<u32> {
    match activation.facts().kernel {
        KernelForm::Mixture { .. } => Some(2),
        KernelForm::Rectified(_) | KernelForm::Quadrature => None,
    }
}

/// The feature kernel of an infinitely wide network, at its start.
///
/// `Gbar_ij = E psi(w.x_i) psi(w.x_j)`, w ~ N(0, I).
///
/// `inputs` is (samples, `input_dim`), the result (samples, samples), symmetric and positive
/// semidefinite. Error: rounding for the linear and rectified activations, the error function and GELU; 3e-14
/// of the root of the two diagonal entries for tanh, sigmoid, softplus and `SiLU`, at any norm; about 1e-6 for ELU at
/// norms up to 5, and 1e-4 of its slopes. Cost: O(n^2 d), and for those four 196 terms a pair: two seconds for 1000
/// inputs; milliseconds a pair for ELU.
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::theory::infinite_feature_kernel;
/// use ndarray::array;
/// let g = infinite_feature_kernel(Activation::Relu, &array![[1.0, 0.0], [0.0, 2.0]]);
/// assert!((g[(0, 0)] - 0.5).abs() < 1e-15); // half of |x|^2
/// assert!((g[(0, 1)] - 1.0 / std::f64::consts::PI).abs() < 1e-15);
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Assumption 3.1 (where I is `I_d`).
#[doc(alias = "Gbar")]
pub fn infinite_feature_kernel(activation: Activation, inputs: &Array2<f64>) -> Array2<f64> {
    whole(|nobody| feature_kernel_with_listener(activation, inputs, nobody))
}

/// [`infinite_feature_kernel`], unless it is stopped.
pub(super) fn feature_kernel_with_listener(
    activation: Activation,
    inputs: &Array2<f64>,
    listener: Listener<'_>,
) -> Option<Array2<f64>> {
    expectation(activation, Part::Values, inputs, None, listener)
}

/// The feature kernel between two sets of inputs: row i is a row of `left`, column j one of `right`.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the inputs have different numbers of columns.
pub fn infinite_feature_kernel_between(
    activation: Activation,
    left: &Array2<f64>,
    right: &Array2<f64>,
) -> Result<Array2<f64>> {
    check_columns("right", right, left.ncols())?;
    let right = Some(right);
    let values = |nobody| expectation(activation, Part::Values, left, right, nobody);
    Ok(whole(values))
}

/// The kernel of the derivatives: what the hidden weights add once feedback and output weights
/// are correlated.
///
/// `Gdot_ij = E psi'(w.x_i) psi'(w.x_j)`, w ~ N(0, I).
///
/// Shapes, errors and cost as [`infinite_feature_kernel`].
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::internal::theory::infinite_slope_kernel;
/// use ndarray::array;
/// let g = infinite_slope_kernel(Activation::Relu, &array![[1.0, 0.0], [0.0, 2.0]]);
/// assert!((g[(0, 1)] - 0.25).abs() < 1e-15); // both units are active one time in four
/// ```
///
/// Source: Jacot, Gabriel & Hongler (2018); here the limit of H(0) for b = beta(0).
#[doc(alias = "Gdot")]
pub fn infinite_slope_kernel(activation: Activation, inputs: &Array2<f64>) -> Array2<f64> {
    whole(|nobody| expectation(activation, Part::Slopes, inputs, None, nobody))
}

/// The slope kernel between two sets of inputs.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the inputs have different numbers of columns.
pub fn infinite_slope_kernel_between(
    activation: Activation,
    left: &Array2<f64>,
    right: &Array2<f64>,
) -> Result<Array2<f64>> {
    check_columns("right", right, left.ncols())?;
    let right = Some(right);
    let slopes = |nobody| expectation(activation, Part::Slopes, left, right, nobody);
    Ok(whole(slopes))
}

/// The part of the kernel of backpropagation from the hidden weights: K o Gdot with K = X X', entry
/// by entry. The limit of the feedback kernel H(0) is rho times this, where rho is the
/// correlation of b and beta(0).
///
/// Shapes, errors and cost as [`infinite_feature_kernel`].
pub fn infinite_feedback_kernel(activation: Activation, inputs: &Array2<f64>) -> Array2<f64> {
    whole(|nobody| feedback_kernel_with_listener(activation, inputs, nobody))
}

/// [`infinite_feedback_kernel`], unless it is stopped.
pub(super) fn feedback_kernel_with_listener(
    activation: Activation,
    inputs: &Array2<f64>,
    listener: Listener<'_>,
) -> Option<Array2<f64>> {
    let part = Part::SlopesTimesProducts;
    expectation(activation, part, inputs, None, listener)
}

/// The feedback kernel between two sets of inputs.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the inputs have different numbers of columns.
pub fn infinite_feedback_kernel_between(
    activation: Activation,
    left: &Array2<f64>,
    right: &Array2<f64>,
) -> Result<Array2<f64>> {
    check_columns("right", right, left.ncols())?;
    let (part, right) = (Part::SlopesTimesProducts, Some(right));
    let slopes = |nobody| expectation(activation, part, left, right, nobody);
    Ok(whole(slopes))
}

/// The neural tangent kernel of an infinitely wide network: Gbar + K o Gdot.
///
/// Shapes, errors and cost as [`infinite_feature_kernel`].
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::theory::neural_tangent_kernel;
/// use ndarray::array;
/// // Both layers of a linear network learn with X X'.
/// let k = neural_tangent_kernel(Activation::Linear, &array![[1.0, 2.0]]);
/// assert_eq!(k, array![[10.0]]);
/// ```
///
/// Source: Jacot, Gabriel & Hongler (2018); Song, Xu & Lafferty (2021), Section 3.
#[doc(alias = "NTK")]
pub fn neural_tangent_kernel(activation: Activation, inputs: &Array2<f64>) -> Array2<f64> {
    infinite_feature_kernel(activation, inputs) + infinite_feedback_kernel(activation, inputs)
}

#[cfg(test)]
mod tests;
