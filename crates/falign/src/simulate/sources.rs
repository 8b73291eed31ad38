//! Data sets that are read once and then shared by all runs of an experiment, and the limits
//! that were solved for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::fitted::Fitted;
use super::shapes::held_out_fits;
use crate::Result;
use crate::config::setting::Keys;
use crate::data::{
    Dataset, ImageAxes, Labelled, NamedSet, Scaler, Scaling, TableOptions, TrainTest, catalogue,
    is_labelled_table, load_pair, load_tables,
};
use crate::file::path_text;
use crate::theory::SlowEstimate;

/// Data that were read so far. A set is read by whoever asks first; others wait for it.
#[derive(Debug, Default)]
pub struct Sources {
    datasets: Mutex<BTreeMap<(PathBuf, String), Arc<NamedSet>>>,
    /// Scaled data sets by what they were made of, and how.
    scaled: Mutex<BTreeMap<(usize, String), Scaled>>,
    labelled: Mutex<BTreeMap<String, LabelledPair>>,
    slow_times: Mutex<BTreeMap<[u8; 32], Arc<Vec<SlowEstimate>>>>,
    /// Facts of the data on which a network was trained, in the place of the data.
    fitted: OnceLock<Fitted>,
}

/// A data set as it was read, and with its inputs scaled.
#[derive(Debug)]
struct Scaled {
    /// Kept, for its place in memory is its name.
    _stored: Arc<Dataset>,
    set: Arc<Dataset>,
}

/// A data set by its file and how that is read.
fn dataset_key(path: &Path, options: &TableOptions) -> (PathBuf, String) {
    (path.to_owned(), format!("{options:?}"))
}

/// Data with real targets.
#[derive(Debug, Clone)]
pub struct RealPair {
    /// Data to train on.
    pub train: Arc<Dataset>,
    /// Data for `held_out_loss`.
    pub held_out: Option<Arc<Dataset>>,
}

/// A training and a test set with classes.
#[derive(Debug, Clone)]
pub struct LabelledPair {
    /// Data to train on.
    pub train: Arc<Labelled>,
    /// Data to report on.
    pub test: Arc<Labelled>,
}

impl LabelledPair {
    /// Pair of a checked training and test set.
    pub fn new(data: TrainTest) -> Self {
        let (train, test) = data.into_parts();
        Self {
            train: Arc::new(train),
            test: Arc::new(test),
        }
    }

    /// Reads what `data.labelled_data` names: both sets, or a table with a column of labels, whose
    /// test set is another table of the same columns.
    ///
    /// # Errors
    /// As [`load_train_test`](crate::data::load_train_test) and [`load_labelled`](crate::data::load_labelled);
    /// [`Error::Data`](crate::Error::Data) for options of tables where there is none.
    pub fn read(
        path: &Path,
        test: Option<&Path>,
        table: &TableOptions,
        axes: ImageAxes,
    ) -> Result<Self> {
        if is_labelled_table(path) {
            let (train, test) = load_tables(path, test, table)?;
            let train = Arc::new(train);
            return Ok(Self {
                test: test.map_or_else(|| Arc::clone(&train), Arc::new),
                train,
            });
        }
        if *table != TableOptions::default() {
            let reason = "data.target, data.ignore and data.header are about columns of CSV and NPY \
                          files; remove them";
            return Err(crate::Error::data(path, reason));
        }
        Ok(Self::new(load_pair(path, axes)?))
    }

    /// A training set that is reported on as well.
    pub fn without_test(train: Labelled) -> Self {
        let train = Arc::new(train);
        Self {
            test: Arc::clone(&train),
            train,
        }
    }
}

impl Sources {
    /// The data with real targets that a setting names; `None` if it names none.
    ///
    /// # Errors
    /// As [`load_table`](crate::data::load_table); [`Error::Shape`](crate::Error::Shape) where held-out data have other
    /// columns than the training data.
    pub fn reals(&self, setting: &Keys) -> Result<Option<RealPair>> {
        let Some(path) = &setting.train_data else {
            return Ok(None);
        };
        let train = self.dataset(path, &setting.table)?;
        let held_out = setting.held_out_data.as_deref();
        let held_out = held_out
            .map(|path| {
                let set = self.dataset(path, &setting.table)?;
                let columns = |set: &Dataset| (set.input_dim(), set.outputs());
                held_out_fits(path, columns(&set.set), columns(&train.set))?;
                set.fits(path, &train)?;
                Ok::<_, crate::Error>(Arc::clone(&set.set))
            })
            .transpose()?;
        let train = Arc::clone(&train.set);
        Ok(Some(RealPair { train, held_out }))
    }

    /// How the inputs of [`reals`](Self::reals) are scaled; `None` if they are taken as they are.
    ///
    /// # Errors
    /// As [`reals`](Self::reals) and [`Scaling::fit_reals`].
    pub(crate) fn real_scaler(&self, setting: &Keys) -> Result<Option<Scaler>> {
        if let Some(fitted) = self.fitted() {
            return Ok(fitted.scaler());
        }
        let scaling = setting.classes.resolved_scaling();
        match self.reals(setting)? {
            Some(pair) if scaling != Scaling::None => {
                scaling.fit_reals(&pair.train.inputs).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The data with real targets that a setting names, scaled as it says; held-out data by the
    /// statistics of the training data.
    ///
    /// # Errors
    /// As [`real_scaler`](Self::real_scaler).
    pub(crate) fn scaled_reals(&self, setting: &Keys) -> Result<Option<RealPair>> {
        let Some(pair) = self.reals(setting)? else {
            return Ok(None);
        };
        let Some(scaler) = self.real_scaler(setting)? else {
            return Ok(Some(pair));
        };
        let scaled = |set: &Arc<Dataset>| {
            let mut known = self.scaled.lock().unwrap_or_else(PoisonError::into_inner);
            // Shifts and divisors tell the training data as far as they matter.
            let key = (Arc::as_ptr(set) as usize, format!("{scaler:?}"));
            if let Some(scaled) = known.get(&key) {
                return Ok(Arc::clone(&scaled.set));
            }
            let inputs = scaler.scale_reals(&set.inputs)?;
            let made = Arc::new(Dataset::new(inputs, set.targets.clone())?);
            known.insert(
                key,
                Scaled {
                    _stored: Arc::clone(set),
                    set: Arc::clone(&made),
                },
            );
            Ok::<_, crate::Error>(made)
        };
        Ok(Some(RealPair {
            train: scaled(&pair.train)?,
            held_out: pair.held_out.as_ref().map(scaled).transpose()?,
        }))
    }

    /// The data set with real targets in this file.
    fn dataset(&self, path: &Path, options: &TableOptions) -> Result<Arc<NamedSet>> {
        let mut known = self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
        let key = dataset_key(path, options);
        if let Some(set) = known.get(&key) {
            return Ok(Arc::clone(set));
        }
        let set = Arc::new(NamedSet::load(path, options)?);
        known.insert(key, Arc::clone(&set));
        Ok(set)
    }

    /// The slow-time limit of that key, solved now if nobody did before. Several runs may solve it
    /// at once, with the same result: waiting could lock a pool of threads that share the work.
    pub(super) fn slow_time(
        &self,
        key: [u8; 32],
        solve: impl FnOnce() -> Result<Vec<SlowEstimate>>,
    ) -> Result<Arc<Vec<SlowEstimate>>> {
        let known = || {
            self.slow_times
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(limit) = known().get(&key) {
            return Ok(Arc::clone(limit));
        }
        let limit = Arc::new(solve()?);
        known().insert(key, Arc::clone(&limit));
        Ok(limit)
    }

    /// Holds facts of training data, by which new inputs are scaled and judged whatever the data are.
    ///
    /// # Panics
    /// If it holds some already.
    pub fn give_fitted(&self, fitted: Fitted) {
        let given = self.fitted.set(fitted);
        given.expect("facts of one data set");
    }

    /// Facts that [`give_fitted`](Self::give_fitted) was given.
    pub(crate) fn fitted(&self) -> Option<&Fitted> {
        self.fitted.get()
    }

    /// Holds a data set for this path, which is then never read.
    pub fn give_dataset(&self, path: &Path, set: Arc<Dataset>) {
        let mut known = self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
        let key = dataset_key(path, &TableOptions::default());
        known.insert(key, Arc::new(NamedSet::unnamed(set)));
    }

    /// Holds data with classes for this `labelled_data`, which is then never read.
    pub fn give_labelled(&self, path: &Path, pair: LabelledPair) {
        let mut known = self.labelled.lock().unwrap_or_else(PoisonError::into_inner);
        let key = format!("{} {}", path_text(path), ImageAxes::default().name());
        known.insert(key, pair);
    }

    /// The stored data set with classes that a setting names; `None` if it names none.
    ///
    /// # Errors
    /// As [`catalogue::load`] and [`LabelledPair::read`].
    pub fn labelled(&self, setting: &Keys) -> Result<Option<LabelledPair>> {
        let classes = &setting.classes;
        let dir = classes.data_dir.as_deref();
        let (table, test) = (&setting.table, setting.held_out_data.as_deref());
        let (key, read): (String, &dyn Fn() -> Result<LabelledPair>) =
            match (&classes.labelled, &classes.labelled_data) {
                (Some(_), _) if classes.drawn().is_some() => return Ok(None),
                (Some(name), _) => (format!("{name} {dir:?}"), &|| {
                    Ok(LabelledPair::new(catalogue::load(name, dir)?.data))
                }),
                (None, Some(path)) => {
                    let key = if is_labelled_table(path) {
                        format!("{} {test:?} {table:?}", path_text(path))
                    } else {
                        path_text(path)
                    };
                    let axes = classes.image_axes;
                    let key = format!("{key} {}", axes.name());
                    (key, &move || LabelledPair::read(path, test, table, axes))
                }
                (None, None) => return Ok(None),
            };
        let mut known = self.labelled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pair) = known.get(&key) {
            return Ok(Some(pair.clone()));
        }
        let pair = read()?;
        known.insert(key, pair.clone());
        Ok(Some(pair))
    }
}
