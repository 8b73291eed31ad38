//! Means of two run folders, and how many standard errors they are apart.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use falign::internal::math::{digits, with_spread};
use serde_json::{Value, json};

use crate::commands::show::{Rows, is_number, usual};
use crate::output::{self, Look};
use crate::table::{Cell, Column, Table};

/// More standard errors than this are marked: by chance one comparison in 370 has as many.
const MANY: f64 = 3.0;

/// Values of the rows that two folders have in common.
pub(super) struct Values {
    /// Columns that name a row.
    columns: Vec<String>,
    /// Places of columns that are enough to tell rows apart.
    telling: Vec<usize>,
    /// Quantities that are shown.
    shown: Vec<String>,
    /// Rows in A, in B, and in both.
    rows: [usize; 3],
    /// Means that both have.
    compared: usize,
    /// Pairs that are not equal, the furthest apart first.
    differing: Vec<Pair>,
}

/// A quantity in both folders.
struct Pair {
    labels: Vec<String>,
    quantity: String,
    means: [Option<f64>; 2],
    errors: [f64; 2],
    /// Difference in standard errors, where there are any.
    apart: Option<f64>,
}

impl Pair {
    fn new(labels: &[String], quantity: &str, [a, b]: [(Option<f64>, f64); 2]) -> Self {
        let apart = a.0.zip(b.0).map(|(a, b)| b - a);
        let error = libm::hypot(a.1, b.1);
        let apart = apart
            .filter(|_| error > 0.0)
            .map(|difference| difference / error);
        Self {
            labels: labels.to_vec(),
            quantity: quantity.to_owned(),
            means: [a.0, b.0],
            errors: [a.1, b.1],
            apart,
        }
    }

    fn size(&self) -> f64 {
        // What has a value on one side only comes first, then what no error measures.
        match (self.means, self.apart) {
            ([Some(_), Some(_)], apart) => apart.map_or(f64::MAX, f64::abs),
            _ => f64::INFINITY,
        }
    }
}

impl Values {
    /// Compares rows whose settings agree in all that varies in either folder.
    pub(super) fn of(rows: &[Rows; 2], wanted: &[String]) -> Self {
        let [a, b] = rows;
        let varies = |rows: &Rows, name: &str| {
            rows.find(name)
                .is_some_and(|at| rows.cells.iter().any(|row| row[at] != rows.cells[0][at]))
        };
        let mut columns: Vec<String> = a.columns[..=a.step].to_vec();
        columns.retain(|name| varies(a, name) || varies(b, name));
        // By index a run's rows are side by side where steps are each folder's own.
        let of_row = |rows: &Rows, row: &[String]| -> Vec<String> {
            let cell = |name: &String| {
                rows.find(name)
                    .map_or_else(String::new, |at| row[at].clone())
            };
            columns.iter().map(cell).collect()
        };
        let there: BTreeMap<Vec<String>, &Vec<String>> =
            b.cells.iter().map(|row| (of_row(b, row), row)).collect();
        let quantities = a.quantities.iter().filter(|name| {
            b.quantities.contains(name) && (wanted.is_empty() || wanted.contains(name))
        });
        let quantities: Vec<&String> = quantities.collect();
        let number = |rows: &Rows, row: &[String], name: &str, suffix: &str| -> Option<f64> {
            row[rows.find(&format!("{name}_{suffix}"))?].parse().ok()
        };
        let all = a.cells.iter().map(|row| of_row(a, row));
        let all = all.chain(b.cells.iter().map(|row| of_row(b, row)));
        let shown = if wanted.is_empty() {
            usual(&a.quantities)
                .into_iter()
                .map(str::to_owned)
                .collect()
        } else {
            wanted.to_vec()
        };
        let mut found = Self {
            telling: telling(&all.collect::<Vec<_>>(), columns.len()),
            shown,
            columns: columns.clone(),
            rows: [a.cells.len(), b.cells.len(), 0],
            compared: 0,
            differing: Vec::new(),
        };
        for row in &a.cells {
            let labels = of_row(a, row);
            let Some(other) = there.get(&labels) else {
                continue;
            };
            found.rows[2] += 1;
            for name in &quantities {
                let of = |rows: &Rows, row: &[String]| {
                    let error = number(rows, row, name, "sem").unwrap_or(f64::NAN);
                    (number(rows, row, name, "mean"), error)
                };
                let pair = Pair::new(&labels, name, [of(a, row), of(b, other)]);
                if pair.means == [None, None] {
                    continue;
                }
                found.compared += 1;
                if pair.means[0] != pair.means[1] {
                    found.differing.push(pair);
                }
            }
        }
        found
            .differing
            .sort_by(|a, b| b.size().total_cmp(&a.size()));
        found
    }

    /// Writes what differs, and a line that counts it.
    pub(super) fn print(&self) -> Result<()> {
        let shown = || {
            let pairs = self.differing.iter();
            pairs.filter(|pair| self.shown.contains(&pair.quantity))
        };
        if shown().next().is_some() {
            output::line("mean ± standard error; differences in standard errors of both")?;
            let mut columns: Vec<Column> = Vec::new();
            for &at in &self.telling {
                let is_number = shown().all(|pair| is_number(&pair.labels[at]));
                let name = self.columns[at].as_str();
                columns.push(if is_number {
                    Column::number(name)
                } else {
                    Column::words(name)
                });
            }
            columns.push(Column::words("quantity"));
            let keys = columns.len();
            columns.extend(["A", "B", "B - A"].map(Column::number));
            let mut table = Table::new(columns, keys);
            for pair in shown() {
                let labels = self
                    .telling
                    .iter()
                    .map(|&at| pair.labels[at].as_str().into());
                let mut cells: Vec<Cell> = labels.collect();
                cells.push(pair.quantity.as_str().into());
                for (mean, error) in pair.means.iter().zip(pair.errors) {
                    let text =
                        mean.map_or_else(|| "none".to_owned(), |mean| with_spread(mean, error));
                    cells.push(text.into());
                }
                cells.push(match pair.apart {
                    Some(apart) if apart.abs() > MANY => {
                        Cell::new(format!("{apart:+.1}"), Look::Bad)
                    }
                    Some(apart) => format!("{apart:+.1}").into(),
                    None => Cell::new("-", Look::Faint),
                });
                table.row(cells);
            }
            table.print()?;
        }
        output::sentence("", &self.line())
    }

    /// How many values were compared and how many differ.
    fn line(&self) -> String {
        let [a, b, both] = self.rows;
        let alone = match (a - both, b - both) {
            (0, 0) => String::new(),
            (a, b) => format!("; rows of {a} settings are in A alone, of {b} in B alone"),
        };
        let measured = self.differing.iter().filter_map(|pair| pair.apart);
        let far = measured.clone().filter(|apart| apart.abs() > MANY).count();
        let differ = match (
            self.differing.len(),
            measured.map(f64::abs).reduce(f64::max),
        ) {
            (0, _) => "all are equal".to_owned(),
            (count, None) => format!("{count} differ"),
            (count, Some(most)) => format!(
                "{count} differ, {far} of them by more than {MANY} standard errors; the most by {}",
                digits(most, 3)
            ),
        };
        format!("values: {} compared, {differ}{alone}", self.compared)
    }

    pub(super) fn json(&self) -> Value {
        let [a, b, both] = self.rows;
        let differing = self.differing.iter().map(|pair| {
            let labels = self
                .columns
                .iter()
                .cloned()
                .zip(pair.labels.iter().map(|cell| json!(cell)));
            let finite = pair.errors.map(|error| error.is_finite().then_some(error));
            json!({
                "setting": labels.collect::<serde_json::Map<_, _>>(), "quantity": pair.quantity,
                "a": pair.means[0], "b": pair.means[1],
                "a_sem": finite[0], "b_sem": finite[1], "standard_errors": pair.apart,
            })
        });
        json!({
            "compared": self.compared, "differing": differing.collect::<Vec<_>>(),
            "rows_in_a_alone": a - both, "rows_in_b_alone": b - both,
        })
    }
}

/// Columns that are enough to tell rows apart, from the left.
fn telling(rows: &[Vec<String>], columns: usize) -> Vec<usize> {
    let different = |kept: &[usize]| {
        let labels = rows
            .iter()
            .map(|row| kept.iter().map(|&at| row[at].as_str()).collect::<Vec<_>>());
        labels.collect::<BTreeSet<_>>().len()
    };
    let mut kept = Vec::new();
    for at in 0..columns {
        let before = different(&kept);
        kept.push(at);
        if different(&kept) == before {
            kept.pop();
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::telling;

    #[test]
    fn columns_that_follow_from_others_tell_nothing() {
        let rows = [
            ["linear", "linear", "10", "1e-4"],
            ["linear", "linear", "20", "1e-4"],
            ["relu", "relu", "10", "1e-3"],
        ];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(telling(&rows, 4), [0, 2]);
        assert!(telling(&rows[..1], 4).is_empty());
    }
}
