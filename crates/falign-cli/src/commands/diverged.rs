//! Runs that diverge: foreseen, and told of afterwards, with the bound that their step is beyond.

use anyhow::Result;
use falign::internal::claim::named;
use falign::internal::config::Experiment;
use falign::internal::plan::run_table::{RunTable, SettingRuns};
use falign::internal::simulate::sources::Sources;
use falign::internal::study::divergence::{step_bound, step_bounds};
use serde_json::{Value, json};

use crate::output::{self, Look};

/// Multiply-adds that a warning may cost: moments, beside any run.
const BEFORE: f64 = 2e7;

/// Multiply-adds that an explanation may cost: seconds.
const AFTER: f64 = 3e10;

/// Settings that are named, at most.
const NAMED: usize = 12;

/// Says which settings' steps are beyond the bound of their data, where that is known in a moment. What
/// cannot be read is told of by whoever reads it next.
pub(super) fn warn(experiment: &Experiment, sources: &Sources) {
    let Ok(bounds) = step_bounds(experiment, sources, BEFORE, None) else {
        return;
    };
    let beyond = bounds.iter().flatten().filter(|bound| bound.ratio() > 1.0);
    let Some(worst) = beyond
        .clone()
        .max_by(|a, b| a.ratio().total_cmp(&b.ratio()))
    else {
        return;
    };
    let (count, all) = (beyond.count(), experiment.settings.len());
    let which = match (count, all) {
        (1, 1) => String::new(),
        _ => format!(" in {count} of {all} settings"),
    };
    output::note(format!(
        "falign: warning: runs are likely to diverge{which}: {worst}; {REMEDY}"
    ));
}

const REMEDY: &str = "lower learning.step_size, or set it to \"auto\"";

/// Whether every run of a table diverged.
pub(super) fn is_all(table: &RunTable) -> bool {
    let mut settings = table.settings.iter();
    !table.settings.is_empty() && settings.all(|one| one.runs() > 0 && one.diverged() == one.runs())
}

/// Settings with runs that diverged, and their places.
fn settings(table: &RunTable) -> impl Iterator<Item = (usize, &SettingRuns)> {
    let settings = table.settings.iter().enumerate();
    settings.filter(|(_, one)| one.diverged() > 0)
}

/// The first step at which a run of a setting diverged.
fn first_step(setting: &SettingRuns) -> Option<u64> {
    let diverged = setting
        .outcomes
        .iter()
        .filter(|one| one.name() == "diverged");
    diverged.filter_map(|one| one.step()).min()
}

/// Says of which settings how many runs diverged and, where a setting has no other, why.
pub(super) fn print(experiment: &Experiment, table: &RunTable) -> Result<()> {
    let count = settings(table).count();
    for (_, one) in settings(table).take(NAMED) {
        let place = match named(one) {
            place if place.is_empty() => place,
            place => format!("{place}: "),
        };
        let step =
            first_step(one).map_or_else(String::new, |step| format!(", the first at step {step}"));
        let text = format!("{place}{} of {} runs{step}", one.diverged(), one.runs());
        output::sentence(&format!("{}  ", Look::Bad.on("diverged")), &text)?;
    }
    if count > NAMED {
        output::line(format!(
            "diverged  ... and runs of {} settings more",
            count - NAMED
        ))?;
    }
    match why(experiment, table) {
        Some(why) => output::sentence("", &why),
        None => Ok(()),
    }
}

/// The reason why all runs of a setting diverged, and what to change; of the first such setting.
fn why(experiment: &Experiment, table: &RunTable) -> Option<String> {
    let lost = settings(table).find(|(_, one)| one.diverged() == one.runs());
    let (at, one) = lost?;
    let whose = match named(one) {
        _ if is_all(table) => "All runs diverged".to_owned(),
        place => format!("All runs of {place} diverged"),
    };
    let step =
        first_step(one).map_or_else(String::new, |step| format!(", the first at step {step}"));
    // Data that are no longer there are no reason to say nothing.
    let bound = step_bound(experiment, at, &Sources::default(), AFTER, None);
    let why = match bound.ok().flatten() {
        Some(bound) if bound.ratio() > 1.0 => format!("{bound}; {REMEDY}"),
        Some(bound) => format!(
            "{bound}, and so within it: what is trained with has grown during the run; lower learning.step_size"
        ),
        None => {
            let one = &experiment.settings[at];
            let typed = one.column("step_size").unwrap_or_default();
            let remedy = if typed.parse::<f64>().is_ok() {
                REMEDY
            } else {
                "give learning.step_size as a smaller number"
            };
            let bound = if one.setting.two_layer().is_some() {
                "`falign theory` has its bound 2/M"
            } else {
                "its bound 2/M is not known in moments here"
            };
            format!("the step size {typed} is too large; {bound}; {remedy}")
        }
    };
    Some(format!("{whose}{step}: {why}."))
}

/// Settings with runs that diverged, as JSON.
pub(super) fn json(table: &RunTable) -> Value {
    let all = settings(table).map(|(_, one)| {
        let axes = one
            .axes
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)));
        json!({
            "case": one.case, "setting": axes.collect::<serde_json::Map<_, _>>(),
            "diverged": one.diverged(), "runs": one.runs(), "first_step": first_step(one),
        })
    });
    all.collect()
}
