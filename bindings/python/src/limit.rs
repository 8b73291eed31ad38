//! The memory that trainings may use.

use falign::internal::memory;
use pyo3::prelude::*;

use crate::error::config;

/// `64G`, say, for all that follow in this process; `None`: what the machine has free.
#[pyfunction]
pub(crate) fn limit_memory(memory: Option<&str>) -> PyResult<()> {
    let bytes = match memory {
        None => 0,
        Some(text) => memory::parse(text).map_err(|allowed| config("memory", text, &allowed))?,
    };
    memory::set_limit(bytes);
    Ok(())
}
