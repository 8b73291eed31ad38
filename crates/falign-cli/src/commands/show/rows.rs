//! Rows of one or several summaries, and the choice among them.

use std::collections::BTreeSet;
use std::str::FromStr;

use anyhow::{Context as _, Result};
use falign::internal::config::keys::did_you_mean;
use falign_figure::Table;
use toml::Value;

use crate::commands::selection::accepts;
use crate::ended::Usage;

/// Recorded steps that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Step {
    First,
    Last,
    All,
    At(u64),
}

impl FromStr for Step {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "first" => Self::First,
            "last" => Self::Last,
            "all" => Self::All,
            number => {
                let step = number.parse();
                Self::At(step.map_err(|_| "expected a step's number, first, last or all")?)
            }
        })
    }
}

/// Column that names the folder, where there are several.
const FOLDER: &str = "folder";

/// Rows of summaries under the columns of all of them.
pub(in crate::commands) struct Rows {
    pub(in crate::commands) columns: Vec<String>,
    pub(in crate::commands) cells: Vec<Vec<String>>,
    /// Index of the column `step`: those before it name a setting.
    pub(in crate::commands) step: usize,
    /// Quantities that any of them has.
    pub(in crate::commands) quantities: Vec<String>,
}

impl Rows {
    /// Rows of these tables, whose names are a column if need be.
    ///
    /// # Errors
    /// If one has no column `step`.
    pub(in crate::commands) fn of(tables: &[(String, Table)], named: bool) -> Result<Self> {
        let mut settings: Vec<String> = Vec::new();
        let mut others: Vec<String> = Vec::new();
        let mut quantities: Vec<String> = Vec::new();
        if named {
            settings.push(FOLDER.to_owned());
        }
        for (name, table) in tables {
            let step = table.column("step").with_context(|| name.clone())?;
            let (of_setting, rest) = table.names().split_at(step);
            add_new(&mut settings, of_setting);
            add_new(&mut others, rest);
            let found = table.quantities().into_iter().map(str::to_owned);
            add_new(&mut quantities, &found.collect::<Vec<_>>());
        }
        let step = settings.len();
        let columns = [settings, others].concat();
        let mut rows = Vec::new();
        for (name, table) in tables {
            let places: Vec<Option<usize>> = columns.iter().map(|name| table.find(name)).collect();
            rows.extend(table.rows().iter().map(|row| {
                let cell =
                    |place: &Option<usize>| place.map_or_else(String::new, |at| row[at].clone());
                let mut cells: Vec<String> = places.iter().map(cell).collect();
                if named {
                    cells[0].clone_from(name);
                }
                cells
            }));
        }
        Ok(Self {
            columns,
            cells: rows,
            step,
            quantities,
        })
    }

    /// Position of a column.
    pub(in crate::commands) fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Refuses a quantity that was not recorded.
    pub(in crate::commands) fn check_quantity(&self, name: &str) -> Result<()> {
        if self.quantities.iter().any(|known| known == name) {
            return Ok(());
        }
        let known = self.quantities.iter().map(String::as_str);
        let hint = did_you_mean(name, known);
        Err(Usage(format!("`{name}` was not recorded; {hint}")).into())
    }

    /// Keeps the rows that have these values, at this step of each setting.
    ///
    /// # Errors
    /// For a column that is not there, values that no row has, and a step that nobody recorded.
    pub(in crate::commands) fn choose(
        &mut self,
        filter: &[(String, Value)],
        step: Step,
    ) -> Result<()> {
        for (name, wanted) in filter {
            let Some(column) = self.find(name) else {
                let known = self.columns.iter().map(String::as_str);
                let hint = did_you_mean(name, known);
                return Err(Usage(format!("--where {name}: no such column; {hint}")).into());
            };
            let has = self.values(column);
            self.cells.retain(|row| accepts(wanted, &row[column]));
            if self.cells.is_empty() {
                let why = format!("--where {name}={wanted}: no row has it; there are {has}");
                return Err(Usage(why).into());
            }
        }
        let ends = |rows: &[Vec<String>], offset: [usize; 2]| -> Vec<bool> {
            // Rows of a setting follow each other with rising steps.
            let same = |a: &Vec<String>, b: &Vec<String>| a[..self.step] == b[..self.step];
            let with_other = |at: usize| {
                let other = (at + offset[0]).checked_sub(offset[1]);
                other.and_then(|other| rows.get(other))
            };
            let is_end = |at: usize| with_other(at).is_none_or(|other| !same(&rows[at], other));
            (0..rows.len()).map(is_end).collect()
        };
        let kept: Vec<bool> = match step {
            Step::All => return Ok(()),
            Step::First => ends(&self.cells, [0, 1]),
            Step::Last => ends(&self.cells, [1, 0]),
            Step::At(step) => {
                let is_at = |row: &Vec<String>| row[self.step].parse() == Ok(step);
                self.cells.iter().map(is_at).collect()
            }
        };
        if let (Step::At(step), false) = (step, kept.contains(&true)) {
            let has = self.values(self.step);
            let why = format!("--step {step}: no setting recorded it; there are {has}");
            return Err(Usage(why).into());
        }
        let mut kept = kept.into_iter();
        self.cells.retain(|_| kept.next().unwrap_or(false));
        Ok(())
    }

    /// Different cells of a column, as many as a sentence holds.
    fn values(&self, column: usize) -> String {
        /// Cells that are named.
        const MOST: usize = 12;
        let mut seen = BTreeSet::new();
        let cells = self.cells.iter().map(|row| row[column].as_str());
        let cells: Vec<&str> = cells.filter(|cell| seen.insert(*cell)).collect();
        let more = if cells.len() > MOST { ", ..." } else { "" };
        format!("{}{more}", cells[..cells.len().min(MOST)].join(", "))
    }

    /// Sorts rows by a column, or by the mean of a quantity: numbers by size, also those with a unit, and before words.
    ///
    /// # Errors
    /// If there is no such column.
    pub(in crate::commands) fn sort(&mut self, name: &str, descending: bool) -> Result<()> {
        let column = self
            .find(name)
            .or_else(|| self.find(&format!("{name}_mean")));
        let Some(column) = column else {
            let quantities = self.quantities.iter();
            let known = self.columns[..=self.step].iter().chain(quantities);
            let known: Vec<&str> = known.map(String::as_str).collect();
            let hint = did_you_mean(name, known);
            return Err(Usage(format!("--sort {name}: no such column; {hint}")).into());
        };
        let key = |row: &Vec<String>| {
            let number = row[column].rsplit('=').next();
            number.and_then(|text| text.parse::<f64>().ok())
        };
        self.cells.sort_by(|a, b| {
            let order = match (key(a), key(b)) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                // What has no value comes last, in either order.
                (Some(_), None) => return std::cmp::Ordering::Less,
                (None, Some(_)) => return std::cmp::Ordering::Greater,
                (None, None) => a[column].cmp(&b[column]),
            };
            if descending { order.reverse() } else { order }
        });
        Ok(())
    }
}

fn add_new(known: &mut Vec<String>, names: &[String]) {
    for name in names {
        if !known.contains(name) {
            known.push(name.clone());
        }
    }
}
