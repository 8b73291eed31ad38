//! Outputs of a trained network on new inputs.

use falign::internal::config::setting::Setting;
use falign::internal::simulate::Context;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::internal::study::prediction::{
    NewInputs, activities as hidden, input_scaling, outside, plain_layers, predict as outputs,
};
use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::data::ClassInputs;
use crate::error::{detached, warn};
use crate::fitted::{Fitted, without_data};
use crate::lent::lent;
use crate::runs::{WeightDict, saved};
use crate::supervise::interruptible;

/// A config's first setting, and facts of its data.
fn first(flat: &Bound<'_, PyDict>, fitted: Option<&Fitted>) -> PyResult<(Setting, Sources)> {
    let (mut experiment, sources) = without_data(flat, fitted)?;
    Ok((experiment.settings.swap_remove(0).setting, sources))
}

/// Inputs of the kind that the setting's data have.
fn new_inputs(setting: &Setting, inputs: ClassInputs<'_>) -> NewInputs {
    match inputs {
        ClassInputs::Reals(x) if !setting.classes.are_named() => NewInputs::Reals(lent(&x)),
        inputs => NewInputs::Classes(inputs.lent()),
    }
}

/// (samples, outputs) of run `run` of a config's first setting.
#[pyfunction]
pub(crate) fn predict<'py>(
    py: Python<'py>,
    flat: &Bound<'py, PyDict>,
    fitted: Option<&Fitted>,
    run: u64,
    weights: WeightDict<'py>,
    inputs: ClassInputs<'py>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (setting, sources) = first(flat, fitted)?;
    let (weights, inputs) = (saved(&weights)?, new_inputs(&setting, inputs));
    if let Some(note) = detached(py, || outside(&setting, &sources, &inputs))? {
        warn(py, &note, 2)?;
    }
    let found = interruptible(py, move |watch| {
        outputs(&setting, run, watched(&sources, watch), &weights, &inputs)
    })?;
    Ok(found.into_pyarray(py))
}

/// Activities of each hidden layer of run `run` of a config's first setting, (samples, units).
#[pyfunction]
pub(crate) fn activities<'py>(
    py: Python<'py>,
    flat: &Bound<'py, PyDict>,
    fitted: Option<&Fitted>,
    run: u64,
    weights: WeightDict<'py>,
    inputs: ClassInputs<'py>,
) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
    let (setting, sources) = first(flat, fitted)?;
    let (weights, inputs) = (saved(&weights)?, new_inputs(&setting, inputs));
    let found = interruptible(py, move |watch| {
        hidden(&setting, run, watched(&sources, watch), &weights, &inputs)
    })?;
    Ok(found.into_iter().map(|of| of.into_pyarray(py)).collect())
}

fn watched<'a>(sources: &'a Sources, watch: &'a Watch) -> Context<'a> {
    Context {
        watch: Some(watch),
        ..Context::new(sources)
    }
}

/// Offset and slope of each input by the scaling of a run, (`input_dim`) each: a pixel x becomes offset + slope x.
type Scaling<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// Scaling of `input_dim` inputs in run `run` of a config's first setting.
#[pyfunction]
pub(crate) fn scaling<'py>(
    py: Python<'py>,
    flat: &Bound<'py, PyDict>,
    fitted: Option<&Fitted>,
    run: u64,
    input_dim: usize,
) -> PyResult<Scaling<'py>> {
    let (setting, sources) = first(flat, fitted)?;
    let (zero, one) = interruptible(py, move |watch| {
        input_scaling(&setting, run, watched(&sources, watch), input_dim)
    })?;
    Ok((zero.into_pyarray(py), one.into_pyarray(py)))
}

/// Weights, bias, name of the activation.
type PlainLayerOut<'py> = (
    Bound<'py, PyArray2<f64>>,
    Option<Bound<'py, PyArray1<f64>>>,
    &'static str,
);

/// The network of run `run` as other libraries have it.
#[pyfunction]
pub(crate) fn plain<'py>(
    py: Python<'py>,
    flat: &Bound<'py, PyDict>,
    fitted: Option<&Fitted>,
    run: u64,
    weights: WeightDict<'py>,
) -> PyResult<Vec<PlainLayerOut<'py>>> {
    let (setting, sources) = first(flat, fitted)?;
    let weights = saved(&weights)?;
    let layers = interruptible(py, move |watch| {
        plain_layers(&setting, run, watched(&sources, watch), &weights)
    })?;
    let layers = layers.into_iter().map(|layer| {
        let bias = layer.bias.map(|bias| bias.into_pyarray(py));
        (
            layer.weights.into_pyarray(py),
            bias,
            layer.activation.name(),
        )
    });
    Ok(layers.collect())
}
