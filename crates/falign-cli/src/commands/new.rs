//! `falign new`: a template to start from.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};

use super::words::quoted;
use crate::ended::{Ended, Usage};
use crate::output;

const TEMPLATE: &str = include_str!("template.toml");

/// The schema that the template's first line names: next to it, so that editors need no network.
const SCHEMA: &str = "falign.schema.json";

pub(super) fn command(file: &Path) -> Result<Ended> {
    if file.exists() {
        return Err(Usage(format!("{} exists; choose another name", file.display())).into());
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let text = TEMPLATE.replace("NAME", &name(&stem));
    std::fs::File::create_new(file)
        .and_then(|mut f| f.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", file.display()))?;
    write_schema(&file.with_file_name(SCHEMA))?;
    let command = quoted(file);
    output::line(format!(
        "wrote {}; run it with: falign run {command}",
        file.display()
    ))?;
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

    #[test]
    fn the_template_names_the_schema_in_its_first_line() {
        let first = super::TEMPLATE.lines().next().unwrap();
        assert_eq!(first, format!("#:schema ./{}", super::SCHEMA));
    }

    #[test]
    fn the_template_is_a_valid_experiment_whatever_the_file_is_called() {
        for stem in ["my_own", "my \"own\"", ".hidden", "été", "..."] {
            let text = super::TEMPLATE.replace("NAME", &super::name(stem));
            Experiment::parse(&text, &Overrides::none()).unwrap();
        }
    }
}
