//! Where an experiment comes from: the built-in ones by name, any other by path.

use std::path::Path;

use anyhow::{Context as _, Result};
use falign::experiment::{Experiment, Overrides, builtin, keys};

use super::Usage;

/// The text of a built-in experiment or a file.
pub(crate) fn text(name: &str) -> Result<String> {
    if let Some(found) = builtin::find(name) {
        return Ok(found.text.to_owned());
    }
    let path = Path::new(name);
    if path.exists() {
        return std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"));
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

/// Loads and checks an experiment.
pub(crate) fn experiment(name: &str, overrides: &Overrides) -> Result<Experiment> {
    let experiment = match builtin::find(name) {
        Some(found) => Experiment::parse(found.text, overrides),
        None if Path::new(name).exists() => Experiment::load(Path::new(name), overrides),
        None => return text(name).and_then(|text| Ok(Experiment::parse(&text, overrides)?)),
    };
    experiment.with_context(|| format!("experiment {name}"))
}
