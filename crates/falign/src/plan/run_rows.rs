//! `runs.csv`: a tidy table of single runs. Files of stored results have its columns too.

use std::str::FromStr;

use super::cells::Cells;
use super::run_table::RunTable;
use super::summary::number;
use crate::measure::Quantity;
use crate::simulate::Outcome;

/// Columns of every row, behind those of its setting and before its quantities.
const RUN: [&str; 4] = ["run", "step", "outcome", "outcome_step"];

/// Columns of a table of single runs.
#[derive(Debug)]
pub(crate) struct Columns {
    /// Columns that name a setting.
    pub(crate) labels: Vec<String>,
    /// One for each measured quantity.
    pub(crate) quantities: Vec<Quantity>,
}

/// A row that was read.
pub(crate) struct Row<'a> {
    /// Cells of the setting's columns.
    pub(crate) labels: &'a [&'a str],
    pub(crate) run: u64,
    pub(crate) step: u64,
    pub(crate) outcome: Outcome,
    /// One for each quantity; NaN where there is no value.
    pub(crate) values: Vec<f64>,
}

impl Columns {
    /// Writes the header's cells.
    pub(crate) fn write(&self, cells: &mut Cells) {
        cells.all(&self.labels);
        cells.all(RUN);
        cells.all(self.quantities.iter().map(|q| q.name()));
    }

    /// Columns of a header's cells.
    ///
    /// # Errors
    /// A sentence that names the cell that is no column.
    pub(crate) fn parse(names: &[&str]) -> Result<Self, String> {
        let at = names.windows(RUN.len()).position(|names| names == RUN);
        let at = at.ok_or_else(|| format!("expected the columns {}", RUN.join(",")))?;
        let known = |name: &&str| Quantity::from_name(name).ok_or(format!("no quantity `{name}`"));
        let quantities = names[at + RUN.len()..].iter().map(known);
        Ok(Self {
            labels: names[..at].iter().map(|&name| name.to_owned()).collect(),
            quantities: quantities.collect::<Result<_, _>>()?,
        })
    }

    /// A row of as many cells as there are columns.
    ///
    /// # Errors
    /// A sentence that names the cell that cannot be.
    pub(crate) fn row<'a>(&self, cells: &'a [&'a str]) -> Result<Row<'a>, String> {
        let (labels, rest) = cells
            .split_at_checked(self.labels.len())
            .ok_or_else(|| format!("{} cells", cells.len()))?;
        let ([run, step, outcome, outcome_step], values) = rest
            .split_first_chunk()
            .filter(|(_, values)| values.len() == self.quantities.len())
            .ok_or_else(|| format!("{} cells", cells.len()))?;
        let value = |cell: &&str| match *cell {
            "" => Ok(f64::NAN),
            cell => parsed(cell),
        };
        Ok(Row {
            labels,
            run: parsed(run)?,
            step: parsed(step)?,
            outcome: self::outcome(outcome, outcome_step)?,
            values: values.iter().map(value).collect::<Result<_, _>>()?,
        })
    }
}

/// Writes the cells of a row before its quantities.
pub(crate) fn start_row(
    cells: &mut Cells,
    labels: &[String],
    run: u64,
    step: u64,
    outcome: Outcome,
) {
    cells.all(labels);
    cells.all([run, step].map(|number| number.to_string()));
    cells.add(outcome.name());
    cells.add(outcome.step().map_or_else(String::new, |s| s.to_string()));
}

/// The number of a cell.
///
/// # Errors
/// A sentence that says that it is none.
pub(crate) fn parsed<N: FromStr>(cell: &str) -> Result<N, String> {
    let number = cell.parse();
    number.map_err(|_| format!("`{cell}` is not the number expected there"))
}

fn outcome(name: &str, at: &str) -> Result<Outcome, String> {
    Ok(match name {
        "finished" => Outcome::Finished,
        "converged" => Outcome::Converged { step: parsed(at)? },
        "stalled" => Outcome::Stalled { step: parsed(at)? },
        "diverged" => Outcome::Diverged { step: parsed(at)? },
        other => return Err(format!("no outcome `{other}`")),
    })
}

/// Text of `runs.csv`: one row per setting, run and recorded step, which is the run's own.
pub fn runs_csv(table: &RunTable) -> String {
    let columns = table.run_columns();
    let mut cells = Cells::new();
    columns.write(&mut cells);
    cells.end_row();
    for setting in &table.settings {
        let labels = setting.labels(&columns.labels);
        for (run, &outcome) in setting.outcomes.iter().enumerate() {
            for (row, &step) in setting.run_steps.row(run).iter().enumerate() {
                start_row(&mut cells, &labels, run as u64, step, outcome);
                for q in &columns.quantities {
                    let value = setting.values.get(q).map_or(f64::NAN, |v| v[(run, row)]);
                    cells.add(number(value));
                }
                cells.end_row();
            }
        }
    }
    cells.into_text()
}
