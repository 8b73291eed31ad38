//! Summary of a run folder, finished or not.

use std::fs::metadata;
use std::path::Path;

use anyhow::{Context as _, Result};
use falign::internal::config::{Experiment, Overrides};
use falign::internal::math::digits;
use falign::internal::plan::so_far::{State, stored_rows};
use falign::internal::plan::summary::summary_csv;
use falign::rule::Registry;
use falign_figure::Table;

use super::words::quoted;
use crate::duration;

/// Summary and state of a run folder.
pub(super) struct Folder {
    /// The summary: of a folder that is not finished, that of the runs which are stored. `None` before
    /// there are any.
    pub(super) table: Option<Table>,
    /// State of a folder that is not finished.
    pub(super) state: Option<Unfinished>,
}

/// State of a run folder that is not finished.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unfinished {
    state: State,
    /// Runs with a valid result.
    stored: u64,
}

impl Unfinished {
    /// `120 of 1400 runs`.
    pub(super) fn count(&self) -> String {
        format!("{} of {} runs", self.stored, self.state.runs)
    }

    /// Sentence on what is done and what is left.
    pub(super) fn line(&self, dir: &Path) -> String {
        let State {
            is_running,
            share,
            left,
            ..
        } = self.state;
        let next = match left {
            _ if !is_running => {
                let (file, dir) = (quoted(dir.join("experiment.toml")), quoted(dir));
                format!("no program is at it; go on with: falign run {file} --out {dir} --resume")
            }
            Some(left) => {
                let left = duration::short(left.as_secs_f64());
                format!("a program is at it, about {left} left")
            }
            None => "a program is at it, and has finished none of them since it began".to_owned(),
        };
        format!(
            "{}: {} are stored, about {} % of the work; {next}",
            dir.display(),
            self.count(),
            digits(100.0 * share, 2)
        )
    }
}

impl Folder {
    /// Whether runs of a folder are missing: it has no summary, or a program has begun to add runs.
    pub(super) fn is_unfinished(dir: &Path) -> bool {
        let when = |file: &str| {
            metadata(dir.join(file))
                .and_then(|found| found.modified())
                .ok()
        };
        let Some(finished) = when("summary.csv") else {
            return true;
        };
        let begun = when("plan.jsonl");
        let has_begun = begun.is_some_and(|begun| begun > finished);
        has_begun
            && State::of(dir, None).is_ok_and(|state| !state.is_complete() && state.stored > 0)
    }

    /// Reads a folder.
    ///
    /// # Errors
    /// If it is no run folder; an experiment, a summary or results that cannot be read.
    pub(super) fn read(dir: &Path, rules: &Registry) -> Result<Self> {
        let summary = dir.join("summary.csv");
        let file = dir.join("experiment.toml");
        if !summary.exists() && !file.exists() {
            return Err(super::show::no_results(dir));
        }
        if !Self::is_unfinished(dir) {
            let table = Table::read(&summary)?;
            // What every row of it has.
            table
                .column("step")
                .with_context(|| summary.display().to_string())?;
            return Ok(Self {
                table: Some(table),
                state: None,
            });
        }
        let experiment = Experiment::load_with(&file, &Overrides::none(), rules)
            .with_context(|| file.display().to_string())?;
        let state = State::of(dir, Some(&experiment))?;
        let (rows, stored) = stored_rows(&experiment, dir)?;
        let table = if rows.settings.is_empty() {
            None
        } else {
            let text = summary_csv(&rows);
            Some(Table::parse(text.as_bytes(), &dir.display().to_string())?)
        };
        Ok(Self {
            table,
            state: Some(Unfinished { state, stored }),
        })
    }
}

/// Title of a folder's experiment; empty where it cannot be read.
pub(super) fn title(dir: &Path) -> String {
    let text = std::fs::read_to_string(dir.join("experiment.toml")).unwrap_or_default();
    let table = text.parse::<toml::Table>().unwrap_or_default();
    let title = table.get("title").and_then(toml::Value::as_str);
    title.unwrap_or_default().to_owned()
}
