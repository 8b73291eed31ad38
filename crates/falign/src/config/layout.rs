//! The file as typed: base values, axes of the sweep, cases. Keys are checked, values not yet.

use std::path::Path;

use toml::{Table, Value};

use super::keys::{self, KEYS, Key, SECTIONS, TOP_KEYS};
use super::read::Values;
use crate::error::shown;
use crate::file::{path_text, text_path};
use crate::{Error, Result};

/// A swept key and its values, in order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub(crate) key: &'static Key,
    pub(crate) values: Vec<Value>,
}

/// One `[[case]]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) values: Values,
    pub(crate) axes: Vec<Axis>,
}

/// The parts of a file that make settings.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Layout {
    pub(crate) base: Values,
    pub(crate) axes: Vec<Axis>,
    pub(crate) cases: Vec<Case>,
}

/// The whole file, sorted by what it is.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// The keys at the top, in the order of [`TOP_KEYS`].
    pub(crate) top: [String; TOP_KEYS.len()],
    pub(crate) layout: Layout,
    pub(crate) claims: Vec<Value>,
    pub(crate) figure: Option<Value>,
}

const PARTS: [&str; 4] = ["sweep", "case", "claim", "figure"];

/// Sorts a parsed file; unknown keys are errors.
pub(crate) fn file(table: Table) -> Result<File> {
    let mut file = File::default();
    for (name, value) in table {
        if let Some(index) = TOP_KEYS.iter().position(|(key, _)| *key == name) {
            file.top[index] = text(&name, &value)?;
            continue;
        }
        match name.as_str() {
            "sweep" => file.layout.axes = axes("sweep", &value)?,
            "case" => file.layout.cases = cases(&value)?,
            "claim" => file.claims = list("claim", value)?,
            "figure" => file.figure = Some(value),
            section if is_section(section) => {
                for (key, value) in keyed(&name, &value)? {
                    file.layout.base.insert(key.leaf, value);
                }
            }
            other => {
                let names = TOP_KEYS.iter().map(|(name, _)| *name);
                let names = names
                    .chain(SECTIONS.iter().map(|(name, _)| *name))
                    .chain(PARTS);
                let hint = match keys::leaf(other) {
                    Some(key) => format!("did you mean `{}`?", key.dotted()),
                    None => keys::did_you_mean(other, names),
                };
                return Err(Error::config(
                    other,
                    short(&value),
                    format!("unknown key; {hint}"),
                ));
            }
        }
    }
    Ok(file)
}

/// Relative paths become relative to the experiment file's folder.
pub(crate) fn anchor_paths(layout: &mut Layout, folder: &Path) {
    let anchor = |leaf: &str, value: &mut Value| {
        if is_path(leaf)
            && let Value::String(text) = value
            && !text.is_empty()
        {
            *text = path_text(&folder.join(text_path(text)));
        }
    };
    let cases = &mut layout.cases;
    let maps = std::iter::once(&mut layout.base).chain(cases.iter_mut().map(|c| &mut c.values));
    for values in maps {
        for (leaf, value) in values {
            anchor(leaf, value);
        }
    }
    for axis in layout
        .axes
        .iter_mut()
        .chain(cases.iter_mut().flat_map(|case| &mut case.axes))
    {
        for value in &mut axis.values {
            anchor(axis.key.leaf, value);
        }
    }
}

/// Whether a key holds the path of an input file.
pub(crate) fn is_path(leaf: &str) -> bool {
    matches!(
        leaf,
        "train_data" | "held_out_data" | "initial_weights" | "labelled_data" | "data_dir"
    )
}

/// Values as an error message shows them, cut to one short line.
pub(crate) fn short(value: &Value) -> String {
    shown(&value.to_string().replace('\n', " "))
}

fn is_section(name: &str) -> bool {
    SECTIONS.iter().any(|(section, _)| *section == name)
}

fn text(name: &str, value: &Value) -> Result<String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Error::config(name, short(value), "expected a string"))
}

fn list(name: &str, value: Value) -> Result<Vec<Value>> {
    match value {
        Value::Array(items) => Ok(items),
        other => Err(Error::config(
            name,
            short(&other),
            format!("expected [[{name}]] tables"),
        )),
    }
}

/// The keys of a table, dotted names and nested tables alike, in order.
/// `prefix` is the section the table belongs to, or empty.
fn keyed(prefix: &str, value: &Value) -> Result<Vec<(&'static Key, Value)>> {
    let table = value.as_table().ok_or_else(|| {
        Error::config(
            prefix,
            short(value),
            format!("expected a section, [{prefix}]"),
        )
    })?;
    let mut out: Vec<(&'static Key, Value)> = Vec::new();
    for (name, value) in table {
        let dotted = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        let found = if prefix.is_empty() && is_section(name) {
            keyed(name, value)?
        } else {
            let key = keys::dotted(&dotted).ok_or_else(|| {
                Error::config(&dotted, short(value), keys::suggest_dotted(&dotted))
            })?;
            vec![(key, value.clone())]
        };
        for (key, value) in found {
            if out.iter().any(|(other, _)| *other == key) {
                return Err(Error::config(
                    key.dotted(),
                    short(&value),
                    "given twice, dotted and in its section; keep one",
                ));
            }
            out.push((key, value));
        }
    }
    Ok(out)
}

fn axes(part: &str, value: &Value) -> Result<Vec<Axis>> {
    if !value.is_table() {
        return Err(Error::config(
            part,
            short(value),
            "expected dotted keys with lists of values",
        ));
    }
    keyed("", value)?
        .into_iter()
        .map(|(key, value)| axis(key, value))
        .collect()
}

/// An axis from a list of values.
pub(crate) fn axis(key: &'static Key, value: Value) -> Result<Axis> {
    let dotted = format!("sweep.{}", key.dotted());
    match value {
        Value::Array(values) if !values.is_empty() => {
            for (index, value) in values.iter().enumerate() {
                if values[..index].contains(value) {
                    return Err(Error::config(
                        dotted,
                        short(value),
                        "listed twice; list each value once",
                    ));
                }
            }
            Ok(Axis { key, values })
        }
        other => Err(Error::config(
            dotted,
            short(&other),
            format!(
                "expected a list, not empty, whose values are each {}",
                key.allowed
            ),
        )),
    }
}

fn cases(value: &Value) -> Result<Vec<Case>> {
    let mut out: Vec<Case> = Vec::new();
    for item in list("case", value.clone())? {
        let Value::Table(mut table) = item else {
            return Err(Error::config(
                "case",
                short(&item),
                "expected [[case]] tables",
            ));
        };
        let name = match table.remove("name") {
            Some(Value::String(name)) if !name.is_empty() => name,
            Some(other) => {
                return Err(Error::config(
                    "case.name",
                    short(&other),
                    "expected a string, not empty",
                ));
            }
            None => {
                return Err(Error::config(
                    "case.name",
                    "unset",
                    "every case needs a unique name",
                ));
            }
        };
        if out.iter().any(|case| case.name == name) {
            return Err(Error::config(
                "case.name",
                format!("\"{name}\""),
                "names of cases are unique; rename one",
            ));
        }
        let axes = match table.remove("sweep") {
            Some(value) => axes("case.sweep", &value)?,
            None => Vec::new(),
        };
        let values = keyed("", &Value::Table(table))?
            .into_iter()
            .map(|(key, value)| (key.leaf, value))
            .collect();
        out.push(Case { name, values, axes });
    }
    Ok(out)
}

/// Every leaf key, as text.
pub(crate) fn leaf_names() -> impl Iterator<Item = &'static str> + Clone {
    KEYS.iter().map(|key| key.leaf)
}
