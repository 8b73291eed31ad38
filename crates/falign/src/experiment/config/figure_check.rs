//! `[figure]`: its columns and quantities must exist, or the drawing would fail after the run.

use toml::Value;

use super::layout::{leaf_names, short};
use crate::experiment::figure::{Figure, Panel};
use crate::experiment::keys::{did_you_mean, leaf};
use crate::two_layer::Quantity;
use crate::{Error, Result};

/// Reads and checks a figure.
pub(crate) fn read(value: Value) -> Result<Figure> {
    let shown = short(&value);
    let figure: Figure = value
        .try_into()
        .map_err(|error: toml::de::Error| Error::config("figure", shown, error.message()))?;
    if figure.columns == 0 {
        return Err(Error::config("figure.columns", 0, "expected at least 1"));
    }
    for panel in &figure.panels {
        check(panel)?;
    }
    Ok(figure)
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
    let quantities = Quantity::ALL.map(Quantity::name);
    if Quantity::from_name(&panel.y).is_none() {
        let why = format!("no such quantity; {}", did_you_mean(&panel.y, quantities));
        return refuse("y", &panel.y, why);
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
