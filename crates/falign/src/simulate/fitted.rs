//! What a trained network keeps of its data.

use std::sync::Arc;

use ndarray::Array2;

use super::deep::scaler;
use super::given::Given;
use super::sources::{LabelledPair, Sources};
use crate::Result;
use crate::config::setting::Setting;
use crate::data::{Dataset, Inputs, Labelled, Scaler};

/// Facts of training data that predictions need: sizes, the scaling of inputs, and their ranges. Cost: numbers of a
/// sample, not of the data.
///
/// # Example
/// ```
/// use std::{path::Path, sync::Arc};
/// use falign::data::Dataset;
/// use falign::internal::simulate::{Fitted, given};
/// use falign::rule::Registry;
/// use ndarray::array;
/// let data = Dataset::new(array![[1.0, 2.0], [0.5, -1.0]], array![[1.0], [0.0]])?;
/// let given = given::Given::Reals { train: Arc::new(data), held_out: None };
/// let flat = "width = 20\nsteps = 10\nruns = 3".parse().unwrap();
/// let path = Path::new("mine.npz");
/// let (experiment, sources) = given::experiment(flat, &given, path, &Registry::built_in())?;
/// let fitted = Fitted::of(&experiment.settings[0].setting, 0, &sources)?.unwrap();
/// assert_eq!((fitted.low, fitted.high), (vec![0.5, -1.0], vec![1.0, 2.0]));
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// Kind of the inputs.
    pub kind: InputKind,
    /// Axes of a sample.
    pub shape: Vec<usize>,
    /// Outputs, or classes.
    pub outputs: usize,
    /// Number that is subtracted from each input, or one for all; empty where they are taken as they are.
    pub shift: Vec<f64>,
    /// Number that they are divided by, likewise.
    pub divisor: Vec<f64>,
    /// The smallest number of each input.
    pub low: Vec<f64>,
    /// The largest number of each input.
    pub high: Vec<f64>,
}

/// Kind of training data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// Inputs with real targets.
    Reals,
    /// Pixels with a class.
    Pixels,
    /// Real numbers with a class.
    Classes,
}

impl InputKind {
    const ALL: [Self; 3] = [Self::Reals, Self::Pixels, Self::Classes];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reals => "reals",
            Self::Pixels => "pixels",
            Self::Classes => "classes",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Fitted {
    /// Facts that run `run` of a setting keeps of stored data; `None` where data are drawn.
    ///
    /// # Errors
    /// As reading the data and fitting their scaling.
    pub fn of(setting: &Setting, run: u64, sources: &Sources) -> Result<Option<Self>> {
        if let Some(pair) = sources.reals(setting)? {
            let scaler = sources.real_scaler(setting)?;
            let inputs = Inputs::Reals(pair.train.inputs.clone());
            let shape = vec![pair.train.input_dim()];
            let outputs = pair.train.outputs();
            let kind = InputKind::Reals;
            return Ok(Some(Self::new((kind, shape, outputs), scaler, &inputs)));
        }
        let Setting::Network(network) = setting else {
            return Ok(None);
        };
        let Some(LabelledPair { train, .. }) = sources.labelled(setting)? else {
            return Ok(None);
        };
        let kind = match train.inputs() {
            Inputs::Pixels(_) => InputKind::Pixels,
            Inputs::Singles(_) | Inputs::Reals(_) => InputKind::Classes,
        };
        let scaler = Some(scaler(network, run, sources)?);
        let facts = (kind, train.sample_shape().to_vec(), train.classes());
        Ok(Some(Self::new(facts, scaler, train.inputs())))
    }

    fn new(
        (kind, shape, outputs): (InputKind, Vec<usize>, usize),
        scaler: Option<Scaler>,
        inputs: &Inputs,
    ) -> Self {
        let (shift, divisor) = scaler.map_or_else(Default::default, |scaler| {
            (scaler.shift().to_vec(), scaler.divisor().to_vec())
        });
        let (low, high) = ranges(inputs);
        Self {
            kind,
            shape,
            outputs,
            shift,
            divisor,
            low,
            high,
        }
    }

    /// Numbers of a sample.
    pub fn input_dim(&self) -> usize {
        self.shape.iter().product()
    }

    /// The fitted scaling.
    pub(crate) fn scaler(&self) -> Option<Scaler> {
        let parts = (self.shift.clone(), self.divisor.clone());
        (!self.shift.is_empty()).then(|| Scaler::from_parts(parts, self.input_dim()))
    }

    /// One sample of the same shape, for what asks data for their sizes.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) where sizes are 0.
    pub fn stand_in(&self) -> Result<Given> {
        let numbers = self.input_dim();
        if self.kind == InputKind::Reals {
            let (inputs, targets) = (
                Array2::zeros((1, numbers)),
                Array2::zeros((1, self.outputs)),
            );
            let train = Arc::new(Dataset::new(inputs, targets)?);
            // Settings that measure something on held-out data ask for some.
            let held_out = Some(Arc::clone(&train));
            return Ok(Given::Reals { train, held_out });
        }
        let inputs = match self.kind {
            InputKind::Pixels => Inputs::Pixels(Array2::zeros((1, numbers)).into()),
            _ => Inputs::Reals(Array2::zeros((1, numbers)).into()),
        };
        let train = Labelled::new(inputs, self.shape.clone(), vec![0], self.outputs)?;
        Ok(Given::Classes(LabelledPair::without_test(train)))
    }

    /// Whether numbers are nowhere below 0 or above 1.
    pub(crate) fn is_within_one(&self) -> bool {
        self.low.iter().all(|low| *low >= 0.0) && self.high.iter().all(|high| *high <= 1.0)
    }
}

/// The smallest and the largest number of each input.
fn ranges(inputs: &Inputs) -> (Vec<f64>, Vec<f64>) {
    let columns = inputs.dim().1;
    let mut low = vec![f64::INFINITY; columns];
    let mut high = vec![f64::NEG_INFINITY; columns];
    inputs.each(|_, column, x| {
        low[column] = low[column].min(x);
        high[column] = high[column].max(x);
    });
    (low, high)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::rule::Registry;
    use crate::simulate::given;
    use ndarray::array;

    /// The words that files of pickles hold.
    #[test]
    fn kinds_are_found_by_their_names() {
        for kind in InputKind::ALL {
            assert_eq!(InputKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(InputKind::from_name("tokens"), None);
    }

    #[test]
    fn scaling_and_sizes_are_those_of_the_data() {
        let x = array![[1u8, 250, 3], [7, 9, 40], [0, 128, 90], [11, 13, 17]];
        let labels = vec![0, 2, 1, 0];
        let set = Labelled::new(Inputs::Pixels(x.into()), vec![3], labels, 3).unwrap();
        let pair = Given::Classes(LabelledPair::without_test(set));
        for scaling in ["unit", "standardise", "standardise_per_feature", "none"] {
            let flat = format!("scaling = \"{scaling}\"\nstep_size = 0.1")
                .parse()
                .unwrap();
            let path = Path::new("given.npz");
            let rules = Registry::built_in();
            let (experiment, sources) = given::experiment(flat, &pair, path, &rules).unwrap();
            let setting = &experiment.settings[0].setting;
            let fitted = Fitted::of(setting, 0, &sources).unwrap().unwrap();
            assert_eq!((fitted.input_dim(), fitted.outputs), (3, 3));
            let network = setting.network().unwrap();
            let expected = scaler(network, 0, &sources).unwrap();
            assert_eq!(fitted.scaler(), Some(expected), "{scaling}");
            let stand_in = fitted.stand_in().unwrap();
            let Given::Classes(pair) = stand_in else {
                panic!("samples with classes")
            };
            assert!(matches!(pair.train.inputs(), Inputs::Pixels(_)));
            assert_eq!(fitted.high, [11.0, 250.0, 90.0]);
        }
    }
}
