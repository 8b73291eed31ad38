//! Plain Python values to TOML values and back.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use toml::{Table, Value};

use crate::error::config;

/// A table from a dict with string keys.
pub(crate) fn table(dict: &Bound<'_, PyDict>) -> PyResult<Table> {
    dict.iter()
        .map(|(name, value)| {
            let name: String = name.extract()?;
            let value = to_toml(&name, &value)?;
            Ok((name, value))
        })
        .collect()
}

/// The TOML value of a Python value; `key` is for the error. NumPy's scalars and arrays count as
/// the Python values that their `tolist` gives, paths as strings.
fn to_toml(key: &str, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    if value.is_instance_of::<PyBool>() {
        return Ok(Value::Boolean(value.extract()?));
    }
    if value.is_instance_of::<PyInt>() {
        let whole = value
            .extract()
            .map_err(|_| config(key, value, "a whole number of at most 2^63 - 1"))?;
        return Ok(Value::Integer(whole));
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(Value::Float(value.extract()?));
    }
    if value.is_instance_of::<PyString>() {
        return Ok(Value::String(value.extract()?));
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        return Ok(Value::Table(table(dict)?));
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = value.try_iter()?.map(|item| to_toml(key, &item?));
        return Ok(Value::Array(items.collect::<PyResult<_>>()?));
    }
    if value.hasattr("tolist")? {
        return to_toml(key, &value.call_method0("tolist")?);
    }
    if value.hasattr("__fspath__")? {
        return to_toml(key, &value.call_method0("__fspath__")?);
    }
    let kind = value.get_type().name()?;
    Err(config(
        key,
        kind,
        "expected a bool, a number, a string, a list or a dict",
    ))
}

/// The Python value of a TOML value.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Boolean(x) => PyBool::new(py, *x).to_owned().into_any(),
        Value::Integer(x) => x.into_pyobject(py)?.into_any(),
        Value::Float(x) => x.into_pyobject(py)?.into_any(),
        Value::String(x) => x.into_pyobject(py)?.into_any(),
        Value::Datetime(x) => x.to_string().into_pyobject(py)?.into_any(),
        Value::Array(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|item| to_python(py, item))
                .collect::<PyResult<_>>()?;
            PyList::new(py, items)?.into_any()
        }
        Value::Table(items) => dict(py, items)?.into_any(),
    })
}

/// The dict of a table.
pub(crate) fn dict<'py>(py: Python<'py>, items: &Table) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, item) in items {
        dict.set_item(name, to_python(py, item)?)?;
    }
    Ok(dict)
}
