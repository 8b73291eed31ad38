//! What a trained network keeps of its data.

use std::path::Path;

use falign::internal::config::Experiment;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::{Fitted as Facts, InputKind, given};
use falign::rule::Registry;
use numpy::{PyArray1, PyReadonlyArray1, ToPyArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::table;
use crate::data::Data;
use crate::error::{OrRaise, config};
use crate::supervise::interruptible;
use crate::train::{GIVEN, experiment};

/// Facts of training data, without the data: sizes, scaling, ranges.
#[pyclass(frozen, module = "falign._core")]
#[derive(Debug)]
pub(crate) struct Fitted(Facts);

type Floats<'py> = Bound<'py, PyArray1<f64>>;

/// Arguments of which [`Fitted::new`] makes the same again.
type Parts<'py> = (
    &'static str,
    Vec<usize>,
    usize,
    (Floats<'py>, Floats<'py>),
    (Floats<'py>, Floats<'py>),
);

type Pair<'py> = (PyReadonlyArray1<'py, f64>, PyReadonlyArray1<'py, f64>);

#[pymethods]
impl Fitted {
    /// Facts from a pickle: kind of inputs, axes of a sample, outputs, shift and divisor, lows and highs.
    #[new]
    fn new(
        kind: &str,
        shape: Vec<usize>,
        outputs: usize,
        scaling: Pair<'_>,
        ranges: Pair<'_>,
    ) -> PyResult<Self> {
        let kind = InputKind::from_name(kind)
            .ok_or_else(|| config("kind", kind, "expected reals, pixels or classes"))?;
        let numbers = |array: &PyReadonlyArray1<'_, f64>| array.as_array().to_vec();
        Ok(Self(Facts {
            kind,
            shape,
            outputs,
            shift: numbers(&scaling.0),
            divisor: numbers(&scaling.1),
            low: numbers(&ranges.0),
            high: numbers(&ranges.1),
        }))
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> Parts<'py> {
        let facts = &self.0;
        let pair = |a: &[f64], b: &[f64]| (a.to_pyarray(py), b.to_pyarray(py));
        (
            facts.kind.name(),
            facts.shape.clone(),
            facts.outputs,
            pair(&facts.shift, &facts.divisor),
            pair(&facts.low, &facts.high),
        )
    }

    /// The shape of one sample with a class.
    #[getter]
    fn sample_shape(&self) -> Option<Vec<usize>> {
        (self.0.kind != InputKind::Reals).then(|| self.0.shape.clone())
    }

    /// Whether samples have classes.
    #[getter]
    fn has_classes(&self) -> bool {
        self.0.kind != InputKind::Reals
    }
}

/// Facts of the data of each of these runs of a config's first setting.
#[pyfunction]
pub(crate) fn fitted(
    py: Python<'_>,
    flat: &Bound<'_, PyDict>,
    data: &Data,
    runs: Vec<u64>,
) -> PyResult<Vec<Fitted>> {
    let (experiment, sources) = experiment(flat, Some(data))?;
    let setting = experiment.settings[0].setting.clone();
    let found = interruptible(py, move |_| {
        let of = |run| Ok(Facts::of(&setting, run, &sources)?.expect("data that were given"));
        runs.into_iter().map(of).collect::<falign::Result<Vec<_>>>()
    })?;
    Ok(found.into_iter().map(Fitted).collect())
}

/// The experiment of a flat dict, on data of which these facts are known where there are some.
pub(crate) fn without_data(
    flat: &Bound<'_, PyDict>,
    fitted: Option<&Fitted>,
) -> PyResult<(Experiment, Sources)> {
    let Some(Fitted(facts)) = fitted else {
        return experiment(flat, None);
    };
    let stand_in = facts.stand_in().or_raise()?;
    let rules = Registry::built_in();
    let found = given::experiment(table(flat)?, &stand_in, Path::new(GIVEN), &rules).or_raise()?;
    found.1.give_fitted(facts.clone());
    Ok(found)
}
