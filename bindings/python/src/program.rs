//! The program `falign`, for the command that a wheel installs.

use std::ffi::OsString;

use falign::rule::Registry;
use pyo3::prelude::*;

/// The exit code of the command line `words`, whose first one is the program's name.
#[pyfunction]
pub(crate) fn program(py: Python<'_>, words: Vec<OsString>) -> u8 {
    py.detach(|| falign_cli::code(words, &Registry::built_in()))
}
