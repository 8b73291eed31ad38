//! `[figure]`: its columns and quantities must exist, or the drawing would fail after the run.

use toml::Value;

use super::LabelledSetting;
use super::layout::{leaf_names, short};
use super::read::canonical;
use crate::experiment::figure::{Figure, Panel};
use crate::experiment::keys::{did_you_mean, leaf};
use crate::observe::Quantity;
use crate::{Error, Result};

/// Reads and checks a figure.
pub(crate) fn read(value: Value) -> Result<Figure> {
    let shown = short(&value);
    let figure: Figure = value.try_into().map_err(|error: toml::de::Error| {
        Error::config("figure", shown, error.message().replace('\n', "; "))
    })?;
    if figure.columns == 0 {
        return Err(Error::config("figure.columns", 0, "expected at least 1"));
    }
    for panel in &figure.panels {
        check(panel)?;
    }
    Ok(figure)
}

/// Compares the panels with what will be there to draw. A panel without rows or without its
/// quantity is a mistake of the file, but where the command line has changed the settings
/// (`is_overridden`) it is left out.
pub(crate) fn fit(
    mut figure: Figure,
    settings: &[LabelledSetting],
    is_overridden: bool,
) -> Result<Figure> {
    let mut kept = Vec::new();
    for panel in std::mem::take(&mut figure.panels) {
        match drawable(&panel, settings) {
            Ok(()) => kept.push(panel),
            Err(_) if is_overridden => {}
            Err(error) => return Err(error),
        }
    }
    figure.panels = kept;
    Ok(figure)
}

fn drawable(panel: &Panel, settings: &[LabelledSetting]) -> Result<()> {
    let prediction = panel.prediction.as_ref().map(|name| ("prediction", name));
    for (key, name) in [("y", &panel.y), ("x", &panel.x)]
        .into_iter()
        .chain(prediction)
    {
        let Some(quantity) = Quantity::from_name(name) else {
            continue;
        };
        let records = |one: &LabelledSetting| one.setting.quantities.contains(&quantity);
        if !settings.iter().any(records) {
            return Err(Error::config(
                format!("figure.panel.{key}"),
                format!("\"{name}\""),
                "is not recorded; add it to run.quantities",
            ));
        }
    }
    let mut left: Vec<&LabelledSetting> = settings.iter().collect();
    for (name, value) in panel.filter.iter().filter(|(name, _)| *name != "step") {
        let wanted = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        let wanted: Vec<Option<String>> = wanted.iter().map(|v| cell(name, v)).collect();
        left.retain(|one| wanted.contains(&one.column(name)));
        if left.is_empty() {
            return Err(Error::config(
                format!("figure.panel.where.{name}"),
                short(value),
                "no setting has it, together with what else the panel asks for",
            ));
        }
    }
    Ok(())
}

/// A value as the tables show it in that column.
fn cell(name: &str, value: &Value) -> Option<String> {
    match leaf(name) {
        // The picture reads the tables, where `\"400\"` and 400 look the same.
        Some(key) => canonical(key, value).or_else(|| value.as_str().map(str::to_owned)),
        None => value.as_str().map(str::to_owned),
    }
}

fn check(panel: &Panel) -> Result<()> {
    let named = |key: &str, name: &str| format!("figure.panel.{key} = \"{name}\"");
    let refuse = |key: &str, name: &str, why: String| {
        Err(Error::config(
            format!("figure.panel.{key}"),
            format!("\"{name}\""),
            why,
        ))
    };
    let quantities = Quantity::names();
    if Quantity::from_name(&panel.y).is_none() {
        let why = format!("no such quantity; {}", did_you_mean(&panel.y, quantities));
        return refuse("y", &panel.y, why);
    }
    if let Some(name) = &panel.prediction {
        if Quantity::from_name(name).is_none() {
            let why = format!("no such quantity; {}", did_you_mean(name, quantities));
            return refuse("prediction", name, why);
        }
        if panel.dash.is_some() {
            let why = "is drawn dashed, and so is what dash tells apart; remove one of the two";
            return refuse("prediction", name, why.to_owned());
        }
    }
    let columns = || ["case", "step"].into_iter().chain(leaf_names());
    let is_column = |name: &str| columns().any(|column| column == name);
    if !is_column(&panel.x) && Quantity::from_name(&panel.x).is_none() {
        let all = columns().chain(quantities);
        let why = format!("no such column; {}", did_you_mean(&panel.x, all));
        return refuse("x", &panel.x, why);
    }
    let others = [("series", &panel.series), ("dash", &panel.dash)];
    for (key, name) in others
        .into_iter()
        .filter_map(|(k, v)| Some((k, v.as_ref()?)))
    {
        if !is_column(name) {
            let why = format!("no such column; {}", did_you_mean(name, columns()));
            return refuse(key, name, why);
        }
    }
    for name in panel.filter.keys() {
        if !is_column(name) && leaf(name).is_none() {
            return Err(Error::config(
                named("where", name),
                "given",
                format!("no such column; {}", did_you_mean(name, columns())),
            ));
        }
    }
    Ok(())
}
