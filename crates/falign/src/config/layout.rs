//! The file as typed: base values, axes of the sweep, cases. Keys are checked, values not yet.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use toml::Value;

use super::document::{Given, Locate as _, Node};
use super::keys::{self, KEYS, Key, SECTIONS, TOP_KEYS};
use super::read::Values;
use super::value::short;
use crate::file::{path_text, text_path};
use crate::{Error, Result};

/// A swept key, or part of one, and its values, in order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    /// Leaf name, or that of a part ([`keys::part`]).
    pub(crate) name: Name,
    pub(crate) values: Vec<Given>,
}

/// Leaf name of a key, or of a part of one.
pub(crate) type Name = Cow<'static, str>;

impl Axis {
    /// The key, whole or not.
    pub(crate) fn key(&self) -> &'static Key {
        keys::of_name(&self.name)
    }

    /// The dotted name.
    pub(crate) fn dotted(&self) -> String {
        keys::dotted_of(&self.name)
    }

    /// Values as they were typed.
    pub(crate) fn list(&self) -> Value {
        Value::Array(
            self.values
                .iter()
                .map(|value| Value::clone(value))
                .collect(),
        )
    }
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
    pub(crate) claims: Vec<Node>,
    pub(crate) figure: Option<Node>,
}

const PARTS: [&str; 4] = ["sweep", "case", "claim", "figure"];

/// Sorts a parsed file; unknown keys are errors.
pub(crate) fn file(document: &Node) -> Result<File> {
    let mut file = File::default();
    for (name, value) in document.entries() {
        if let Some(index) = TOP_KEYS.iter().position(|(key, _)| *key == name) {
            file.top[index] = text(name, &value.given).within(value)?;
            continue;
        }
        match name.as_str() {
            "sweep" => file.layout.axes = axes("sweep", value)?,
            "case" => file.layout.cases = cases(value)?,
            "claim" => file.claims = list("claim", value)?.to_vec(),
            "figure" => file.figure = Some(value.clone()),
            section if is_section(section) => {
                for (key, value) in keyed(name, value)? {
                    file.layout.base.insert(key, value.given.clone());
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
                let shown = short(&value.given);
                let error = Error::config(other, shown, format!("unknown key; {hint}"));
                return Err(value.locate_key(error));
            }
        }
    }
    Ok(file)
}

/// Relative paths become relative to the experiment file's folder.
pub(crate) fn anchor_paths(layout: &mut Layout, folder: &Path) {
    let anchor = |leaf: &str, value: &mut Given| {
        if keys::leaf(leaf).is_some_and(Key::is_path)
            && let Value::String(text) = value.value_mut()
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
            anchor(&axis.name, value);
        }
    }
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

fn list<'a>(name: &str, node: &'a Node) -> Result<&'a [Node]> {
    if node.given.is_array() {
        return Ok(node.items());
    }
    let shown = short(&node.given);
    Err(Error::config(
        name,
        shown,
        format!("expected [[{name}]] tables"),
    ))
    .within(node)
}

/// The keys of a table, dotted names and nested tables alike, in order.
/// `prefix` is the section the table belongs to, or empty.
fn keyed<'a>(prefix: &str, table: &'a Node) -> Result<Vec<(Name, &'a Node)>> {
    if !table.is_table() {
        return Err(Error::config(
            prefix,
            short(&table.given),
            format!("expected a section, [{prefix}]"),
        ))
        .within(table);
    }
    keyed_entries(prefix, table.entries().iter())
}

fn keyed_entries<'a>(
    prefix: &str,
    entries: impl Iterator<Item = &'a (String, Node)>,
) -> Result<Vec<(Name, &'a Node)>> {
    let mut out: Vec<(Name, &Node)> = Vec::new();
    for (name, node) in entries {
        let dotted = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        let found = if prefix.is_empty() && is_section(name) {
            keyed(name, node)?
        } else {
            let key = keys::named(&dotted).ok_or_else(|| {
                let error =
                    Error::config(&dotted, short(&node.given), keys::suggest_dotted(&dotted));
                node.locate_key(error)
            })?;
            let has_places = node
                .entries()
                .iter()
                .any(|(at, _)| at.parse::<usize>().is_ok());
            if has_places && keys::of_name(&key).has_parts() {
                parts(&key, node)
            } else {
                vec![(key, node)]
            }
        };
        for (key, node) in found {
            if out.iter().any(|(other, _)| *other == key) {
                let error = Error::config(
                    keys::dotted_of(&key),
                    short(&node.given),
                    "given twice, dotted and in its section; keep one",
                );
                return Err(node.locate_key(error));
            }
            out.push((key, node));
        }
    }
    Ok(out)
}

/// Parts of a key that were typed without quotes, `layers.2.kernel`, which TOML takes for tables.
fn parts<'a>(name: &str, table: &'a Node) -> Vec<(Name, &'a Node)> {
    let of_entry = |(entry, node): &'a (String, Node)| {
        let name = format!("{name}.{entry}");
        if node.is_table() {
            parts(&name, node)
        } else {
            vec![(Cow::Owned(name), node)]
        }
    };
    table.entries().iter().flat_map(of_entry).collect()
}

fn axes(part: &str, value: &Node) -> Result<Vec<Axis>> {
    if !value.is_table() {
        return Err(Error::config(
            part,
            short(&value.given),
            "expected dotted keys with lists of values",
        ))
        .within(value);
    }
    keyed("", value)?
        .into_iter()
        .map(|(name, value)| axis(name, value))
        .collect()
}

/// An axis from a list of values.
pub(crate) fn axis(name: Name, list: &Node) -> Result<Axis> {
    let dotted = || format!("sweep.{}", keys::dotted_of(&name));
    let values: Vec<Given> = list.items().iter().map(|item| item.given.clone()).collect();
    if values.is_empty() {
        return Err(Error::config(
            dotted(),
            short(&list.given),
            match keys::part(&name) {
                Some(_) => "expected a list of values, not empty".to_owned(),
                None => format!(
                    "expected a list, not empty, whose values are each {}",
                    keys::of_name(&name).allowed()
                ),
            },
        ))
        .within(list);
    }
    let mut seen = BTreeSet::new();
    for item in list.items() {
        let text = item.given.to_string();
        if !seen.insert(text) {
            return Err(Error::config(
                dotted(),
                short(&item.given),
                "listed twice; list each value once",
            ))
            .within(item);
        }
    }
    Ok(Axis { name, values })
}

fn cases(value: &Node) -> Result<Vec<Case>> {
    let mut out: Vec<Case> = Vec::new();
    for item in list("case", value)? {
        out.push(case(item, &out)?);
    }
    Ok(out)
}

fn case(item: &Node, others: &[Case]) -> Result<Case> {
    let refuse = |node: &Node, key: &str, shown: String, why: &str| {
        Err(node.locate(Error::config(key, shown, why)))
    };
    if !item.is_table() {
        let shown = short(&item.given);
        return refuse(item, "case", shown, "expected [[case]] tables");
    }
    let name = match item.get("name") {
        None => {
            let why = "every case needs a unique name";
            return refuse(item, "case.name", "unset".to_owned(), why);
        }
        Some(node) => match node.given.as_str().filter(|name| !name.is_empty()) {
            Some(name) if others.iter().any(|case| case.name == name) => {
                let why = "names of cases are unique; rename one";
                return refuse(node, "case.name", format!("\"{name}\""), why);
            }
            Some(name) => name.to_owned(),
            None => {
                let shown = short(&node.given);
                return refuse(node, "case.name", shown, "expected a string, not empty");
            }
        },
    };
    let axes = match item.get("sweep") {
        Some(node) => axes("case.sweep", node)?,
        None => Vec::new(),
    };
    let own = item.entries().iter();
    let own = own.filter(|(name, _)| !["name", "sweep"].contains(&name.as_str()));
    let values = keyed_entries("", own)?
        .into_iter()
        .map(|(name, node)| (name, node.given.clone()))
        .collect();
    Ok(Case { name, values, axes })
}

/// Leaf keys as text.
pub(crate) fn leaf_names() -> impl Iterator<Item = &'static str> + Clone {
    KEYS.iter().map(|key| key.leaf)
}
