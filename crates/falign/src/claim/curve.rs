//! Claims about a whole recorded curve: `geometric`, `plateau`.

use super::finding::{Finding, inside, place};
use crate::config::claim::foreseen::{MIN_POINTS, last_quarter};
use crate::config::claim::{Claim, Test};
use crate::math::digits::digits;
use crate::math::statistics::{line, mean, median};
use crate::plan::run_table::{RunTable, SettingRuns};

pub(crate) fn geometric(
    claim: &Claim,
    table: &RunTable,
    selected: &[usize],
) -> Result<Vec<Finding>, String> {
    let Test::Geometric {
        min_r2,
        min_rate,
        max_rate,
        floor,
        from_step,
    } = claim.test
    else {
        return Err("not a geometric claim".to_owned());
    };
    let mut findings = Vec::new();
    for index in selected {
        let setting = &table.settings[*index];
        let (x, y) = log_curve(claim, setting, floor, from_step);
        if x.len() < MIN_POINTS {
            return Err(format!(
                "only {} recorded steps above {floor:e}{}; a line needs {MIN_POINTS}",
                x.len(),
                place(setting)
            ));
        }
        let (slope, r2) = line(&x, &y);
        // Either way of failing counts, each as a part of its own bound.
        let rate = -slope;
        let scale = if min_rate > 0.0 { min_rate } else { rate.abs() };
        let scale = if scale > 0.0 { scale } else { 1.0 };
        findings.push(Finding::new(
            (r2 - min_r2).min(inside(rate, min_rate, max_rate) / scale),
            format!(
                "rate {} per step, r^2 {r2:.5} on {} points{}",
                digits(rate, 4),
                x.len(),
                place(setting)
            ),
        ));
    }
    Ok(findings)
}

/// Steps and ln of the quantity averaged over runs, until the first step at which any run is
/// at or below the floor.
fn log_curve(
    claim: &Claim,
    setting: &SettingRuns,
    floor: f64,
    from_step: u64,
) -> (Vec<f64>, Vec<f64>) {
    let mut points = (Vec::new(), Vec::new());
    for (row, step) in setting.steps.iter().enumerate() {
        let values: Vec<f64> = claim.column(setting, row).into_iter().flatten().collect();
        if values.iter().any(|value| *value <= floor) {
            break;
        }
        if *step >= from_step {
            let logs: Vec<f64> = values.iter().map(|value| libm::log(*value)).collect();
            points.0.push(*step as f64);
            points.1.push(mean(&logs));
        }
    }
    points
}

pub(crate) fn plateau(
    claim: &Claim,
    table: &RunTable,
    selected: &[usize],
    tolerance: f64,
    min: f64,
) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for index in selected {
        let setting = &table.settings[*index];
        let rows = last_quarter(&setting.steps);
        if rows.len() < MIN_POINTS {
            return Err(format!(
                "only {} recorded steps in the last quarter{}; a plateau needs {MIN_POINTS}",
                rows.len(),
                place(setting)
            ));
        }
        let columns: Vec<Vec<Option<f64>>> =
            rows.iter().map(|row| claim.column(setting, *row)).collect();
        let (mut distances, mut lasts) = (Vec::new(), Vec::new());
        for run in 0..setting.runs() {
            let values: Vec<f64> = columns.iter().filter_map(|column| column[run]).collect();
            if let Some(last) = values.last() {
                let middle = median(&values);
                let distance = (last - middle).abs();
                distances.push(if distance > 0.0 {
                    distance / middle.abs()
                } else {
                    distance
                });
                lasts.push(*last);
            }
        }
        let (distance, last) = (mean(&distances), mean(&lasts));
        let low = if min > f64::NEG_INFINITY {
            (last - min) / if min.abs() > 0.0 { min.abs() } else { 1.0 }
        } else {
            f64::INFINITY
        };
        findings.push(Finding::new(
            if distance.is_nan() {
                distance
            } else {
                (tolerance - distance).min(low)
            },
            format!(
                "last value {}, relative distance {} from the last quarter's median{}",
                digits(last, 4),
                digits(distance, 3),
                place(setting)
            ),
        ));
    }
    Ok(findings)
}
