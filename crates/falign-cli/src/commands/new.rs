//! `falign new`: a template to start from.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{Ended, Usage};

const TEMPLATE: &str = include_str!("template.toml");

#[allow(clippy::print_stdout, reason = "the command's result")]
pub(super) fn command(file: &Path) -> Result<Ended> {
    if file.exists() {
        return Err(Usage(format!("{} exists; choose another name", file.display())).into());
    }
    let stem = file
        .file_stem()
        .map_or("mine".into(), |s| s.to_string_lossy());
    let text = TEMPLATE.replace("NAME", &stem);
    std::fs::File::create_new(file)
        .and_then(|mut f| f.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", file.display()))?;
    println!("wrote {0}; run it with: falign run {0}", file.display());
    Ok(Ended::Done)
}

#[cfg(test)]
mod tests {
    use falign::experiment::{Experiment, Overrides};

    #[test]
    fn the_template_is_a_valid_experiment() {
        Experiment::parse(super::TEMPLATE, &Overrides::none()).unwrap();
    }
}
