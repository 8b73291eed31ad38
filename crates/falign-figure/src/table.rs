//! `summary.csv` as text cells with named columns, and helpful words for a name it lacks.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use falign::internal::config::figure::LAYER;
use falign::internal::file::read;

/// A table with named columns. Cells stay text: a setting's value is a name as often as a number.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a comma-separated file with a header line.
    ///
    /// # Errors
    /// If the file cannot be read, a line has too few or too many cells, or there is no row.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(&read(path)?, &path.display().to_string())
    }

    /// Reads comma-separated text with a header line; `name` is for messages.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(text: &[u8], name: &str) -> Result<Self> {
        let mut reader = csv::Reader::from_reader(text);
        let columns = reader
            .headers()
            .with_context(|| format!("cannot read the header of {name}"))?
            .iter()
            .map(|cell| cell.trim().to_owned())
            .collect();
        let rows: Vec<Vec<String>> = reader
            .records()
            .map(|record| Ok(record?.iter().map(|cell| cell.trim().to_owned()).collect()))
            .collect::<Result<_>>()
            .with_context(|| format!("cannot read {name}"))?;
        if rows.is_empty() {
            bail!("{name} has no rows, so there is nothing to draw");
        }
        Ok(Self { columns, rows })
    }

    /// A table of cells; each row has as many as there are columns.
    ///
    /// # Panics
    /// If a row has more or fewer.
    pub fn new(columns: &[&str], rows: Vec<Vec<String>>) -> Self {
        let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        assert!(
            rows.iter().all(|row| row.len() == columns.len()),
            "whole rows"
        );
        Self { columns, rows }
    }

    /// The names of all columns.
    pub fn names(&self) -> &[String] {
        &self.columns
    }

    /// Rows, each with as many cells as there are columns.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Position of a column, if the table has it.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Position of a column.
    ///
    /// # Errors
    /// If the table has no such column: the message names the nearest.
    ///
    /// # Example
    /// ```
    /// use falign_figure::Table;
    /// let table = Table::new(&["width", "loss_mean"], vec![vec!["10".to_owned(), "0.5".to_owned()]]);
    /// assert_eq!(table.column("loss_mean")?, 1);
    /// let error = table.column("widht").unwrap_err().to_string();
    /// assert!(error.ends_with("did you mean `width`?"), "{error}");
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn column(&self, name: &str) -> Result<usize> {
        self.find(name).with_context(|| {
            let names: Vec<&str> = self.columns.iter().map(String::as_str).collect();
            format!("the table has no column `{name}`; {}", near(name, &names))
        })
    }

    /// Name of a column.
    pub(super) fn name(&self, column: usize) -> &str {
        &self.columns[column]
    }

    /// The columns that name a setting: all before `step`.
    pub(super) fn settings(&self) -> Range<usize> {
        0..self.find("step").unwrap_or(0)
    }

    /// The table with a row for each hidden layer of which a quantity was recorded: a column `layer` before
    /// `step`, and the layer's statistics as the quantity's own.
    ///
    /// # Errors
    /// If the quantity was recorded of no layer.
    pub(super) fn by_layer(&self, quantity: &str) -> Result<Self> {
        let layers = self.layers(quantity);
        let Some(first) = layers.first() else {
            bail!("`{quantity}` was recorded of no layer; record `{quantity}_layer_1`, ...");
        };
        let prefix = |layer: u64| format!("{quantity}_{LAYER}_{layer}_");
        let statistics: Vec<&str> = self
            .columns
            .iter()
            .filter_map(|column| column.strip_prefix(&prefix(*first)))
            .collect();
        let own: Vec<String> = statistics
            .iter()
            .map(|statistic| format!("{quantity}_{statistic}"))
            .collect();
        let settings = self.settings();
        let others = || {
            let is_other = |column: &usize| !own.contains(&self.columns[*column]);
            (settings.end..self.columns.len()).filter(is_other)
        };
        let mut columns = self.columns[settings.clone()].to_vec();
        columns.push(LAYER.to_owned());
        columns.extend(others().map(|column| self.columns[column].clone()));
        columns.extend(own.iter().cloned());
        let mut rows = Vec::new();
        for row in &self.rows {
            for &layer in &layers {
                let mut cells = row[settings.clone()].to_vec();
                cells.push(layer.to_string());
                cells.extend(others().map(|column| row[column].clone()));
                cells.extend(statistics.iter().map(|statistic| {
                    let column = self.find(&format!("{}{statistic}", prefix(layer)));
                    column.map_or_else(String::new, |column| row[column].clone())
                }));
                rows.push(cells);
            }
        }
        Ok(Self { columns, rows })
    }

    /// Numbers of the hidden layers of which a quantity was recorded, ascending.
    pub(super) fn layers(&self, quantity: &str) -> Vec<u64> {
        let prefix = format!("{quantity}_{LAYER}_");
        let number = |column: &String| {
            let layer = column.strip_prefix(&prefix)?.strip_suffix("_mean")?;
            layer.parse().ok()
        };
        let mut layers: Vec<u64> = self.columns.iter().filter_map(number).collect();
        layers.sort_unstable();
        layers
    }

    /// The recorded quantities: every `<quantity>_mean`.
    pub fn quantities(&self) -> Vec<&str> {
        self.columns
            .iter()
            .filter_map(|column| column.strip_suffix("_mean"))
            .filter(|quantity| !quantity.ends_with("_log10"))
            .collect()
    }

    /// A cell.
    pub(super) fn text(&self, row: usize, column: usize) -> &str {
        &self.rows[row][column]
    }

    /// A cell as a finite number; `None` for an empty cell, `NaN`, an infinity or a word.
    pub(super) fn number(&self, row: usize, column: usize) -> Option<f64> {
        let value: f64 = self.text(row, column).parse().ok()?;
        value.is_finite().then_some(value)
    }

    /// A cell as a number, or the number of a cell with a unit, such as `gamma=3` or `c_s=10`.
    pub(super) fn amount(&self, row: usize, column: usize) -> Option<f64> {
        let value: f64 = split_unit(self.text(row, column)).1.parse().ok()?;
        value.is_finite().then_some(value)
    }

    /// The different cells of a column: numbers in order of size, words in order of appearance.
    pub(super) fn values(&self, column: usize, rows: &[usize]) -> Vec<String> {
        let mut seen = HashSet::new();
        let cells = rows.iter().map(|&row| self.text(row, column));
        let cells: Vec<&str> = cells.filter(|cell| seen.insert(*cell)).collect();
        let mut values: Vec<String> = Vec::new();
        let Some(numbers) = amounts(cells.iter().copied()) else {
            for cell in cells {
                if !values.iter().any(|value| same(value, cell)) {
                    values.push(cell.to_owned());
                }
            }
            return values;
        };
        // Equal numbers are neighbours in order: a comparison each, of however many steps.
        let mut order: Vec<usize> = (0..cells.len()).collect();
        order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
        for at in order {
            if !values.last().is_some_and(|value| same(value, cells[at])) {
                values.push(cells[at].to_owned());
            }
        }
        values
    }
}

/// The unit of a cell such as `gamma=3`, if it has one, and the rest.
pub(super) fn split_unit(cell: &str) -> (Option<&str>, &str) {
    match cell.split_once('=') {
        Some((unit, rest)) if rest.parse::<f64>().is_ok() => (Some(unit), rest),
        _ => (None, cell),
    }
}

/// The numbers of cells that are all numbers, or all numbers of one unit: they have an order.
pub(super) fn amounts<'a>(cells: impl IntoIterator<Item = &'a str>) -> Option<Vec<f64>> {
    let mut first_unit = None;
    cells
        .into_iter()
        .map(|cell| {
            let (unit, rest) = split_unit(cell);
            let number = rest.parse().ok()?;
            (*first_unit.get_or_insert(unit) == unit).then_some(number)
        })
        .collect()
}

/// Whether two cells say the same: as text, or as numbers (`1`, `1.0`, `1e0`).
///
/// ```
/// use falign_figure::same;
/// assert!(same("1", "1.0") && same("relu", "relu") && !same("1", "2"));
/// ```
pub fn same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-12 * a.abs().max(b.abs()),
        _ => false,
    }
}

/// "did you mean ..." and what there is.
pub(super) fn near(name: &str, names: &[&str]) -> String {
    let mut close: Vec<(f64, &str)> = names
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), *candidate))
        .filter(|(similarity, _)| *similarity > 0.75)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0));
    close.truncate(3);
    let quoted = |names: &[&str]| {
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        quoted.join(", ")
    };
    if close.is_empty() {
        format!("it has {}", quoted(names))
    } else {
        let close: Vec<&str> = close.into_iter().map(|(_, name)| name).collect();
        format!("did you mean {}?", quoted(&close))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Table> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Table::read(file.path())
    }

    #[test]
    fn an_unknown_column_is_named_with_its_neighbours() {
        let table = table("width,step,loss_mean\n10,0,1\n").unwrap();
        let message = table.column("widht").unwrap_err().to_string();
        assert!(message.contains("`widht`"), "{message}");
        assert!(message.contains("did you mean `width`"), "{message}");
    }

    #[test]
    fn empty_cells_nan_and_infinities_are_no_numbers() {
        let table = table("a,b,c,d\n,NaN,inf,2e-3\n").unwrap();
        let numbers: Vec<_> = (0..4).map(|column| table.number(0, column)).collect();
        assert_eq!(numbers, [None, None, None, Some(2e-3)]);
    }

    #[test]
    fn a_table_without_rows_is_refused() {
        assert!(table("a,b\n").unwrap_err().to_string().contains("no rows"));
    }

    #[test]
    fn numbers_are_ordered_by_size_and_words_by_appearance() {
        let table = table("a,b\n10,tanh\n9,relu\n1e1,tanh\n").unwrap();
        assert_eq!(table.values(0, &[0, 1, 2]), ["9", "10"]);
        assert_eq!(table.values(1, &[0, 1, 2]), ["tanh", "relu"]);
        assert_eq!(amounts(["gamma=10", "gamma=3"]), Some(vec![10.0, 3.0]));
        assert_eq!(amounts(["gamma=10", "3"]), None);
        assert_eq!(amounts(["gamma=10", "tau=3"]), None);
    }
}
