//! Demands of a claim on steps that will be recorded and of its reference table: known before
//! anything runs.

use std::borrow::Cow;

use super::select::Labelled;
use super::table;
use super::{At, Claim, Reference, ReferenceRow, Test};
use crate::config::LabelledSetting;
use crate::{Error, Result};

impl ReferenceRow {
    /// Whether the row is about a setting, planned or recorded.
    pub(crate) fn fits(&self, setting: &impl Labelled) -> bool {
        let mut columns = self.filter.iter();
        columns.all(|(name, value)| setting.column(name).as_ref() == Some(value))
    }
}

impl Claim {
    /// The rows of the reference, read from its file if it is one; none for a claim without.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(crate) fn reference_rows(&self) -> Result<Cow<'_, [ReferenceRow]>, String> {
        match &self.test {
            Test::NearReference { reference, .. } => match reference {
                Reference::Rows(rows) => Ok(Cow::Borrowed(rows)),
                Reference::File(path) => table::load(path).map(Cow::Owned),
            },
            _ => Ok(Cow::Borrowed(&[])),
        }
    }

    /// Whether the claim's reference table can be read, and is about a setting that the claim
    /// selects; where the command line has changed the settings (`is_overridden`), a table
    /// about others is no mistake.
    ///
    /// # Errors
    /// [`Error::Config`] naming the claim and the file.
    pub(crate) fn check_table(
        &self,
        settings: &[LabelledSetting],
        is_overridden: bool,
    ) -> Result<()> {
        let Test::NearReference {
            reference: Reference::File(path),
            ..
        } = &self.test
        else {
            return Ok(());
        };
        let refuse =
            |why: String| Error::config(format!("claim.{}.table", self.id), path.display(), why);
        let rows = self.reference_rows().map_err(refuse)?;
        let selected = self.selected(settings);
        let fits = |row: &ReferenceRow| selected.iter().any(|&index| row.fits(&settings[index]));
        if is_overridden || rows.iter().any(fits) {
            return Ok(());
        }
        let why = "no row is about a setting that the claim selects; compare its columns with the cases and the sweep";
        Err(refuse(why.to_owned()))
    }

    /// Whether each row that is written in the claim is about a setting that it selects.
    ///
    /// # Errors
    /// [`Error::Config`] naming the claim and the row that is not.
    pub(crate) fn uses_every_row(&self, settings: &[LabelledSetting]) -> Result<()> {
        let Test::NearReference {
            reference: Reference::Rows(rows),
            ..
        } = &self.test
        else {
            return Ok(());
        };
        let selected = self.selected(settings);
        let is_stray =
            |row: &&ReferenceRow| !selected.iter().any(|&index| row.fits(&settings[index]));
        match rows.iter().find(is_stray) {
            None => Ok(()),
            Some(row) => {
                let columns = row.filter.iter();
                let columns: Vec<String> = columns
                    .map(|(name, value)| format!("{name} = {value}"))
                    .collect();
                Err(Error::config(
                    format!("claim.{}.values", self.id),
                    columns.join(", "),
                    "no setting that the claim selects is that of this row",
                ))
            }
        }
    }

    /// Whether the claim looks at the steps of a run at all, but for the last.
    pub(crate) fn asks_for_steps(&self) -> bool {
        let has_step = |row: &ReferenceRow| row.step != At::Last;
        self.step != At::Last
            || self.first_step().is_some()
            || matches!(self.test, Test::Geometric { .. } | Test::Plateau { .. })
            || self
                .reference_rows()
                .is_ok_and(|rows| rows.iter().any(has_step))
    }

    /// Whether a selected setting that records these steps has those that the claim is about.
    ///
    /// # Errors
    /// [`Error::Config`] naming the claim, the key and what is missing.
    pub(crate) fn check_steps(&self, setting: &LabelledSetting, steps: &[u64]) -> Result<()> {
        let refuse = |key: &str, value: u64, why: String| {
            Err(Error::config(
                format!("claim.{}.{key}", self.id),
                value,
                why,
            ))
        };
        let last = steps.last().copied().unwrap_or(0);
        let is_recorded = |at: At| match at {
            At::Last => Ok(()),
            At::Step(step) if steps.binary_search(&step).is_ok() => Ok(()),
            At::Step(step) => Err(step),
        };
        let late = |from: u64| steps.iter().filter(|&&step| step >= from).count();
        match (&self.test, self.first_step()) {
            (Test::NearReference { .. }, _) => {
                for row in self.reference_rows().unwrap_or_default().iter() {
                    if row.fits(setting)
                        && let Err(step) = is_recorded(row.step)
                    {
                        let why = format!(
                            "a reference row is about it, and it is not recorded; {RECORD}"
                        );
                        return refuse("step", step, why);
                    }
                }
                Ok(())
            }
            (Test::Geometric { from_step, .. }, _) if late(*from_step) < MIN_POINTS => {
                let why = format!(
                    "only {} steps from there on are recorded, and a line needs {MIN_POINTS}; {RECORD}",
                    late(*from_step)
                );
                refuse("from_step", *from_step, why)
            }
            (Test::Plateau { .. }, _) if last_quarter(steps).len() < MIN_POINTS => {
                let why = format!(
                    "only {} steps of the last quarter are recorded, and a plateau needs {MIN_POINTS}; {RECORD}",
                    last_quarter(steps).len()
                );
                refuse("kind", last, why)
            }
            (Test::Geometric { .. } | Test::Plateau { .. }, _) => Ok(()),
            (_, Some(from)) if late(from) == 0 => {
                let why = format!("the last recorded step is {last}; {RECORD}");
                refuse("from_step", from, why)
            }
            (_, Some(_)) => Ok(()),
            (_, None) => match is_recorded(self.step) {
                Ok(()) => Ok(()),
                Err(step) => refuse("where.step", step, format!("is not recorded; {RECORD}")),
            },
        }
    }

    /// The step from which on the claim holds at every recorded one, if it is of that kind.
    fn first_step(&self) -> Option<u64> {
        match self.test {
            Test::Between { from_step, .. }
            | Test::Monotone { from_step, .. }
            | Test::NearQuantity { from_step, .. } => from_step,
            _ => None,
        }
    }
}

/// The way out of every one of these errors.
const RECORD: &str = "choose another, or change run.record or run.steps";

/// Fewest points of a line or of a quarter: fewer make no line and no quarter.
pub(crate) const MIN_POINTS: usize = 4;

/// The rows of the last quarter of a curve's steps.
pub(crate) fn last_quarter(steps: &[u64]) -> Vec<usize> {
    let end = steps.last().copied().unwrap_or(0);
    (0..steps.len())
        .filter(|row| steps[*row] as f64 >= 0.75 * end as f64)
        .collect()
}
