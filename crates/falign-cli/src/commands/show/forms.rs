//! Forms of the rows that are shown: a table, LaTeX, CSV, JSON.

use anyhow::{Context as _, Result};
use falign::internal::math::with_spread;
use serde_json::{Map, Value};

use super::rows::Rows;
use crate::output::{self, Look};
use crate::table::{Cell, Column, Table};

/// Quantities shown where the caller names none: those of them that there are, or the first two.
const DEFAULT: [&str; 3] = ["alignment", "test_accuracy", "loss"];

/// Quantities that are shown of those that were recorded, where the caller names none.
pub(in crate::commands) fn usual(recorded: &[String]) -> Vec<&str> {
    let mut quantities = DEFAULT.to_vec();
    quantities.retain(|name| recorded.iter().any(|known| known == name));
    if quantities.is_empty() {
        quantities.extend(recorded.iter().take(2).map(String::as_str));
    }
    quantities
}

/// Rows as they are read: who they are of, and means with their spread.
pub(super) struct Shown {
    /// Line above the table: step, runs, what numbers are.
    title: String,
    heads: Vec<Head>,
    rows: Vec<Vec<Cell>>,
    /// Columns that name a row.
    keys: usize,
}

/// A column's name.
struct Head {
    name: String,
    is_number: bool,
}

/// Whether a quantity is shown in per cent.
fn is_percentage(quantity: &str) -> bool {
    quantity.ends_with("accuracy")
}

impl Shown {
    /// The rows with these quantities, or with the usual ones.
    pub(super) fn of(rows: &Rows, wanted: &[&str]) -> Self {
        let mut quantities = wanted.to_vec();
        if quantities.is_empty() {
            quantities = usual(&rows.quantities);
        }
        let varies = |&column: &usize| {
            let first = rows.cells.first().map(|row| &row[column]);
            rows.cells.iter().any(|row| Some(&row[column]) != first)
        };
        let found = |names: &[&str]| -> Vec<usize> {
            names
                .iter()
                .filter_map(|name| rows.find(name))
                .filter(varies)
                .collect()
        };
        let mut columns: Vec<usize> = (0..rows.step).filter(varies).collect();
        if let Some(case) = rows.find("case") {
            // A case that is named after its activation says it already.
            let says_more = |at: usize| rows.cells.iter().any(|row| row[at] != row[case]);
            columns.retain(|&at| at == case || says_more(at));
        }
        columns.extend(found(&["step", "step_min", "step_max", "runs"]));
        let keys = columns.len();
        let diverged = rows.find("runs_diverged");
        let has_diverged =
            |row: &[String]| diverged.is_some_and(|at| !matches!(&row[at][..], "" | "0"));
        let any_diverged = rows.cells.iter().any(|row| has_diverged(row));
        let mut heads: Vec<Head> = columns
            .iter()
            .map(|&at| Head {
                name: rows.columns[at].clone(),
                is_number: rows.cells.iter().all(|row| is_number(&row[at])),
            })
            .collect();
        let number = |name: String| Head {
            name,
            is_number: true,
        };
        if any_diverged {
            heads.push(number("diverged".to_owned()));
        }
        heads.extend(quantities.iter().map(|name| {
            let unit = if is_percentage(name) { " (%)" } else { "" };
            number(format!("{name}{unit}"))
        }));
        let runs = rows.find("runs");
        let cells = rows.cells.iter().map(|row| {
            let mut cells: Vec<Cell> = columns.iter().map(|&at| setting(&row[at]).into()).collect();
            let lost = has_diverged(row);
            if any_diverged {
                let count = diverged.map_or("", |at| &row[at]);
                let of = runs.map_or("", |at| &row[at]);
                cells.push(if lost {
                    Cell::new(format!("{count} of {of}"), Look::Bad)
                } else {
                    Cell::default()
                });
            }
            cells.extend(quantities.iter().map(|name| value(rows, row, name, lost)));
            cells
        });
        Self {
            title: title(rows),
            heads,
            rows: cells.collect(),
            keys,
        }
    }

    /// Writes the table to stdout, below a line that says what its numbers are.
    pub(super) fn print(&self) -> Result<()> {
        output::sentence("", &self.title)?;
        self.table().print()
    }

    fn table(&self) -> Table {
        let heads = self.heads.iter().map(|head| {
            if head.is_number {
                Column::number(head.name.as_str())
            } else {
                Column::words(head.name.as_str())
            }
        });
        let mut table = Table::new(heads.collect(), self.keys);
        for row in &self.rows {
            table.row(row.clone());
        }
        table
    }

    /// The table in the manner of booktabs.
    pub(super) fn latex(&self) -> String {
        let sides = self
            .heads
            .iter()
            .map(|head| if head.is_number { 'r' } else { 'l' });
        let sides: String = sides.collect();
        let row = |cells: Vec<String>| format!("  {} \\\\\n", cells.join(" & "));
        let heads = self.heads.iter().map(|head| latex_words(&head.name));
        let head = row(heads.collect());
        let rows = self.rows.iter().map(|cells| {
            let cells = cells.iter().map(|cell| latex_cell(cell.text()));
            row(cells.collect())
        });
        let rows: String = rows.collect();
        format!(
            "% {}\n\\begin{{tabular}}{{{sides}}}\n  \\toprule\n{head}  \\midrule\n{rows}  \\bottomrule\n\\end{{tabular}}\n",
            self.title
        )
    }
}

/// Writes the last rows of a summary, as `falign show` does.
pub(in crate::commands) fn print_last(table: falign_figure::Table) -> Result<()> {
    let mut rows = Rows::of(&[(String::new(), table)], false)?;
    rows.choose(&[], super::Step::Last)?;
    Shown::of(&rows, &[]).print()
}

/// `step 300; mean ± sd over 20 runs`, as far as that is the same for all rows.
fn title(rows: &Rows) -> String {
    let of_all = |name: &str| -> Option<&str> {
        let at = rows.find(name)?;
        let first = rows.cells.first()?[at].as_str();
        rows.cells
            .iter()
            .all(|row| row[at] == first)
            .then_some(first)
    };
    let numbers = match of_all("runs") {
        Some("1") => "one run each".to_owned(),
        Some(runs) => format!("mean ± sd over {runs} runs"),
        None => "mean ± sd over runs".to_owned(),
    };
    match of_all("step") {
        Some(step) => format!("step {step}; {numbers}"),
        None => numbers,
    }
}

/// Mean and spread of a quantity. Without a mean, a run has diverged or the quantity has no value at
/// that step.
fn value(rows: &Rows, row: &[String], quantity: &str, has_diverged: bool) -> Cell {
    let number = |suffix: &str| -> Option<f64> {
        let at = rows.find(&format!("{quantity}_{suffix}"))?;
        row[at].parse().ok()
    };
    let unit = if is_percentage(quantity) { 100.0 } else { 1.0 };
    match number("mean") {
        Some(mean) => with_spread(
            unit * mean,
            number("std").map_or(f64::NAN, |std| unit * std),
        )
        .into(),
        None if has_diverged => Cell::new("diverged", Look::Bad),
        None => Cell::new("none", Look::Faint),
    }
}

/// A cell of a setting: a number of many digits in its shortest form, such as `1e200`.
fn setting(cell: &str) -> String {
    /// Digits that are read at a glance.
    const MANY: usize = 12;
    match cell.parse::<f64>() {
        Ok(number) if cell.len() > MANY => format!("{number:e}"),
        _ => cell.to_owned(),
    }
}

/// Whether a cell of a setting is a number, or has none.
pub(in crate::commands) fn is_number(cell: &str) -> bool {
    cell.is_empty() || cell.parse::<f64>().is_ok()
}

/// Text with LaTeX's signs as letters.
fn latex_words(text: &str) -> String {
    let mut written = String::new();
    for letter in text.chars() {
        match letter {
            '_' | '%' | '&' | '#' | '$' | '{' | '}' => written.extend(['\\', letter]),
            '\\' => written.push_str("\\textbackslash{}"),
            '~' => written.push_str("\\textasciitilde{}"),
            '^' => written.push_str("\\textasciicircum{}"),
            letter => written.push(letter),
        }
    }
    written
}

/// A cell: numbers in the mode of formulas, powers of ten as such.
fn latex_cell(text: &str) -> String {
    let is_formula = text.starts_with(|first: char| first.is_ascii_digit() || "-(".contains(first))
        && text
            .chars()
            .all(|one| one.is_ascii_digit() || "-+.e() ±".contains(one));
    if !is_formula {
        return latex_words(text);
    }
    let powers = text.split(" ± ").map(|part| match part.split_once('e') {
        Some((mantissa, power)) => format!("{mantissa} \\cdot 10^{{{power}}}"),
        None => part.to_owned(),
    });
    format!("${}$", powers.collect::<Vec<_>>().join(" \\pm "))
}

/// Columns of the rows for other programs: of settings, steps and runs, and those of the quantities
/// that are wanted; else all.
fn columns(rows: &Rows, wanted: &[&str]) -> Vec<usize> {
    /// Statistics of a quantity, behind its name.
    const STATISTICS: [&str; 8] = [
        "mean",
        "std",
        "sem",
        "median",
        "q10",
        "q90",
        "log10_mean",
        "log10_std",
    ];
    let is_of = |column: &str, quantity: &str| {
        let rest = column.strip_prefix(quantity);
        let rest = rest.and_then(|rest| rest.strip_prefix('_'));
        rest.is_some_and(|rest| STATISTICS.contains(&rest))
    };
    let is_kept = |&at: &usize| {
        let column = rows.columns[at].as_str();
        wanted.is_empty()
            || wanted.iter().any(|quantity| is_of(column, quantity))
            || !rows
                .quantities
                .iter()
                .any(|quantity| is_of(column, quantity))
    };
    (0..rows.columns.len()).filter(is_kept).collect()
}

/// Rows as CSV.
pub(super) fn csv(rows: &Rows, wanted: &[&str]) -> Result<Vec<u8>> {
    let columns = columns(rows, wanted);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|&at| &rows.columns[at]))?;
    for row in &rows.cells {
        writer.write_record(columns.iter().map(|&at| &row[at]))?;
    }
    writer.into_inner().context("cannot write CSV")
}

/// Rows as JSON.
pub(super) fn json(rows: &Rows, wanted: &[&str]) -> Value {
    let columns = columns(rows, wanted);
    let object = |row: &Vec<String>| {
        let cells = columns.iter().map(|&at| {
            let name = &rows.columns[at];
            (name.clone(), json_value(name, &row[at]))
        });
        Value::Object(cells.collect::<Map<_, _>>())
    };
    rows.cells.iter().map(object).collect()
}

/// A cell as JSON: whole numbers stay whole, and a case may be called `7`.
fn json_value(column: &str, cell: &str) -> Value {
    if cell.is_empty() {
        return Value::Null;
    }
    if !["case", "folder"].contains(&column) {
        if let Ok(whole) = cell.parse::<i64>() {
            return Value::from(whole);
        }
        if let Some(number) = cell.parse().ok().and_then(serde_json::Number::from_f64) {
            return Value::Number(number);
        }
    }
    Value::from(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latex_has_formulas_for_numbers_and_letters_for_signs() {
        for (text, written) in [
            ("0.831 ± 0.021", "$0.831 \\pm 0.021$"),
            ("(4.10 ± 0.32)e-8", "$(4.10 \\pm 0.32) \\cdot 10^{-8}$"),
            ("12 ± 1e-15", "$12 \\pm 1 \\cdot 10^{-15}$"),
            ("feedback_alignment", "feedback\\_alignment"),
            ("3 of 20", "3 of 20"),
            ("", ""),
        ] {
            assert_eq!(latex_cell(text), written);
        }
        assert_eq!(latex_words("test_accuracy (%)"), "test\\_accuracy (\\%)");
    }
}
