//! Figure that an experiment asks for: plain data, read from `[figure]` in its file.
//!
//! Nothing here draws. The crate `falign-figure` turns these values and the stored
//! `summary.csv` into pictures, so that drawing never simulates.

pub(crate) mod check;
pub(crate) mod fit;

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::form::{Form, schema};
use super::keys::KEYS;
use super::schema::where_schema;

/// A picture: panels in reading order, `columns` to a row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Title above all panels; empty for none.
    #[serde(default)]
    pub title: String,
    /// Panels to a row.
    #[serde(default = "three")]
    #[schemars(range(min = 1))]
    pub columns: usize,
    /// Text below the panels, before the automatic sentence on bands and error bars.
    #[serde(default)]
    pub caption: String,
    /// Whether each panel has its own vertical range; otherwise panels of a row that show one
    /// quantity share theirs, so that heights compare.
    #[serde(default)]
    pub own_y_ranges: bool,
    /// The panels.
    #[serde(default, rename = "panel")]
    pub panels: Vec<Panel>,
}

fn three() -> usize {
    3
}

/// JSON Schema of `[figure]`, from the types of this room.
pub(crate) fn figure_schema() -> serde_json::Value {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = settings.into_generator().into_root_schema_for::<Figure>();
    schema.to_value()
}

/// Column that a panel may name although no table has it: the number of a hidden layer, for quantities
/// that were recorded as `NAME_layer_1`, `NAME_layer_2`, ...
pub const LAYER: &str = "layer";

fn columns() -> Vec<&'static str> {
    let leaves = KEYS.iter().map(|key| key.leaf);
    leaves.chain(["case", "step", LAYER]).collect()
}

fn column(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": columns() })
}

fn quantity(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [schema(&[Form::Quantity])] })
}

fn column_or_quantity(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [{ "enum": columns() }, schema(&[Form::Quantity])] })
}

fn selected(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "allOf": [where_schema(true)] })
}

/// One pair of axes: quantity `y` against column `x`, one series per value of `series`; or a map
/// of `y` over the cells of `x` (across) and `series` (up).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Title of the panel; the panel letter is added by the drawing.
    #[serde(default)]
    pub title: String,
    /// Column on the horizontal axis: `step`, `width`, any setting column, `layer`, or a recorded
    /// quantity such as `time`.
    #[schemars(schema_with = "column_or_quantity")]
    pub x: String,
    /// Recorded quantity on the vertical axis, for example `alignment` or `loss`.
    #[schemars(schema_with = "quantity")]
    pub y: String,
    /// Recorded quantity of a prediction, drawn over `y` as a dashed curve in the colour of the
    /// measured one, in a map as the second number of each cell: for example
    /// `slow_time_alignment` over `alignment`. Not with `dash`.
    #[serde(default)]
    #[schemars(schema_with = "quantity")]
    pub prediction: Option<String>,
    /// Column whose values become the coloured series, for example `ridge`; the rows of a map. `layer`
    /// is a series for each hidden layer of which `y` was recorded, as `alignment_layer_1`.
    #[serde(default)]
    #[schemars(schema_with = "column")]
    pub series: Option<String>,
    /// Column whose values become line styles (solid, dashed, ...), for example `rule`.
    #[serde(default)]
    #[schemars(schema_with = "column")]
    pub dash: Option<String>,
    /// Rows of the summary shown: column = value, or `step = "last"` for each setting's last row.
    #[serde(default, rename = "where")]
    #[schemars(schema_with = "selected")]
    pub filter: BTreeMap<String, toml::Value>,
    /// Scale of the horizontal axis.
    #[serde(default)]
    pub x_scale: Scale,
    /// Scale of the vertical axis.
    #[serde(default)]
    pub y_scale: Scale,
    /// Lowest value shown on the horizontal axis; the data's own range if absent. Not in a map.
    #[serde(default)]
    pub x_min: Option<f64>,
    /// Highest value shown on the horizontal axis; the data's own range if absent. Not in a map.
    #[serde(default)]
    pub x_max: Option<f64>,
    /// Lowest value shown on the vertical axis; the data's own range if absent.
    #[serde(default)]
    pub y_min: Option<f64>,
    /// Highest value shown on the vertical axis; the data's own range if absent.
    #[serde(default)]
    pub y_max: Option<f64>,
    /// Height of a dotted line across the panel, a theorem's bound for example. Not in a map.
    #[serde(default)]
    pub reference: Option<f64>,
    /// Exponent of a dotted power law `y = c x^slope` through the first point of the first series:
    /// a line where both scales are `log`. Not in a map.
    #[serde(default)]
    pub slope: Option<f64>,
    /// Label of the horizontal axis; derived from the column if absent.
    #[serde(default)]
    pub x_label: Option<String>,
    /// Label of the vertical axis; derived from the quantity, in a map from `series`, if absent.
    #[serde(default)]
    pub y_label: Option<String>,
    /// Points with error bars, curves with bands, or a map.
    #[serde(default)]
    pub style: Style,
    /// Kind of center that the curve or point shows.
    #[serde(default)]
    pub center: Center,
    /// Kind of spread that the band or error bar shows.
    #[serde(default)]
    pub spread: Spread,
}

impl Panel {
    /// Whether it shows a value for each hidden layer.
    pub fn is_by_layer(&self) -> bool {
        let named = [Some(&self.x), self.series.as_ref(), self.dash.as_ref()];
        named.into_iter().flatten().any(|name| name == LAYER)
    }
}

/// Scale of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Equal differences are equal lengths.
    #[default]
    Linear,
    /// Equal ratios are equal lengths; powers of ten labelled as superscripts.
    Log,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// A curve with a shaded band.
    #[default]
    Curve,
    /// Points with error bars, joined by a thin line.
    Points,
    /// A cell for each pair of values of `x` and `series`, coloured by `y` between `y_min` and
    /// `y_max`, with its number inside.
    Map,
}

/// The middle of a series over runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Center {
    /// Geometric mean (`10^<quantity>_log10_mean`) on a log axis, arithmetic mean elsewhere.
    #[default]
    Auto,
    /// Arithmetic mean, `<quantity>_mean`.
    Mean,
    /// Median, `<quantity>_median`.
    Median,
}

/// The spread of a series over runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Spread {
    /// Standard deviation: of log10 where the centre is geometric, of the value elsewhere.
    #[default]
    Std,
    /// Standard error of the mean.
    Sem,
    /// The 10 % and 90 % quantiles.
    Quantiles,
    /// No band or error bar.
    None,
}
