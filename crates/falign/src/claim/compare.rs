//! Claims about one recorded row of each setting: `between`, `near_value`, trends, slopes.

use super::finding::{Finding, MIN_RUNS, inside, place};
use crate::config::claim::select::{Group, logarithm};
use crate::config::claim::{At, Claim, Test};
use crate::math::digits::{digits, signed};
use crate::math::statistics::{deviation, line, mean, rms, sem};
use crate::plan::run_table::{RunTable, SettingRuns};

pub(crate) fn between(
    claim: &Claim,
    table: &RunTable,
    selected: &[usize],
) -> Result<Vec<Finding>, String> {
    let Test::Between {
        min,
        max,
        each_run,
        from_step,
    } = claim.test
    else {
        return Ok(Vec::new());
    };
    let mut findings = Vec::new();
    for &index in selected {
        let setting = &table.settings[index];
        for row in claim.rows(setting, from_step)? {
            let values: Vec<f64> = claim.column(setting, row).into_iter().flatten().collect();
            let when =
                from_step.map_or_else(String::new, |_| format!(" at step {}", setting.steps[row]));
            let place = place(setting);
            if each_run {
                findings.extend(values.iter().map(|&value| {
                    Finding::new(
                        inside(value, min, max),
                        format!("{} in the worst run{when}{place}", digits(value, 4)),
                    )
                }));
                continue;
            }
            let center = mean(&values);
            findings.push(Finding::new(
                inside(center, min, max),
                format!(
                    "mean {} (standard error {}){when}{place}",
                    digits(center, 4),
                    digits(sem(&values), 2),
                ),
            ));
        }
    }
    Ok(findings)
}

/// Fewer runs than this say too little of their spread to widen a band by it.
const MIN_RUNS_OF_SPREAD: usize = 5;

pub(crate) fn near_value(
    claim: &Claim,
    table: &RunTable,
    selected: &[usize],
) -> Result<Vec<Finding>, String> {
    let Test::NearValue {
        value,
        tolerance,
        deviations,
    } = claim.test
    else {
        return Ok(Vec::new());
    };
    let findings = selected.iter().map(|&index| {
        let setting = &table.settings[index];
        let values = claim.values_at(setting, claim.step)?;
        let place = place(setting);
        if deviations > 0.0 && values.len() < MIN_RUNS_OF_SPREAD {
            return Err(format!(
                "only {} runs{place}; a band of standard deviations needs {MIN_RUNS_OF_SPREAD}",
                values.len(),
            ));
        }
        let (center, spread) = (mean(&values), deviation(&values));
        // f64::max would hide a missing spread.
        let allowed = if deviations * spread <= tolerance {
            tolerance
        } else {
            deviations * spread
        };
        Ok(Finding::new(
            allowed - (center - value).abs(),
            format!(
                "mean {} (standard deviation {}), {} from the value, allowed {}{place}",
                digits(center, 4),
                digits(spread, 2),
                signed(center - value, 2),
                digits(allowed, 2),
            ),
        ))
    });
    findings.collect()
}

/// Differences of runs between adjacent levels, against their standard errors.
pub(crate) fn monotone(
    claim: &Claim,
    table: &RunTable,
    selected: &[usize],
) -> Result<Vec<Finding>, String> {
    let Test::Monotone {
        over, from_step, ..
    } = &claim.test
    else {
        return Ok(Vec::new());
    };
    let mut findings = Vec::new();
    for group in claim.groups(&table.settings, selected, over)? {
        for pair in group.levels.windows(2) {
            let (low, high) = (&table.settings[pair[0].1], &table.settings[pair[1].1]);
            let between = format!("{over} {} to {}{}", pair[0].0, pair[1].0, suffix(&group));
            let Some(from) = from_step else {
                findings.push(rise(claim, [low, high], claim.step, &between)?);
                continue;
            };
            // Settings whose results were stored apart differ in the steps that are kept, but not
            // in their last: without it there is too little to compare.
            let end = low.steps.last();
            let is_compared = |step: &u64| {
                step >= from && (high.steps.binary_search(step).is_ok() || Some(step) == end)
            };
            let late: Vec<u64> = low.steps.iter().copied().filter(is_compared).collect();
            if late.is_empty() {
                return Err(format!("no step from {from} on is recorded for {between}"));
            }
            for step in late {
                let between = format!("{between} at step {step}");
                findings.push(rise(claim, [low, high], At::Step(step), &between)?);
            }
        }
    }
    Ok(findings)
}

/// The difference of two settings at one step.
fn rise(
    claim: &Claim,
    [low, high]: [&SettingRuns; 2],
    at: At,
    between: &str,
) -> Result<Finding, String> {
    let Test::Monotone { increasing, z, .. } = claim.test else {
        return Err("no trend".to_owned());
    };
    let column = |setting| Ok::<_, String>(claim.column(setting, Claim::row(setting, at)?));
    // Only runs that both levels have: settings may differ in their number of runs.
    let differences: Vec<f64> = column(low)?
        .into_iter()
        .zip(column(high)?)
        .filter_map(|(a, b)| Some(b? - a?))
        .collect();
    if differences.len() < MIN_RUNS {
        return Err(format!(
            "only {} runs in common for {between}; a claim needs {MIN_RUNS}",
            differences.len(),
        ));
    }
    let rise = if increasing {
        mean(&differences)
    } else {
        -mean(&differences)
    };
    let errors = standard_errors(rise, sem(&differences));
    Ok(Finding::new(
        errors - z,
        format!(
            "difference {}, {errors:.1} standard errors, for {between}",
            signed(mean(&differences), 4),
        ),
    ))
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
    for group in claim.groups(&table.settings, selected, over)? {
        let mut points = (Vec::new(), Vec::new());
        for (level, index) in &group.levels {
            let x = logarithm(over, level)?;
            let y = rms(&claim.values_at(&table.settings[*index], claim.step)?);
            if y <= 0.0 {
                return Err(format!(
                    "{} is 0 at {over} = {level}: no logarithm",
                    claim.quantity.name()
                ));
            }
            points.0.push(x);
            points.1.push(libm::log(y));
        }
        let (slope, r2) = line(&points.0, &points.1);
        findings.push(Finding::new(
            inside(slope, min, max),
            format!("slope {slope:.4} (r^2 {r2:.4}){}", suffix(&group)),
        ));
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
