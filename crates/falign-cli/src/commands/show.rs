//! `falign show`: the last recorded step of every setting, as a table in the terminal.

use std::path::Path;

use anyhow::{Context as _, Result};
use falign::internal::config::keys::did_you_mean;
use serde_json::{Map, Value};

use crate::ended::{Ended, Usage};
use crate::output;
use falign_figure::Table;

/// The quantities shown where the caller names none: these, or the first ones.
fn default_quantities<'a>(recorded: &[&'a str]) -> Vec<&'a str> {
    let mut known = vec!["alignment", "test_accuracy", "loss"];
    known.retain(|name| recorded.contains(name));
    if known.is_empty() {
        known.extend(recorded.iter().take(2));
    }
    known
}

pub(super) fn command(dir: &Path, quantities: &[String], as_json: bool) -> Result<Ended> {
    let path = dir.join("summary.csv");
    if !path.exists() {
        return Err(Usage(format!(
            "{} has no summary.csv: no run folder, or not finished",
            dir.display()
        ))
        .into());
    }
    let stored = Table::read(&path)?;
    let (headers, rows) = (stored.names(), stored.rows());
    if as_json {
        output::line(format!("{:#}", json_rows(headers, rows)))?;
        return Ok(Ended::Done);
    }
    let at = |name: &str| stored.find(name);
    let step = stored
        .column("step")
        .with_context(|| path.display().to_string())?;
    let mut columns: Vec<usize> = (0..step).filter(|&c| varies(rows, c)).collect();
    columns.push(step);
    // There where runs of a setting differ in their steps.
    columns.extend(["step_min", "step_max"].iter().filter_map(|c| at(c)));
    columns.extend(
        ["runs", "runs_diverged"]
            .iter()
            .filter_map(|c| at(c))
            .filter(|&c| varies(rows, c)),
    );
    let recorded = stored.quantities();
    let wanted: Vec<&str> = if quantities.is_empty() {
        default_quantities(&recorded)
    } else {
        quantities.iter().map(String::as_str).collect()
    };
    let mut table: Vec<Vec<String>> = Vec::new();
    let mut head: Vec<String> = columns.iter().map(|&c| headers[c].clone()).collect();
    let mut pairs = Vec::new();
    for name in wanted {
        let (Some(mean), Some(std)) = (at(&format!("{name}_mean")), at(&format!("{name}_std")))
        else {
            let hint = did_you_mean(name, recorded.iter().copied());
            let why = format!("`{name}` was not recorded in {}; {hint}", dir.display());
            return Err(Usage(why).into());
        };
        pairs.push((mean, std));
        head.push(name.to_owned());
    }
    table.push(head);
    let diverged = at("runs_diverged");
    for row in last_rows(rows, step) {
        let mut cells: Vec<String> = columns.iter().map(|&c| row[c].clone()).collect();
        let has_diverged = diverged.is_some_and(|c| row[c] != "0");
        let shown = |&(m, s): &(usize, usize)| plus_minus(&row[m], &row[s], has_diverged);
        cells.extend(pairs.iter().map(shown));
        table.push(cells);
    }
    print_aligned(&table)?;
    Ok(Ended::Done)
}

fn varies(rows: &[Vec<String>], column: usize) -> bool {
    rows.iter().any(|row| row[column] != rows[0][column])
}

/// The last row of each setting: rows of a setting follow each other with rising steps.
fn last_rows(rows: &[Vec<String>], step: usize) -> Vec<&Vec<String>> {
    let same = |a: &[String], b: &[String]| a[..step] == b[..step];
    rows.iter()
        .enumerate()
        .filter(|(i, row)| rows.get(i + 1).is_none_or(|next| !same(row, next)))
        .map(|(_, row)| row)
        .collect()
}

/// Without a mean, a run has diverged or the quantity has no value at that step.
fn plus_minus(mean: &str, std: &str, has_diverged: bool) -> String {
    let short = |text: &str| {
        text.parse::<f64>().map(|x| {
            if x == 0.0 || (1e-3..1e5).contains(&x.abs()) {
                format!("{x:.4}")
            } else {
                format!("{x:.2e}")
            }
        })
    };
    match (short(mean), short(std)) {
        (Ok(mean), Ok(std)) => format!("{mean} +- {std}"),
        (Ok(mean), Err(_)) => mean,
        _ if has_diverged => "diverged".to_owned(),
        _ => "none".to_owned(),
    }
}

fn print_aligned(table: &[Vec<String>]) -> Result<()> {
    let width = |c: usize| {
        table
            .iter()
            .map(|row| row[c].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table[0].len()).map(width).collect();
    for row in table {
        let line: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, &w)| format!("{cell:>w$}"))
            .collect();
        output::line(line.join("  "))?;
    }
    Ok(())
}

fn json_rows(headers: &[String], rows: &[Vec<String>]) -> Value {
    rows.iter()
        .map(|row| {
            let object: Map<String, Value> = headers
                .iter()
                .zip(row)
                .map(|(name, cell)| (name.clone(), json_value(name, cell)))
                .collect();
            Value::Object(object)
        })
        .collect()
}

/// A cell as JSON: whole numbers stay whole, and a case may be called `7`.
fn json_value(column: &str, cell: &str) -> Value {
    if cell.is_empty() {
        return Value::Null;
    }
    if column != "case" {
        if let Ok(whole) = cell.parse::<i64>() {
            return Value::from(whole);
        }
        if let Some(number) = cell.parse().ok().and_then(serde_json::Number::from_f64) {
            return Value::Number(number);
        }
    }
    Value::from(cell)
}
