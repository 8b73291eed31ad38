//! Source of an experiment: the built-in ones by name, any other by path, or a data set with
//! default settings.

use std::path::Path;

use anyhow::Result;
use falign::internal::config::builtin::Builtin;
use falign::internal::config::{Experiment, builtin as built_in, keys};
use falign::internal::file::read_text;
use falign::rule::Registry;

use super::{OverrideArgs, words};
use crate::ended::Usage;

/// The built-in experiment of that name.
pub(crate) fn builtin(name: &Path) -> Option<&'static Builtin> {
    name.to_str().and_then(built_in::find)
}

/// The text of a built-in experiment or a file.
pub(crate) fn text(name: &Path) -> Result<String> {
    match builtin(name) {
        Some(found) => Ok(found.text.to_owned()),
        None => Ok(read_text(file(name)?)?),
    }
}

/// Loads and checks an experiment; without a name, the one on `--train-data`.
pub(crate) fn experiment(
    name: Option<&Path>,
    overrides: &OverrideArgs,
    rules: &Registry,
) -> Result<Experiment> {
    let (typed, data) = (overrides.overrides(), overrides.train_data.as_deref());
    let Some(name) = name else {
        return Ok(Experiment::parse_with(&bare(data), &typed, rules)?);
    };
    let experiment = match builtin(name) {
        Some(found) => Experiment::parse_with(found.text, &typed, rules),
        None => Experiment::load_with(file(name)?, &typed, rules),
    };
    experiment.map_err(|error| match error {
        // The others name the file themselves.
        falign::Error::Config { .. } => {
            anyhow::Error::from(error).context(format!("experiment {}", name.display()))
        }
        other => other.into(),
    })
}

/// Experiment that `--train-data` runs where none is named: default settings, in a folder that is named
/// after the file.
fn bare(data: Option<&Path>) -> String {
    format!(
        "name = \"{}\"\ntitle = \"Feedback alignment on given data\"\n\
         [data]\ntrain_data = \"\"\n[learning]\nstep_size = \"auto\"\n",
        data.map_or_else(String::new, stem)
    )
}

/// A file's name without its endings, as a name of an experiment can be.
fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.trim_start_matches('.');
    let name = without(name, ".gz").unwrap_or(name);
    let mut endings = DATA.iter();
    let stem = endings
        .find_map(|ending| without(name, ending))
        .unwrap_or(name);
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let stem: String = stem
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect();
    if stem.is_empty() {
        "data".to_owned()
    } else {
        stem
    }
}

/// Endings of data sets that `--train-data` takes.
const DATA: [&str; 3] = [".csv", ".npy", ".npz"];

/// Part of a name before an ending, in any case.
fn without<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let at = name.len().checked_sub(ending.len()).filter(|at| *at > 0)?;
    let (stem, found) = name.split_at_checked(at)?;
    found.eq_ignore_ascii_case(ending).then_some(stem)
}

fn is_data(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = without(&name, ".gz").unwrap_or(&name);
    path.is_file() && DATA.iter().any(|ending| without(name, ending).is_some())
}

/// The file of an experiment that is not built in.
fn file(path: &Path) -> Result<&Path> {
    if path.is_dir() {
        return Err(Usage(format!(
            "{} is a folder, and an experiment is a file, such as {}",
            path.display(),
            path.join("experiment.toml").display()
        ))
        .into());
    }
    if is_data(path) {
        return Err(Usage(format!(
            "{} is a data set, and an experiment is a TOML file; train on it with --train-data {}",
            path.display(),
            words::quoted(path)
        ))
        .into());
    }
    if path.exists() {
        return Ok(path);
    }
    let names: Vec<&str> = built_in::BUILTIN.iter().map(|b| b.name).collect();
    let name = path.to_string_lossy();
    let hint = keys::nearest(&name, names.iter().copied())
        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(Usage(format!(
        "`{name}` is neither a file nor a built-in experiment ({}){hint}",
        names.join(", ")
    ))
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_named_after_the_file_of_data() {
        for (path, name) in [
            ("d/longley.csv", "longley"),
            ("wine.quality.CSV.gz", "wine.quality"),
            ("x y (1).npz", "x_y__1_"),
            ("größe.npy", "gr__e"),
            (".csv", "csv"),
            ("..npz", "npz"),
            ("data", "data"),
        ] {
            assert_eq!(stem(Path::new(path)), name);
        }
    }
}
