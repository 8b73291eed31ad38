//! Claims against a table of another program's means: `near_reference`.

use super::finding::{Finding, place};
use super::student::quantile;
use crate::config::claim::{Bound, Claim, ReferenceRow};
use crate::math::digits::digits;
use crate::math::statistics::{deviation, mean, sem};
use crate::plan::run_table::{RunTable, SettingRuns};

/// A comparison says something only if it would notice a difference of so many standard
/// deviations of single runs.
const NOTICED: f64 = 3.0;

/// Compares with a reference; `claims` are the claims of the same check, this one included.
pub(crate) fn near(
    claim: &Claim,
    table: &RunTable,
    selected: &[usize],
    bound: Bound,
    claims: usize,
) -> Result<Vec<Finding>, String> {
    let rows = claim.reference_rows()?;
    let mut compared = Vec::new();
    for row in rows.iter() {
        for index in selected {
            let setting = &table.settings[*index];
            if row.fits(setting) {
                let values = claim.values_at(setting, row.step)?;
                compared.push(Compared::new(setting, row, &values));
            }
        }
    }
    if compared.is_empty() {
        return Err("no reference row fits a selected setting".to_owned());
    }
    let family = compared.len() * claims.max(1);
    let findings = compared.iter().map(|one| one.finding(bound, family));
    Ok(findings.collect())
}

/// The mean of a setting's runs next to that of a row.
struct Compared<'a> {
    setting: &'a SettingRuns,
    row: &'a ReferenceRow,
    runs: usize,
    mean: f64,
    /// Standard deviation of single runs.
    deviation: f64,
    /// Standard error of our mean.
    error: f64,
}

impl<'a> Compared<'a> {
    fn new(setting: &'a SettingRuns, row: &'a ReferenceRow, values: &[f64]) -> Self {
        Self {
            setting,
            row,
            runs: values.len(),
            mean: mean(values),
            deviation: deviation(values),
            error: sem(values),
        }
    }

    fn finding(&self, bound: Bound, family: usize) -> Finding {
        let theirs = self.row.std / self.row.runs.sqrt();
        let error = libm::hypot(self.error, theirs);
        let distance = (self.mean - self.row.mean).abs();
        let errors = if distance > 0.0 {
            distance / error
        } else {
            distance
        };
        let (allowed, doubt) = match bound {
            Bound::Errors(z) => (z, None),
            Bound::Level(level) => {
                let allowed = self.allowed(level, family, self.runs as f64);
                let doubt = self.doubt(level, family, allowed * error);
                (allowed, doubt)
            }
        };
        Finding {
            margin: allowed - errors,
            measured: format!(
                "mean {} against {}, {errors:.1} of {allowed:.1} standard errors{}",
                digits(self.mean, 4),
                digits(self.row.mean, 4),
                place(self.setting)
            ),
            doubt,
        }
    }

    /// Standard errors that the difference of two equal means exceeds in one of `family`
    /// comparisons with a chance of at most `level` (Bonferroni), had we so many runs: Student's
    /// t with the degrees of freedom of Welch and Satterthwaite.
    fn allowed(&self, level: f64, family: usize, runs: f64) -> f64 {
        let (ours, theirs) = (
            self.deviation.powi(2) / runs,
            self.row.std.powi(2) / self.row.runs,
        );
        let part = |square: f64, runs: f64| {
            // Of a single run the spread is not estimated but known.
            if runs > 1.0 {
                square * square / (runs - 1.0)
            } else {
                0.0
            }
        };
        let parts = part(ours, runs) + part(theirs, self.row.runs);
        let degrees = if parts > 0.0 {
            (ours + theirs).powi(2) / parts
        } else {
            f64::INFINITY
        };
        quantile(level / family as f64, degrees)
    }

    /// Reason why agreement would say nothing, if a difference that is `allowed` is too large.
    fn doubt(&self, level: f64, family: usize, allowed: f64) -> Option<String> {
        let spread = self.deviation.max(self.row.std);
        let noticed = NOTICED * spread;
        if spread.is_nan() || allowed <= noticed {
            return None;
        }
        let enough = |runs: &usize| {
            let runs = *runs as f64;
            let error = libm::hypot(
                self.deviation / runs.sqrt(),
                self.row.std / self.row.runs.sqrt(),
            );
            self.allowed(level, family, runs) * error <= noticed
        };
        let needed = match (self.runs + 1..1000).find(enough) {
            Some(runs) => format!("about {runs} runs would do"),
            None => "only more runs of the reference would do".to_owned(),
        };
        Some(format!(
            "{} runs{} are too few: among {family} comparisons at the level {level}, a difference of {:.1} standard deviations of single runs would be taken for chance; {needed}",
            self.runs,
            place(self.setting),
            allowed / spread
        ))
    }
}
