//! Experiments on data that the caller has in memory.

use std::path::Path;
use std::sync::Arc;

use toml::{Table, Value};

use super::sources::{LabelledPair, Sources};
use crate::config::keys::{DataKey, leaf};
use crate::config::value::short;
use crate::config::{Experiment, forget_data, tell_image};
use crate::data::Dataset;
use crate::file::path_text;
use crate::measure::Quantity;
use crate::rule::Registry;
use crate::{Error, Result};

/// Data in memory, in the place of whatever data an experiment names.
#[derive(Debug, Clone)]
pub enum Given {
    /// Real targets.
    Reals {
        /// Data to train on.
        train: Arc<Dataset>,
        /// Data for `held_out_loss`.
        held_out: Option<Arc<Dataset>>,
    },
    /// A class for each sample.
    Classes(LabelledPair),
}

/// Name of held-out data where files would have their paths.
const HELD_OUT: &str = "held_out";

/// A checked experiment from a flat table (see [`Experiment::from_flat`]) with `given` in the
/// place of its data, and sources that hold them. `path` names the data: a file, absolute, where
/// they have been or will be stored, which makes its ids those of an experiment on that file; of
/// held-out data the same name with `.held_out` before the ending. `rules` are those that it may name.
///
/// # Errors
/// As [`Experiment::parse`]; [`Error::Shape`] where held-out data have other columns.
///
/// # Example
/// ```
/// use std::{path::Path, sync::Arc};
/// use falign::data::Dataset;
/// use falign::internal::plan::in_memory;
/// use falign::internal::simulate::given;
/// use falign::rule::Registry;
/// use ndarray::array;
/// let data = Dataset::new(array![[1.0, 2.0], [0.5, -1.0]], array![[1.0], [0.0]])?;
/// let given = given::Given::Reals { train: Arc::new(data), held_out: None };
/// let flat = "width = 20\nsteps = 10\nruns = 3".parse().unwrap();
/// let (experiment, sources) = given::experiment(flat, &given, Path::new("mine.npz"), &Registry::built_in())?;
/// let runs = in_memory::run(&experiment, &sources, &Default::default())?;
/// assert_eq!(runs[0].iter().flatten().count(), 3);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn experiment(
    mut flat: Table,
    given: &Given,
    path: &Path,
    rules: &Registry,
) -> Result<(Experiment, Sources)> {
    refuse_generated(&flat, &given.sizes())?;
    forget_data(&mut flat);
    let sources = Sources::default();
    let mut name = |key: &str, path: &Path| {
        flat.insert(key.to_owned(), Value::String(path_text(path)));
    };
    match given {
        Given::Reals { train, held_out } => {
            name("train_data", path);
            sources.give_dataset(path, Arc::clone(train));
            if let Some(held_out) = held_out {
                let path = held_out_path(path);
                name("held_out_data", &path);
                sources.give_dataset(&path, Arc::clone(held_out));
                let columns = |set: &Dataset| (set.input_dim(), set.outputs());
                if columns(held_out) != columns(train) {
                    return Err(Error::shape(
                        "held-out data",
                        format!(
                            "{:?} (input, target) columns, as the training data",
                            columns(train)
                        ),
                        format!("{:?}", columns(held_out)),
                    ));
                }
            }
        }
        Given::Classes(pair) => {
            name("labelled_data", path);
            tell_image(&mut flat, pair.train.sample_shape());
            sources.give_labelled(path, pair.clone());
        }
    }
    let mut experiment = Experiment::from_flat_with(&flat, None, rules)?;
    if let Given::Reals {
        held_out: Some(_), ..
    } = given
        && !flat.contains_key(QUANTITIES)
    {
        flat.insert(QUANTITIES.to_owned(), with_held_out(&experiment));
        experiment = Experiment::from_flat_with(&flat, None, rules)?;
    }
    Ok((experiment, sources))
}

const QUANTITIES: &str = "quantities";

/// Names of what an experiment measures, and of the loss on held-out data, which are measured where they are given.
fn with_held_out(experiment: &Experiment) -> Value {
    let setting = &experiment.settings[0].setting;
    let measured = setting.quantities.iter().copied();
    let is_two_layer = setting.two_layer().is_some();
    let more = is_two_layer.then_some(Quantity::HeldOutLoss);
    let names = measured.chain(more).map(|one| one.name().into_owned());
    Value::Array(names.map(Value::String).collect())
}

impl Given {
    /// Samples, inputs and outputs or classes, by the keys that say them of generated data.
    fn sizes(&self) -> [(&'static str, usize); 3] {
        let [samples, inputs, outputs] = match self {
            Self::Reals { train, .. } => [train.samples(), train.input_dim(), train.outputs()],
            Self::Classes(LabelledPair { train, .. }) => {
                [train.samples(), train.input_dim(), train.classes()]
            }
        };
        [
            ("samples", samples),
            ("input_dim", inputs),
            ("outputs", outputs),
        ]
    }
}

/// Refuses keys that describe generated data, unless they say of given ones what is so.
fn refuse_generated(flat: &Table, sizes: &[(&str, usize)]) -> Result<()> {
    // Validation samples are drawn run by run, or once for all.
    let is_split = flat.contains_key("validation");
    let generated = |name: &str| {
        let key = leaf(name).filter(|key| key.data == DataKey::Generated);
        key.filter(|key| !(is_split && key.leaf == "dataset"))
    };
    let refuse = |name: &str, value: &Value, what: &str| {
        let why = format!("describes generated data, but {what}; leave it out");
        Err(Error::config(name, short(value), why))
    };
    for (name, value) in flat {
        let Some(key) = generated(name) else {
            continue;
        };
        match sizes.iter().find(|(size, _)| *size == key.leaf) {
            Some((_, size)) if value.as_integer() == i64::try_from(*size).ok() => {}
            Some((_, size)) => return refuse(name, value, &format!("the data given have {size}")),
            None => return refuse(name, value, "data are given"),
        }
    }
    let cases = flat.get("case").and_then(Value::as_array);
    let tables = cases.into_iter().flatten().filter_map(Value::as_table);
    for table in std::iter::once(flat).chain(tables) {
        let sweep = table.get("sweep").and_then(Value::as_table);
        let mut keys = sweep.into_iter().flatten();
        if let Some((name, value)) = keys.find(|(name, _)| generated(name).is_some()) {
            return refuse(&format!("sweep.{name}"), value, "data are given");
        }
    }
    Ok(())
}

/// Path of the held-out data of training data at `path`.
pub fn held_out_path(path: &Path) -> std::path::PathBuf {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    path.with_extension(format!("{HELD_OUT}.{ending}"))
}
