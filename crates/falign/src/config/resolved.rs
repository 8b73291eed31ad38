//! The experiment written out in full: nothing left to defaults, so that it runs again as is.

use std::borrow::Cow;

use toml::{Table, Value};

use super::flat::parts;
use super::keys::{KEYS, SECTIONS, TOP_KEYS, dotted_of};
use super::layout::{Axis, Layout};
use super::read::{self, Values};
use super::setting::{Field, Keys, field};
use super::{Experiment, LabelledSetting, write};
use crate::Result;
use crate::rule::Registry;

/// Replaces the base values by all values in their canonical spelling. What `auto` stands for
/// is written where all settings agree; elsewhere it stays `auto`, which resolves again.
pub(crate) fn fill(
    layout: &mut Layout,
    settings: &[LabelledSetting],
    rules: &Registry,
) -> Result<()> {
    let typed = std::mem::take(&mut layout.base);
    let mut base = write::values(&read::setting(&typed, rules)?);
    let has_own_data = |s: &Keys| s.train_data.is_some() || s.classes.are_named();
    if settings.iter().any(|one| has_own_data(&one.setting)) {
        let is_generated = |leaf: &str| field(leaf).key.is_generated();
        base.retain(|leaf, _| !is_generated(leaf) || typed.contains_key(leaf));
    }
    let has_epochs = settings.iter().any(|one| one.setting.deep.epochs.is_some());
    if has_epochs && !typed.contains_key("steps") {
        base.remove("steps");
    }
    for leaf in [
        "engine",
        "draw",
        "record",
        "quantities",
        "loss",
        "reduction",
        "scaling",
    ] {
        let elsewhere = layout.axes.iter().any(|axis| axis.name == leaf)
            || layout.cases.iter().any(|case| {
                case.values.contains_key(leaf) || case.axes.iter().any(|axis| axis.name == leaf)
            });
        let Field { get, same, .. } = field(leaf);
        if !elsewhere
            && let Some((first, others)) = settings.split_first()
            && others.iter().all(|one| same(&one.setting, &first.setting))
            && let Some(value) = get(&first.setting)
        {
            base.insert(Cow::Borrowed(leaf), value.into());
        }
    }
    layout.base = base;
    Ok(())
}

/// The text of the whole file.
pub(crate) fn text(experiment: &Experiment) -> String {
    let mut table = Table::new();
    let top = [
        &experiment.name,
        &experiment.title,
        &experiment.about,
        &experiment.source,
        &experiment.expected_time,
    ];
    // The file runs again as it is: whatever cases it has, it runs all of them.
    for ((key, _), value) in TOP_KEYS.iter().zip(top) {
        table.insert((*key).to_owned(), Value::String(value.clone()));
    }
    let layout = &experiment.layout;
    for (section, _) in SECTIONS {
        let values: Table = KEYS
            .iter()
            .filter(|key| key.section == section)
            .filter_map(|key| {
                Some((
                    key.leaf.to_owned(),
                    Value::clone(layout.base.get(key.leaf)?),
                ))
            })
            .collect();
        table.insert(section.to_owned(), Value::Table(values));
    }
    if !layout.axes.is_empty() {
        table.insert("sweep".to_owned(), sweep(&layout.axes));
    }
    let cases: Vec<Value> = layout
        .cases
        .iter()
        .map(|case| {
            let mut out = Table::new();
            out.insert("name".to_owned(), Value::String(case.name.clone()));
            out.extend(dotted(&case.values));
            if !case.axes.is_empty() {
                out.insert("sweep".to_owned(), sweep(&case.axes));
            }
            Value::Table(out)
        })
        .collect();
    if !cases.is_empty() {
        table.insert("case".to_owned(), Value::Array(cases));
    }
    let claims: Vec<Value> = experiment
        .claims
        .iter()
        .map(|claim| Value::Table(claim.typed.clone()))
        .collect();
    if !claims.is_empty() {
        table.insert("claim".to_owned(), Value::Array(claims));
    }
    if let Some(figure) = &experiment.figure
        && let Ok(value) = Value::try_from(figure)
    {
        table.insert("figure".to_owned(), value);
    }
    toml::to_string(&table).expect("string keys and plain values always write")
}

fn sweep(axes: &[Axis]) -> Value {
    let table: Table = axes
        .iter()
        .map(|axis| (axis.dotted(), axis.list()))
        .collect();
    Value::Table(table)
}

fn dotted(values: &Values) -> impl Iterator<Item = (String, Value)> + '_ {
    let whole = KEYS
        .iter()
        .filter_map(|key| Some((key.dotted(), Value::clone(values.get(key.leaf)?))));
    let parts = parts(values);
    whole.chain(parts.map(|(name, value)| (dotted_of(&name), value)))
}
