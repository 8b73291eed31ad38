//! The compiled half of the Python package `falign`: arguments in, arrays out.
//!
//! Nothing is computed here. Every function turns Python values into the library's, calls it
//! without the interpreter lock, and turns what comes back into NumPy arrays. The public Python
//! API, with its documentation, is the package next to this crate.

#![allow(
    clippy::needless_pass_by_value,
    reason = "functions of Python own the arguments that were made for them"
)]

mod audit;
mod config;
mod convert;
mod data;
mod doctor;
mod error;
mod explain;
mod figure;
mod fitted;
mod folder;
mod iterate;
mod kernels;
mod lent;
mod limit;
mod pool;
mod predict;
mod program;
mod rule;
mod runs;
mod supervise;
mod theory;
mod train;

use pyo3::prelude::*;

/// The functions that the Python package wraps; see its stub `_core.pyi`.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<data::Data>()?;
    module.add_class::<fitted::Fitted>()?;
    module.add_class::<iterate::Iteration>()?;
    module.add_function(wrap_pyfunction!(config::keys, module)?)?;
    module.add_function(wrap_pyfunction!(config::layer_kinds, module)?)?;
    module.add_function(wrap_pyfunction!(config::quantities, module)?)?;
    module.add_function(wrap_pyfunction!(config::describe, module)?)?;
    module.add_function(wrap_pyfunction!(explain::explain, module)?)?;
    module.add_function(wrap_pyfunction!(explain::cite, module)?)?;
    module.add_function(wrap_pyfunction!(config::schema, module)?)?;
    module.add_function(wrap_pyfunction!(config::builtin, module)?)?;
    module.add_function(wrap_pyfunction!(config::check, module)?)?;
    module.add_function(wrap_pyfunction!(config::flat, module)?)?;
    module.add_function(wrap_pyfunction!(config::sectioned, module)?)?;
    module.add_function(wrap_pyfunction!(limit::limit_memory, module)?)?;
    module.add_function(wrap_pyfunction!(train::train, module)?)?;
    module.add_function(wrap_pyfunction!(train::train_in_folder, module)?)?;
    module.add_function(wrap_pyfunction!(train::step_bound, module)?)?;
    module.add_function(wrap_pyfunction!(audit::audit, module)?)?;
    module.add_function(wrap_pyfunction!(audit::audit_updates, module)?)?;
    module.add_function(wrap_pyfunction!(fitted::fitted, module)?)?;
    module.add_function(wrap_pyfunction!(predict::predict, module)?)?;
    module.add_function(wrap_pyfunction!(predict::activities, module)?)?;
    module.add_function(wrap_pyfunction!(predict::plain, module)?)?;
    module.add_function(wrap_pyfunction!(predict::scaling, module)?)?;
    module.add_function(wrap_pyfunction!(theory::theory, module)?)?;
    module.add_function(wrap_pyfunction!(kernels::infinite_kernel, module)?)?;
    module.add_function(wrap_pyfunction!(kernels::finite_kernel, module)?)?;
    module.add_function(wrap_pyfunction!(figure::figure, module)?)?;
    module.add_function(wrap_pyfunction!(folder::save, module)?)?;
    module.add_function(wrap_pyfunction!(folder::load, module)?)?;
    module.add_function(wrap_pyfunction!(folder::archive, module)?)?;
    module.add_function(wrap_pyfunction!(doctor::doctor, module)?)?;
    module.add_function(wrap_pyfunction!(program::program, module)?)?;
    Ok(())
}
