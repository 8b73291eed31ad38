//! The files an experiment reads: looked at before anything runs, so that a slip in the last
//! setting does not wait for the first ones.

use crate::simulate::shapes::{Sizes, sizes_of, weights_fit};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::coverage;
use crate::config::Experiment;
use crate::config::setting::{NetworkSetting, Setting};
use crate::data::{Dataset, load_weights};
use crate::network::TensorFile;
use crate::simulate::sources::Sources;
use crate::simulate::{parts, weights_of_run};
use crate::stage::Listener;
use crate::{Error, Result};

/// Reads every file that the settings and the claims name, each once, and compares their shapes;
/// looks whether the steps that claims and pictures name will be recorded. Data sets stay in
/// `sources`.
///
/// # Errors
/// [`Error::Io`] or [`Error::Data`] for a file that cannot be used; [`Error::Shape`] for
/// arrays that do not fit the setting; [`Error::Config`] for numbers that do not fit the data,
/// for claims and panels that no run could answer, and for a run that does not fit in memory.
pub fn check(experiment: &Experiment, sources: &Sources) -> Result<()> {
    // Before a network is made to compare weights with it.
    super::need::check(experiment, sources, 1)?;
    fit(experiment, sources)
}

/// Checks an experiment as [`check`] does, except that it need not fit in memory.
///
/// # Errors
/// As [`check`].
pub fn fit(experiment: &Experiment, sources: &Sources) -> Result<()> {
    files(experiment, sources)?;
    coverage::check(experiment, sources)
}

/// The files of the settings alone: for runs of which no claim is checked and no picture drawn.
pub(super) fn files(experiment: &Experiment, sources: &Sources) -> Result<()> {
    let mut weights: BTreeMap<PathBuf, Sizes> = BTreeMap::new();
    for labelled in &experiment.settings {
        let setting = &labelled.setting;
        let training = match sources.scaled_reals(setting)? {
            Some(pair) => {
                let files = [&setting.train_data, &setting.held_out_data];
                let sets = [Some(&pair.train), pair.held_out.as_ref()];
                for (path, set) in files.into_iter().zip(sets) {
                    if let (Some(path), Some(set)) = (path, set) {
                        products_exist(path, set)?;
                    }
                }
                (pair.train.input_dim(), pair.train.outputs())
            }
            None => (setting.input_dim, setting.outputs),
        };
        if let Setting::Network(setting) = setting {
            deep(setting, sources)?;
        } else if let Some(path) = &setting.initial_weights {
            let sizes = match weights.get(path) {
                Some(known) => *known,
                None => sizes_of(&load_weights(path)?),
            };
            weights.insert(path.clone(), sizes);
            weights_fit(path, sizes, setting.width, training.0, training.1)?;
        }
    }
    Ok(())
}

/// Refuses inputs that cannot be multiplied with each other: no update would be a number.
fn products_exist(path: &Path, set: &Dataset) -> Result<()> {
    let rows = set.inputs.rows().into_iter();
    let mut squares = rows.map(|row| row.iter().map(|x| x * x).sum::<f64>());
    match squares.position(f64::is_infinite) {
        None => Ok(()),
        Some(row) => Err(Error::data(
            path,
            format!(
                "row {row} of X (counted from 0) is so large that its square is beyond the range \
                 of numbers; divide X by a constant"
            ),
        )),
    }
}

/// The data with classes that a setting names, and whether its weights are there for each run.
fn deep(setting: &NetworkSetting, sources: &Sources) -> Result<()> {
    if let Some(pair) = sources.labelled(setting)? {
        let samples = pair.train.samples();
        let (leaf, left) = match setting.deep().train_limit {
            Some(limit) => ("train_limit", limit.min(samples)),
            None => ("labelled", samples),
        };
        if setting.deep().validation >= left {
            return Err(Error::config(
                "data.validation",
                setting.deep().validation,
                format!("expected less than the {left} training samples that {leaf} leaves"),
            ));
        }
    }
    if let Some(path) = &setting.initial_weights {
        for run in 0..setting.runs {
            TensorFile::load(&weights_of_run(path, run)?)?;
            if !path.is_dir() {
                break;
            }
        }
        // Its arrays must fit the network, which a start shows.
        parts::<f32>(setting, 0, sources, Listener::NOBODY)?;
    }
    Ok(())
}
