//! Places on the disk: data sets, the user's folders and the working folder.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Fact, Report, Weight, private, said};
use crate::data::catalogue::{FALIGN_DATA, State, entries, search_path};
use crate::file::UserFolder;
use crate::memory::shown;

pub(super) fn data(report: &mut Report) {
    let folders = search_path(None);
    let known: Vec<Value> = folders.iter().map(|folder| place(folder)).collect();
    let mut facts = vec![said("search_path", known, listed(&folders))];
    let (mut sets, mut missing) = (serde_json::Map::new(), Vec::new());
    for entry in entries() {
        let (state, folder, why) = match entry.state(&folders) {
            State::Whole(located) => ("whole", Some(located.folder), None),
            State::Damaged { folder, why } => ("damaged", Some(folder), Some(why)),
            State::Missing => ("missing", None, None),
        };
        let fix = format!("falign data fetch {}", entry.name);
        if let Some(why) = &why {
            report.find(Weight::Warning, format!("{}: {why}", entry.title), &fix);
        }
        if folder.is_none() {
            missing.push(entry.name.clone());
        }
        let folder = folder.map(|folder| private(&folder));
        let text = match &folder {
            Some(folder) => format!("{state}, in {folder}"),
            None => format!("missing: {fix}"),
        };
        let value = json!({ "state": state, "folder": folder, "problem": why, "fix": (state != "whole").then_some(fix) });
        sets.insert(entry.name.clone(), value.clone());
        facts.push(said(&entry.name, value, text));
    }
    if !missing.is_empty() {
        report.find(
            Weight::Missing,
            format!(
                "not here: {}; only experiments on images need them",
                missing.join(", ")
            ),
            format!("falign data fetch {}", missing[0]),
        );
    }
    if folders.is_empty() {
        report.find(
            Weight::Warning,
            "there is no folder for data sets: neither HOME nor XDG_CACHE_HOME is set",
            format!("set {FALIGN_DATA} to a folder, or use --data-dir"),
        );
    }
    let named = std::env::var_os(FALIGN_DATA).filter(|value| !value.is_empty());
    if let Some(folder) = named.map(PathBuf::from).filter(|folder| !folder.is_dir()) {
        report.find(
            Weight::Warning,
            format!(
                "{FALIGN_DATA} names {}, which is no folder",
                private(&folder)
            ),
            format!("make the folder, or set {FALIGN_DATA} to another"),
        );
    }
    report.add("data", facts);
}

fn listed(folders: &[PathBuf]) -> String {
    let shown: Vec<String> = folders.iter().map(|folder| private(folder)).collect();
    shown.join(", ")
}

/// Less free room than this is worth a word.
const LITTLE: u64 = 1_000_000_000;

pub(super) fn folders(report: &mut Report) {
    let here = std::env::current_dir();
    let mut facts = Vec::new();
    let places = [
        ("working", here.ok()),
        ("cache", UserFolder::Cache.find()),
        ("configuration", UserFolder::Configuration.find()),
        ("temporary", Some(std::env::temp_dir())),
    ];
    for (key, path) in places {
        let Some(path) = path else {
            facts.push(said(key, Value::Null, "none"));
            continue;
        };
        facts.push(folder(key, &path));
        let shown_path = private(&path);
        if key != "configuration" && is_writable(&path) == Some(false) {
            let fix = match key {
                "working" => "work in a folder of your own, or use --out",
                "cache" => "set FALIGN_DATA to a folder of your own, or use --data-dir",
                _ => "set TMPDIR to a folder of your own",
            };
            report.find(
                Weight::Warning,
                format!("the {key} folder {shown_path} cannot be written"),
                fix,
            );
        }
        if let Some(left) = free(&path).filter(|left| key == "working" && *left < LITTLE) {
            report.find(
                Weight::Warning,
                format!(
                    "only {} are free on the disk of {shown_path}",
                    shown(left as f64)
                ),
                "remove what is not needed, or use --out on another disk",
            );
        }
    }
    report.add("folders", facts);
}

/// A folder as programs are told of it.
fn place(path: &Path) -> Value {
    json!({
        "path": private(path), "exists": path.is_dir(), "writable": is_writable(path), "free_bytes": free(path),
    })
}

fn folder(key: &str, path: &Path) -> Fact {
    let is_there = if path.is_dir() { "" } else { ", not made yet" };
    let writable = match is_writable(path) {
        Some(true) => ", writable",
        Some(false) => ", NOT writable",
        None => "",
    };
    let left = free(path).map_or_else(String::new, |left| format!(", {} free", shown(left as f64)));
    let text = format!("{}{is_there}{writable}{left}", private(path));
    said(key, place(path), text)
}

/// The path itself, or the nearest folder above it that is there.
fn nearest(path: &Path) -> Option<&Path> {
    path.ancestors().find(|folder| folder.is_dir())
}

/// Whether files can be made there, or in the nearest folder above it that is there. `None` where the
/// system does not tell.
fn is_writable(path: &Path) -> Option<bool> {
    let folder = nearest(path)?;
    #[cfg(unix)]
    return Some(rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok());
    #[cfg(not(unix))]
    {
        let facts = folder.metadata().ok()?;
        Some(!facts.permissions().readonly())
    }
}

/// Bytes that are free for this user on the disk of a path.
fn free(path: &Path) -> Option<u64> {
    let folder = nearest(path)?;
    #[cfg(unix)]
    {
        let facts = rustix::fs::statvfs(folder).ok()?;
        facts.f_bavail.checked_mul(facts.f_frsize)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::scratch::Scratch;

    #[test]
    fn a_folder_that_is_not_made_yet_is_as_writable_as_the_one_above_it() {
        let root = Scratch::new("doctor-places");
        let below = root.path().join("a").join("b");
        assert_eq!(is_writable(&below), Some(true));
        let text = folder("cache", &below).text;
        assert!(text.contains("not made yet, writable"), "{text}");
        let value = place(root.path());
        assert_eq!(value["exists"], true);
        if cfg!(unix) {
            assert!(value["free_bytes"].as_u64().unwrap() > 0);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_without_the_right_to_write_is_told_to_all_but_the_superuser() {
        use std::os::unix::fs::PermissionsExt;
        let root = Scratch::new("doctor-right");
        std::fs::set_permissions(root.path(), PermissionsExt::from_mode(0o500)).unwrap();
        let is_root = rustix::process::geteuid().is_root();
        assert_eq!(is_writable(root.path()), Some(is_root));
        let text = folder("cache", root.path()).text;
        assert_eq!(text.contains("NOT writable"), !is_root);
        std::fs::set_permissions(root.path(), PermissionsExt::from_mode(0o700)).unwrap();
    }
}
