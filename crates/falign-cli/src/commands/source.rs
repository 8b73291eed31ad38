//! Source of an experiment: the built-in ones by name, any other by path, or a data set with
//! default settings.

use std::path::{Path, PathBuf};

use anyhow::Result;
use falign::internal::config::builtin::Builtin;
use falign::internal::config::{Experiment, builtin as built_in, keys};
use falign::internal::file::read_text;
use falign::rule::Registry;

use super::{OverrideArgs, words};
use crate::ended::Usage;

/// The built-in experiment of that name; where no file has it, also by the last part of its name
/// (`collapse`) and by the name of its file (`experiments/theory/collapse.toml`).
pub(crate) fn builtin(name: &Path) -> Option<&'static Builtin> {
    let text = name.to_str()?;
    if let Some(found) = built_in::find(text) {
        return Some(found);
    }
    if existing(name).is_some() {
        return None;
    }
    let text = text.strip_suffix(".toml").unwrap_or(text);
    let text = text.strip_prefix("experiments/").unwrap_or(text);
    let mut all = built_in::BUILTIN.iter();
    all.find(|builtin| builtin.name == text || builtin.name.rsplit('/').next() == Some(text))
}

/// The file of that name, with the ending `.toml` or without it.
pub(crate) fn existing(name: &Path) -> Option<PathBuf> {
    let with_ending = name.with_added_extension("toml");
    if name.is_file() {
        Some(name.to_owned())
    } else {
        with_ending.is_file().then_some(with_ending)
    }
}

/// Whether a folder is one of a run, finished or not.
pub(crate) fn is_run_folder(path: &Path) -> bool {
    path.join("experiment.toml").is_file()
}

/// The text of a built-in experiment or a file.
pub(crate) fn text(name: &Path) -> Result<String> {
    match builtin(name) {
        Some(found) => Ok(found.text.to_owned()),
        None => Ok(read_text(&file(name)?)?),
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
        None => Experiment::load_with(&file(name)?, &typed, rules),
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

/// Whether a file is a data set that `--train-data` takes.
pub(crate) fn is_data(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = without(&name, ".gz").unwrap_or(&name);
    path.is_file() && DATA.iter().any(|ending| without(name, ending).is_some())
}

/// The file of an experiment that is not built in.
fn file(path: &Path) -> Result<PathBuf> {
    if is_run_folder(path) {
        return Err(Usage(format!(
            "{} is a run folder; see it with `falign show {folder}`, or go on with it by \
             `falign run {} --out {folder} --resume`",
            path.display(),
            words::quoted(path.join("experiment.toml")),
            folder = words::quoted(path)
        ))
        .into());
    }
    if path.is_dir() {
        return Err(Usage(format!(
            "{} is a folder, and an experiment is a file, such as {}",
            path.display(),
            path.join("experiment.toml").display()
        ))
        .into());
    }
    let data = DATA.iter().map(|ending| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    });
    let mut data = std::iter::once(path.to_owned()).chain(data);
    let found = existing(path);
    if let Some(data) = data.find(|path| is_data(path))
        && found.as_ref().is_none_or(|found| *found == data)
    {
        return Err(Usage(format!(
            "{} is a data set, and an experiment is a TOML file; train on it with --train-data {}",
            data.display(),
            words::quoted(&data)
        ))
        .into());
    }
    if let Some(found) = found {
        return Ok(found);
    }
    // A pipe, say.
    if path.exists() {
        return Ok(path.to_owned());
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
