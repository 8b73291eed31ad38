//! `[figure]` by itself: its columns and quantities must exist and its axes have a length, or the
//! drawing would fail after the run.

use toml::{Table, Value};

use super::{Figure, LAYER, Panel, Scale, Style};
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
        panel
            .check()
            .map_err(|error| node.locate_within("figure.panel.", error))?;
    }
    Ok(figure)
}

impl Panel {
    /// A panel with the keys of `[[figure.panel]]`.
    ///
    /// # Errors
    /// [`Error::Config`] naming the key, the value and what is accepted.
    pub fn from_table(keys: Table) -> Result<Self> {
        let shown = short(&Value::Table(keys.clone()));
        let panel: Self = Value::Table(keys)
            .try_into()
            .map_err(|error: toml::de::Error| {
                let why = error.message().replace('\n', "; ");
                Error::config("figure.panel", shown, why)
            })?;
        panel.check()?;
        Ok(panel)
    }

    /// Checks columns, quantities and ends by themselves, without a table.
    ///
    /// # Errors
    /// [`Error::Config`] naming the key, the value and what is accepted.
    pub fn check(&self) -> Result<()> {
        names(self)?;
        limits(self)?;
        match self.filter.get("step") {
            Some(steps) => recorded_steps(steps),
            None => Ok(()),
        }
    }
}

fn names(panel: &Panel) -> Result<()> {
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
    if panel.x != LAYER && !is_column(&panel.x) && Quantity::from_name(&panel.x).is_none() {
        let all = columns().chain(quantities);
        let why = format!("no such column; {}", did_you_mean(&panel.x, all));
        return refuse("x", &panel.x, why);
    }
    let others = [("series", &panel.series), ("dash", &panel.dash)];
    for (key, name) in others
        .into_iter()
        .filter_map(|(k, v)| Some((k, v.as_ref()?)))
    {
        if name != LAYER && !is_column(name) {
            let why = format!("no such column; {}", did_you_mean(name, columns()));
            return refuse(key, name, why);
        }
    }
    for name in panel.filter.keys() {
        if !is_column(name) && leaf(name).is_none() {
            return Err(Error::config(
                format!("figure.panel.where.{name}"),
                short(&panel.filter[name]),
                format!("no such column; {}", did_you_mean(name, columns())),
            ));
        }
    }
    Ok(())
}

/// Numbers of axes must be on them and in order, and a map has no horizontal axis of numbers.
fn limits(panel: &Panel) -> Result<()> {
    let given = |ends: [(&'static str, Option<f64>); 2]| {
        ends.into_iter()
            .filter_map(|(name, end)| Some((name, end?)))
    };
    let refuse = |name: &str, value: f64, why: String| {
        Err(Error::config(format!("figure.panel.{name}"), value, why))
    };
    if panel.style == Style::Map {
        let across = given([("x_min", panel.x_min), ("x_max", panel.x_max)]);
        let guides = given([("reference", panel.reference), ("slope", panel.slope)]);
        if let Some((name, value)) = across.chain(guides).next() {
            let why = "a map has cells in place of this axis; remove it, or choose another style";
            return refuse(name, value, why.to_owned());
        }
    }
    for (ends, axis, scale) in [
        (
            [("x_min", panel.x_min), ("x_max", panel.x_max)],
            "x_scale",
            panel.x_scale,
        ),
        (
            [("y_min", panel.y_min), ("y_max", panel.y_max)],
            "y_scale",
            panel.y_scale,
        ),
        (
            [("reference", panel.reference), ("slope", None)],
            "y_scale",
            panel.y_scale,
        ),
    ] {
        for (name, end) in given(ends) {
            if !end.is_finite() {
                return refuse(name, end, "expected a finite number".to_owned());
            }
            if scale == Scale::Log && end <= 0.0 {
                let why = format!("expected a number above 0, for {axis} is \"log\"");
                return refuse(name, end, why);
            }
        }
        if let [(low, Some(min)), (high, Some(max))] = ends
            && min >= max
        {
            return refuse(low, min, format!("expected less than {high} = {max}"));
        }
    }
    match panel.slope {
        Some(slope) if !slope.is_finite() => {
            refuse("slope", slope, "expected a finite number".to_owned())
        }
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
