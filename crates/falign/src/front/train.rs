//! Choices of a training, key by key.

use std::path::Path;
use std::sync::Arc;

use ndarray::{ArrayRef, ArrayRef2, Axis, Dimension, Ix2};
use toml::{Table, Value};

use super::Run;
use crate::config::{Experiment, parse_value};
use crate::data::{Dataset, TrainTest};
use crate::math::{Activation, Precision};
use crate::measure::Quantity;
use crate::plan::in_memory;
use crate::rule::{Registry, Rule};
use crate::simulate::given::{self, Given};
use crate::simulate::sources::{LabelledPair, Sources};
use crate::simulate::watch::Watch;
use crate::{Error, Result};

/// Name of data in memory, where an experiment file would have a path.
const IN_MEMORY: &str = "in_memory";

/// Training of two-layer networks on inputs (samples, `input_dim`) and real targets: (samples,) for
/// one output, or (samples, outputs).
///
/// # Example
/// ```
/// use ndarray::Array;
/// let x = Array::from_shape_fn((30, 60), |(i, j)| ((7 * i + 3 * j) as f64).sin());
/// let y = x.column(0);
/// let run = falign::train(&x, &y)
///     .rule(falign::rule::Rule::FeedbackAlignment)
///     .activation(falign::math::Activation::Tanh)
///     .width(100)
///     .ridge(0.1)
///     .step_size(1e-2)
///     .steps(50)
///     .runs(5)
///     .run()?;
/// assert_eq!(run.alignment().dim(), (5, run.steps().len())); // runs, recorded steps
/// for row in run.rows() {
///     println!("{} {:.3}", row.step(), row.mean(falign::measure::Quantity::Alignment));
/// }
/// # Ok::<(), falign::Error>(())
/// ```
pub fn train<D: Dimension>(inputs: &ArrayRef2<f64>, targets: &ArrayRef<f64, D>) -> Train {
    let data = reals(inputs, targets).map(|train| Given::Reals {
        train: Arc::new(train),
        held_out: None,
    });
    Train::on(data)
}

/// Training of networks of any depth on samples of known class, in batches (see
/// [`hidden_widths`](Train::hidden_widths)).
///
/// # Example
/// ```
/// use falign::data::{Inputs, Labelled, TrainTest};
/// use ndarray::Array;
/// let set = |from: usize| {
///     let x = Array::from_shape_fn((40, 6), |(i, j)| ((from + 5 * i + j) as f64 * 0.7).sin());
///     Labelled::new(Inputs::real(x), vec![6], (0..40).map(|i| i % 2).collect(), 2)
/// };
/// let run = falign::train_classes(TrainTest::new(set(0)?, set(1000)?)?)
///     .rule(falign::rule::Rule::DirectFeedbackAlignment)
///     .hidden_widths(&[12, 8])
///     .step_size(0.05)
///     .set("epochs", "3")
///     .set("batch", "10")
///     .quantities(&[falign::measure::Quantity::TestAccuracy])
///     .run()?;
/// assert!(run.values(falign::measure::Quantity::TestAccuracy).is_some());
/// # Ok::<(), falign::Error>(())
/// ```
pub fn train_classes(data: TrainTest) -> Train {
    Train::on(Ok(Given::Classes(LabelledPair::new(data))))
}

fn reals<D: Dimension>(inputs: &ArrayRef2<f64>, targets: &ArrayRef<f64, D>) -> Result<Dataset> {
    let shape = format!("{:?}", targets.shape());
    let mut targets = targets.to_owned().into_dyn();
    if targets.ndim() == 1 {
        targets.insert_axis_inplace(Axis(1));
    }
    let targets = targets
        .into_dimensionality::<Ix2>()
        .map_err(|_| Error::shape("targets", "(samples,) or (samples, outputs)", shape))?;
    Dataset::new(inputs.to_owned(), targets)
}

/// Choices of a training. What is not chosen has the default of its key; `falign keys` and
/// `docs/config.md` list them all.
///
/// # Example
/// ```
/// use falign::rule::Rule;
/// use ndarray::array;
/// let x = array![[1.0, 0.2], [-0.3, 1.0], [0.5, -0.7]];
/// let choices = falign::train(&x, &array![1.0, -1.0, 0.5]).rule(Rule::Backpropagation).width(20).steps(10);
/// // The same choices as an experiment file, with every key written out.
/// assert!(choices.experiment()?.resolved_toml().contains("rule = \"backpropagation\""));
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is trained before `run`"]
pub struct Train {
    keys: Table,
    rules: Registry,
    /// The data, or the first mistake of a call before.
    data: Result<Given>,
}

impl Train {
    fn on(data: Result<Given>) -> Self {
        Self {
            keys: Table::new(),
            rules: Registry::built_in(),
            data,
        }
    }

    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.keys.insert(key.to_owned(), value.into());
        self
    }

    /// A count, which TOML has up to 2^63: larger ones are refused by their key.
    fn with_count(self, key: &str, count: u64) -> Self {
        match i64::try_from(count) {
            Ok(count) => self.with(key, count),
            Err(_) => self.with(key, count.to_string()),
        }
    }

    /// Samples to report `held_out_loss` on, with the columns of the training data.
    pub fn held_out<D: Dimension>(
        mut self,
        inputs: &ArrayRef2<f64>,
        targets: &ArrayRef<f64, D>,
    ) -> Self {
        self.data = self.data.and_then(|data| match data {
            Given::Reals { train, .. } => Ok(Given::Reals {
                train,
                held_out: Some(Arc::new(reals(inputs, targets)?)),
            }),
            Given::Classes(_) => Err(Error::config(
                "held_out",
                "real targets",
                "samples with classes bring their own test set",
            )),
        });
        self
    }

    /// The learning rule, a custom one included: networks of any depth have those.
    pub fn rule(mut self, rule: impl Into<Rule>) -> Self {
        let rule = rule.into();
        if let Some(custom) = rule.custom() {
            // Of two calls the last one counts.
            self.rules = Registry::built_in();
            if let Err(error) = self.rules.register(custom.clone()) {
                self.data = self.data.and(Err(error));
            }
        }
        self.with("rule", rule.name())
    }

    /// The activation of hidden units.
    pub fn activation(self, activation: Activation) -> Self {
        self.with("activation", activation.name())
    }

    /// p, hidden units of a two-layer network; linear ones up to 10^15.
    pub fn width(self, units: u64) -> Self {
        self.with_count("width", units)
    }

    /// Units of each hidden layer, from the input up: a network of any depth, trained in batches.
    pub fn hidden_widths(self, units: &[usize]) -> Self {
        let units: Vec<Value> = units
            .iter()
            .map(|&units| Value::from(i64::try_from(units).unwrap_or(i64::MAX)))
            .collect();
        self.with("hidden_widths", units)
    }

    /// lambda, the ridge.
    pub fn ridge(self, ridge: f64) -> Self {
        self.with("ridge", ridge)
    }

    /// eta, the step size.
    pub fn step_size(self, eta: f64) -> Self {
        self.with("step_size", eta)
    }

    /// Number of steps.
    pub fn steps(self, steps: u64) -> Self {
        self.with_count("steps", steps)
    }

    /// Number of runs, which differ in their random numbers.
    pub fn runs(self, runs: u64) -> Self {
        self.with_count("runs", runs)
    }

    /// Root of all random numbers.
    pub fn seed(self, seed: u64) -> Self {
        self.with_count("seed", seed)
    }

    /// Precision of the network's numbers.
    pub fn precision(self, precision: Precision) -> Self {
        self.with("precision", precision.name())
    }

    /// Measured quantities, in place of those that are recorded by default.
    pub fn quantities(self, quantities: &[Quantity]) -> Self {
        let names: Vec<Value> = quantities
            .iter()
            .map(|quantity| Value::from(quantity.name().into_owned()))
            .collect();
        self.with("quantities", names)
    }

    /// Any key, with or without its section, and its value as in an experiment file:
    /// `set("record", "{ every = 10 }")`. A text that is no TOML is taken as a string.
    pub fn set(self, key: &str, value: &str) -> Self {
        let leaf = key.rsplit('.').next().unwrap_or(key);
        let value = parse_value(value).unwrap_or_else(|| Value::from(value));
        self.with(leaf, value)
    }

    /// The checked experiment of these choices, which has one setting.
    ///
    /// # Errors
    /// [`Error::Config`] naming the key, the value and what is accepted; [`Error::Shape`] for
    /// arrays that do not fit each other.
    pub fn experiment(self) -> Result<Experiment> {
        Ok(self.checked()?.0)
    }

    fn checked(self) -> Result<(Experiment, Sources)> {
        let checked = given::experiment(self.keys, &self.data?, Path::new(IN_MEMORY), &self.rules)?;
        match checked.0.settings.len() {
            1 => Ok(checked),
            swept => Err(Error::config(
                "sweep",
                format!("{swept} settings"),
                "expected one setting; train each of them by itself",
            )),
        }
    }

    /// Trains all runs, spread over the current rayon pool. The numbers do not depend on the number
    /// of threads.
    ///
    /// # Errors
    /// As [`experiment`](Self::experiment) and [`in_memory::run`](fn@in_memory::run). A run that
    /// diverges is no error: see [`Run::outcomes`].
    ///
    /// # Panics
    /// Never: nobody stops it, so that every run is finished.
    pub fn run(self) -> Result<Run> {
        let (experiment, sources) = self.checked()?;
        let mut runs = in_memory::run(&experiment, &sources, &Watch::default())?;
        let finished = runs.swap_remove(0).into_iter();
        let finished = finished.map(|run| run.expect("nobody stopped it"));
        Ok(Run::new(&experiment.settings[0], finished.collect()))
    }
}
