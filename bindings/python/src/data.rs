//! Data sets for the library: in NumPy's memory, or read by the library.

use std::path::PathBuf;
use std::sync::Arc;

use falign::data::{Dataset, Inputs, Labelled, TableOptions, TrainTest};
use falign::internal::data::catalogue;
use falign::internal::data::{ImageAxes, Matrix};
use falign::internal::simulate::given::Given;
use falign::internal::simulate::sources::LabelledPair;
use numpy::{
    Element, IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArray, ToPyArray,
};
use pyo3::prelude::*;

use crate::error::{OrRaise, detached, raise};
use crate::lent::{digest, lent};

/// Data to train on, checked.
#[pyclass(frozen, module = "falign._core")]
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) given: Given,
    /// Digest of all inputs and targets, where they lie in memory that Python can write to.
    digest: Option<u64>,
}

/// Inputs and targets, both float64.
type Reals<'py> = (PyReadonlyArray2<'py, f64>, PyReadonlyArray2<'py, f64>);

/// Inputs with a class each.
#[derive(FromPyObject)]
pub(crate) enum ClassInputs<'py> {
    /// Pixels.
    Pixels(PyReadonlyArray2<'py, u8>),
    /// Real numbers in single precision.
    Singles(PyReadonlyArray2<'py, f32>),
    /// Inputs of all other types, float64.
    Reals(PyReadonlyArray2<'py, f64>),
}

type Labels<'py> = PyReadonlyArray1<'py, i64>;

/// Inputs and targets, (samples, columns).
type RealArrays<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<f64>>);

/// Inputs as stored, (samples, `input_dim`), and classes, (samples).
type LabelledArrays<'py> = (Bound<'py, PyUntypedArray>, Bound<'py, PyArray1<i64>>);

impl ClassInputs<'_> {
    pub(crate) fn lent(&self) -> Inputs {
        match self {
            Self::Pixels(x) => Inputs::Pixels(lent(x)),
            Self::Singles(x) => Inputs::Singles(lent(x)),
            Self::Reals(x) => Inputs::Reals(lent(x)),
        }
    }
}

fn dataset(py: Python<'_>, (inputs, targets): &Reals<'_>) -> PyResult<Arc<Dataset>> {
    let (inputs, targets) = (lent(inputs), lent(targets));
    let data = detached(py, || Dataset::new(inputs, targets))?;
    Ok(Arc::new(data))
}

fn labelled(
    py: Python<'_>,
    inputs: &ClassInputs<'_>,
    labels: &Labels<'_>,
    shape: &[usize],
    classes: usize,
) -> PyResult<Labelled> {
    let inputs = inputs.lent();
    // A negative label becomes a class that does not exist, which the library refuses by place.
    let label = |&label: &i64| usize::try_from(label).unwrap_or(usize::MAX);
    let labels = labels.as_array().iter().map(label).collect();
    detached(py, || {
        Labelled::new(inputs, shape.to_vec(), labels, classes)
    })
}

/// Digest of all numbers that NumPy holds.
fn digest_of(given: &Given) -> u64 {
    let of_reals = |sum, set: &Dataset| digest(digest(sum, &set.inputs), &set.targets);
    let of_classes = |sum, set: &Labelled| match set.inputs() {
        Inputs::Pixels(x) => digest(sum, x),
        Inputs::Singles(x) => digest(sum, x),
        Inputs::Reals(x) => digest(sum, x),
    };
    match given {
        Given::Reals { train, held_out } => {
            let sum = of_reals(0, train);
            held_out.as_ref().map_or(sum, |set| of_reals(sum, set))
        }
        Given::Classes(pair) => {
            let sum = of_classes(0, &pair.train);
            if Arc::ptr_eq(&pair.train, &pair.test) {
                return sum;
            }
            of_classes(sum, &pair.test)
        }
    }
}

impl Data {
    /// Data in NumPy's memory.
    fn lent(py: Python<'_>, given: Given) -> Self {
        let digest = Some(py.detach(|| digest_of(&given)));
        Self { given, digest }
    }

    /// Data in the library's own memory.
    fn own(given: Given) -> Self {
        let digest = None;
        Self { given, digest }
    }

    /// Whether the data are still those that were given: results would else be stored next to
    /// data that are not theirs.
    pub(crate) fn unchanged(&self, py: Python<'_>) -> PyResult<()> {
        let now = self.digest.map(|_| py.detach(|| digest_of(&self.given)));
        if now == self.digest {
            return Ok(());
        }
        let expected = "the numbers that were trained on; train on a copy of arrays that change";
        Err(raise(&falign::Error::shape(
            "the data",
            expected,
            "others: X or y were written to since",
        )))
    }
}

fn copied<'py, A: Element>(py: Python<'py>, matrix: &Matrix<A>) -> Bound<'py, PyArray2<A>> {
    matrix.view().to_pyarray(py)
}

#[pymethods]
impl Data {
    /// Real targets: arrays (samples, columns).
    #[staticmethod]
    fn reals(py: Python<'_>, train: Reals<'_>, held_out: Option<Reals<'_>>) -> PyResult<Self> {
        let held_out = held_out.as_ref().map(|set| dataset(py, set)).transpose()?;
        let given = Given::Reals {
            train: dataset(py, &train)?,
            held_out,
        };
        Ok(Self::lent(py, given))
    }

    /// A class for each sample; the training set is measured on where there is no test set.
    #[staticmethod]
    #[pyo3(signature = (inputs, labels, shape, classes, test))]
    fn classes(
        py: Python<'_>,
        inputs: ClassInputs<'_>,
        labels: Labels<'_>,
        shape: Vec<usize>,
        classes: usize,
        test: Option<(ClassInputs<'_>, Labels<'_>)>,
    ) -> PyResult<Self> {
        let train = labelled(py, &inputs, &labels, &shape, classes)?;
        let pair = match test {
            Some((inputs, labels)) => {
                let test = labelled(py, &inputs, &labels, &shape, classes)?;
                LabelledPair::new(TrainTest::new(train, test).or_raise()?)
            }
            None => LabelledPair::without_test(train),
        };
        Ok(Self::lent(py, Given::Classes(pair)))
    }

    /// A data set of the catalogue, by name.
    #[staticmethod]
    fn named(py: Python<'_>, name: &str, data_dir: Option<PathBuf>) -> PyResult<Self> {
        let loaded = detached(py, || catalogue::load(name, data_dir.as_deref()))?;
        let given = Given::Classes(LabelledPair::new(loaded.data));
        Ok(Self::own(given))
    }

    /// A data set with classes from a folder, NPZ file, archive or table.
    #[staticmethod]
    fn read(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let axes = ImageAxes::default();
        let read = || LabelledPair::read(&path, None, &TableOptions::default(), axes);
        Ok(Self::own(Given::Classes(detached(py, read)?)))
    }

    /// Inputs and targets, (samples, columns), copied.
    fn real_arrays<'py>(
        &self,
        py: Python<'py>,
        held_out: bool,
    ) -> PyResult<Option<RealArrays<'py>>> {
        self.unchanged(py)?;
        let Given::Reals {
            train,
            held_out: other,
        } = &self.given
        else {
            return Ok(None);
        };
        let set = if held_out {
            other.as_ref()
        } else {
            Some(train)
        };
        Ok(set.map(|set| (copied(py, &set.inputs), copied(py, &set.targets))))
    }

    /// Inputs as stored and classes, copied.
    fn class_arrays<'py>(
        &self,
        py: Python<'py>,
        test: bool,
    ) -> PyResult<Option<LabelledArrays<'py>>> {
        self.unchanged(py)?;
        let Given::Classes(pair) = &self.given else {
            return Ok(None);
        };
        let set = if test { &pair.test } else { &pair.train };
        let inputs = match set.inputs() {
            Inputs::Pixels(x) => copied(py, x).as_untyped().clone(),
            Inputs::Singles(x) => copied(py, x).as_untyped().clone(),
            Inputs::Reals(x) => copied(py, x).as_untyped().clone(),
        };
        let label = |&label: &usize| i64::try_from(label).unwrap_or(i64::MAX);
        let labels: Vec<i64> = set.labels().iter().map(label).collect();
        Ok(Some((inputs, labels.into_pyarray(py))))
    }

    /// Samples, inputs and outputs or classes.
    #[getter]
    fn sizes(&self) -> (usize, usize, usize) {
        match &self.given {
            Given::Reals { train, .. } => (train.samples(), train.input_dim(), train.outputs()),
            Given::Classes(LabelledPair { train, .. }) => {
                (train.samples(), train.input_dim(), train.classes())
            }
        }
    }

    /// Whether samples have classes.
    #[getter]
    fn has_classes(&self) -> bool {
        matches!(self.given, Given::Classes(_))
    }

    /// The shape of one sample with a class.
    #[getter]
    fn sample_shape(&self) -> Option<Vec<usize>> {
        match &self.given {
            Given::Reals { .. } => None,
            Given::Classes(pair) => Some(pair.train.sample_shape().to_vec()),
        }
    }
}
