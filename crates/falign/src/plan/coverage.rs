//! Demands of claims and pictures on settings, steps and reference tables: looked at before anything
//! runs, because afterwards it would be too late. Folders of runs are read whatever they ask.

use toml::Value;

use crate::config::figure::{Panel, fit};
use crate::config::setting::Steps;
use crate::config::steps::recorded_steps;
use crate::config::value::{MAX_COUNT, whole};
use crate::config::{Experiment, LabelledSetting};
use crate::simulate::sources::Sources;
use crate::simulate::steps_and_record;
use crate::{Error, Result};

/// Reads the reference tables of claims, and compares the steps that claims and panels name with
/// those that will be recorded; sees whether panels can be drawn. Where the command line has
/// changed the settings, what is missing is no mistake of the file: such claims stay undecided,
/// and a picture that does not fit gives way to the default one.
///
/// # Errors
/// [`Error::Config`] naming the claim or the panel, its key and what is missing.
pub(crate) fn check(experiment: &Experiment, sources: &Sources) -> Result<()> {
    let settings = &experiment.settings;
    let is_overridden = experiment.is_overridden;
    let places = &experiment.places;
    for claim in &experiment.claims {
        let checked = claim.check_table(settings, is_overridden);
        checked.map_err(|error| places.in_claim(&claim.id, error))?;
    }
    if is_overridden {
        return Ok(());
    }
    for claim in &experiment.claims {
        let checked = claim.uses_every_row(settings);
        checked.map_err(|error| places.in_claim(&claim.id, error))?;
    }
    for claim in experiment.claims.iter().filter(|one| one.asks_for_steps()) {
        for index in claim.selected(settings) {
            if let Some(steps) = steps(&settings[index], sources)? {
                let checked = claim.check_steps(&settings[index], &steps);
                checked.map_err(|error| places.in_claim(&claim.id, error))?;
            }
        }
    }
    let panels = experiment.figure.iter().flat_map(|figure| &figure.panels);
    // The command line has changed nothing, so that the panels are those of the file.
    for (index, panel) in panels.enumerate() {
        fit::legible(panel, settings, experiment.rules())
            .and_then(|()| has_rows(panel, settings, sources))
            .map_err(|error| places.in_panel(index, error))?;
    }
    Ok(())
}

/// The steps that every run of a setting records. `None`: in theory units they are known with
/// each run's data.
fn steps(one: &LabelledSetting, sources: &Sources) -> Result<Option<Vec<u64>>> {
    let setting = &one.setting;
    let two_layer = setting.two_layer();
    if two_layer.is_some_and(|setting| !matches!(setting.steps, Steps::Number(_))) {
        return Ok(None);
    }
    let (steps, record) = steps_and_record(setting, sources)?;
    Ok(Some(recorded_steps(&record, steps)))
}

/// A panel at certain steps needs a setting that records one of them.
fn has_rows(panel: &Panel, settings: &[LabelledSetting], sources: &Sources) -> Result<()> {
    let number = |step: &Value| whole(step, 0, MAX_COUNT);
    let wanted: Vec<u64> = match panel.filter.get("step") {
        Some(Value::Array(steps)) => steps.iter().filter_map(number).collect(),
        step => step.into_iter().filter_map(number).collect(),
    };
    if wanted.is_empty() {
        return Ok(());
    }
    for one in settings {
        let Some(steps) = steps(one, sources)? else {
            return Ok(());
        };
        if wanted.iter().any(|step| steps.binary_search(step).is_ok()) {
            return Ok(());
        }
    }
    Err(Error::config(
        "figure.panel.where.step",
        &panel.filter["step"],
        "no setting records it; choose another, or change run.record or run.steps",
    ))
}
