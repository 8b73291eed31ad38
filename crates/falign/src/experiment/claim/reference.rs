//! Claims against a table of another program's means: `near_reference`.

use std::path::Path;

use toml::Table;

use super::evaluate::{Finding, place};
use super::read::row as read_row;
use super::statistics::{mean, sem};
use super::{Claim, Reference, ReferenceRow};
use crate::experiment::config::read::parse_value;
use crate::record::run_table::RunTable;

pub(crate) fn near(
    claim: &Claim,
    table: &RunTable,
    selected: &[usize],
    reference: &Reference,
    z: f64,
) -> Result<Vec<Finding>, String> {
    let from_file;
    let rows: &[ReferenceRow] = match reference {
        Reference::Rows(rows) => rows,
        Reference::File(path) => {
            from_file = load(path)?;
            &from_file
        }
    };
    let mut findings = Vec::new();
    for row in rows {
        for index in selected {
            let setting = &table.settings[*index];
            let fits = row
                .filter
                .iter()
                .all(|(name, value)| setting.column(name) == Some(value));
            if !fits {
                continue;
            }
            let values = claim.values_at(setting, row.step)?;
            let error = sem(&values).hypot(row.std / row.runs.sqrt());
            let distance = (mean(&values) - row.mean).abs();
            let errors = if distance > 0.0 {
                distance / error
            } else {
                distance
            };
            findings.push(Finding {
                margin: z - errors,
                measured: format!(
                    "mean {:.4e} against {:.4e}, {errors:.1} standard errors{}",
                    mean(&values),
                    row.mean,
                    place(setting)
                ),
            });
        }
    }
    if findings.is_empty() {
        return Err("no reference row fits a selected setting".to_owned());
    }
    Ok(findings)
}

/// A CSV file with a header; fields hold no commas.
fn load(path: &Path) -> Result<Vec<ReferenceRow>, String> {
    let named = |reason: String| format!("{}: {reason}", path.display());
    let text = crate::file::read_text(path).map_err(|error| error.to_string())?;
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let (_, header) = lines.next().ok_or_else(|| named("is empty".to_owned()))?;
    let header: Vec<&str> = header.split(',').map(str::trim).collect();
    let mut rows = Vec::new();
    for (index, line) in lines {
        let at = |reason: String| named(format!("line {}: {reason}", index + 1));
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if fields.len() != header.len() {
            let counts = format!("{} fields, the header has {}", fields.len(), header.len());
            return Err(at(counts));
        }
        let table: Table = header
            .iter()
            .zip(fields)
            .map(|(name, field)| {
                let value =
                    parse_value(field).unwrap_or_else(|| toml::Value::String(field.to_owned()));
                ((*name).to_owned(), value)
            })
            .collect();
        rows.push(read_row(&table, None).map_err(at)?);
    }
    Ok(rows)
}
