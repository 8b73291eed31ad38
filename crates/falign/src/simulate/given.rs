//! Experiments on data that the caller has in memory.

use std::path::Path;
use std::sync::Arc;

use toml::{Table, Value};

use super::sources::{LabelledPair, Sources};
use crate::config::{Experiment, forget_data, tell_image};
use crate::data::Dataset;
use crate::file::path_text;
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
    Ok((Experiment::from_flat_with(&flat, None, rules)?, sources))
}

/// Path of the held-out data of training data at `path`.
pub fn held_out_path(path: &Path) -> std::path::PathBuf {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    path.with_extension(format!("{HELD_OUT}.{ending}"))
}
