//! Finished runs as Python values and back.

use falign::internal::config::LabelledSetting;
use falign::internal::simulate::resolve::Resolved;
use falign::internal::simulate::{Outcome, RunResult, RunRows, SavedWeights, WeightArray};
use ndarray::Array2;
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyReadonlyArrayDyn, PyUntypedArray,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::dict;
use crate::error::{OrRaise, config};

/// Weights by the names that they have in files.
pub(crate) type WeightDict<'py> = Bound<'py, PyDict>;

/// Recorded steps (rows), values (rows, quantities), outcome and its step, what theory units
/// became (step size, ridge, gamma, kernel's largest eigenvalue), weights at start and end.
pub(crate) type Record<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray2<f64>>,
    &'static str,
    Option<u64>,
    (f64, f64, f64, f64),
    (Option<WeightDict<'py>>, Option<WeightDict<'py>>),
);

/// A record from Python.
pub(crate) type RecordIn<'py> = (
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray2<'py, f64>,
    String,
    Option<u64>,
    (f64, f64, f64, f64),
    (Option<WeightDict<'py>>, Option<WeightDict<'py>>),
);

/// Case, swept keys with their texts, all keys, quantities, runs.
pub(crate) type SettingOut<'py> = (
    String,
    Vec<(String, String)>,
    Bound<'py, PyDict>,
    Vec<String>,
    Vec<Option<Record<'py>>>,
);

/// A setting with its runs.
pub(crate) fn setting<'py>(
    py: Python<'py>,
    labelled: &LabelledSetting,
    runs: Vec<Option<RunResult>>,
) -> PyResult<SettingOut<'py>> {
    let names = labelled.setting.quantities.iter();
    let runs = runs
        .into_iter()
        .map(|run| run.map(|run| record(py, run)).transpose())
        .collect::<PyResult<_>>()?;
    Ok((
        labelled.case.clone(),
        labelled.axes.clone(),
        dict(py, &labelled.flat())?,
        names.map(|q| q.name().into_owned()).collect(),
        runs,
    ))
}

fn record(py: Python<'_>, run: RunResult) -> PyResult<Record<'_>> {
    let RunRows {
        steps,
        values,
        outcome,
    } = run.rows;
    let steps: Vec<i64> = steps
        .iter()
        .map(|&step| i64::try_from(step).unwrap_or(i64::MAX))
        .collect();
    let Resolved {
        step_size,
        ridge,
        gamma,
        kernel_max,
        ..
    } = run.resolved;
    let [initial, last] = run.weights;
    Ok((
        steps.into_pyarray(py),
        rows(values).into_pyarray(py),
        outcome.name(),
        outcome.step(),
        (step_size, ridge, number(gamma), number(kernel_max)),
        (
            initial.map(|found| weights(py, &found)).transpose()?,
            last.map(|found| weights(py, &found)).transpose()?,
        ),
    ))
}

/// NaN where there is no number.
fn number(known: Option<f64>) -> f64 {
    known.unwrap_or(f64::NAN)
}

fn known(number: f64) -> Option<f64> {
    (!number.is_nan()).then_some(number)
}

/// Rows of equal length as one array.
fn rows(values: Vec<Vec<f64>>) -> Array2<f64> {
    let shape = (values.len(), values.first().map_or(0, Vec::len));
    let all = values.into_iter().flatten().collect();
    Array2::from_shape_vec(shape, all).expect("every row has a value for each quantity")
}

/// Weights as a dict of arrays.
pub(crate) fn weights<'py>(py: Python<'py>, found: &SavedWeights) -> PyResult<WeightDict<'py>> {
    let dict = PyDict::new(py);
    for (name, array) in found.arrays() {
        let array: Bound<'py, PyUntypedArray> = match array {
            WeightArray::Single(x) => x.into_pyarray(py).as_untyped().clone(),
            WeightArray::Double(x) => x.into_pyarray(py).as_untyped().clone(),
        };
        dict.set_item(name, array)?;
    }
    Ok(dict)
}

/// The inverse of [`setting`]'s runs.
pub(crate) fn result(record: RecordIn<'_>) -> PyResult<RunResult> {
    let (steps, values, outcome, at, (step_size, ridge, gamma, kernel_max), (initial, last)) =
        record;
    let step = at.unwrap_or(0);
    let outcome = match outcome.as_str() {
        "finished" => Outcome::Finished,
        "converged" => Outcome::Converged { step },
        "stalled" => Outcome::Stalled { step },
        "diverged" => Outcome::Diverged { step },
        other => {
            let allowed = "expected finished, converged, stalled or diverged";
            return Err(config("outcome", other, allowed));
        }
    };
    let step = |&step: &i64| u64::try_from(step).unwrap_or(0);
    let steps: Vec<u64> = steps.as_array().iter().map(step).collect();
    let values = values.as_array();
    let values = values.rows().into_iter().map(|row| row.to_vec());
    Ok(RunResult {
        resolved: Resolved {
            step_size,
            ridge,
            steps: steps.last().copied().unwrap_or(0),
            gamma: known(gamma),
            kernel_max: known(kernel_max),
        },
        weights: [
            initial.as_ref().map(saved).transpose()?,
            last.as_ref().map(saved).transpose()?,
        ],
        rows: RunRows {
            values: values.collect(),
            outcome,
            steps,
        },
    })
}

pub(crate) fn saved(dict: &WeightDict<'_>) -> PyResult<SavedWeights> {
    let arrays = dict.iter().map(|(name, array)| {
        let array = if let Ok(x) = array.extract::<PyReadonlyArrayDyn<'_, f32>>() {
            WeightArray::Single(x.as_array().to_owned())
        } else {
            let x = array.extract::<PyReadonlyArrayDyn<'_, f64>>()?;
            WeightArray::Double(x.as_array().to_owned())
        };
        Ok((name.extract()?, array))
    });
    SavedWeights::from_arrays(arrays.collect::<PyResult<_>>()?).or_raise()
}
