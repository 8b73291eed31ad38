//! Kernels of two-layer networks, finite and infinitely wide.

use falign::internal::theory::{
    feature_kernel_between, feedback_kernel_between, infinite_feature_kernel_between,
    infinite_feedback_kernel_between, infinite_slope_kernel, infinite_slope_kernel_between,
};
use falign::math::Activation;
use falign::theory::{
    feature_kernel, feedback_kernel, infinite_feature_kernel, infinite_feedback_kernel,
    neural_tangent_kernel,
};
use ndarray::Array2;
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::error::config;
use crate::supervise::interruptible;

type Matrix<'py> = PyReadonlyArray2<'py, f64>;
type Kernel<'py> = Bound<'py, PyArray2<f64>>;

fn activation(name: &str) -> PyResult<Activation> {
    let found = Activation::ALL.into_iter().find(|one| one.name() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = Activation::ALL.iter().map(|one| one.name()).collect();
        let expected = format!("expected one of {}", names.join(", "));
        config("activation", format!("\"{name}\""), &expected)
    })
}

fn owned(matrix: &Matrix<'_>) -> Array2<f64> {
    matrix.as_array().as_standard_layout().into_owned()
}

/// The kernel of that name of an infinitely wide network, of `left` with `right`, or with itself.
#[pyfunction]
pub(crate) fn infinite_kernel<'py>(
    py: Python<'py>,
    name: &str,
    activation: &str,
    left: Matrix<'py>,
    right: Option<Matrix<'py>>,
) -> PyResult<Kernel<'py>> {
    let psi = self::activation(activation)?;
    let (x, z) = (owned(&left), right.as_ref().map(owned));
    let name = name.to_owned();
    let found = interruptible(py, move |_| match (&*name, z) {
        ("feature", None) => Ok(infinite_feature_kernel(psi, &x)),
        ("feature", Some(z)) => infinite_feature_kernel_between(psi, &x, &z),
        ("slope", None) => Ok(infinite_slope_kernel(psi, &x)),
        ("slope", Some(z)) => infinite_slope_kernel_between(psi, &x, &z),
        ("feedback", None) => Ok(infinite_feedback_kernel(psi, &x)),
        ("feedback", Some(z)) => infinite_feedback_kernel_between(psi, &x, &z),
        (_, None) => Ok(neural_tangent_kernel(psi, &x)),
        (_, Some(z)) => Ok(infinite_feature_kernel_between(psi, &x, &z)?
            + infinite_feedback_kernel_between(psi, &x, &z)?),
    })?;
    Ok(found.into_pyarray(py))
}

/// G of hidden weights, or with output and feedback weights H, of `left` with `right`, or with itself.
#[pyfunction]
pub(crate) fn finite_kernel<'py>(
    py: Python<'py>,
    weights: (Matrix<'py>, Option<(Matrix<'py>, Matrix<'py>)>),
    activation: &str,
    left: Matrix<'py>,
    right: Option<Matrix<'py>>,
) -> PyResult<Kernel<'py>> {
    let psi = self::activation(activation)?;
    let w = owned(&weights.0);
    let above = weights.1.as_ref().map(|(beta, b)| (owned(beta), owned(b)));
    let (x, z) = (owned(&left), right.as_ref().map(owned));
    let found = interruptible(py, move |_| match (above, z) {
        (None, None) => feature_kernel(&w, psi, &x),
        (None, Some(z)) => feature_kernel_between(&w, psi, &x, &z),
        (Some((beta, b)), None) => feedback_kernel(&w, &beta, &b, psi, &x),
        (Some((beta, b)), Some(z)) => feedback_kernel_between(&w, &beta, &b, psi, &x, &z),
    })?;
    Ok(found.into_pyarray(py))
}
