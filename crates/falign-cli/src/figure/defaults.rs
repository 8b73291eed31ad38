//! The picture of an experiment that asks for none: alignment above, loss below.

use std::collections::BTreeMap;

use falign::experiment::figure::{Figure, Panel, Scale, Style};

use super::names;
use super::table::Table;

/// Most panels in a row; further groups of settings are left out, and the caption says so.
const MOST: usize = 4;

/// Alignment against width if there are several widths, else against step, and loss against
/// step; settings that differ otherwise become colours, line styles and panels.
pub(crate) fn default_figure(table: &Table) -> Figure {
    let rows: Vec<usize> = (0..table.len()).collect();
    let varying: Vec<usize> = table
        .settings()
        .filter(|&column| table.values(column, &rows).len() > 1)
        .collect();
    let find = |names: &[&str]| {
        names
            .iter()
            .filter_map(|name| table.find(name))
            .find(|column| varying.contains(column))
    };
    let widths = find(&["width"]);
    let dash = find(&["rule"]);
    let series = find(&[
        "ridge",
        "schedule",
        "feedback_correlation",
        "step_size",
        "dropout",
    ]);
    let mut used: Vec<usize> = [widths, dash, series].into_iter().flatten().collect();
    let series = series.or_else(|| {
        let free = |column: &usize| {
            !used.contains(column) && !["activation", "case"].contains(&table.name(*column))
        };
        let next = varying.iter().copied().find(|column| free(column));
        used.extend(next);
        next
    });
    // Columns that must be fixed within a panel, until no two rows are one point.
    let mut fixed: Vec<usize> = Vec::new();
    let mut rest: Vec<usize> = varying
        .iter()
        .copied()
        .filter(|column| !used.contains(column))
        .collect();
    rest.sort_by_key(|&column| {
        (
            table.name(column) == "case",
            table.name(column) != "activation",
        )
    });
    while !is_unique(table, &used, &fixed) && !rest.is_empty() {
        fixed.push(rest.remove(0));
    }
    let mut groups: Vec<Vec<&str>> = Vec::new();
    for &row in &rows {
        let group: Vec<&str> = fixed
            .iter()
            .map(|&column| table.text(row, column))
            .collect();
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let caption = if groups.len() > MOST {
        format!("Shown are {MOST} of {} groups of settings.", groups.len())
    } else {
        String::new()
    };
    groups.truncate(MOST);
    let name = |column: Option<usize>| column.map(|column| table.name(column).to_owned());
    let mut panels = Vec::new();
    for quantity in ["alignment", "loss"] {
        if !table.quantities().contains(&quantity) {
            continue;
        }
        let against_width = quantity == "alignment" && widths.is_some();
        for group in &groups {
            let mut filter: BTreeMap<String, toml::Value> = fixed
                .iter()
                .zip(group)
                .map(|(&column, cell)| (table.name(column).to_owned(), text(cell)))
                .collect();
            let mut title: Vec<String> = group.iter().map(|cell| names::value(cell)).collect();
            if let (false, Some(width)) = (against_width, widths) {
                let widest = table.values(width, &rows).pop().unwrap_or_default();
                title.push(format!("*p* = {}", names::value(&widest)));
                filter.insert("width".to_owned(), text(&widest));
            }
            if against_width {
                filter.insert("step".to_owned(), text("last"));
            }
            let (x, x_scale, style) = if against_width {
                ("width", Scale::Log, Style::Points)
            } else {
                ("step", Scale::Linear, Style::Curve)
            };
            panels.push(Panel {
                title: title.join(", "),
                x: x.to_owned(),
                y: quantity.to_owned(),
                series: name(series),
                dash: name(dash),
                filter,
                x_scale,
                y_scale: if quantity == "loss" {
                    Scale::Log
                } else {
                    Scale::Linear
                },
                y_min: None,
                y_max: None,
                x_label: None,
                y_label: None,
                style,
                center: Default::default(),
                spread: Default::default(),
            });
        }
    }
    Figure {
        columns: if groups.len() == 1 { 2 } else { groups.len() },
        caption,
        panels,
        ..Figure::default()
    }
}

fn text(cell: &str) -> toml::Value {
    toml::Value::String(cell.to_owned())
}

fn is_unique(table: &Table, used: &[usize], fixed: &[usize]) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    let step = table.find("step");
    (0..table.len()).all(|row| {
        let columns = used.iter().chain(fixed).copied().chain(step);
        seen.insert(
            columns
                .map(|column| table.text(row, column))
                .collect::<Vec<_>>(),
        )
    })
}
