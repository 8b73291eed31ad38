//! `falign plot`: pictures from stored tables only.

use std::path::Path;

use anyhow::{Context as _, Result};
use falign::experiment::figure::Figure;
use falign::experiment::{Experiment, Overrides};

use super::{Ended, Usage};
use crate::figure::{Mean, Options, draw};

#[allow(clippy::print_stdout, reason = "the command's result")]
pub(super) fn command(dir: &Path, mean: Mean, png_width: u32) -> Result<Ended> {
    let file = dir.join("experiment.toml");
    if !file.exists() {
        return Err(Usage(format!(
            "{} is no run folder: it has no experiment.toml",
            dir.display()
        ))
        .into());
    }
    let experiment = Experiment::load(&file, &Overrides::none())
        .with_context(|| format!("{}", file.display()))?;
    let summary = dir.join("summary.csv");
    if !summary.exists() {
        return Err(Usage(format!(
            "{} has no summary.csv yet: finish it with --resume",
            dir.display()
        ))
        .into());
    }
    let figure = experiment.figure.clone().unwrap_or_else(|| Figure {
        title: experiment.title.clone(),
        ..Figure::default()
    });
    let options = Options { mean, png_width };
    for path in draw(&figure, &summary, dir, "figure", &options)? {
        println!("{}", path.display());
    }
    Ok(Ended::Done)
}
