//! `[figure]` against the settings: what its panels ask for must be there once these have run.

use std::collections::BTreeMap;

use toml::Value;

use super::{Figure, LAYER, Panel, Style};
use crate::config::LabelledSetting;
use crate::config::columns::{HIDDEN_WIDTHS, setting_columns};
use crate::config::keys::leaf;
use crate::config::places::Places;
use crate::config::value::{column, short};
use crate::measure::Quantity;
use crate::rule::Registry;
use crate::{Error, Result};

/// Compares the panels with what will be there to draw. A panel without rows or without its
/// quantity is a mistake of the file, but where the command line has changed the settings
/// (`is_overridden`) it is left out.
pub(crate) fn fit(
    mut figure: Figure,
    settings: &[LabelledSetting],
    rules: &Registry,
    is_overridden: bool,
    places: &Places,
) -> Result<Figure> {
    let mut kept = Vec::new();
    for (index, panel) in std::mem::take(&mut figure.panels).into_iter().enumerate() {
        match drawable(&panel, settings, rules) {
            Ok(()) => kept.push(panel),
            Err(_) if is_overridden => {}
            Err(error) => return Err(places.in_panel(index, error)),
        }
    }
    figure.panels = kept;
    Ok(figure)
}

fn drawable(panel: &Panel, settings: &[LabelledSetting], rules: &Registry) -> Result<()> {
    let columns = columns(settings);
    recorded(panel, columns.contains(&panel.x), settings)?;
    selected(panel, settings, rules).map(|_| ())
}

/// Refuses what drawing would refuse after the runs: columns that no table has, an axis without
/// numbers, two curves in one.
pub(crate) fn legible(panel: &Panel, settings: &[LabelledSetting], rules: &Registry) -> Result<()> {
    let columns = columns(settings);
    let is_setting = columns.contains(&panel.x);
    in_tables(panel, &columns)?;
    let shown = selected(panel, settings, rules)?;
    if is_setting && panel.style != Style::Map {
        has_places(panel, &shown)?;
    }
    one_at_a_place(panel, is_setting, &shown)
}

/// Columns of the tables that name a setting.
fn columns(settings: &[LabelledSetting]) -> Vec<String> {
    let is_deep = |one: &LabelledSetting| one.column(HIDDEN_WIDTHS).is_some();
    let settings = settings.iter();
    setting_columns(settings.map(|one| (one.axes.as_slice(), is_deep(one))))
}

/// Whether each setting is shown as a curve over its recorded steps by some panel.
pub(crate) fn shown_over_steps(
    figure: &Figure,
    settings: &[LabelledSetting],
    rules: &Registry,
) -> Vec<bool> {
    let columns = columns(settings);
    let over_steps =
        |panel: &&Panel| !columns.contains(&panel.x) && !panel.filter.contains_key("step");
    let mut is_shown = vec![false; settings.len()];
    for panel in figure.panels.iter().filter(over_steps) {
        let chosen = selected(panel, settings, rules).unwrap_or_default();
        for (shown, setting) in is_shown.iter_mut().zip(settings) {
            *shown |= chosen.iter().any(|one| std::ptr::eq(*one, setting));
        }
    }
    is_shown
}

fn refuse<T>(key: &str, value: impl std::fmt::Display, why: impl Into<String>) -> Result<T> {
    Err(Error::config(format!("figure.panel.{key}"), value, why))
}

fn recorded(panel: &Panel, x_is_setting: bool, settings: &[LabelledSetting]) -> Result<()> {
    let prediction = panel.prediction.as_ref().map(|name| ("prediction", name));
    let x = (!x_is_setting).then_some(("x", &panel.x));
    for (key, name) in [("y", &panel.y)].into_iter().chain(x).chain(prediction) {
        let Some(quantity) = Quantity::from_name(name) else {
            continue;
        };
        let is_by_layer = key == "y" && panel.is_by_layer();
        let records = |one: &LabelledSetting| {
            let mut recorded = one.setting.quantities.iter();
            if is_by_layer {
                recorded.any(|other| other.layer().is_some() && other.row().name == name)
            } else {
                recorded.any(|other| *other == quantity)
            }
        };
        if !settings.iter().any(records) {
            let why = if is_by_layer {
                format!("is recorded of no layer; add `{name}_layer_1` to run.quantities")
            } else {
                "is not recorded; add it to run.quantities".to_owned()
            };
            return refuse(key, format!("\"{name}\""), why);
        }
    }
    Ok(())
}

/// Tables have a column for each key that is swept, and for some others.
fn in_tables(panel: &Panel, columns: &[String]) -> Result<()> {
    let x = Some(&panel.x).filter(|x| Quantity::from_name(x).is_none());
    let named = [
        ("x", x),
        ("series", panel.series.as_ref()),
        ("dash", panel.dash.as_ref()),
    ];
    let named = named
        .into_iter()
        .filter_map(|(key, name)| Some((key, name?)));
    for (key, name) in named.chain(panel.filter.keys().map(|name| ("where", name))) {
        let is_of_any = name == "step" || (key != "where" && name == LAYER);
        if !is_of_any && !columns.contains(name) {
            let why = format!(
                "is no column of the tables, for it is not swept; there are {}, step",
                columns.join(", ")
            );
            return refuse(key, format!("\"{name}\""), why);
        }
    }
    Ok(())
}

/// The settings that `where` leaves.
fn selected<'a>(
    panel: &Panel,
    settings: &'a [LabelledSetting],
    rules: &Registry,
) -> Result<Vec<&'a LabelledSetting>> {
    let mut left: Vec<&LabelledSetting> = settings.iter().collect();
    for (name, value) in panel.filter.iter().filter(|(name, _)| *name != "step") {
        let wanted = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        let wanted: Vec<Option<String>> = wanted.iter().map(|v| cell(name, v, rules)).collect();
        left.retain(|one| wanted.contains(&one.column(name)));
        if left.is_empty() {
            let why = "no setting has it, together with what else the panel asks for";
            return refuse(&format!("where.{name}"), short(value), why);
        }
    }
    Ok(left)
}

/// A value as the tables show it in that column.
fn cell(name: &str, value: &Value, rules: &Registry) -> Option<String> {
    match leaf(name) {
        // The picture reads the tables, where `\"400\"` and 400 look the same.
        Some(key) => key
            .canonical(value, rules)
            .as_ref()
            .map(column)
            .or_else(|| value.as_str().map(str::to_owned)),
        None => value.as_str().map(str::to_owned),
    }
}

/// The cells of a column, each once.
fn cells(name: &str, shown: &[&LabelledSetting]) -> Vec<String> {
    let mut cells: Vec<String> = Vec::new();
    for cell in shown.iter().filter_map(|one| one.column(name)) {
        if !cells.contains(&cell) {
            cells.push(cell);
        }
    }
    cells
}

/// An axis of numbers needs some, all of one unit.
fn has_places(panel: &Panel, shown: &[&LabelledSetting]) -> Result<()> {
    let cells = cells(&panel.x, shown);
    let all = || cells.join(", ");
    let number = |cell: &str| cell.parse::<f64>().is_ok();
    let mut units: Vec<Option<&str>> = Vec::new();
    for cell in &cells {
        let unit = match cell.split_once('=') {
            Some((unit, rest)) if number(rest) => Some(unit),
            _ if number(cell) => None,
            _ => continue,
        };
        if !units.contains(&unit) {
            units.push(unit);
        }
    }
    let x = format!("\"{}\"", panel.x);
    match units.len() {
        0 => {
            let why = format!(
                "has no numbers ({}); make it series, or the panel a map (style = \"map\")",
                all()
            );
            refuse("x", x, why)
        }
        1 => Ok(()),
        _ => {
            let why = format!(
                "has values of different units ({}); choose those of one under where",
                all()
            );
            refuse("x", x, why)
        }
    }
}

/// No two settings are one point: at the same place of the same series.
fn one_at_a_place(panel: &Panel, x_is_setting: bool, shown: &[&LabelledSetting]) -> Result<()> {
    // Of another quantity only the runs will tell the place.
    if !x_is_setting && panel.x != "step" && panel.x != Quantity::Epoch.name() {
        return Ok(());
    }
    let several = panel.filter.get("step").and_then(Value::as_array);
    if x_is_setting && let Some(steps) = several.filter(|steps| steps.len() > 1) {
        let why = format!(
            "several steps would be one point at each {}; choose one",
            panel.x
        );
        return refuse("where.step", short(&Value::Array(steps.clone())), why);
    }
    let columns = [Some(&panel.x), panel.series.as_ref(), panel.dash.as_ref()];
    let mut seen: BTreeMap<(Vec<Option<String>>, String), &LabelledSetting> = BTreeMap::new();
    for &one in shown {
        let named = columns.iter().copied().flatten();
        let place = named.map(|name| one.column(name)).collect();
        // Two curves that may have no step in common are left to the drawing.
        let steps = if x_is_setting {
            String::new()
        } else {
            format!("{:?} {:?}", one.setting.record, one.setting.steps)
        };
        if let Some(other) = seen.insert((place, steps), one) {
            let differ: Vec<String> = one
                .axes
                .iter()
                .map(|(name, _)| name.as_str())
                .chain(["case"])
                .filter_map(|name| {
                    let (a, b) = (other.column(name)?, one.column(name)?);
                    (a != b).then(|| format!("{name} = {a} and {b}"))
                })
                .collect();
            let why = format!(
                "two settings would be one curve or point ({}); choose one under where, or make what differs series or dash",
                differ.join(", ")
            );
            return refuse("x", format!("\"{}\"", panel.x), why);
        }
    }
    Ok(())
}
