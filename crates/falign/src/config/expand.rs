//! List of settings from base values, axes and cases: the cross product.

use toml::Value;

use super::columns::HIDDEN_WIDTHS;
use super::layout::{Axis, Layout};
use super::read::{self, Values};
use super::setting::{Engine, Field, Keys, Setting, field};
use super::value::{column, short};
use super::{check, keys, write};
use crate::rule::Registry;
use crate::{Error, Result};

/// One setting of an experiment, with the labels that tell it from the others.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledSetting {
    /// Name of its case; empty if the file has none.
    pub case: String,
    /// The swept keys (leaf names) and this setting's values, as the tables show them.
    pub axes: Vec<(String, String)>,
    /// Whether nothing but its data with classes select its engine.
    pub engine_by_data: bool,
    /// The setting, checked, with what `auto` stands for.
    pub setting: Setting,
}

impl LabelledSetting {
    /// The value of a leaf key, or of `case`, as the tables show it; `None` if there is no
    /// such key or it is unset.
    pub fn column(&self, name: &str) -> Option<String> {
        if name == "case" {
            return Some(self.case.clone());
        }
        if name == "width" {
            return Some(self.shown_width());
        }
        if name == HIDDEN_WIDTHS && self.setting.engine == Engine::MiniBatch {
            return Some(self.shown_hidden_widths());
        }
        value_of(&self.setting, name).as_ref().map(column)
    }

    /// The setting as a flat table of leaf keys, for
    /// [`Experiment::from_flat`](super::Experiment::from_flat); keys that are unset are absent.
    pub fn flat(&self) -> toml::Table {
        let values = write::values(&self.setting).into_iter();
        values
            .map(|(leaf, value)| (leaf.into_owned(), value.into_value()))
            .collect()
    }

    /// Leaf keys that are set, and `hidden_widths` of deep networks, with their values as the
    /// tables show them. Where `hidden_widths` takes the place of `width`, `width` is that of all
    /// hidden layers, or empty where they differ. Swept parts of keys come last.
    pub fn columns(&self) -> Vec<(&str, String)> {
        let mut leaves: Vec<&'static str> = keys::KEYS.iter().map(|key| key.leaf).collect();
        leaves.sort_unstable();
        let shown = leaves.into_iter();
        let whole = shown.filter_map(|leaf| Some((leaf, self.column(leaf)?)));
        let axes = self.axes.iter();
        let parts = axes.filter(|(name, _)| keys::part(name).is_some());
        let parts = parts.map(|(name, value)| (name.as_str(), value.clone()));
        whole.chain(parts).collect()
    }

    /// Deep networks always have `hidden_widths`, so that tables tell one from another.
    fn shown_hidden_widths(&self) -> String {
        let widths = self.setting.widths();
        let widths: Vec<String> = widths.iter().map(usize::to_string).collect();
        widths.join(" ")
    }

    fn shown_width(&self) -> String {
        if self.setting.deep.layers.is_some() {
            return String::new();
        }
        match self.setting.deep.hidden_widths.as_deref() {
            None => self.setting.width.to_string(),
            Some([first, others @ ..]) if others.iter().all(|units| units == first) => {
                first.to_string()
            }
            Some(_) => String::new(),
        }
    }
}

/// The value of a key, or of a part of one; none where it is unset.
fn value_of(setting: &Keys, name: &str) -> Option<Value> {
    match keys::part(name) {
        Some((_, part)) => setting.deep.layers.as_ref()?.part(part),
        None => (field(keys::leaf(name)?.leaf).get)(setting),
    }
}

/// More settings than this are a slip of the pen.
const MAX_SETTINGS: usize = 100_000;

/// Settings of a layout, cases outermost, the last axis fastest.
pub(crate) fn settings(layout: &Layout, rules: &Registry) -> Result<Vec<LabelledSetting>> {
    let mut out = Vec::new();
    if layout.cases.is_empty() {
        product("", layout.base.clone(), &layout.axes, rules, &mut out)?;
    }
    for case in &layout.cases {
        let mut typed = layout.base.clone();
        typed.extend(case.values.clone());
        let axes = case_axes(layout, &case.values, &case.axes);
        product(&case.name, typed, &axes, rules, &mut out).map_err(|error| match error {
            Error::Config {
                key,
                value,
                allowed,
                place,
            } => Error::Config {
                key,
                value,
                allowed: format!("{allowed} (in case `{}`)", case.name),
                place,
            },
            other => other,
        })?;
    }
    refuse_repeats(layout, &out)?;
    Ok(out)
}

/// The file's axes without those the case overrides, with those it replaces, then its own.
fn case_axes(layout: &Layout, values: &Values, own: &[Axis]) -> Vec<Axis> {
    let replaced = |axis: &Axis| own.iter().find(|other| other.name == axis.name);
    let mut axes: Vec<Axis> = layout
        .axes
        .iter()
        .filter(|axis| replaced(axis).is_some() || !values.contains_key(&axis.name))
        .map(|axis| replaced(axis).unwrap_or(axis).clone())
        .collect();
    for axis in own {
        if axes.iter().all(|other| other.name != axis.name) {
            axes.push(axis.clone());
        }
    }
    axes
}

fn product(
    case: &str,
    mut typed: Values,
    axes: &[Axis],
    rules: &Registry,
    out: &mut Vec<LabelledSetting>,
) -> Result<()> {
    let count = axes
        .iter()
        .try_fold(1usize, |count, axis| count.checked_mul(axis.values.len()))
        .filter(|count| *count <= MAX_SETTINGS)
        .ok_or_else(|| {
            Error::config(
                "sweep",
                format!("{} axes", axes.len()),
                format!("more than {MAX_SETTINGS} settings; shorten the lists"),
            )
        })?;
    for axis in axes {
        typed.remove(&axis.name);
    }
    // What no axis changes is read once; parts come after the whole of which they are.
    let (parts, whole): (Values, Values) = typed
        .clone()
        .into_iter()
        .partition(|(name, _)| keys::part(name).is_some());
    let base = read::setting(&whole, rules)?;
    for index in 0..count {
        let mut setting = base.clone();
        let mut rest = index;
        let mut parts = parts.clone();
        for axis in axes.iter().rev() {
            let value = &axis.values[rest % axis.values.len()];
            if keys::part(&axis.name).is_some() {
                parts.insert(axis.name.clone(), value.clone());
            } else {
                read::set_named(&mut setting, &axis.name, value, rules)?;
            }
            typed.insert(axis.name.clone(), value.clone());
            rest /= axis.values.len();
        }
        for (name, value) in &parts {
            read::set_named(&mut setting, name, value, rules)?;
        }
        let one = one(case, setting, &typed, axes).map_err(|error| locate(&typed, error))?;
        out.push(one);
    }
    Ok(())
}

/// An error about a key that was typed, with the place.
fn locate(typed: &Values, error: Error) -> Error {
    let Error::Config { key, .. } = &error else {
        return error;
    };
    let named = keys::named(key);
    // An error of a part that was not typed alone is one of the whole.
    let whole = named.as_deref().and_then(keys::part);
    let whole = whole.and_then(|(key, _)| typed.get(key.leaf));
    match named.and_then(|name| typed.get(&name)).or(whole) {
        Some(given) => given.origin.locate(error),
        None => error,
    }
}

/// A setting that is read, checked and with what `auto` stands for.
fn one(case: &str, mut setting: Keys, typed: &Values, axes: &[Axis]) -> Result<LabelledSetting> {
    check::typed_keys(&setting, typed)?;
    let engine_by_data = check::is_selected_by_data(&setting);
    let asked = check::asked(&setting);
    let psi = setting.activation;
    setting.deep.layers = setting.deep.layers.map(|layers| layers.settled(psi));
    setting.deep.input = setting.stored_input().or(setting.deep.input);
    setting.engine = setting.resolved_engine();
    setting.draw = setting.resolved_draw();
    setting.record = setting.resolved_record();
    setting.quantities = setting.resolved_quantities();
    if setting.engine == Engine::MiniBatch {
        setting.deep.loss = Some(setting.resolved_loss());
        setting.deep.reduction = Some(setting.resolved_reduction());
        setting.classes.scaling = Some(setting.classes.resolved_scaling());
    }
    check::keys(&setting, &asked)?;
    let setting = Setting::narrowed(setting, &asked)?;
    // Labels in the canonical spelling, so that `0` and `0.0` are one label.
    let axes = axes
        .iter()
        .map(|axis| {
            let value = value_of(&setting, &axis.name);
            let shown = value.as_ref().unwrap_or_else(|| &typed[&axis.name]);
            (axis.name.to_string(), column(shown))
        })
        .collect();
    Ok(LabelledSetting {
        case: case.to_owned(),
        axes,
        engine_by_data,
        setting,
    })
}

/// Two equal settings would be the same jobs under two labels. Settings of a file differ only in
/// keys that it sweeps or that its cases set, and in what follows from those.
fn refuse_repeats(layout: &Layout, settings: &[LabelledSetting]) -> Result<()> {
    let cases = layout.cases.iter();
    let axes = layout.axes.iter();
    let axes = axes.chain(cases.clone().flat_map(|case| &case.axes));
    let of_key = |name: &str| keys::of_name(name).leaf;
    let mut varied: Vec<&'static str> = axes.map(|axis| of_key(&axis.name)).collect();
    varied.extend(cases.flat_map(|case| case.values.keys().map(|name| of_key(name))));
    varied.sort_unstable();
    varied.dedup();
    let varied: Vec<&Field> = varied.into_iter().map(field).collect();
    let mut seen = std::collections::BTreeMap::new();
    for one in settings {
        let values = varied.iter().map(|field| (field.get)(&one.setting));
        let text: Vec<Option<String>> = values.map(|value| Some(value?.to_string())).collect();
        if let Some(first) = seen.insert(text, one) {
            let label = |one: &LabelledSetting| {
                let mut parts = vec![format!("case `{}`", one.case)];
                parts.extend(
                    one.axes
                        .iter()
                        .map(|(leaf, value)| format!("{leaf} = {value}")),
                );
                parts.join(", ")
            };
            return Err(Error::config(
                "sweep",
                short(&Value::String(label(one))),
                format!(
                    "the same setting as {}; drop one, or keep one case with --case",
                    label(first)
                ),
            ));
        }
    }
    Ok(())
}
