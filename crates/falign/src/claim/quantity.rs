//! Claims about two quantities of the same runs: `near_quantity`.

use super::finding::{Finding, place};
use crate::config::claim::{Claim, Test};
use crate::math::digits::digits;
use crate::math::statistics::{mean, sem};
use crate::plan::run_table::{RunTable, SettingRuns};

pub(crate) fn near(
    claim: &Claim,
    table: &RunTable,
    selected: &[usize],
) -> Result<Vec<Finding>, String> {
    let Test::NearQuantity { from_step, .. } = claim.test else {
        return Ok(Vec::new());
    };
    let mut findings = Vec::new();
    for &index in selected {
        let setting = &table.settings[index];
        for row in claim.rows(setting, from_step)? {
            findings.extend(at_row(claim, setting, row)?);
        }
    }
    Ok(findings)
}

fn at_row(claim: &Claim, setting: &SettingRuns, row: usize) -> Result<Vec<Finding>, String> {
    let Test::NearQuantity {
        other,
        tolerance,
        is_relative,
        z,
        each_run,
        ..
    } = claim.test
    else {
        return Ok(Vec::new());
    };
    if !setting.values.contains_key(&other) {
        return Err(format!("{other} is not recorded{}", place(setting)));
    }
    let pairs: Vec<(f64, f64)> = claim
        .column(setting, row)
        .into_iter()
        .zip(Claim::column_of(other, setting, row))
        .filter_map(|(a, b)| Some((a?, b?)))
        .collect();
    let when = format!(" at step {}{}", setting.steps[row], place(setting));
    let name = claim.quantity.name();
    let finding = |value: f64, reference: f64, allowed: f64, of: &str| {
        let allowed = if is_relative {
            tolerance * reference.abs() + allowed
        } else {
            tolerance + allowed
        };
        Finding::new(
            allowed - (value - reference).abs(),
            format!(
                "{of}{name} {}, {other} {}{when}",
                digits(value, 4),
                digits(reference, 4)
            ),
        )
    };
    if each_run {
        let findings = pairs.iter().map(|&(a, b)| finding(a, b, 0.0, ""));
        return Ok(findings.collect());
    }
    let differences: Vec<f64> = pairs.iter().map(|(a, b)| a - b).collect();
    let column = |of: fn(&(f64, f64)) -> f64| mean(&pairs.iter().map(of).collect::<Vec<_>>());
    let errors = if z > 0.0 { z * sem(&differences) } else { 0.0 };
    Ok(vec![finding(
        column(|pair| pair.0),
        column(|pair| pair.1),
        errors,
        "mean ",
    )])
}
