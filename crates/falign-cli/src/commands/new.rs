//! `falign new`: a template to start from.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::words::quoted;
use super::{Ended, Usage};
use crate::output;

const TEMPLATE: &str = include_str!("template.toml");

pub(super) fn command(file: &Path) -> Result<Ended> {
    if file.exists() {
        return Err(Usage(format!("{} exists; choose another name", file.display())).into());
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let text = TEMPLATE.replace("NAME", &name(&stem));
    std::fs::File::create_new(file)
        .and_then(|mut f| f.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", file.display()))?;
    let command = quoted(file);
    output::line(format!(
        "wrote {}; run it with: falign run {command}",
        file.display()
    ))?;
    Ok(Ended::Done)
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
    use falign::config::{Experiment, Overrides};

    #[test]
    fn the_template_is_a_valid_experiment_whatever_the_file_is_called() {
        for stem in ["my_own", "my \"own\"", ".hidden", "été", "..."] {
            let text = super::TEMPLATE.replace("NAME", &super::name(stem));
            Experiment::parse(&text, &Overrides::none()).unwrap();
        }
    }
}
