//! `[figure]` by itself: its columns and quantities must exist and its axes have a length, or the
//! drawing would fail after the run.

use toml::Value;

use super::{Figure, Panel, Scale};
use crate::config::document::Node;
use crate::config::keys::{did_you_mean, leaf};
use crate::config::layout::leaf_names;
use crate::config::value::{MAX_COUNT, short, whole};
use crate::measure::Quantity;
use crate::{Error, Result};

/// Reads and checks a figure.
pub(crate) fn read(node: &Node) -> Result<Figure> {
    let value = Value::clone(&node.given);
    let figure: Figure = value.try_into().map_err(|error: toml::de::Error| {
        let why = error.message().replace('\n', "; ");
        node.locate(Error::config("figure", short(&node.given), why))
    })?;
    if figure.columns == 0 {
        let error = Error::config("figure.columns", 0, "expected at least 1");
        return Err(node.locate_within("figure.", error));
    }
    let nodes = node.get("panel").map_or(&[][..], Node::items);
    for (panel, node) in figure.panels.iter().zip(nodes) {
        one(panel).map_err(|error| node.locate_within("figure.panel.", error))?;
    }
    Ok(figure)
}

fn one(panel: &Panel) -> Result<()> {
    check(panel)?;
    limits(panel)?;
    match panel.filter.get("step") {
        Some(steps) => recorded_steps(steps),
        None => Ok(()),
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

/// Ends of the vertical axis that are given must be on it and in order.
fn limits(panel: &Panel) -> Result<()> {
    let ends = [("y_min", panel.y_min), ("y_max", panel.y_max)];
    for (name, end) in ends
        .into_iter()
        .filter_map(|(name, end)| Some((name, end?)))
    {
        let why = if !end.is_finite() {
            "expected a finite number"
        } else if panel.y_scale == Scale::Log && end <= 0.0 {
            "expected a number above 0, for y_scale is \"log\""
        } else {
            continue;
        };
        return Err(Error::config(format!("figure.panel.{name}"), end, why));
    }
    match (panel.y_min, panel.y_max) {
        (Some(min), Some(max)) if min >= max => Err(Error::config(
            "figure.panel.y_min",
            min,
            format!("expected less than y_max = {max}"),
        )),
        _ => Ok(()),
    }
}

/// `where.step`: the last one, or one or more by number.
fn recorded_steps(value: &Value) -> Result<()> {
    let is_step = |value: &Value| whole(value, 0, MAX_COUNT).is_some();
    let fits = match value {
        Value::String(word) => word == "last",
        Value::Array(steps) => !steps.is_empty() && steps.iter().all(is_step),
        step => is_step(step),
    };
    if fits {
        return Ok(());
    }
    Err(Error::config(
        "figure.panel.where.step",
        short(value),
        "expected \"last\", a step, or a list of steps",
    ))
}
