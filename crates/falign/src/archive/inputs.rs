//! Files outside a run folder that its experiment reads, and where they belong in an archive.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::config::Experiment;
use crate::config::keys::{self, Key};
use crate::file::{content_hash, path_text, read_text, text_path};
use crate::plan::Plan;
use crate::{Error, Result};

/// Folder of an archive with the data that its experiment was given.
const DATA: &str = "data";

/// Folder of an archive with the tables that its claims compare with: small, and always there.
const REFERENCES: &str = "references";

/// A file, or a folder of files, that an experiment reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Input {
    /// Path in the unpacked archive, with slashes.
    pub(super) name: String,
    /// SHA-256 of the content.
    pub(super) sha256: String,
    /// Whether the archive has it.
    pub(super) is_inside: bool,
    /// Files to add, by their names in the archive.
    files: Vec<(String, PathBuf)>,
}

/// Inputs by the paths that the experiment has for them.
pub(super) struct Inputs(BTreeMap<String, Input>);

impl Inputs {
    /// Inputs of the experiment of a run folder.
    pub(super) fn of(
        experiment: &Experiment,
        plan: &Plan,
        folder: &Path,
        with_data: bool,
    ) -> Result<Self> {
        let folder = std::path::absolute(folder).map_err(|source| Error::io(folder, source))?;
        let mut all = BTreeMap::new();
        for (text, sha256) in &plan.inputs {
            let path = text_path(text);
            if path.parent() == Some(&folder) && path.is_file() {
                // Among the files of the folder, as Python writes data that were given as arrays.
                let input = Input {
                    name: named(&path),
                    sha256: sha256.clone(),
                    is_inside: true,
                    files: Vec::new(),
                };
                all.insert(text.clone(), input);
                continue;
            }
            let name = free_name(DATA, &path, &all);
            let files = if with_data {
                files_of(&path, &name)?
            } else {
                Vec::new()
            };
            let input = Input {
                is_inside: with_data,
                sha256: sha256.clone(),
                name,
                files,
            };
            all.insert(text.clone(), input);
        }
        for text in tables(&table(experiment)) {
            let path = text_path(&text);
            let name = free_name(REFERENCES, &path, &all);
            let input = Input {
                files: files_of(&path, &name)?,
                sha256: content_hash(&path)?,
                is_inside: true,
                name,
            };
            all.insert(text, input);
        }
        Ok(Self(all))
    }

    /// Files to add to those of the folder, by their names in the archive.
    pub(super) fn added(&self) -> impl Iterator<Item = (String, PathBuf)> {
        self.0.values().flat_map(|input| input.files.clone())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Input> {
        self.0.values()
    }

    /// Names and hashes of the inputs that the archive does not have.
    pub(super) fn left_out(&self) -> Vec<(String, String)> {
        let outside = self.iter().filter(|input| !input.is_inside);
        outside
            .map(|input| (input.name.clone(), input.sha256.clone()))
            .collect()
    }

    /// The experiment with the paths that inputs have in the archive; `None` where it names no path.
    pub(super) fn experiment(&self, experiment: &Experiment) -> Option<String> {
        let mut whole = table(experiment);
        let before = whole.clone();
        each_path(&mut whole, &mut |leaf, text| {
            if leaf == "data_dir" {
                // Where this machine has its data sets says nothing of another.
                text.clear();
            } else if let Some(input) = self.0.get(text.as_str()) {
                text.clone_from(&input.name);
            }
        });
        (whole != before).then(|| whole.to_string())
    }

    /// The versions and inputs that made the folder, from its file, with the paths that inputs have in the
    /// archive; `None` where there are none.
    pub(super) fn origin(&self, path: &Path) -> Result<Option<String>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let no_json = |error: serde_json::Error| Error::record(path, error.to_string());
        let mut origin: serde_json::Value =
            serde_json::from_str(&read_text(path)?).map_err(no_json)?;
        if let Some(inputs) = origin
            .get_mut("inputs")
            .and_then(|inputs| inputs.as_object_mut())
        {
            let moved = std::mem::take(inputs).into_iter().map(|(text, hash)| {
                let name = self.0.get(&text).map(|input| input.name.clone());
                (name.unwrap_or(text), hash)
            });
            *inputs = moved.collect();
        }
        Ok(Some(format!("{origin:#}\n")))
    }
}

/// The experiment as a table, with every key written out.
fn table(experiment: &Experiment) -> Table {
    let text = experiment.resolved_toml();
    text.parse().expect("a checked experiment is TOML")
}

/// Calls `change` with the name and the value of every path in an experiment.
fn each_path(table: &mut Table, change: &mut impl FnMut(&str, &mut String)) {
    for (key, value) in table.iter_mut() {
        let leaf = key.rsplit('.').next().unwrap_or(key);
        let is_path = leaf == TABLE || keys::leaf(leaf).is_some_and(Key::is_path);
        match value {
            Value::String(text) if is_path && !text.is_empty() => change(leaf, text),
            Value::Table(below) => each_path(below, change),
            Value::Array(values) => {
                for value in values {
                    match value {
                        Value::String(text) if is_path && !text.is_empty() => change(leaf, text),
                        Value::Table(below) => each_path(below, change),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// Key of a claim that names a table of references.
const TABLE: &str = "table";

/// Tables that claims compare with.
fn tables(experiment: &Table) -> Vec<String> {
    let mut found = Vec::new();
    each_path(&mut experiment.clone(), &mut |leaf, text| {
        if leaf == TABLE {
            found.push(text.clone());
        }
    });
    found
}

/// Last part of a path, as text.
fn named(path: &Path) -> String {
    path_text(Path::new(path.file_name().unwrap_or_default()))
}

/// Name of a path in a folder of the archive that no other input has.
fn free_name(folder: &str, path: &Path, taken: &BTreeMap<String, Input>) -> String {
    let name = named(path);
    let numbers = std::iter::once(String::new()).chain((2..).map(|number| format!("{number}-")));
    let names = numbers.map(|number| format!("{folder}/{number}{name}"));
    let is_free = |name: &String| taken.values().all(|input| input.name != *name);
    names.into_iter().find(is_free).expect("numbers do not end")
}

/// The file of a path, or the files of a folder, under names that begin with `name`.
fn files_of(path: &Path, name: &str) -> Result<Vec<(String, PathBuf)>> {
    if !path.is_dir() {
        return Ok(vec![(name.to_owned(), path.to_owned())]);
    }
    let mut found = Vec::new();
    let entries = std::fs::read_dir(path).map_err(|source| Error::io(path, source))?;
    for entry in entries {
        let below = entry.map_err(|source| Error::io(path, source))?.path();
        found.extend(files_of(&below, &format!("{name}/{}", named(&below)))?);
    }
    Ok(found)
}
