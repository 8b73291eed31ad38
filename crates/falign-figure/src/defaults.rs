//! The picture of an experiment that asks for none: alignment above, accuracy or loss below, or what else
//! was recorded where neither was.

use std::collections::{BTreeMap, BTreeSet};

use falign::internal::config::figure::{Center, Figure, LAYER, Panel, Scale, Spread, Style};

use super::names;
use super::table::Table;

/// Most panels in a row; further groups of settings are left out, and the caption says so.
const MOST: usize = 4;

/// Quantities that count how far a run is: axes, never curves.
const AXES: [&str; 4] = ["epoch", "time", "tau", "eta_lambda_t"];

/// Quantities shown where neither alignment nor loss was recorded: the first ones.
const OTHERS: usize = 2;

/// Alignment against width if there are several widths, else against step or epoch, and test
/// accuracy or loss against step or epoch; settings that differ otherwise become colours, line styles and panels.
pub(super) fn default_figure(table: &Table) -> Figure {
    let split = Split::new(table);
    let mut groups = split.groups(table);
    let caption = if groups.len() > MOST {
        format!("Shown are {MOST} of {} groups of settings.", groups.len())
    } else {
        String::new()
    };
    groups.truncate(MOST);
    let recorded = table.quantities();
    // Where there are classes, accuracy says more than the loss.
    let other = ["test_accuracy", "loss"];
    let other = other.into_iter().find(|q| recorded.contains(q));
    let mut quantities: Vec<&str> = std::iter::once("alignment").chain(other).collect();
    // A mean over layers, or each of them.
    let has_layers =
        |quantity: &str| split.has_line_for_layers() && !table.layers(quantity).is_empty();
    quantities.retain(|quantity| recorded.contains(quantity) || has_layers(quantity));
    if quantities.is_empty() {
        let (axes, measured): (Vec<&str>, Vec<&str>) =
            recorded.into_iter().partition(|name| AXES.contains(name));
        let mut shown = if measured.is_empty() { axes } else { measured };
        if split.has_line_for_layers() {
            // The layers of a quantity are lines of one panel.
            let whole = |name: &'_ str| {
                name.split_once("_layer_")
                    .map_or(name.len(), |(of, _)| of.len())
            };
            shown = shown.into_iter().map(|name| &name[..whole(name)]).collect();
            shown.dedup();
        }
        quantities.extend(shown.into_iter().take(OTHERS));
    }
    let panels = quantities
        .into_iter()
        .flat_map(|quantity| {
            let (split, groups) = (&split, &groups);
            groups
                .iter()
                .map(move |group| split.panel(table, quantity, group))
        })
        .collect();
    Figure {
        columns: if groups.len() == 1 { 2 } else { groups.len() },
        caption,
        panels,
        ..Figure::default()
    }
}

/// Use of each setting column that has several values.
struct Split {
    widths: Option<usize>,
    dash: Option<usize>,
    series: Option<usize>,
    /// Columns with one value in a panel, as few as keep rows apart.
    fixed: Vec<usize>,
}

impl Split {
    fn new(table: &Table) -> Self {
        let rows: Vec<usize> = (0..table.len()).collect();
        let mut varying: Vec<usize> = table
            .settings()
            .filter(|&column| table.values(column, &rows).len() > 1)
            .collect();
        // Widths that only follow from the cases, or from one number for all layers, are no axis.
        for (column, by) in [
            ("width", "case"),
            ("hidden_widths", "case"),
            ("hidden_widths", "width"),
        ] {
            if let (Some(column), Some(by)) = (table.find(column), table.find(by))
                && follows(table, column, by)
            {
                varying.retain(|&other| other != column);
            }
        }
        let mut take = |names: &[&str]| {
            let found = names.iter().find_map(|name| {
                let is = |column: &usize| table.name(*column) == *name;
                varying.iter().position(is)
            });
            found.map(|place| varying.remove(place))
        };
        let widths = take(&["width"]);
        let mut dash = take(&["rule"]);
        let mut series = take(&[
            "ridge",
            "schedule",
            "feedback_correlation",
            "step_size",
            "dropout",
        ]);
        if series.is_none() {
            let others = |column: &usize| !["activation", "case"].contains(&table.name(*column));
            let place = varying.iter().position(others);
            series = place.map(|place| varying.remove(place));
        }
        if series.is_none() {
            // Colours tell more apart than line styles do.
            series = dash.take();
        }
        // A case names a whole setting: only what nothing else tells apart is split by it.
        varying.sort_by_key(|&column| match table.name(column) {
            "activation" => 0,
            "case" => 2,
            _ => 1,
        });
        let mut split = Self {
            widths,
            dash,
            series,
            fixed: Vec::new(),
        };
        for column in varying {
            // Activations are panels even where something else tells their rows apart.
            if table.name(column) != "activation" && split.keeps_rows_apart(table) {
                break;
            }
            split.fixed.push(column);
        }
        split
    }

    /// Whether colours or line styles are left for layers.
    fn has_line_for_layers(&self) -> bool {
        self.series.is_none() || self.dash.is_none()
    }

    fn keeps_rows_apart(&self, table: &Table) -> bool {
        let columns: Vec<usize> = [self.widths, self.dash, self.series, table.find("step")]
            .into_iter()
            .flatten()
            .chain(self.fixed.iter().copied())
            .collect();
        let mut seen = BTreeSet::new();
        (0..table.len()).all(|row| {
            let cells = columns.iter().map(|&column| table.text(row, column));
            seen.insert(cells.collect::<Vec<_>>())
        })
    }

    // The combinations of the fixed columns' values, in order of appearance.
    fn groups<'a>(&self, table: &'a Table) -> Vec<Vec<&'a str>> {
        let mut groups: Vec<Vec<&str>> = Vec::new();
        for row in 0..table.len() {
            let cells = self.fixed.iter().map(|&column| table.text(row, column));
            let group: Vec<&str> = cells.collect();
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups
    }

    fn panel(&self, table: &Table, quantity: &str, group: &[&str]) -> Panel {
        let mut filter: BTreeMap<String, toml::Value> = self
            .fixed
            .iter()
            .zip(group)
            .map(|(&column, cell)| (table.name(column).to_owned(), text(cell)))
            .collect();
        let mut title: Vec<String> = group.iter().map(|cell| names::value(cell)).collect();
        let is_recorded = table.quantities().contains(&quantity);
        let against_width = quantity == "alignment" && self.widths.is_some() && is_recorded;
        if against_width {
            filter.insert("step".to_owned(), text("last"));
        } else if let Some(width) = self.widths {
            let of_group = |row: &usize| {
                let cells = self.fixed.iter().map(|&column| table.text(*row, column));
                cells.eq(group.iter().copied())
            };
            let rows: Vec<usize> = (0..table.len()).filter(of_group).collect();
            let widest = table.values(width, &rows).pop().unwrap_or_default();
            title.push(format!("*p* = {}", names::value(&widest)));
            filter.insert("width".to_owned(), text(&widest));
        }
        let (x, x_scale, style) = if against_width {
            ("width", Scale::Log, Style::Points)
        } else {
            let has_epochs = table.quantities().contains(&"epoch");
            let time = if has_epochs { "epoch" } else { "step" };
            (time, Scale::Linear, Style::Curve)
        };
        let y_scale = match quantity {
            "loss" => Scale::Log,
            _ => Scale::Linear,
        };
        let name = |column: Option<usize>| column.map(|column| table.name(column).to_owned());
        let predictions: &[&str] = match quantity {
            "alignment" => &["composite_alignment", "slow_time_alignment"],
            "loss" => &["slow_time_loss", "lazy_loss"],
            _ => &[],
        };
        let recorded = |name: &&&str| table.quantities().contains(*name);
        let prediction = predictions
            .iter()
            .find(recorded)
            .map(|&name| name.to_owned());
        let prediction = prediction.filter(|_| self.dash.is_none());
        let (mut series, mut dash) = (name(self.series), name(self.dash));
        if !against_width && !table.layers(quantity).is_empty() && prediction.is_none() {
            let free = [&mut series, &mut dash]
                .into_iter()
                .find(|one| one.is_none());
            if let Some(free) = free {
                *free = Some(LAYER.to_owned());
            }
        }
        Panel {
            title: title.join(", "),
            x: x.to_owned(),
            y: quantity.to_owned(),
            prediction,
            series,
            dash,
            filter,
            x_scale,
            y_scale,
            x_min: None,
            x_max: None,
            y_min: None,
            y_max: None,
            reference: None,
            slope: None,
            x_label: None,
            y_label: None,
            style,
            center: Center::default(),
            spread: Spread::default(),
        }
    }
}

// Whether each value of `by` has one value of `column`.
fn follows(table: &Table, column: usize, by: usize) -> bool {
    let mut value_of = BTreeMap::new();
    (0..table.len()).all(|row| {
        let value = table.text(row, column);
        *value_of.entry(table.text(row, by)).or_insert(value) == value
    })
}

fn text(cell: &str) -> toml::Value {
    toml::Value::String(cell.to_owned())
}
