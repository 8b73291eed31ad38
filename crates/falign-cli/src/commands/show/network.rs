//! `falign show --network`: the layers of an experiment's networks.

use std::path::Path;

use anyhow::Result;
use falign::internal::config::{Experiment, LabelledSetting};
use falign::internal::simulate::sources::Sources;
use falign::internal::study::{LayerRow, NetworkTable, network_table};
use serde_json::{Value, json};

use crate::commands::OverrideArgs;
use crate::commands::source;
use crate::output::{self, Look};
use crate::table::{Cell, Column, Table};
use falign::rule::Registry;

/// Prints the networks of the experiment of that name, each once.
pub(super) fn print(
    name: &Path,
    overrides: &OverrideArgs,
    as_json: bool,
    rules: &Registry,
) -> Result<()> {
    let experiment = source::experiment(Some(name), overrides, rules)?;
    let networks = networks(&experiment)?;
    if as_json {
        let all: Value = networks
            .iter()
            .map(|(of, table)| json_of(of, table))
            .collect();
        return output::line(format!("{all:#}"));
    }
    for (at, (of, table)) in networks.iter().enumerate() {
        if at > 0 {
            output::line("")?;
        }
        if networks.len() > 1 {
            output::sentence("", &Look::Head.on(label(of)))?;
        }
        table_of(table).print()?;
        let sums = [
            (total(table, |row| row.weights), "weights"),
            (total(table, |row| row.biases), "biases"),
            (total(table, |row| row.feedback_weights), "feedback weights"),
            (
                total(table, |row| row.multiply_adds),
                "multiply-adds a sample",
            ),
        ];
        let sums: Vec<String> = sums.iter().map(|(sum, of)| format!("{sum} {of}")).collect();
        output::sentence("", &format!("In all {}.", sums.join(", ")))?;
    }
    Ok(())
}

/// Networks that differ, each with the first setting that has it.
fn networks(experiment: &Experiment) -> Result<Vec<(&LabelledSetting, NetworkTable)>> {
    let sources = Sources::default();
    let mut found: Vec<(&LabelledSetting, NetworkTable)> = Vec::new();
    for one in &experiment.settings {
        let table = network_table(&one.setting, &sources)?;
        if found.iter().all(|(_, other)| *other != table) {
            found.push((one, table));
        }
    }
    Ok(found)
}

/// `case a, layers.2.kernel = 3`, with the rule where that differs.
fn label(one: &LabelledSetting) -> String {
    let case = (!one.case.is_empty()).then(|| one.case.clone());
    let axes = one
        .axes
        .iter()
        .map(|(name, value)| format!("{name} = {value}"));
    case.into_iter().chain(axes).collect::<Vec<_>>().join(", ")
}

fn shape(axes: &[usize]) -> String {
    let axes: Vec<String> = axes.iter().map(usize::to_string).collect();
    axes.join(" x ")
}

fn total(table: &NetworkTable, of: impl Fn(&LayerRow) -> usize) -> usize {
    table.rows.iter().map(of).sum()
}

fn table_of(network: &NetworkTable) -> Table {
    let columns = vec![
        Column::words("place"),
        Column::words("layer"),
        Column::number("no."),
        Column::number("shape"),
        Column::number("weights"),
        Column::number("biases"),
        Column::number("feedback"),
        Column::number("mult.-adds"),
    ];
    let mut table = Table::new(columns, 2);
    let nothing = || Cell::from("");
    let mut input = vec![
        Cell::from("input"),
        nothing(),
        nothing(),
        shape(&network.input).into(),
    ];
    input.resize_with(8, nothing);
    table.row(input);
    let count = |number: usize| match number {
        0 => nothing(),
        number => number.to_string().into(),
    };
    for row in &network.rows {
        table.row(vec![
            row.path.as_str().into(),
            row.written.as_str().into(),
            count(row.layer.unwrap_or(0)),
            shape(&row.shape).into(),
            count(row.weights),
            count(row.biases),
            count(row.feedback_weights),
            count(row.multiply_adds),
        ]);
    }
    table
}

fn json_of(of: &LabelledSetting, table: &NetworkTable) -> Value {
    let rows = table.rows.iter().map(|row| {
        json!({
            "place": row.path, "written": row.written, "layer": row.layer, "shape": row.shape, "weights": row.weights,
            "biases": row.biases, "feedback_weights": row.feedback_weights, "multiply_adds": row.multiply_adds,
        })
    });
    json!({
        "case": of.case, "axes": of.axes.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "input": table.input, "layers": rows.collect::<Value>(),
    })
}
