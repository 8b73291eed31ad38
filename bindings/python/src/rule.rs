//! A learning rule written in Python.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use falign::experiment::Experiment;
use falign::internal::simulate::watch::Watch;
use falign::math::{Scalar, Stream};
use falign::rule::{CustomRule, Layer, LearningRule, Plasticity, Registry, SignalPath, Trace};
use ndarray::{Array1, Array2};
use numpy::{Element, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, ToPyArray};
use pyo3::prelude::*;

use crate::error::{OrRaise, config};

/// The first exception that a rule raised; others follow from it.
type Failure = Arc<Mutex<Option<PyErr>>>;

/// Makes Python rules: a callable that takes the run number and the layers at the start.
#[derive(Debug)]
pub(crate) struct PythonRule {
    make: Py<PyAny>,
    watch: Arc<Watch>,
    failure: Failure,
}

impl PythonRule {
    pub(crate) fn new(make: Py<PyAny>, watch: &Arc<Watch>) -> Self {
        Self {
            make,
            watch: Arc::clone(watch),
            failure: Failure::default(),
        }
    }

    /// Exception that a rule raised, if one did.
    pub(crate) fn failure(&self) -> Option<PyErr> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take()
    }

    fn make<T: Scalar + Element>(&self, run: u64, layers: &[Layer<T>]) -> Box<dyn LearningRule<T>> {
        let mut rule = Taught {
            object: None,
            failure: Arc::clone(&self.failure),
            feedback: Vec::new(),
            is_changed: false,
            path: SignalPath::Layerwise,
            teaches: false,
            updates: false,
        };
        let made = Python::attach(|py| -> PyResult<()> {
            let object = self.make.call1(py, (run, python_layers(py, layers)))?;
            if object.bind(py).getattr("path")?.extract::<String>()? == "direct" {
                rule.path = SignalPath::Direct;
            }
            rule.feedback = feedback_of(object.bind(py))?;
            rule.teaches = object.bind(py).getattr("teaches")?.extract()?;
            rule.updates = object.bind(py).getattr("updates")?.extract()?;
            rule.object = Some(object);
            Ok(())
        });
        if let Err(exception) = made {
            // Nothing is to be learned from further steps.
            self.watch.stop.store(true, Ordering::Relaxed);
            keep(&self.failure, exception);
        }
        Box::new(rule)
    }
}

/// Name and version of a rule that Python makes.
pub(crate) type RuleName = (String, Option<String>);

/// The built-in rules, and one that Python makes.
pub(crate) fn with_own(
    (name, version): RuleName,
    rule: Option<&Arc<PythonRule>>,
) -> PyResult<Registry> {
    let [single, double] = [rule.cloned(), rule.cloned()];
    let known = "the rule of a run that is only read";
    let custom = CustomRule::new(
        name,
        move |start| single.as_ref().expect(known).make(start.run, start.layers),
        move |start| double.as_ref().expect(known).make(start.run, start.layers),
    );
    let custom = match version {
        Some(version) => custom.with_version(version),
        None => custom,
    };
    let mut rules = Registry::built_in();
    rules.register(custom).or_raise()?;
    Ok(rules)
}

/// The experiment with its networks taught by a rule that Python makes, if there is one, and that rule.
pub(crate) fn taught(
    experiment: Experiment,
    make: Option<Py<PyAny>>,
    watch: &Arc<Watch>,
) -> PyResult<(Experiment, Option<Arc<PythonRule>>)> {
    let Some(make) = make else {
        return Ok((experiment, None));
    };
    let rule = Arc::new(PythonRule::new(make, watch));
    let (single, double) = (Arc::clone(&rule), Arc::clone(&rule));
    let custom = CustomRule::new(
        "python",
        move |start| single.make(start.run, start.layers),
        move |start| double.make(start.run, start.layers),
    );
    Ok((experiment.taught_by(&custom).or_raise()?, Some(rule)))
}

fn keep(failure: &Failure, exception: PyErr) {
    let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
    failure.get_or_insert(exception);
}

/// One run's rule: the Python object, and its feedback weights as it last left them.
struct Taught<T> {
    object: Option<Py<PyAny>>,
    failure: Failure,
    feedback: Vec<Array2<T>>,
    /// Whether they were handed out to be changed: Python learns of it before it teaches again.
    is_changed: bool,
    path: SignalPath,
    /// Whether it has the method `teach`; without it no signals are sent.
    teaches: bool,
    /// Whether it has the method `update`.
    updates: bool,
}

/// Weights, bias, factor, name of the activation.
type PyLayer<'py, T> = (
    Bound<'py, PyArray2<T>>,
    Option<Bound<'py, PyArray1<T>>>,
    f64,
    &'static str,
);

fn python_layers<'py, T: Scalar + Element>(
    py: Python<'py>,
    layers: &[Layer<T>],
) -> Vec<PyLayer<'py, T>> {
    let one = |layer: &Layer<T>| {
        (
            layer.weights.to_pyarray(py),
            layer.bias.as_ref().map(|bias| Array1::to_pyarray(bias, py)),
            layer.factor.to_f64(),
            layer.activation.name(),
        )
    };
    layers.iter().map(one).collect()
}

/// The rule's attribute `feedback`: a list of matrices, or nothing.
fn feedback_of<T: Element + Copy>(object: &Bound<'_, PyAny>) -> PyResult<Vec<Array2<T>>> {
    let Some(found) = object
        .getattr("feedback")?
        .extract::<Option<Vec<Bound<'_, PyAny>>>>()?
    else {
        return Ok(Vec::new());
    };
    found
        .iter()
        .map(|array| matrix("feedback", array))
        .collect()
}

/// A matrix in the engine's precision.
fn matrix<T: Element + Copy>(what: &str, array: &Bound<'_, PyAny>) -> PyResult<Array2<T>> {
    match array.extract::<PyReadonlyArray2<'_, T>>() {
        Ok(array) => Ok(array.as_array().to_owned()),
        Err(_) => Err(config(
            what,
            array.get_type().name()?,
            "expected a NumPy matrix of the engine's precision",
        )),
    }
}

impl<T: Scalar + Element> Taught<T> {
    fn ask(
        &mut self,
        layers: &[Layer<T>],
        trace: &Trace<T>,
        signals: &mut [Array2<T>],
    ) -> PyResult<()> {
        Python::attach(|py| {
            let object = &self.object(py)?;
            self.tell_feedback(object)?;
            let seen = python_trace(py, trace, None);
            let answer = object.call_method1("teach", (python_layers(py, layers), seen))?;
            let answer: Vec<Bound<'_, PyAny>> = answer.extract()?;
            if answer.len() != signals.len() {
                let expected = format!("expected {}, one for each hidden layer", signals.len());
                return Err(config("signals", answer.len(), &expected));
            }
            for (at, (signal, answer)) in signals.iter_mut().zip(&answer).enumerate() {
                let answer = matrix(&format!("signals[{at}]"), answer)?;
                if answer.dim() != signal.dim() {
                    let expected = format!("expected {:?}, (batch, units)", signal.dim());
                    let got = format!("{:?}", answer.dim());
                    return Err(config(&format!("signals[{at}].shape"), got, &expected));
                }
                *signal = answer.as_standard_layout().into_owned();
            }
            self.feedback = feedback_of(object)?;
            Ok(())
        })
    }

    /// The Python object.
    fn object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let object = self.object.as_ref().map(|object| object.bind(py).clone());
        object.ok_or_else(|| config("rule", "none", "it could not be made"))
    }

    /// Tells the object of feedback weights that were changed in its place.
    fn tell_feedback(&mut self, object: &Bound<'_, PyAny>) -> PyResult<()> {
        if std::mem::take(&mut self.is_changed) {
            let feedback = self.feedback.iter().map(|b| b.to_pyarray(object.py()));
            object.setattr("feedback", feedback.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    /// Writes the changes that the object's `update` makes.
    fn write(&mut self, step: &mut Plasticity<'_, T>, done: u64) -> PyResult<()> {
        Python::attach(|py| {
            let object = &self.object(py)?;
            self.tell_feedback(object)?;
            let seen = python_trace(py, step.trace, Some(&(step.inputs)()));
            let of_step = (done, step.step_size, step.loss);
            let layers = python_layers(py, step.layers);
            let answer = object.call_method1("update", (layers, seen, of_step))?;
            let answer: Vec<Changes<'_>> = answer.extract()?;
            if answer.len() != step.layers.len() {
                let expected = format!("expected {}, one for each layer", step.layers.len());
                return Err(config("changes", answer.len(), &expected));
            }
            for (at, (weights, biases)) in answer.iter().enumerate() {
                let (gradient, bias) = (&mut step.gradients[at], &mut step.bias_gradients[at]);
                gradient.fill(T::from_f64(0.0));
                bias.fill(T::from_f64(0.0));
                if let Some(weights) = weights {
                    let what = format!("changes[{at}]");
                    let found = matrix(&what, weights)?;
                    if found.dim() != gradient.dim() {
                        let expected = format!("expected {:?}, as the weights", gradient.dim());
                        let shape = format!("{:?}", found.dim());
                        return Err(config(&format!("{what}.shape"), shape, &expected));
                    }
                    gradient.assign(&found);
                }
                if let Some(biases) = biases {
                    let found = biases.extract::<PyReadonlyArray1<'_, T>>();
                    let fits = found
                        .as_ref()
                        .is_ok_and(|found| found.as_array().len() == bias.len());
                    let Some(found) = found.ok().filter(|_| fits) else {
                        let expected = format!("expected {} numbers, as the layer has", bias.len());
                        let what = format!("bias changes[{at}]");
                        return Err(config(&what, biases.get_type().name()?, &expected));
                    };
                    bias.assign(&found.as_array());
                }
            }
            self.feedback = feedback_of(object)?;
            Ok(())
        })
    }
}

/// Changes of a layer's weights and of its biases, where there are any.
type Changes<'py> = (Option<Bound<'py, PyAny>>, Option<Bound<'py, PyAny>>);

/// Activities, derivatives, outputs, residual, targets, and inputs where they are wanted.
type PyTrace<'py, T> = (
    Vec<Bound<'py, PyArray2<T>>>,
    Vec<Bound<'py, PyArray2<T>>>,
    Bound<'py, PyArray2<T>>,
    Bound<'py, PyArray2<T>>,
    Bound<'py, PyArray2<T>>,
    Option<Bound<'py, PyArray2<T>>>,
);

fn python_trace<'py, T: Scalar + Element>(
    py: Python<'py>,
    trace: &Trace<T>,
    inputs: Option<&Array2<T>>,
) -> PyTrace<'py, T> {
    let hidden = 0..trace.activities.len();
    (
        trace.activities.iter().map(|a| a.to_pyarray(py)).collect(),
        hidden
            .map(|at| trace.derivatives(at).to_pyarray(py))
            .collect(),
        trace.outputs.to_pyarray(py),
        trace.residual.to_pyarray(py),
        trace.targets.to_pyarray(py),
        inputs.map(|inputs| inputs.to_pyarray(py)),
    )
}

impl<T: Scalar + Element> LearningRule<T> for Taught<T> {
    fn teach(
        &mut self,
        layers: &[Layer<T>],
        trace: &Trace<T>,
        signals: &mut [Array2<T>],
        _: &mut Stream,
    ) {
        if !self.teaches && self.object.is_some() {
            for signal in signals {
                signal.fill(T::from_f64(0.0));
            }
            return;
        }
        if let Err(exception) = self.ask(layers, trace, signals) {
            keep(&self.failure, exception);
            // The run diverges, which ends it.
            for signal in signals {
                signal.fill(T::from_f64(f64::NAN));
            }
        }
    }

    fn plasticity(&mut self, step: &mut Plasticity<'_, T>, _: &mut Stream) -> bool {
        // What is only measured must not move the rule's own traces.
        let Some(done) = step.step.filter(|_| self.updates) else {
            return false;
        };
        if let Err(exception) = self.write(step, done) {
            keep(&self.failure, exception);
            for gradient in &mut *step.gradients {
                gradient.fill(T::from_f64(f64::NAN));
            }
        }
        step.are_changes = true;
        true
    }

    fn feedback(&self) -> Option<&[Array2<T>]> {
        (!self.feedback.is_empty()).then_some(&self.feedback)
    }

    fn feedback_mut(&mut self) -> Option<&mut [Array2<T>]> {
        self.is_changed = true;
        (!self.feedback.is_empty()).then_some(&mut self.feedback)
    }

    fn path(&self) -> SignalPath {
        self.path
    }
}
