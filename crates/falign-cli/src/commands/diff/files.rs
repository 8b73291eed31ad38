//! Files of two run folders that have the same bytes, and those that have not.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// More names than this are counted.
const NAMED: usize = 6;

/// Files that tell of the run and not of its results, and differ between any two.
const OF_THE_RUN: [&str; 2] = ["meta.json", ".lock"];

/// Files by how they compare.
pub(super) struct Files {
    same: usize,
    differing: Vec<String>,
    /// Names in A alone, and in B alone.
    alone: [Vec<String>; 2],
}

impl Files {
    pub(super) fn of(dirs: [&Path; 2]) -> Result<Self> {
        let [a, b] = dirs.map(names);
        let [a, b] = [a?, b?];
        let mut found = Self {
            same: 0,
            differing: Vec::new(),
            alone: [&a - &b, &b - &a].map(|names| names.into_iter().collect()),
        };
        for name in &a & &b {
            if same_bytes(&dirs.map(|dir| dir.join(&name)))? {
                found.same += 1;
            } else {
                found.differing.push(name);
            }
        }
        Ok(found)
    }

    /// How many are the same, and which are not.
    pub(super) fn line(&self) -> String {
        let listed = |names: &[String]| {
            if names.len() <= NAMED {
                return names.join(", ");
            }
            let more = names.len() - NAMED;
            format!("{} and {more} more", names[..NAMED].join(", "))
        };
        let mut text = format!("files: {} have the same bytes", self.same);
        let [a, b] = &self.alone;
        for (what, names) in [
            ("differ", &self.differing),
            ("in A alone", a),
            ("in B alone", b),
        ] {
            if !names.is_empty() {
                let _ = write!(text, "; {} {what}: {}", names.len(), listed(names));
            }
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "same": self.same, "differing": self.differing,
            "in_a_alone": self.alone[0], "in_b_alone": self.alone[1],
        })
    }
}

/// Names of a folder's files below it, with `/` between folders.
fn names(dir: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![(dir.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let cannot = || format!("cannot read {}", folder.display());
        for entry in std::fs::read_dir(&folder).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().with_context(cannot)?;
            if kind.is_dir() {
                folders.push((entry.path(), format!("{name}/")));
            } else if kind.is_file() && !OF_THE_RUN.contains(&name.as_str()) {
                found.insert(name);
            }
        }
    }
    Ok(found)
}

fn same_bytes([a, b]: &[PathBuf; 2]) -> Result<bool> {
    let read = |path: &PathBuf| {
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let size = |path: &PathBuf| std::fs::metadata(path).map(|file| file.len()).ok();
    Ok(size(a) == size(b) && read(a)? == read(b)?)
}
