//! Where an experiment comes from: the built-in ones by name, any other by path.

use std::path::Path;

use anyhow::{Context as _, Result};
use falign::experiment::{Experiment, Overrides, builtin, keys};

use super::Usage;

/// The text of a built-in experiment or a file.
pub(crate) fn text(name: &str) -> Result<String> {
    match builtin::find(name) {
        Some(found) => Ok(found.text.to_owned()),
        None => std::fs::read_to_string(file(name)?).with_context(|| format!("cannot read {name}")),
    }
}

/// Loads and checks an experiment.
pub(crate) fn experiment(name: &str, overrides: &Overrides) -> Result<Experiment> {
    let experiment = match builtin::find(name) {
        Some(found) => Experiment::parse(found.text, overrides),
        None => Experiment::load(file(name)?, overrides),
    };
    experiment.map_err(|error| match error {
        // The others name the file themselves.
        falign::Error::Config { .. } => {
            anyhow::Error::from(error).context(format!("experiment {name}"))
        }
        other => other.into(),
    })
}

/// The file of an experiment that is not built in.
fn file(name: &str) -> Result<&Path> {
    let path = Path::new(name);
    if path.is_dir() {
        return Err(Usage(format!(
            "{name} is a folder, and an experiment is a file, such as {}",
            path.join("experiment.toml").display()
        ))
        .into());
    }
    if path.exists() {
        return Ok(path);
    }
    let names: Vec<&str> = builtin::BUILTIN.iter().map(|b| b.name).collect();
    let hint = keys::nearest(name, names.iter().copied())
        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(Usage(format!(
        "`{name}` is neither a file nor a built-in experiment ({}){hint}",
        names.join(", ")
    ))
    .into())
}
