//! Rows and quantities of a run folder that are worth storing.

use std::collections::BTreeSet;

use crate::config::Experiment;
use crate::config::claim::{At, Claim, Reference, Test};
use crate::config::figure::fit::shown_over_steps;
use crate::measure::Quantity;
use crate::plan::run_table::{RunTable, SettingRuns};

/// Evenly spaced rows that are kept of a longer curve, about, besides those that claims need.
const ROWS: usize = 30;

/// Quantities that claims compare and figures show.
pub(super) fn quantities(experiment: &Experiment) -> BTreeSet<Quantity> {
    let mut wanted: BTreeSet<Quantity> = experiment.claims.iter().map(|c| c.quantity).collect();
    wanted.extend(
        experiment
            .claims
            .iter()
            .filter_map(|claim| match claim.test {
                Test::NearQuantity { other, .. } => Some(other),
                _ => None,
            }),
    );
    let figure = experiment.figure.iter();
    for panel in figure.flat_map(|figure| &figure.panels) {
        let names = [&panel.x, &panel.y].into_iter().chain(&panel.prediction);
        wanted.extend(names.filter_map(|name| Quantity::from_name(name)));
    }
    wanted
}

/// Rows that are kept of each setting, ascending.
///
/// Of settings that a figure shows over the steps, or a claim follows, about [`ROWS`]; of the others those
/// that claims name, the first and the last.
pub(super) fn rows(experiment: &Experiment, table: &RunTable) -> Vec<Vec<usize>> {
    let claims = &experiment.claims;
    let claimed = claimed_steps(claims, table);
    let followed = followed(claims, table);
    let is_curve: Vec<bool> = match &experiment.figure {
        Some(figure) => shown_over_steps(figure, &experiment.settings, experiment.rules())
            .into_iter()
            .zip(&followed)
            .map(|(shown, followed)| shown || *followed)
            .collect(),
        // The default figure shows curves.
        None => vec![true; table.settings.len()],
    };
    let chosen = |index: usize| -> Vec<usize> {
        let setting = &table.settings[index];
        let count = setting.steps.len();
        let every = if is_curve[index] {
            count.saturating_sub(1).div_ceil(ROWS).max(1)
        } else {
            count.max(1)
        };
        let is_kept = |row: &usize| {
            row.is_multiple_of(every) || row + 1 == count || claimed.contains(&setting.steps[*row])
        };
        (0..count).filter(is_kept).collect()
    };
    let all = |index: usize| (0..table.settings[index].steps.len()).collect();
    let settings = || 0..table.settings.len();
    let few: Vec<Vec<usize>> = settings().map(chosen).collect();
    if is_as_good(claims, table, &few) {
        return few;
    }
    let whole = |index: usize| {
        if followed[index] {
            all(index)
        } else {
            few[index].clone()
        }
    };
    let with_followed: Vec<Vec<usize>> = settings().map(whole).collect();
    if is_as_good(claims, table, &with_followed) {
        return with_followed;
    }
    settings().map(all).collect()
}

/// Whether a claim about many steps selects each setting.
fn followed(claims: &[Claim], table: &RunTable) -> Vec<bool> {
    let mut followed = vec![false; table.settings.len()];
    for claim in claims.iter().filter(|claim| claim.is_about_many_steps()) {
        for index in claim.selected(&table.settings) {
            followed[index] = true;
        }
    }
    followed
}

/// The steps that claims name, and those at which claims about many steps are nearest to
/// failing.
fn claimed_steps(claims: &[Claim], table: &RunTable) -> BTreeSet<u64> {
    let mut steps = BTreeSet::new();
    let mut named = |at: At| {
        if let At::Step(step) = at {
            steps.insert(step);
        }
    };
    for claim in claims {
        named(claim.step);
        match &claim.test {
            Test::NearReference {
                reference: Reference::Rows(rows),
                ..
            } => rows.iter().for_each(|row| named(row.step)),
            Test::Monotone {
                from_step: Some(from),
                ..
            } => {
                if let Some(step) = nearest_to_failing(claim, table, *from) {
                    named(At::Step(step));
                }
            }
            // `Geometric` and `Plateau` look at every row: the comparison afterwards sees to it.
            _ => {}
        }
    }
    steps
}

/// The step from `from` on at which a claim has the least margin.
fn nearest_to_failing(claim: &Claim, table: &RunTable, from: u64) -> Option<u64> {
    let recorded = table.settings.iter().flat_map(|setting| &setting.steps);
    let steps: BTreeSet<u64> = recorded.copied().filter(|&step| step >= from).collect();
    let margin = |step: u64| {
        let place =
            |setting: &SettingRuns| setting.steps.binary_search(&step).into_iter().collect();
        let rows: Vec<Vec<usize>> = table.settings.iter().map(place).collect();
        claim.evaluate(&at_rows(table, &rows)).margin
    };
    let margins = steps.into_iter().map(|step| (margin(step), step));
    let known = margins.filter(|(margin, _)| !margin.is_nan());
    known
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, step)| step)
}

/// Whether every claim has the same verdict and margin on these rows as on all.
fn is_as_good(claims: &[Claim], table: &RunTable, rows: &[Vec<usize>]) -> bool {
    let fewer = at_rows(table, rows);
    claims.iter().all(|claim| {
        let (all, few) = (claim.evaluate(table), claim.evaluate(&fewer));
        let margins = [all.margin, few.margin].map(f64::to_bits);
        all.passed == few.passed
            && all.undecidable.is_some() == few.undecidable.is_some()
            && margins[0] == margins[1]
    })
}

/// The table at some rows of each setting; settings without any are left out.
fn at_rows(table: &RunTable, rows: &[Vec<usize>]) -> RunTable {
    let pick = |(setting, rows): (&SettingRuns, &Vec<usize>)| {
        let values = setting.values.iter();
        SettingRuns {
            steps: rows.iter().map(|&row| setting.steps[row]).collect(),
            run_steps: setting.run_steps.select(ndarray::Axis(1), rows),
            values: values
                .map(|(quantity, all)| (*quantity, all.select(ndarray::Axis(1), rows)))
                .collect(),
            ..setting.clone()
        }
    };
    let settings = table.settings.iter().zip(rows);
    RunTable {
        settings: settings
            .filter(|(_, rows)| !rows.is_empty())
            .map(pick)
            .collect(),
    }
}
