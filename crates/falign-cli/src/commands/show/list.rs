//! The run folders in a folder.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use falign::internal::plan::so_far::State;
use serde_json::{Value, json};

use crate::commands::stored_table::{self, Folder};
use crate::duration;
use crate::output::{self, Look};
use crate::table::{Cell, Column, Table};

/// The run folders in `dir`, by name; `None` where it is one itself.
pub(super) fn run_folders(dir: &Path) -> Result<Option<Vec<PathBuf>>> {
    let is_run = |dir: &Path| dir.join("experiment.toml").exists();
    if is_run(dir) || dir.join("summary.csv").exists() {
        return Ok(None);
    }
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Err(super::no_results(dir));
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_run(path))
        .collect();
    if found.is_empty() {
        return Err(super::no_results(dir));
    }
    found.sort();
    Ok(Some(found))
}

/// A run folder in a list.
struct Entry {
    name: String,
    title: String,
    settings: Option<usize>,
    stored: Option<u64>,
    runs: Option<u64>,
    state: &'static str,
    /// Runs that diverged, in a finished folder.
    diverged: Option<u64>,
    age: Option<std::time::Duration>,
}

impl Entry {
    fn of(folder: &Path) -> Self {
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let found = State::of(folder, None).ok();
        let is_finished = !Folder::is_unfinished(folder);
        let state = match (is_finished, found) {
            (_, Some(state)) if state.is_running => "running",
            (true, _) => "finished",
            (false, _) => "unfinished",
        };
        let meta = std::fs::read_to_string(folder.join("meta.json")).ok();
        let meta: Option<Value> = meta.and_then(|text| serde_json::from_str(&text).ok());
        let last = ["meta.json", "plan.jsonl", "experiment.toml"].iter();
        let when =
            last.filter_map(|file| std::fs::metadata(folder.join(file)).ok()?.modified().ok());
        let age = when
            .max()
            .and_then(|when| SystemTime::now().duration_since(when).ok());
        Self {
            name,
            title: stored_table::title(folder),
            settings: found.map(|state| state.settings),
            stored: found.map(|state| state.stored),
            runs: found.map(|state| state.runs),
            state,
            diverged: meta
                .filter(|_| is_finished)
                .and_then(|meta| meta["runs"]["diverged"].as_u64()),
            age,
        }
    }
}

/// Writes the list of folders.
pub(super) fn print(folders: &[PathBuf], as_json: bool) -> Result<()> {
    let entries: Vec<Entry> = folders.iter().map(|folder| Entry::of(folder)).collect();
    if as_json {
        let all = entries.iter().zip(folders).map(|(one, folder)| {
            json!({
                "folder": folder.display().to_string(), "title": one.title, "state": one.state,
                "settings": one.settings, "runs_stored": one.stored, "runs": one.runs,
                "runs_diverged": one.diverged,
            })
        });
        return output::line(format!("{:#}", all.collect::<Value>()));
    }
    let columns = vec![
        Column::words("folder"),
        Column::words("state"),
        Column::number("settings"),
        Column::number("runs"),
        Column::number("diverged"),
        Column::number("age"),
        Column::words("title"),
    ];
    let mut table = Table::new(columns, 1);
    for one in &entries {
        let look = match one.state {
            "finished" => Look::Good,
            "running" => Look::Plain,
            _ => Look::Doubtful,
        };
        let runs = match (one.stored, one.runs) {
            (Some(stored), Some(runs)) if stored < runs => format!("{stored} of {runs}"),
            (_, runs) => runs.map_or_else(String::new, |runs| runs.to_string()),
        };
        let number = |count: Option<u64>| {
            count
                .filter(|&c| c > 0)
                .map_or_else(String::new, |c| c.to_string())
        };
        table.row(vec![
            one.name.as_str().into(),
            Cell::new(one.state, look),
            one.settings
                .map_or_else(String::new, |count| count.to_string())
                .into(),
            runs.into(),
            Cell::new(number(one.diverged), Look::Bad),
            one.age
                .map_or_else(String::new, |age| duration::short(age.as_secs_f64()))
                .into(),
            one.title.as_str().into(),
        ]);
    }
    table.print().context("cannot list the run folders")
}
