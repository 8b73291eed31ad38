//! `falign new`: a template to start from.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use super::words::quoted;
use crate::ended::{Ended, Usage};
use crate::output;

/// Kinds of experiments that have a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Kind {
    /// The paper's network: one hidden layer, swept over width and ridge
    #[default]
    TwoLayer,
    /// Several hidden layers on images with classes, in mini-batches, by several rules
    Deep,
    /// A convolutional network as a list of layers, by several rules
    Layers,
    /// A table of your own, with inputs and a target
    OwnData,
}

impl Kind {
    fn template(self) -> &'static str {
        match self {
            Self::TwoLayer => include_str!("templates/two_layer.toml"),
            Self::Deep => include_str!("templates/deep.toml"),
            Self::Layers => include_str!("templates/layers.toml"),
            Self::OwnData => include_str!("templates/own_data.toml"),
        }
    }
}

/// The schema that a template's first line names: next to it, so that editors need no network.
const SCHEMA: &str = "falign.schema.json";

pub(super) fn command(file: &Path, kind: Kind) -> Result<Ended> {
    if file.exists() {
        return Err(Usage(format!("{} exists; choose another name", file.display())).into());
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let text = kind.template().replace("NAME", &name(&stem));
    std::fs::File::create_new(file)
        .and_then(|mut f| f.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", file.display()))?;
    write_schema(&file.with_file_name(SCHEMA))?;
    let command = quoted(file);
    let (wrote, run) = (file.display(), format!("falign run {command}"));
    let next = match kind {
        Kind::TwoLayer | Kind::Deep | Kind::Layers => format!("wrote {wrote}; run it with: {run}"),
        Kind::OwnData => {
            format!("wrote {wrote}; name your table in it, or so:\n  {run} --train-data TABLE.csv")
        }
    };
    output::line(next)?;
    Ok(Ended::Done)
}

/// Writes the schema unless there is one already: `falign schema` renews it.
fn write_schema(file: &Path) -> Result<()> {
    let text = falign::internal::config::schema_json();
    match std::fs::File::create_new(file).and_then(|mut f| f.write_all(text.as_bytes())) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        written => written.with_context(|| format!("cannot write {}", file.display())),
    }
}

/// A file's stem as the name of an experiment, which is also that of a folder.
fn name(stem: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let name: String = stem
        .trim_start_matches('.')
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect();
    if name.is_empty() {
        "mine".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use falign::internal::config::{Experiment, Overrides};

    use super::*;

    #[test]
    fn every_template_names_the_schema_in_its_first_line() {
        for kind in Kind::value_variants() {
            let first = kind.template().lines().next().unwrap();
            assert_eq!(first, format!("#:schema ./{SCHEMA}"));
        }
    }

    #[test]
    fn every_template_is_a_valid_experiment_whatever_the_file_is_called() {
        for kind in Kind::value_variants() {
            for stem in ["my_own", "my \"own\"", ".hidden", "été", "..."] {
                let text = kind.template().replace("NAME", &name(stem));
                Experiment::parse(&text, &Overrides::none()).unwrap();
            }
        }
    }
}
