//! Experiments without sections: leaf names are unique, so a flat table says the same.
//!
//! `{ width = 400, ridge = 0.1, sweep = { seed = [0, 1] }, case = [{ name = "a", ridge = 0.2 }] }`
//! is what callers in other languages hand over. Text for files has sections again.

use std::path::Path;

use toml::{Table, Value};

use super::document::Node;
use super::keys::{self, DataKey, KEYS, TOP_KEYS};
use super::layers::{Blueprint, LayerList};
use super::layout::{self, Axis, File};
use super::read::{self, Values};
use super::setting::field;
use super::types::ValueType as _;
use super::value::short;
use super::{Experiment, Overrides};
use crate::rule::Registry;
use crate::{Error, Result};

/// The name of a flat table that has none: a file needs one.
const UNNAMED: &str = "experiment";

/// A flat table as the table of a file.
fn sectioned(flat: &Table) -> Result<Table> {
    let mut out = Table::new();
    out.insert("name".to_owned(), Value::String(UNNAMED.to_owned()));
    for (name, value) in flat {
        let value = match (name.as_str(), value) {
            ("sweep", Value::Table(axes)) => Value::Table(dotted(axes)?),
            ("case", Value::Array(cases)) => {
                let case = |case: &Value| match case {
                    Value::Table(case) => case_table(case).map(Value::Table),
                    other => Ok(other.clone()),
                };
                Value::Array(cases.iter().map(case).collect::<Result<_>>()?)
            }
            _ => value.clone(),
        };
        if let Some(key) = keys::part(name)
            .map(|(key, _)| key)
            .or_else(|| keys::leaf(name))
        {
            let section = out
                .entry(key.section)
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                section.insert(name.clone(), value);
            }
        } else if is_part(name) {
            out.insert(name.clone(), value);
        } else {
            return Err(unknown(name, &value));
        }
    }
    Ok(out)
}

/// Whether a file has this at its top.
fn is_part(name: &str) -> bool {
    TOP_KEYS.iter().any(|(key, _)| *key == name)
        || ["sweep", "case", "claim", "figure"].contains(&name)
        || KEYS.iter().any(|key| key.section == name)
}

fn unknown(name: &str, value: &Value) -> Error {
    let hint = keys::did_you_mean(name, KEYS.iter().map(|key| key.leaf));
    Error::config(name, short(value), format!("unknown key; {hint}"))
}

fn case_table(case: &Table) -> Result<Table> {
    let mut own = case.clone();
    let kept = ["name", "sweep"].map(|part| (part, own.remove(part)));
    let mut out = dotted(&own)?;
    for (part, value) in kept {
        match value {
            Some(Value::Table(axes)) if part == "sweep" => {
                out.insert(part.to_owned(), Value::Table(dotted(&axes)?));
            }
            Some(value) => {
                out.insert(part.to_owned(), value);
            }
            None => {}
        }
    }
    Ok(out)
}

/// Leaf names as dotted ones.
fn dotted(leaves: &Table) -> Result<Table> {
    let named = |(name, value): (&String, &Value)| {
        if keys::leaf(name).is_none() && keys::part(name).is_none() {
            return Err(unknown(name, value));
        }
        Ok((keys::dotted_of(name), value.clone()))
    };
    leaves.iter().map(named).collect()
}

/// The inverse of [`sectioned`]: what was typed, without sections.
fn flat(file: File) -> Table {
    let mut out = Table::new();
    for ((key, _), text) in TOP_KEYS.iter().zip(file.top) {
        if !text.is_empty() {
            out.insert((*key).to_owned(), Value::String(text));
        }
    }
    out.extend(leaves(&file.layout.base));
    if !file.layout.axes.is_empty() {
        out.insert("sweep".to_owned(), sweep(&file.layout.axes));
    }
    let case = |case: layout::Case| {
        let mut table = Table::new();
        table.insert("name".to_owned(), Value::String(case.name));
        table.extend(leaves(&case.values));
        if !case.axes.is_empty() {
            table.insert("sweep".to_owned(), sweep(&case.axes));
        }
        Value::Table(table)
    };
    let cases: Vec<Value> = file.layout.cases.into_iter().map(case).collect();
    let claims: Vec<Value> = file.claims.into_iter().map(Node::into_value).collect();
    let parts = [("case", cases), ("claim", claims)];
    for (name, tables) in parts {
        if !tables.is_empty() {
            out.insert(name.to_owned(), Value::Array(tables));
        }
    }
    let figure = file.figure.map(Node::into_value);
    out.extend(figure.map(|figure| ("figure".to_owned(), figure)));
    out
}

fn leaves(values: &Values) -> impl Iterator<Item = (String, Value)> + '_ {
    let whole = KEYS
        .iter()
        .filter_map(|key| Some((key.leaf.to_owned(), Value::clone(values.get(key.leaf)?))));
    whole.chain(parts(values))
}

/// Parts of keys, by leaf name.
pub(crate) fn parts(values: &Values) -> impl Iterator<Item = (String, Value)> + '_ {
    let parts = values.iter().filter(|(name, _)| keys::part(name).is_some());
    parts.map(|(name, value)| (name.to_string(), Value::clone(value)))
}

fn sweep(axes: &[Axis]) -> Value {
    let named = |axis: &Axis| (axis.name.to_string(), axis.list());
    Value::Table(axes.iter().map(named).collect())
}

/// The keys that an experiment's text sets, without sections; nothing is filled in. Relative
/// paths become relative to `folder`, where one is given.
///
/// # Errors
/// [`Error::Config`] for text that is not TOML, and for unknown keys; values are not checked.
///
/// # Example
/// ```
/// use falign::internal::config::flat_table;
/// let flat = flat_table("name = \"one\"\n[network]\nwidth = 400\n[sweep]\n\"run.seed\" = [1, 2]\n", None)?;
/// assert_eq!(flat["width"].as_integer(), Some(400));
/// assert_eq!(flat["sweep"]["seed"].as_array().map(Vec::len), Some(2));
/// # Ok::<(), falign::Error>(())
/// ```
pub fn flat_table(text: &str, folder: Option<&Path>) -> Result<Table> {
    let mut file = layout::file(&super::document(text)?)?;
    if let Some(folder) = folder {
        layout::anchor_paths(&mut file.layout, folder);
    }
    Ok(flat(file))
}

/// A flat table as the text of an experiment file, which [`flat_table`] reads back.
///
/// # Errors
/// [`Error::Config`] for keys that no file has.
///
/// # Panics
/// Never: string keys and plain values always write.
pub fn sectioned_toml(flat: &Table) -> Result<String> {
    let table = sectioned(flat)?;
    layout::file(&Node::of_table(table.clone()))?;
    Ok(toml::to_string(&table).expect("string keys and plain values always write"))
}

/// Whether every value of a flat table is of its key's type and range; its rule is a built-in one. Settings whose keys
/// contradict one another are found by [`Experiment::from_flat`].
///
/// # Errors
/// [`Error::Config`] naming the key, the value and what is accepted.
pub fn check_flat(flat: &Table) -> Result<()> {
    let rules = &Registry::built_in();
    let layout = layout::file(&Node::of_table(sectioned(flat)?))?.layout;
    let one = |values: &Values| {
        // Whether a part fits is known with the whole.
        let mut whole = values.iter().filter(|(name, _)| keys::part(name).is_none());
        whole.try_for_each(|(leaf, value)| read::check(&field(leaf).key, value, rules))
    };
    let axes = |axes: &[Axis]| {
        axes.iter().try_for_each(|axis| {
            let mut values = axis.values.iter();
            values.try_for_each(|value| match keys::part(&axis.name) {
                Some(_) => Ok(()),
                None => read::check(axis.key(), value, rules),
            })
        })
    };
    one(&layout.base)?;
    axes(&layout.axes)?;
    layout.cases.iter().try_for_each(|case| {
        one(&case.values)?;
        axes(&case.axes)
    })
}

impl Experiment {
    /// A checked experiment from a flat table; relative paths are relative to `folder`.
    ///
    /// # Errors
    /// As [`Experiment::parse`].
    ///
    /// # Example
    /// ```
    /// use falign::experiment::Experiment;
    /// let flat = "width = 400\nactivation = \"tanh\"\nsweep = { seed = [1, 2] }".parse().unwrap();
    /// let experiment = Experiment::from_flat(&flat, None)?;
    /// assert_eq!(experiment.settings.len(), 2);
    /// # Ok::<(), falign::Error>(())
    /// ```
    pub fn from_flat(flat: &Table, folder: Option<&Path>) -> Result<Self> {
        Self::from_flat_with(flat, folder, &Registry::built_in())
    }

    /// Reads and checks a flat table as [`from_flat`](Self::from_flat) does, whose
    /// `rule` may be any of `rules`.
    ///
    /// # Errors
    /// As [`Experiment::parse`].
    #[doc(hidden)]
    pub fn from_flat_with(flat: &Table, folder: Option<&Path>, rules: &Registry) -> Result<Self> {
        Self::from_document(
            &Node::of_table(sectioned(flat)?),
            folder,
            &Overrides::none(),
            rules,
        )
    }
}

/// Takes the keys of other data out of a flat table, its sweep and its cases.
pub(crate) fn forget_data(flat: &mut Table) {
    // Neither has a meaning along with data that are handed over.
    let is_kept = |name: &str| keys::leaf(name).is_none_or(|key| key.data == DataKey::Neither);
    flat.retain(|name, _| is_kept(name));
    let forget_axes = |table: &mut Table| {
        if let Some(Value::Table(axes)) = table.get_mut("sweep") {
            axes.retain(|name, _| is_kept(name));
        }
    };
    forget_axes(flat);
    for case in flat
        .get_mut("case")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Value::Table(case) = case {
            case.retain(|name, _| is_kept(name));
            forget_axes(case);
        }
    }
}

/// Puts the shape of images that are handed over into a flat table that asks for it and does not give it.
pub(crate) fn tell_image(flat: &mut Table, image: &[usize]) {
    let axes = match *image {
        [height, width] => vec![1, height, width],
        [_, _, _] => image.to_vec(),
        _ => return,
    };
    let layers = flat.get("layers").and_then(|list| LayerList.read(list));
    let has_places = layers.is_some_and(|layers| Blueprint::widths(&layers).is_none());
    let is_moved = ["random_shift", "random_crop", "random_flip"]
        .iter()
        .any(|key| flat.contains_key(*key));
    if flat.contains_key("input") || !(has_places || is_moved) {
        return;
    }
    let axes = axes
        .into_iter()
        .map(|side| Value::from(i64::try_from(side).unwrap_or(i64::MAX)));
    flat.insert("input".to_owned(), Value::Array(axes.collect()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin::BUILTIN;

    #[test]
    fn every_built_in_experiment_survives_without_sections() {
        for builtin in BUILTIN {
            let flat = flat_table(builtin.text, None).unwrap();
            check_flat(&flat).unwrap();
            let text = sectioned_toml(&flat).unwrap();
            assert_eq!(flat_table(&text, None).unwrap(), flat, "{}", builtin.name);
            let original = Experiment::parse(builtin.text, &Overrides::none()).unwrap();
            assert_eq!(Experiment::from_flat(&flat, None).unwrap(), original);
            assert_eq!(
                Experiment::parse(&text, &Overrides::none()).unwrap(),
                original
            );
        }
    }

    #[test]
    fn mistakes_are_named_wherever_they_stand() {
        for (text, part) in [
            ("widht = 4", "did you mean `width`?"),
            ("width = -1", "network.width = -1: expected a whole number"),
            ("sweep = { ridge = [0, \"x\"] }", "learning.ridge = \"x\""),
            ("sweep = { rigde = [0, 1] }", "did you mean `ridge`?"),
            ("case = [{ name = \"a\", width = 0 }]", "network.width = 0"),
            ("case = [{ width = 1 }]", "every case needs a unique name"),
            ("name = \"a b\"\nrun = 3", "expected a section, [run]"),
        ] {
            let flat: Table = text.parse().unwrap();
            let message = check_flat(&flat).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn data_that_are_handed_over_take_the_place_of_all_others() {
        let text = "samples = 3\nwidth = 4\nlabelled = \"mnist\"\n\
            sweep = { input_dim = [1, 2], ridge = [0, 1] }\n\
            case = [{ name = \"a\", held_out = 3, seed = 1, sweep = { outputs = [1] } }]";
        let mut flat: Table = text.parse().unwrap();
        forget_data(&mut flat);
        let expected = "width = 4\nsweep = { ridge = [0, 1] }\n\
            case = [{ name = \"a\", seed = 1, sweep = {} }]";
        assert_eq!(flat, expected.parse().unwrap());
    }
}
