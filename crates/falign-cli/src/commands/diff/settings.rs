//! Keys of two experiments that differ.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use falign::internal::file::read_text;
use toml::Value;

/// A key that has other values in one experiment than in the other.
pub(super) struct Difference {
    pub(super) key: String,
    /// Values in A and in B, as TOML; `None` where it is not set.
    pub(super) values: [Option<String>; 2],
}

/// Keys whose values differ, in alphabetical order. Prose, claims and figures change no number: of them
/// only the first word is told.
pub(super) fn differences(dirs: [&Path; 2]) -> Result<Vec<Difference>> {
    let [a, b] = dirs.map(keys);
    let [a, b] = [a?, b?];
    let mut all: Vec<&String> = a.keys().chain(b.keys()).collect();
    all.sort();
    all.dedup();
    let mut found: Vec<Difference> = Vec::new();
    for key in all {
        let values = [a.get(key), b.get(key)];
        if values[0] == values[1] {
            continue;
        }
        let first = key.split('.').next().unwrap_or(key);
        if !is_prose(first) {
            found.push(Difference {
                key: key.clone(),
                values: values.map(Option::<&String>::cloned),
            });
        } else if !found.iter().any(|one| one.key == first) {
            let told = |value: Option<&String>| value.map(|_| "(differs)".to_owned());
            found.push(Difference {
                key: first.to_owned(),
                values: values.map(told),
            });
        }
    }
    Ok(found)
}

fn is_prose(first: &str) -> bool {
    let words = [
        "title",
        "about",
        "source",
        "expected_time",
        "claim",
        "figure",
    ];
    words.contains(&first)
}

/// Values of a run folder's experiment by their dotted keys; cases by their names.
fn keys(dir: &Path) -> Result<BTreeMap<String, String>> {
    let file = dir.join("experiment.toml");
    let table: toml::Table = read_text(&file)?
        .parse()
        .with_context(|| file.display().to_string())?;
    let mut found = BTreeMap::new();
    flatten("", &Value::Table(table), &mut found);
    Ok(found)
}

fn flatten(key: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    let below = |name: &str| match key {
        "" => name.to_owned(),
        _ => format!("{key}.{name}"),
    };
    match value {
        Value::Table(table) if !table.is_empty() => {
            for (name, value) in table {
                flatten(&below(name), value, found);
            }
        }
        Value::Array(values) if values.iter().any(Value::is_table) => {
            for (at, value) in values.iter().enumerate() {
                let name = ["name", "id"]
                    .iter()
                    .find_map(|key| value.get(key)?.as_str());
                let name = name.map_or_else(|| at.to_string(), str::to_owned);
                flatten(&below(&name), value, found);
            }
        }
        other => {
            found.insert(key.to_owned(), other.to_string());
        }
    }
}
