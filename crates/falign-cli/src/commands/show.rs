//! `falign show`: the last recorded step of every setting, as a table in the terminal.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};

use super::{Ended, Usage};

/// Columns shown where the caller names none.
const DEFAULT: [&str; 2] = ["alignment", "loss"];

#[allow(clippy::print_stdout, reason = "the command's result")]
pub(super) fn command(dir: &Path, quantities: &[String], as_json: bool) -> Result<Ended> {
    let path = dir.join("summary.csv");
    if !path.exists() {
        return Err(Usage(format!(
            "{} has no summary.csv: no run folder, or not finished",
            dir.display()
        ))
        .into());
    }
    let mut reader =
        csv::Reader::from_path(&path).with_context(|| format!("{}", path.display()))?;
    let headers: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let rows: Vec<Vec<String>> = reader
        .records()
        .map(|r| Ok(r?.iter().map(str::to_owned).collect()))
        .collect::<Result<_>>()?;
    if as_json {
        println!("{:#}", json_rows(&headers, &rows));
        return Ok(Ended::Done);
    }
    let at = |name: &str| headers.iter().position(|h| h == name);
    let step = at("step").context("summary.csv has no column step")?;
    let mut columns: Vec<usize> = (0..step).filter(|&c| varies(&rows, c)).collect();
    columns.push(step);
    columns.extend(
        ["runs", "runs_diverged"]
            .iter()
            .filter_map(|c| at(c))
            .filter(|&c| varies(&rows, c)),
    );
    let wanted: Vec<&str> = if quantities.is_empty() {
        DEFAULT.to_vec()
    } else {
        quantities.iter().map(String::as_str).collect()
    };
    let mut table: Vec<Vec<String>> = Vec::new();
    let mut head: Vec<String> = columns.iter().map(|&c| headers[c].clone()).collect();
    let mut pairs = Vec::new();
    for name in wanted {
        match (at(&format!("{name}_mean")), at(&format!("{name}_std"))) {
            (Some(mean), Some(std)) => pairs.push((mean, std)),
            _ if quantities.is_empty() => continue,
            _ => {
                return Err(
                    Usage(format!("`{name}` was not recorded in {}", dir.display())).into(),
                );
            }
        }
        head.push(name.to_owned());
    }
    table.push(head);
    for row in last_rows(&rows, step) {
        let mut cells: Vec<String> = columns.iter().map(|&c| row[c].clone()).collect();
        cells.extend(pairs.iter().map(|&(m, s)| plus_minus(&row[m], &row[s])));
        table.push(cells);
    }
    print_aligned(&table);
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

fn plus_minus(mean: &str, std: &str) -> String {
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
        _ => "diverged".to_owned(),
    }
}

#[allow(clippy::print_stdout, reason = "the command's result")]
fn print_aligned(table: &[Vec<String>]) {
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
        println!("{}", line.join("  "));
    }
}

fn json_rows(headers: &[String], rows: &[Vec<String>]) -> Value {
    rows.iter()
        .map(|row| {
            let object: Map<String, Value> = headers
                .iter()
                .zip(row)
                .map(|(name, cell)| {
                    let value = match (cell.is_empty(), cell.parse::<f64>()) {
                        (true, _) => Value::Null,
                        (_, Ok(x)) => Value::from(x),
                        (_, Err(_)) => Value::from(cell.as_str()),
                    };
                    (name.clone(), value)
                })
                .collect();
            Value::Object(object)
        })
        .collect()
}
