//! From base values, axes and cases to the list of settings: the cross product.

use toml::Value;

use super::layout::{Axis, Layout, short};
use super::read::{self, Values};
use super::setting::{Engine, Setting};
use super::{check, write};
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
        self.shown().get(name).map(write::column)
    }

    /// All leaf keys that are set. Deep networks always have `hidden_widths`, so that tables tell
    /// one from another.
    fn shown(&self) -> Values {
        let mut setting = self.setting.clone();
        if setting.engine == Engine::MiniBatch {
            setting.deep.hidden_widths = Some(setting.deep.widths(setting.width));
        }
        write::values(&setting)
    }

    /// The setting as a flat table of leaf keys, for
    /// [`Experiment::from_flat`](super::Experiment::from_flat); keys that are unset are absent.
    pub fn flat(&self) -> toml::Table {
        let values = write::values(&self.setting).into_iter();
        values
            .map(|(leaf, value)| (leaf.to_owned(), value))
            .collect()
    }

    /// All leaf keys that are set, and `hidden_widths` of deep networks, with their values as the
    /// tables show them. Where `hidden_widths` takes the place of `width`, `width` is that of all
    /// hidden layers, or empty where they differ.
    pub fn columns(&self) -> Vec<(&'static str, String)> {
        let values = self.shown();
        let shown = values.iter().map(|(leaf, value)| match *leaf {
            "width" => (*leaf, self.shown_width()),
            leaf => (leaf, write::column(value)),
        });
        shown.collect()
    }

    fn shown_width(&self) -> String {
        match self.setting.deep.hidden_widths.as_deref() {
            None => self.setting.width.to_string(),
            Some([first, others @ ..]) if others.iter().all(|units| units == first) => {
                first.to_string()
            }
            Some(_) => String::new(),
        }
    }
}

/// More settings than this are a slip of the pen.
const MAX_SETTINGS: usize = 100_000;

/// All settings, cases outermost, the last axis fastest.
pub(crate) fn settings(layout: &Layout) -> Result<Vec<LabelledSetting>> {
    let mut out = Vec::new();
    let defaults = read::defaults();
    if layout.cases.is_empty() {
        product("", &defaults, &layout.base, &layout.axes, &mut out)?;
    }
    for case in &layout.cases {
        let mut typed = layout.base.clone();
        typed.extend(case.values.clone());
        let axes = case_axes(layout, &case.values, &case.axes);
        product(&case.name, &defaults, &typed, &axes, &mut out).map_err(|error| match error {
            Error::Config {
                key,
                value,
                allowed,
            } => Error::Config {
                key,
                value,
                allowed: format!("{allowed} (in case `{}`)", case.name),
            },
            other => other,
        })?;
    }
    refuse_repeats(&out)?;
    Ok(out)
}

/// The file's axes without those the case overrides, with those it replaces, then its own.
fn case_axes(layout: &Layout, values: &Values, own: &[Axis]) -> Vec<Axis> {
    let replaced = |axis: &Axis| own.iter().find(|other| other.key == axis.key);
    let mut axes: Vec<Axis> = layout
        .axes
        .iter()
        .filter(|axis| replaced(axis).is_some() || !values.contains_key(axis.key.leaf))
        .map(|axis| replaced(axis).unwrap_or(axis).clone())
        .collect();
    for axis in own {
        if axes.iter().all(|other| other.key != axis.key) {
            axes.push(axis.clone());
        }
    }
    axes
}

fn product(
    case: &str,
    defaults: &Values,
    typed: &Values,
    axes: &[Axis],
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
    for index in 0..count {
        let mut typed = typed.clone();
        let mut rest = index;
        for axis in axes.iter().rev() {
            let value = axis.values[rest % axis.values.len()].clone();
            typed.insert(axis.key.leaf, value);
            rest /= axis.values.len();
        }
        out.push(one(case, defaults, &typed, axes)?);
    }
    Ok(())
}

fn one(case: &str, defaults: &Values, typed: &Values, axes: &[Axis]) -> Result<LabelledSetting> {
    let mut all = defaults.clone();
    all.extend(typed.clone());
    let mut setting = read::setting(&all)?;
    check::typed_keys(&setting, typed)?;
    let engine_by_data = check::is_selected_by_data(&setting);
    let asked = check::asked(&setting);
    setting.engine = setting.resolved_engine();
    setting.draw = setting.resolved_draw();
    setting.record = setting.resolved_record();
    setting.quantities = setting.resolved_quantities();
    if setting.engine == Engine::MiniBatch {
        setting.deep.loss = Some(setting.deep.resolved_loss());
        setting.deep.reduction = Some(setting.deep.resolved_reduction());
        setting.deep.scaling = Some(setting.deep.resolved_scaling());
    }
    check::setting(&setting, &asked)?;
    // Labels in the canonical spelling, so that `0` and `0.0` are one label.
    let written = write::values(&setting);
    let axes = axes
        .iter()
        .map(|axis| {
            let value = written.get(axis.key.leaf).unwrap_or(&typed[axis.key.leaf]);
            (axis.key.leaf.to_owned(), write::column(value))
        })
        .collect();
    Ok(LabelledSetting {
        case: case.to_owned(),
        axes,
        engine_by_data,
        setting,
    })
}

/// Two equal settings would be the same jobs under two labels.
fn refuse_repeats(settings: &[LabelledSetting]) -> Result<()> {
    let mut seen = std::collections::BTreeMap::new();
    for one in settings {
        let text = format!("{:?}", write::values(&one.setting));
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
