//! `falign plot`: pictures from stored tables only.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use falign::internal::config::figure::Figure;
use falign::internal::config::{Experiment, Overrides};
use falign::rule::Registry;

use crate::ended::{Ended, Usage};
use crate::output;
use falign_figure::{Mean, Options, Table, render, write};

pub(super) fn command(dir: &Path, mean: Mean, png_width: u32, rules: &Registry) -> Result<Ended> {
    let file = dir.join("experiment.toml");
    if !file.exists() {
        return Err(Usage(format!(
            "{} is no run folder: it has no experiment.toml",
            dir.display()
        ))
        .into());
    }
    let experiment = Experiment::load_with(&file, &Overrides::none(), rules)
        .with_context(|| format!("{}", file.display()))?;
    let summary = dir.join("summary.csv");
    if !summary.exists() {
        return Err(Usage(format!(
            "{} has no summary.csv yet: finish it with --resume",
            dir.display()
        ))
        .into());
    }
    let options = Options { mean, png_width };
    for path in picture(&experiment, dir, &options)? {
        output::line(path.display())?;
    }
    Ok(Ended::Done)
}

/// Draws what the experiment asks for. Where its settings do not fit that (overrides can do
/// so), the default picture is drawn instead, and stderr says why.
pub(super) fn picture(
    experiment: &Experiment,
    dir: &Path,
    options: &Options,
) -> Result<Vec<PathBuf>> {
    let summary = dir.join("summary.csv");
    let table = Table::read(&summary)?;
    let default = Figure {
        title: experiment.title.clone(),
        ..Figure::default()
    };
    let wanted = experiment.figure.as_ref().unwrap_or(&default);
    let files = match render(wanted, &table, options) {
        Err(error) if !wanted.panels.is_empty() => {
            output::note(format!(
                "falign: the default picture is drawn, for the experiment's own does not fit: {error:#}"
            ));
            render(&default, &table, options)
        }
        files => files,
    };
    let files = files.with_context(|| summary.display().to_string())?;
    write(&files, dir, "figure")
}
