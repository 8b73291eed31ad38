//! Every error of the library as one Python exception with the same message.

use std::ffi::CString;

use falign::Error;
use falign::internal::fault::caught;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// The exception of an error; its class is in `falign.errors`.
pub(crate) fn raise(error: &Error) -> PyErr {
    let class = match error {
        Error::Shape { .. } => "ShapeError",
        Error::Config { .. } => "ConfigError",
        Error::Data { .. } => "DataError",
        Error::Io { .. } => "FileError",
        Error::Record { .. } => "RecordError",
        Error::Fault { .. } => "InternalError",
        _ => "FalignError",
    };
    let text = match error {
        // The program may not be there.
        Error::Fault { .. } => format!("{error}, or of `print(falign.doctor().to_json())`"),
        _ => error.to_string(),
    };
    exception(class, text)
}

/// A `ConfigError` of what the library does not look at.
pub(crate) fn config_error(message: &str) -> PyErr {
    exception("ConfigError", message.to_owned())
}

/// An exception of `falign.errors`.
fn exception(class: &str, message: String) -> PyErr {
    Python::attach(|py| {
        let found = py
            .import("falign.errors")
            .and_then(|module| module.getattr(class))
            .and_then(|class| Ok(class.cast_into::<PyType>()?));
        match found {
            Ok(class) => PyErr::from_type(class, message),
            Err(missing) => missing,
        }
    })
}

/// A `falign.errors.DataWarning`, of the caller that many Python frames up.
pub(crate) fn warn(py: Python<'_>, text: &str, frames: i32) -> PyResult<()> {
    let class = py.import("falign.errors")?.getattr("DataWarning")?;
    let text = CString::new(text.replace('\0', " ")).expect("no zero is left");
    PyErr::warn(py, &class, &text, frames)
}

/// Error about a Python value, with what it should have been, as the library says it of a file.
pub(crate) fn config(key: &str, value: impl std::fmt::Display, allowed: &str) -> PyErr {
    raise(&Error::config(key, value, allowed))
}

/// Calls the library without the interpreter lock; a panic is an exception like any other error.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> falign::Result<T> + Send,
) -> PyResult<T> {
    py.detach(|| caught(|| "falign".to_owned(), work))
        .or_raise()
}

/// The library's results with Python's exceptions.
pub(crate) trait OrRaise<T> {
    /// The value, or its exception.
    fn or_raise(self) -> PyResult<T>;
}

impl<T> OrRaise<T> for falign::Result<T> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(|error| raise(&error))
    }
}
