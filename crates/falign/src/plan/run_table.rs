//! Everything measured in an experiment, run by run, in memory.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, ArrayView1};

use super::run_rows::Columns;
use crate::config::columns::{HIDDEN_WIDTHS, setting_columns};
use crate::measure::Quantity;
use crate::simulate::Outcome;

/// Settings of an experiment with their runs.
///
/// # Example
/// ```
/// use falign::experiment::{Experiment, Overrides, run};
/// let text = "name = \"short\"\nrun.steps = 10\nrun.runs = 2\nnetwork.width = 20\nsweep.\"learning.ridge\" = [0, 1]";
/// let table = run(&Experiment::parse(text, &Overrides::none())?)?;
/// let ridges: Vec<_> = table.settings.iter().map(|one| one.column("ridge").unwrap()).collect();
/// assert_eq!(ridges, ["0", "1"]);
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunTable {
    /// One entry per setting, in the experiment's order.
    pub settings: Vec<SettingRuns>,
}

impl RunTable {
    /// Columns that name a setting.
    pub(crate) fn columns(&self) -> Vec<String> {
        let is_deep = |one: &SettingRuns| one.column(HIDDEN_WIDTHS).is_some();
        let settings = self.settings.iter();
        setting_columns(settings.map(|one| (one.axes.as_slice(), is_deep(one))))
    }

    /// Quantities of any setting in column order, those of single layers last.
    pub(crate) fn quantities(&self) -> BTreeSet<Quantity> {
        let settings = self.settings.iter();
        settings.flat_map(|s| s.values.keys().copied()).collect()
    }

    /// Columns of a table of its single runs.
    pub(crate) fn run_columns(&self) -> Columns {
        Columns {
            labels: self.columns(),
            quantities: self.quantities().into_iter().collect(),
        }
    }
}

/// The runs of one setting.
///
/// # Example
/// ```
/// use falign::experiment::{Experiment, Overrides, run};
/// use falign::measure::Quantity;
/// let text = "name = \"short\"\nrun.steps = 10\nrun.runs = 2\nnetwork.width = 20";
/// let table = run(&Experiment::parse(text, &Overrides::none())?)?;
/// let setting = &table.settings[0];
/// let last = setting.at(Quantity::Loss, setting.steps.len() - 1).unwrap();
/// assert_eq!((last.len(), setting.diverged()), (setting.runs(), 0));
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SettingRuns {
    /// Name of the case; empty if there are none.
    pub case: String,
    /// The swept keys (leaf names) and this setting's values, as tables show them.
    pub axes: Vec<(String, String)>,
    /// Leaf keys that are set, as tables show them.
    pub columns: BTreeMap<String, String>,
    /// The recorded steps, ascending: the means of [`run_steps`](Self::run_steps), rounded.
    pub steps: Vec<u64>,
    /// The steps of each run, an array (runs, recorded steps). Runs differ where a horizon in
    /// theory units depends on each one's data: rows are then the first, second, ... records of
    /// all of them, and the last row is the last record of each. A longer run's records before
    /// its last that a shorter one lacks are in no row.
    pub run_steps: Array2<u64>,
    /// Values of each quantity, an array (runs, recorded steps). NaN where there is no value: after
    /// divergence, or where a quantity has no meaning. After convergence the last value
    /// is carried forward.
    pub values: BTreeMap<Quantity, Array2<f64>>,
    /// How each run ended.
    pub outcomes: Vec<Outcome>,
}

impl SettingRuns {
    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.outcomes.len()
    }

    /// Number of runs that diverged.
    pub fn diverged(&self) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.is_diverged())
            .count()
    }

    /// Whether a row's values are of different steps.
    pub(crate) fn has_own_steps(&self) -> bool {
        let rows = self.run_steps.rows();
        rows.into_iter().any(|row| row != self.run_steps.row(0))
    }

    /// The value of a column: `case` or a leaf key.
    pub fn column(&self, name: &str) -> Option<&str> {
        if name == "case" {
            return Some(&self.case);
        }
        self.columns.get(name).map(String::as_str)
    }

    /// Cells of columns that name a setting; empty where it has no such key.
    pub(crate) fn labels(&self, columns: &[String]) -> Vec<String> {
        let cell = |name: &String| self.column(name).unwrap_or_default().to_owned();
        columns.iter().map(cell).collect()
    }

    /// The values of all runs at recorded row `row`.
    pub fn at(&self, quantity: Quantity, row: usize) -> Option<ArrayView1<'_, f64>> {
        let values = self.values.get(&quantity)?;
        (row < values.ncols()).then(|| values.column(row))
    }
}
