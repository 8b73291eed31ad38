//! The key table, and experiments as flat dicts of leaf keys.

use std::path::PathBuf;

use falign::internal::config::builtin::{BUILTIN, find};
use falign::internal::config::keys::{KEYS, did_you_mean};
use falign::internal::config::layers::{LayerKey, kinds_of_layers};
use falign::internal::config::{check_flat, flat_table, schema_json, sectioned_toml};
use falign::measure::Quantity;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{dict, table, to_python};
use crate::error::{OrRaise, config};

/// One row of the key table: section, leaf, default, Python type, accepted values, meaning.
type Row<'py> = (
    &'static str,
    &'static str,
    Option<Bound<'py, PyAny>>,
    String,
    String,
    &'static str,
);

#[pyfunction]
pub(crate) fn keys(py: Python<'_>) -> PyResult<Vec<Row<'_>>> {
    let rows = KEYS.iter().map(|key| {
        let default = key.default_value();
        let default = default.map(|value| to_python(py, &value)).transpose()?;
        let (python, allowed) = (key.python(), key.allowed());
        Ok((key.section, key.leaf, default, python, allowed, key.meaning))
    });
    rows.collect()
}

/// A key of a kind of layer: name, default, Python type, accepted values, meaning, whether a layer may do without it.
type LayerRow<'py> = (
    &'static str,
    Option<Bound<'py, PyAny>>,
    String,
    String,
    &'static str,
    bool,
);

/// Kinds of layers: name, the kind in words, keys.
#[pyfunction]
pub(crate) fn layer_kinds(
    py: Python<'_>,
) -> PyResult<Vec<(&'static str, &'static str, Vec<LayerRow<'_>>)>> {
    let row = |key: &'static LayerKey| {
        let default = key.default_value();
        let default = default.map(|value| to_python(py, &value)).transpose()?;
        let (python, allowed) = (key.python(), key.allowed());
        Ok((
            key.name,
            default,
            python,
            allowed,
            key.meaning,
            key.is_optional(),
        ))
    };
    kinds_of_layers()
        .map(|kind| {
            let keys = kind.keys.iter().map(row).collect::<PyResult<_>>()?;
            Ok((kind.name, kind.about, keys))
        })
        .collect()
}

#[pyfunction]
pub(crate) fn quantities() -> Vec<String> {
    Quantity::names().map(str::to_owned).collect()
}

/// Unit and meaning of a quantity, which may be one of a layer.
#[pyfunction]
pub(crate) fn describe(quantity: &str) -> Option<(&'static str, &'static str)> {
    Quantity::from_name(quantity).map(|quantity| (quantity.unit(), quantity.meaning()))
}

/// JSON Schema of experiment files.
#[pyfunction]
pub(crate) fn schema() -> String {
    schema_json()
}

/// The text of a built-in experiment, or the names of all.
#[pyfunction]
pub(crate) fn builtin(name: Option<&str>) -> PyResult<Vec<&'static str>> {
    let names = || BUILTIN.iter().map(|one| one.name);
    let Some(name) = name else {
        return Ok(names().collect());
    };
    match find(name) {
        Some(found) => Ok(vec![found.text]),
        None => Err(config(
            "experiment",
            name,
            &format!(
                "no built-in experiment of that name; {}",
                did_you_mean(name, names())
            ),
        )),
    }
}

#[pyfunction]
pub(crate) fn check(flat: &Bound<'_, PyDict>) -> PyResult<()> {
    check_flat(&table(flat)?).or_raise()
}

#[pyfunction]
pub(crate) fn flat<'py>(
    py: Python<'py>,
    text: &str,
    folder: Option<PathBuf>,
) -> PyResult<Bound<'py, PyDict>> {
    dict(py, &flat_table(text, folder.as_deref()).or_raise()?)
}

#[pyfunction]
pub(crate) fn sectioned(flat: &Bound<'_, PyDict>) -> PyResult<String> {
    sectioned_toml(&table(flat)?).or_raise()
}
