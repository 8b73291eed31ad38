//! `--set KEY=VALUE` and `--case NAME`: what the command line changes of a file.

use toml::Value;

use super::document::{Node, Origin};
use super::keys::{self, Key};
use super::layout::{self, Layout, Name};
use super::value::{parse_value, short};
use crate::{Error, Result};

/// Changes that the command line makes to an experiment.
///
/// # Example
/// ```
/// use falign::experiment::{Experiment, Overrides, run};
/// let text = "name = \"short\"\nrun.steps = 10\nrun.runs = 2\nnetwork.width = 20";
/// let overrides = Overrides { set: vec!["run.runs=3".to_owned()], ..Overrides::none() };
/// let table = run(&Experiment::parse(text, &overrides)?)?;
/// assert_eq!(table.settings[0].runs(), 3);
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// `key=value` texts, in order; a later one wins.
    pub set: Vec<String>,
    /// Names of the cases to keep; all if empty.
    pub cases: Vec<String>,
}

impl Overrides {
    /// Overrides that change nothing.
    pub fn none() -> Self {
        Self::default()
    }
}

/// Applies `--set` to the file and every case, then `--case`.
pub(crate) fn apply(layout: &mut Layout, overrides: &Overrides) -> Result<()> {
    let mut typed = Vec::new();
    for text in &overrides.set {
        typed.push(assignment(text)?);
    }
    if typed.iter().any(|(name, _)| name == "train_data") {
        forget_generated(layout);
    }
    for (name, value) in typed {
        set(layout, &name, &value)?;
    }
    keep_cases(layout, &overrides.cases)
}

/// Given data take the place of the data that a file would generate.
fn forget_generated(layout: &mut Layout) {
    let is_kept = |leaf: &str| !keys::leaf(leaf).is_some_and(Key::is_generated);
    layout.base.retain(|leaf, _| is_kept(leaf));
    layout.axes.retain(|axis| is_kept(&axis.name));
    for case in &mut layout.cases {
        case.values.retain(|leaf, _| is_kept(leaf));
        case.axes.retain(|axis| is_kept(&axis.name));
    }
}

fn assignment(text: &str) -> Result<(Name, Node)> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(Error::config("--set", text, "expected KEY=VALUE"));
    };
    let (name, value) = (name.trim(), value.trim());
    let start = text.rfind(value).unwrap_or_default();
    let node = |typed: Value| Node::of_assignment(typed, text, start);
    // Leaf names are unique: `rule` can only be `learning.rule`.
    let leaf = || keys::leaf(name).map(|key| Name::Borrowed(key.leaf));
    let part = || keys::part(name).map(|_| Name::Owned(name.to_owned()));
    let key = keys::named(name).or_else(leaf).or_else(part);
    let key = key.ok_or_else(|| {
        let begin = text.find(name).unwrap_or_default();
        let error = Error::config(name, value, keys::suggest_dotted(name));
        Origin::of_assignment(text, begin..begin + name.len()).locate(error)
    })?;
    if let Some(value) = parse_value(value) {
        return Ok((key, node(value)));
    }
    if let Some(list) = word_list(value) {
        return Ok((key, node(list)));
    }
    if value.is_empty() || value.starts_with(['[', '{', '"', '\'']) {
        let error = Error::config(
            keys::dotted_of(&key),
            value,
            match keys::part(&key) {
                Some(_) => "not a TOML value (quote strings inside lists)".to_owned(),
                None => format!(
                    "not a TOML value (quote strings inside lists); expected {}",
                    keys::of_name(&key).allowed()
                ),
            },
        );
        return Err(Origin::of_assignment(text, start..text.len()).locate(error));
    }
    Ok((key, node(Value::String(value.to_owned()))))
}

/// `[relu, tanh]`: a shell takes quotes away, so a list of bare words is one of strings.
fn word_list(text: &str) -> Option<Value> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    let words = inside.split(',').map(str::trim);
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    words
        .map(|word| is_word(word).then(|| Value::String(word.to_owned())))
        .collect::<Option<Vec<Value>>>()
        .map(Value::Array)
}

/// A list is an axis, except for keys that hold lists, where only a list of lists is one. A list is an axis of
/// a part of a key.
fn is_axis(name: &str, value: &Value) -> bool {
    let holds_lists = keys::part(name).is_none() && keys::of_name(name).holds_lists();
    match value {
        Value::Array(items) => !holds_lists || items.iter().any(Value::is_array),
        _ => false,
    }
}

fn set(layout: &mut Layout, name: &Name, node: &Node) -> Result<()> {
    // What is set whole has no parts from before.
    let is_replaced =
        |other: &str| other == name || keys::part(other).is_some_and(|(key, _)| key.leaf == name);
    layout
        .base
        .retain(|other, _| other == name || !is_replaced(other));
    for case in &mut layout.cases {
        case.values.retain(|other, _| !is_replaced(other));
        case.axes.retain(|axis| !is_replaced(&axis.name));
    }
    layout
        .axes
        .retain(|axis| axis.name == *name || !is_replaced(&axis.name));
    let old = layout.axes.iter().position(|axis| axis.name == *name);
    if is_axis(name, &node.given) {
        let axis = layout::axis(name.clone(), node)?;
        match old {
            Some(index) => layout.axes[index] = axis,
            None => layout.axes.push(axis),
        }
    } else {
        if let Some(index) = old {
            layout.axes.remove(index);
        }
        layout.base.insert(name.clone(), node.given.clone());
    }
    Ok(())
}

/// The cases that run: those named, all of them for `all`, or the file's default.
pub(crate) fn chosen_cases(
    overrides: &Overrides,
    default: &str,
    known: &[&str],
) -> Result<Vec<String>> {
    if !default.is_empty() && !known.contains(&default) {
        return Err(Error::config(
            "default_case",
            format!("\"{default}\""),
            format!(
                "no such case; {}",
                keys::did_you_mean(default, known.iter().copied())
            ),
        ));
    }
    Ok(match overrides.cases.as_slice() {
        [] if default.is_empty() => Vec::new(),
        [] => vec![default.to_owned()],
        [all] if all == "all" && !known.contains(&"all") => Vec::new(),
        named => named.to_vec(),
    })
}

fn keep_cases(layout: &mut Layout, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    for name in names {
        let known = layout.cases.iter().map(|case| case.name.as_str());
        if !known.clone().any(|other| other == name) {
            return Err(Error::config(
                "--case",
                short(&Value::String(name.clone())),
                format!("no such case; {}", keys::did_you_mean(name, known)),
            ));
        }
    }
    layout.cases.retain(|case| names.contains(&case.name));
    Ok(())
}
