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
use crate::ended::Ended;
use crate::output;
use falign_figure::written;

/// Most lines of the table on a terminal; `--json` has all.
const LINES: usize = 40;

pub(super) fn command(experiment: &Experiment, options: &RunOptions) -> Result<Ended> {
    let plan = Plan::new(experiment)?;
    let sources = Sources::default();
    inputs::fit(experiment, &sources)?;
    let needed = need::needed(experiment, &sources, options.thread_count())?;
    if let Err(error) = needed.fits() {
        // What would be stopped by the system is not tried.
        output::note(format!(
            "falign: warning: `falign run` refuses this: {error}"
        ));
        return untimed(&plan, &needed, options, "does not fit in memory", None);
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
            time(preparation)
        );
        return untimed(&plan, &needed, options, &why, Some(preparation));
    }
    let Some(found) = patiently(&pool, experiment, &plan, sources)? else {
        return untimed(
            &plan,
            &needed,
            options,
            "takes longer to begin than a calibration waits",
            None,
        );
    };
    if options.json {
        output::line(format!("{:#}", as_json(experiment, &plan, &found, &needed)))?;
    } else {
        page(experiment, &plan, &found)?;
    }
    Ok(Ended::Done)
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
) -> Result<Ended> {
    let jobs = plan.jobs.len();
    if options.json {
        let value = json!({
            "jobs": jobs, "memory_needed_bytes": needed.bytes, "untimed": why,
            "start_seconds": preparation,
        });
        output::line(format!("{value:#}"))?;
    } else {
        let memory = shown(needed.bytes);
        output::line(format!(
            "{jobs} jobs, {memory} of memory; their time is not known: a run {why}"
        ))?;
    }
    Ok(Ended::Done)
}

fn page(experiment: &Experiment, plan: &Plan, found: &Estimate) -> Result<()> {
    output::line(format!(
        "{:<48}{:>9}{:>6}{:>10}{:>10}{:>10}{:>12}",
        "kind of setting", "settings", "runs", "steps", "a step", "a record", "all runs"
    ))?;
    let kinds: Vec<&SettingEstimate> = found
        .settings
        .iter()
        .filter(|one| one.like == one.setting)
        .collect();
    for one in kinds.iter().take(LINES) {
        output::line(row(experiment, found, one))?;
    }
    if kinds.len() > LINES {
        output::line(format!(
            "... and {} kinds more (--json has every setting)",
            kinds.len() - LINES
        ))?;
    }
    let memory = found.memory.map_or_else(
        || "memory unknown on this system".to_owned(),
        |bytes| format!("{} of memory", HumanBytes(bytes)),
    );
    output::line(format!(
        "\n{} jobs: about {} on {} threads ({} of processor time), {memory}",
        plan.jobs.len(),
        time(found.seconds),
        found.threads,
        time(found.thread_seconds),
    ))?;
    let starts = found.settings.iter().map(|one| one.start_seconds);
    let longest = starts.fold(0.0, f64::max);
    if longest >= 1.0 {
        output::line(format!(
            "of that a run takes up to {} to begin: data, weights, kernels of the data",
            time(longest)
        ))?;
    }
    output::line("runs that converge or diverge before their last step take less")
}

/// Settings of one kind.
fn row(experiment: &Experiment, found: &Estimate, kind: &SettingEstimate) -> String {
    let alike = || found.settings.iter().filter(|one| one.like == kind.like);
    let labelled = &experiment.settings[kind.setting];
    let setting = &labelled.setting;
    let case = match labelled.case.as_str() {
        "" => String::new(),
        case => format!("{case}: "),
    };
    let name = format!(
        "{case}{}, {}, p = {}",
        written(setting.activation.name()),
        written(setting.rule.name()),
        widths(setting),
    );
    let runs = |one: &SettingEstimate| experiment.settings[one.setting].setting.runs;
    let seconds: f64 = alike().map(|one| runs(one) as f64 * one.run_seconds).sum();
    format!(
        "{name:<48}{:>9}{:>6}{:>10}{:>10}{:>10}{:>12}",
        alike().count(),
        runs(kind),
        kind.steps,
        time(kind.step_seconds),
        time(kind.record_seconds),
        time(seconds),
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

/// Two digits and a unit.
fn time(seconds: f64) -> String {
    let duration = Duration::from_secs_f64(seconds.max(0.0));
    if seconds >= 90.0 {
        return indicatif::HumanDuration(duration).to_string();
    }
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (1e3 * s, "ms"),
        s if s >= 1e-6 => (1e6 * s, "us"),
        s => (1e9 * s, "ns"),
    };
    let decimals = usize::from(value < 10.0);
    format!("{value:.decimals$} {unit}")
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

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_have_two_digits_and_a_unit() {
        let written = [250e-9, 3.21e-6, 0.045, 2.5, 61.0].map(time);
        assert_eq!(written, ["250 ns", "3.2 us", "45 ms", "2.5 s", "61 s"]);
        assert_eq!(time(7200.0), "2 hours");
    }
}
