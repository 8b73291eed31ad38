//! `falign run --dry-run`: what an experiment will cost here, before it is begun.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use falign::internal::config::Experiment;
use falign::internal::config::setting::Setting;
use falign::internal::fault::caught;
use falign::internal::memory::shown;
use falign::internal::plan::need;
use falign::internal::plan::need::Needed;
use falign::internal::plan::{Plan, inputs, notes};
use falign::internal::simulate::sources::Sources;
use falign::internal::study::estimate::{
    Estimate, Pulse, SettingEstimate, estimate_heard, preparation_seconds,
};
use indicatif::HumanBytes;
use serde_json::{Value, json};

use super::RunOptions;
use crate::duration::short;
use crate::ended::Ended;
use crate::output;
use crate::table::{Column, Table};
use falign_figure::written;

pub(super) fn command(experiment: &Experiment, options: &RunOptions) -> Result<Ended> {
    of_plan(experiment, &Plan::new(experiment)?, options)?;
    Ok(Ended::Done)
}

/// Says what some or all jobs of an experiment will cost.
pub(super) fn of_plan(whole: &Experiment, jobs: &Plan, options: &RunOptions) -> Result<()> {
    let (experiment, plan) = &part(whole, jobs);
    let sources = Sources::default();
    inputs::fit(experiment, &sources)?;
    let needed = need::needed(experiment, &sources, options.thread_count())?;
    if let Err(error) = needed.fits() {
        // What would be stopped by the system is not tried.
        output::note(format!(
            "falign: warning: `falign run` refuses this: {error}"
        ));
        return untimed(plan, &needed, options, "does not fit in memory", None);
    }
    for note in notes::of_data(experiment, &sources)? {
        output::note(format!("falign: {note}"));
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.map_or(0, usize::from))
        .build()
        .context("cannot start the threads")?;
    if !options.quiet {
        output::note("falign: a short calibration; nothing is written");
    }
    let preparation = preparation_seconds(experiment, &sources)?;
    if preparation > PATIENCE.as_secs_f64() {
        let why = format!(
            "takes about {} besides its steps, for data, weights, kernels of the data with their \
             eigenvalues, and limits",
            short(preparation)
        );
        return untimed(plan, &needed, options, &why, Some(preparation));
    }
    let Some(found) = patiently(&pool, experiment, plan, sources)? else {
        return untimed(
            plan,
            &needed,
            options,
            "takes longer to begin than a calibration waits",
            None,
        );
    };
    if options.json {
        output::line(format!("{:#}", as_json(experiment, plan, &found, &needed)))?;
    } else {
        page(experiment, plan, &found)?;
    }
    Ok(())
}

/// The settings of these jobs alone, with as many runs as they have.
fn part(experiment: &Experiment, jobs: &Plan) -> (Experiment, Plan) {
    let (mut experiment, mut plan) = (experiment.clone(), jobs.clone());
    let mut runs = vec![0; experiment.settings.len()];
    for job in &plan.jobs {
        runs[job.setting_index] += job.runs.end - job.runs.start;
    }
    let mut places = Vec::new();
    let mut kept = 0;
    for &runs in &runs {
        places.push(kept);
        kept += usize::from(runs > 0);
    }
    for job in &mut plan.jobs {
        job.setting_index = places[job.setting_index];
    }
    let mut settings = std::mem::take(&mut experiment.settings);
    for (one, &runs) in settings.iter_mut().zip(&runs) {
        one.setting.runs = runs;
    }
    settings.retain(|one| one.setting.runs > 0);
    experiment.settings = settings;
    (experiment, plan)
}

/// The longest silence of a start, a step or the reading of data.
const PATIENCE: Duration = Duration::from_secs(30);

/// The estimate; `None` where one start or one step alone takes longer than anybody waits.
fn patiently(
    pool: &rayon::ThreadPool,
    experiment: &Experiment,
    plan: &Plan,
    sources: Sources,
) -> Result<Option<Estimate>> {
    let pulse = Arc::new(Pulse::default());
    let (send, receive) = channel();
    let work = {
        let (experiment, plan, pulse) = (experiment.clone(), plan.clone(), Arc::clone(&pulse));
        move || estimate_heard(&experiment, &plan, &sources, &pulse)
    };
    pool.spawn(move || {
        // Nobody listens any more where it took too long.
        let _ = send.send(caught(|| "calibrating".to_owned(), work));
    });
    loop {
        match receive.recv_timeout(Duration::from_millis(50)) {
            Ok(found) => return Ok(Some(found?)),
            Err(RecvTimeoutError::Timeout) if pulse.silence() < PATIENCE => {}
            Err(RecvTimeoutError::Timeout) => return Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("the calibration ended without a word"),
        }
    }
}

/// The answer without a calibration: jobs, memory and why no time is known. `preparation`: seconds
/// that a run takes besides its steps.
fn untimed(
    plan: &Plan,
    needed: &Needed,
    options: &RunOptions,
    why: &str,
    preparation: Option<f64>,
) -> Result<()> {
    let jobs = plan.jobs.len();
    if options.json {
        let value = json!({
            "jobs": jobs, "memory_needed_bytes": needed.bytes, "untimed": why,
            "start_seconds": preparation,
        });
        output::line(format!("{value:#}"))?;
    } else {
        let memory = shown(needed.bytes);
        let text = format!("{jobs} jobs, {memory} of memory; their time is not known: a run {why}");
        output::sentence("", &text)?;
    }
    Ok(())
}

fn page(experiment: &Experiment, plan: &Plan, found: &Estimate) -> Result<()> {
    table(experiment, found).print()?;
    let memory = found.memory.map_or_else(
        || "memory unknown on this system".to_owned(),
        |bytes| format!("{} of memory", HumanBytes(bytes)),
    );
    let all = format!(
        "{} jobs: about {} on {} threads ({} of processor time), {memory}",
        plan.jobs.len(),
        short(found.seconds),
        found.threads,
        short(found.thread_seconds),
    );
    output::line("")?;
    output::sentence("", &all)?;
    let starts = found.settings.iter().map(|one| one.start_seconds);
    let longest = starts.fold(0.0, f64::max);
    if longest >= 1.0 {
        let of_that = format!(
            "of that a run takes up to {} to begin: data, weights, kernels of the data",
            short(longest)
        );
        output::sentence("", &of_that)?;
    }
    output::line("runs that converge or diverge before their last step take less")
}

/// Kinds of settings, the dearest first.
fn table(experiment: &Experiment, found: &Estimate) -> Table {
    let columns = vec![
        Column::words("kind of setting"),
        Column::number("settings"),
        Column::number("runs"),
        Column::number("steps"),
        Column::number("step"),
        Column::number("record"),
        Column::number("all runs"),
    ];
    let mut table = Table::new(columns, 1);
    let kinds = found.settings.iter().filter(|one| one.like == one.setting);
    let mut kinds: Vec<(f64, &SettingEstimate)> = kinds
        .map(|kind| (seconds_of(experiment, found, kind), kind))
        .collect();
    kinds.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (seconds, kind) in kinds {
        let alike = found.settings.iter().filter(|one| one.like == kind.like);
        table.row(vec![
            name(experiment, kind).into(),
            alike.count().to_string().into(),
            experiment.settings[kind.setting]
                .setting
                .runs
                .to_string()
                .into(),
            kind.steps.to_string().into(),
            short(kind.step_seconds).into(),
            short(kind.record_seconds).into(),
            short(seconds).into(),
        ]);
    }
    table
}

/// Seconds of processor time of all runs of a kind of settings.
fn seconds_of(experiment: &Experiment, found: &Estimate, kind: &SettingEstimate) -> f64 {
    let alike = found.settings.iter().filter(|one| one.like == kind.like);
    let runs = |one: &SettingEstimate| experiment.settings[one.setting].setting.runs;
    alike.map(|one| runs(one) as f64 * one.run_seconds).sum()
}

/// `linear: tanh, FA, p = 60`.
fn name(experiment: &Experiment, kind: &SettingEstimate) -> String {
    let labelled = &experiment.settings[kind.setting];
    let setting = &labelled.setting;
    let case = match labelled.case.as_str() {
        "" => String::new(),
        case => format!("{case}: "),
    };
    format!(
        "{case}{}, {}, p = {}",
        written(setting.activation.name()),
        written(setting.rule.name()),
        widths(setting),
    )
}

/// `256`, or `300, 100` where the hidden layers differ.
fn widths(setting: &Setting) -> String {
    let mut widths = setting.hidden_widths();
    if widths.windows(2).all(|pair| pair[0] == pair[1]) {
        widths.truncate(1);
    }
    let widths: Vec<String> = widths.iter().map(usize::to_string).collect();
    widths.join(", ")
}

fn as_json(experiment: &Experiment, plan: &Plan, found: &Estimate, needed: &Needed) -> Value {
    let settings: Vec<Value> = found
        .settings
        .iter()
        .map(|one| {
            let labelled = &experiment.settings[one.setting];
            let setting = &labelled.setting;
            json!({
                "case": labelled.case, "activation": setting.activation.name(),
                "rule": setting.rule.name(), "hidden_widths": setting.hidden_widths(),
                "runs": setting.runs, "steps": one.steps, "records": one.records,
                "start_seconds": one.start_seconds, "step_seconds": one.step_seconds, "record_seconds": one.record_seconds,
                "run_seconds": one.run_seconds,
            })
        })
        .collect();
    json!({
        "jobs": plan.jobs.len(), "threads": found.threads, "seconds": found.seconds,
        "thread_seconds": found.thread_seconds, "memory_bytes": found.memory,
        "memory_needed_bytes": needed.bytes, "settings": settings,
    })
}
