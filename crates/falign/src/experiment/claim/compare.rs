//! Claims about one recorded row of each setting: `between`, trends, slopes.

use super::Claim;
use super::evaluate::{Finding, MIN_RUNS, inside, place};
use super::select::{Group, groups, level_number};
use super::statistics::{line, mean, rms, sem};
use crate::record::run_table::RunTable;

pub(crate) fn between(
    claim: &Claim,
    table: &RunTable,
    selected: &[usize],
    min: f64,
    max: f64,
) -> Result<Vec<Finding>, String> {
    selected
        .iter()
        .map(|index| {
            let setting = &table.settings[*index];
            let values = claim.values_at(setting, claim.step)?;
            let center = mean(&values);
            Ok(Finding {
                margin: inside(center, min, max),
                measured: format!(
                    "mean {center:.4e} (standard error {:.1e}){}",
                    sem(&values),
                    place(setting)
                ),
            })
        })
        .collect()
}

pub(crate) fn monotone(
    claim: &Claim,
    table: &RunTable,
    selected: &[usize],
    over: &str,
    increasing: bool,
    z: f64,
) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for group in groups(&table.settings, selected, over)? {
        for pair in group.levels.windows(2) {
            let (low, high) = (&table.settings[pair[0].1], &table.settings[pair[1].1]);
            let at =
                |setting| Ok::<_, String>(claim.column(setting, Claim::row(setting, claim.step)?));
            // Only runs that both levels have: settings may differ in their number of runs.
            let differences: Vec<f64> = at(low)?
                .into_iter()
                .zip(at(high)?)
                .filter_map(|(a, b)| Some(b? - a?))
                .collect();
            let steps = format!("{over} {} to {}", pair[0].0, pair[1].0);
            if differences.len() < MIN_RUNS {
                return Err(format!(
                    "only {} runs in common for {steps}{}; a claim needs {MIN_RUNS}",
                    differences.len(),
                    suffix(&group)
                ));
            }
            let rise = if increasing {
                mean(&differences)
            } else {
                -mean(&differences)
            };
            let errors = standard_errors(rise, sem(&differences));
            findings.push(Finding {
                margin: errors - z,
                measured: format!(
                    "difference {:+.4e}, {errors:.1} standard errors, for {steps}{}",
                    mean(&differences),
                    suffix(&group)
                ),
            });
        }
    }
    Ok(findings)
}

pub(crate) fn slope(
    claim: &Claim,
    table: &RunTable,
    selected: &[usize],
    over: &str,
    min: f64,
    max: f64,
) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for group in groups(&table.settings, selected, over)? {
        let mut points = (Vec::new(), Vec::new());
        for (level, index) in &group.levels {
            let x = level_number(level).filter(|x| *x > 0.0);
            let x = x.ok_or_else(|| format!("{over} = {level} has no logarithm"))?;
            let y = rms(&claim.values_at(&table.settings[*index], claim.step)?);
            if y <= 0.0 {
                return Err(format!(
                    "{} is 0 at {over} = {level}: no logarithm",
                    claim.quantity.name()
                ));
            }
            points.0.push(x.ln());
            points.1.push(y.ln());
        }
        let (slope, r2) = line(&points.0, &points.1);
        findings.push(Finding {
            margin: inside(slope, min, max),
            measured: format!("slope {slope:.4} (r^2 {r2:.4}){}", suffix(&group)),
        });
    }
    Ok(findings)
}

/// Standard errors in a difference; equal runs without spread are a difference of none.
fn standard_errors(difference: f64, error: f64) -> f64 {
    if error > 0.0 || difference.abs() > 0.0 {
        difference / error
    } else if difference.is_nan() {
        f64::NAN
    } else {
        0.0
    }
}

fn suffix(group: &Group) -> String {
    if group.label.is_empty() {
        String::new()
    } else {
        format!(" at {}", group.label)
    }
}
