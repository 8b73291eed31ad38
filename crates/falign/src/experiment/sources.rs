//! Data sets that are read once and then shared by all runs of an experiment, and the limits
//! that were solved for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::setting::Setting;
use crate::Result;
use crate::data::{Dataset, Labelled, TrainTest, catalogue, load_dataset, load_train_test};
use crate::theory::SlowEstimate;

/// What was read so far. A set is read by whoever asks first; others wait for it.
#[derive(Debug, Default)]
pub struct Sources {
    datasets: Mutex<BTreeMap<PathBuf, Arc<Dataset>>>,
    labelled: Mutex<BTreeMap<String, LabelledPair>>,
    slow_times: Mutex<BTreeMap<[u8; 32], Arc<Vec<SlowEstimate>>>>,
}

/// A training and a test set with classes.
#[derive(Debug, Clone)]
pub struct LabelledPair {
    /// To train on.
    pub train: Arc<Labelled>,
    /// To report on.
    pub test: Arc<Labelled>,
}

impl LabelledPair {
    /// Both sets of a checked pair.
    pub fn new(data: TrainTest) -> Self {
        let (train, test) = data.into_parts();
        Self {
            train: Arc::new(train),
            test: Arc::new(test),
        }
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
    /// The data set with real targets in this file.
    ///
    /// # Errors
    /// As [`load_dataset`].
    pub fn dataset(&self, path: &Path) -> Result<Arc<Dataset>> {
        let mut known = self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = known.get(path) {
            return Ok(Arc::clone(set));
        }
        let set = Arc::new(load_dataset(path)?);
        known.insert(path.to_owned(), Arc::clone(&set));
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

    /// Holds a data set for this path, which is then never read.
    pub fn give_dataset(&self, path: &Path, set: Arc<Dataset>) {
        let mut known = self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_owned(), set);
    }

    /// Holds data with classes for this `labelled_data`, which is then never read.
    pub fn give_labelled(&self, path: &Path, pair: LabelledPair) {
        let mut known = self.labelled.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.display().to_string(), pair);
    }

    /// The stored data set with classes that a setting names; `None` if it names none.
    ///
    /// # Errors
    /// As [`catalogue::load`] and [`load_train_test`].
    pub fn labelled(&self, setting: &Setting) -> Result<Option<LabelledPair>> {
        let deep = &setting.deep;
        let dir = deep.data_dir.as_deref();
        let (key, read): (String, &dyn Fn() -> Result<TrainTest>) =
            match (&deep.labelled, &deep.labelled_data) {
                (Some(name), _) if name == super::config::GENERATED_IMAGES => return Ok(None),
                (Some(name), _) => (format!("{name} {dir:?}"), &move || {
                    Ok(catalogue::load(name, dir)?.data)
                }),
                (None, Some(path)) => (path.display().to_string(), &move || load_train_test(path)),
                (None, None) => return Ok(None),
            };
        let mut known = self.labelled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pair) = known.get(&key) {
            return Ok(Some(pair.clone()));
        }
        let pair = LabelledPair::new(read()?);
        known.insert(key, pair.clone());
        Ok(Some(pair))
    }
}
