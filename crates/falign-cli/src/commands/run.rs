//! `falign run`: from an experiment to a complete run folder.

use std::fmt::Write as _;
use std::fs::DirEntry;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result};
use falign::experiment::execute::{CHECKPOINTS, Execution, Watch, collect, cost, execute};
use falign::experiment::folder::{write_start, write_tables};
use falign::experiment::sources::Sources;
use falign::experiment::{Experiment, Plan, inputs, need, notes};
use falign::record::run_table::RunTable;
use falign::record::store::{FolderLock, read_text, refuse_link, remove_leftovers};
use serde_json::json;

use super::{Ended, RunArgs, RunOptions, Usage, plot, source, words};
use crate::{figure, output, progress, signals};

pub(super) fn command(args: &RunArgs) -> Result<Ended> {
    args.options.overrides.allow_memory();
    let experiment = source::experiment(args.experiment.as_deref(), &args.options.overrides)?;
    if args.dry_run {
        return super::dry_run::command(&experiment, &args.options);
    }
    let dir = args
        .options
        .out
        .clone()
        .unwrap_or_else(|| Path::new("runs").join(&experiment.name));
    let mut start = vec!["run".into()];
    start.extend(args.experiment.clone().map(Into::into));
    let resume = words::resume(start, &args.options, &dir);
    match in_folder(&experiment, &dir, &args.options, &resume)? {
        None => Ok(Ended::Stopped),
        Some(finished) => report(&experiment, &finished, &dir, &args.options),
    }
}

/// A complete run folder.
pub(super) struct Finished {
    pub(super) table: RunTable,
    execution: Execution,
    seconds: f64,
}

/// Runs (or goes on with) an experiment in a folder, and writes its tables and picture.
/// `None`: stopped by a signal; the resume command has been printed.
pub(super) fn in_folder(
    experiment: &Experiment,
    dir: &Path,
    options: &RunOptions,
    resume: &str,
) -> Result<Option<Finished>> {
    let plan = Plan::new(experiment)?;
    let start = Instant::now();
    let Some((execution, _lock)) = carry_out(experiment, &plan, &plan, dir, options, resume)?
    else {
        return Ok(None);
    };
    let table = collect(experiment, &plan, dir)?;
    let seconds = start.elapsed().as_secs_f64();
    write_tables(experiment, &table, dir, seconds, options.threads)?;
    plot::picture(experiment, dir, &figure::Options::default())
        .context("the results are stored, but the figure is not")?;
    Ok(Some(Finished {
        table,
        execution,
        seconds,
    }))
}

/// Carries out `jobs`, all or some of a plan, in a folder, which stays locked. `None`: stopped by
/// a signal; the resume command has been printed.
pub(super) fn carry_out(
    experiment: &Experiment,
    plan: &Plan,
    jobs: &Plan,
    dir: &Path,
    options: &RunOptions,
    resume: &str,
) -> Result<Option<(Execution, FolderLock)>> {
    let watch = Arc::new(Watch::default());
    signals::stop(&watch)?;
    let text = experiment.resolved_toml();
    refuse_taken(dir, &text, options.resume)?;
    // What the experiment reads is looked at before the folder is made.
    let sources = Sources::default();
    inputs::check(experiment, &sources)?;
    need::check(experiment, &sources, options.thread_count())?;
    for note in notes::of_data(experiment, &sources)? {
        output::note(format!("falign: {note}"));
    }
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let lock = FolderLock::acquire(dir)?;
    // Again: another program may have filled it before the lock was ours.
    refuse_taken(dir, &text, options.resume)?;
    remove_leftovers(dir)?;
    for folder in ["results", "weights", CHECKPOINTS] {
        let folder = dir.join(folder);
        refuse_link(&folder)?;
        remove_leftovers(&folder)?;
    }
    write_start(experiment, plan, dir)?;

    let execution = watched(experiment, jobs, dir, &sources, options, &watch)?;
    for (path, reason) in &execution.redone {
        output::note(format!("falign: made again: {}: {reason}", path.display()));
    }
    if !execution.complete {
        output::note(format!(
            "falign: stopped; what is finished is kept. Go on with:\n  {resume}"
        ));
        return Ok(None);
    }
    Ok(Some((execution, lock)))
}

/// Executes with progress shown from a thread of its own.
fn watched(
    experiment: &Experiment,
    plan: &Plan,
    dir: &Path,
    sources: &Sources,
    options: &RunOptions,
    watch: &Arc<Watch>,
) -> Result<Execution> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.map_or(0, usize::from))
        .build()
        .context("cannot start the threads")?;
    let total: f64 = plan.jobs.iter().map(|job| cost(experiment, job)).sum();
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let bar = scope.spawn(|| {
            let jobs = plan.jobs.len() as u64;
            progress::show(watch, total, jobs, options.quiet, &|| {
                finished.load(Ordering::Relaxed)
            });
        });
        let execution = pool.install(|| execute(experiment, plan, dir, sources, watch));
        finished.store(true, Ordering::Relaxed);
        bar.thread().unpark();
        let _ = bar.join();
        execution.map_err(|error| match error {
            // A full disk, say: what is finished is not lost.
            falign::Error::Io { .. } => {
                anyhow::Error::from(error).context("finished jobs are kept for --resume")
            }
            other => other.into(),
        })
    })
}

/// Refuses a folder that is in use for something else.
fn refuse_taken(dir: &Path, text: &str, resume: bool) -> Result<()> {
    let refuse = |why: String| Err(Usage(format!("{} {why}", dir.display())).into());
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return refuse("is no folder; choose another --out".to_owned());
        }
        entries => entries.with_context(|| format!("cannot read {}", dir.display()))?,
    };
    let is_hidden = |entry: DirEntry| entry.file_name().to_string_lossy().starts_with('.');
    if entries.filter_map(Result::ok).all(is_hidden) {
        return Ok(());
    }
    if !resume {
        return refuse(
            "is not empty: add --resume to go on with it, or choose another --out".into(),
        );
    }
    match read_text(&dir.join("experiment.toml")) {
        Ok(found) if found == text => Ok(()),
        Ok(_) => refuse(
            "belongs to another experiment (or other overrides); choose another --out".to_owned(),
        ),
        Err(error) => refuse(format!(
            "is no run folder: its experiment.toml cannot be read ({error}); choose another --out"
        )),
    }
}

fn report(
    experiment: &Experiment,
    finished: &Finished,
    dir: &Path,
    options: &RunOptions,
) -> Result<Ended> {
    let verdicts = super::check::verdicts(experiment, &finished.table);
    let failed = verdicts.iter().filter(|v| !v.passed).count();
    let diverged: usize = finished
        .table
        .settings
        .iter()
        .map(falign::record::run_table::SettingRuns::diverged)
        .sum();
    let outcomes = finished.table.settings.iter().flat_map(|s| &s.outcomes);
    let stalled = outcomes.filter(|o| o.name() == "stalled").count();
    if options.json {
        let files: Vec<String> = ["summary.csv", "figure.svg", "figure.png"]
            .iter()
            .map(|f| dir.join(f).display().to_string())
            .collect();
        let value = json!({
            "dir": dir.display().to_string(), "files": files, "seconds": finished.seconds,
            "jobs_kept": finished.execution.kept, "runs_diverged": diverged, "runs_stalled": stalled,
            "claims": super::check::as_json(&verdicts),
        });
        output::line(format!("{value:#}"))?;
    } else {
        let runs: usize = finished
            .table
            .settings
            .iter()
            .map(falign::record::run_table::SettingRuns::runs)
            .sum();
        let mut ends = String::new();
        if diverged > 0 {
            let _ = write!(ends, "; {diverged} diverged");
        }
        if stalled > 0 {
            let _ = write!(ends, "; {stalled} stalled at the loss of constant outputs");
        }
        output::line(&experiment.title)?;
        output::line(format!(
            "{} of {} in {:.1} s{ends}",
            counted(runs, "run"),
            counted(finished.table.settings.len(), "setting"),
            finished.seconds,
        ))?;
        super::check::print(&verdicts, experiment)?;
        output::line(format!("tables and picture: {}", dir.display()))?;
    }
    Ok(if failed > 0 {
        Ended::ClaimsFailed
    } else {
        Ended::Done
    })
}

/// `1 run`, `2 runs`.
fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
