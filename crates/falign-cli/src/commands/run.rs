//! `falign run`: from an experiment to a complete run folder.

mod report;

use std::fs::DirEntry;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use falign::internal::config::Experiment;
use falign::internal::fault::caught;
use falign::internal::file::Folder;
use falign::internal::file::lock::FolderLock;
use falign::internal::plan::belongs::{Belonging, belonging};
use falign::internal::plan::execute::{Execution, Writing, collect, execute_with};
use falign::internal::plan::folder::{remove_superseded, write_start, write_tables};
use falign::internal::plan::in_folder::remove_leftovers;
use falign::internal::plan::run_table::RunTable;
use falign::internal::plan::{Plan, inputs, need, notes};
use falign::internal::simulate::Notes;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;

use self::report::report;
use super::{Program, RunArgs, RunOptions, diverged, plot, source, words};
use crate::ended::{Ended, Usage};
use crate::{faults, output, progress, signals};

pub(super) fn command(args: &RunArgs, program: &Program<'_>) -> Result<Ended> {
    args.options.overrides.allow_memory();
    let (name, overrides) = (args.experiment.as_deref(), &args.options.overrides);
    let experiment = source::experiment(name, overrides, program.rules)?;
    if args.dry_run {
        return super::dry_run::command(&experiment, &args.options);
    }
    let dir = args
        .options
        .out
        .clone()
        .unwrap_or_else(|| Path::new("runs").join(&experiment.name));
    let mut start = vec![program.name.clone(), "run".into()];
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
    plot::picture(experiment, dir, &falign_figure::Options::default())
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
    signals::stop(&watch, resume)?;
    refuse_taken(dir, experiment, plan, options.resume)?;
    // What the experiment reads is looked at before the folder is made.
    let sources = Sources::default();
    inputs::check(experiment, &sources)?;
    need::check(experiment, &sources, options.thread_count())?;
    for note in notes::of_data(experiment, &sources)? {
        output::note(format!("falign: {note}"));
    }
    diverged::warn(experiment, &sources);
    signals::writing_begins();
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let open = Folder::named(dir)?;
    let lock = FolderLock::acquire_in(&open)?;
    // Again: another program may have filled it before the lock was ours.
    let superseded = refuse_taken(dir, experiment, plan, options.resume)?;
    let writing = Writing {
        mix: options.mix,
        is_alone: lock.is_held(),
    };
    remove_leftovers(&open, dir, writing.is_alone)?;
    write_start(experiment, plan, dir)?;

    let execution =
        watched(experiment, jobs, dir, sources, options, &watch, writing).map_err(|cause| {
            Unfinished {
                cause,
                resume: resume.to_owned(),
            }
        })?;
    say(&execution);
    if !execution.complete {
        output::note(signals::stopped(resume));
        return Ok(None);
    }
    remove_superseded(dir, &superseded)?;
    Ok(Some((execution, lock)))
}

/// Reports files that were not as they should be.
fn say(execution: &Execution) {
    let Notes { redone, mixed } = &execution.notes;
    for (how, files) in [("made again", redone), ("mixed", mixed)] {
        for (path, reason) in files {
            output::note(format!("falign: {how}: {}: {reason}", path.display()));
        }
    }
    if let Some(error) = &execution.left {
        output::note(format!(
            "falign: not removed, though no longer needed: {error}"
        ));
    }
}

/// An execution that failed: what is finished is kept for the resume command.
#[derive(Debug)]
pub(super) struct Unfinished {
    cause: falign::Error,
    resume: String,
}

impl std::fmt::Display for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.cause {
            // A full disk, say.
            falign::Error::Io { .. } => f.write_str("finished jobs are kept for --resume"),
            falign::Error::Fault { .. } => write!(
                f,
                "{}{}\nwhat is finished is kept. Go on with:\n  {}",
                self.cause,
                faults::place(),
                self.resume
            ),
            cause => cause.fmt(f),
        }
    }
}

impl std::error::Error for Unfinished {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // Of a fault everything is said.
        let is_said = matches!(self.cause, falign::Error::Fault { .. });
        (!is_said).then_some(&self.cause)
    }
}

/// Executes with progress shown from a separate thread.
fn watched(
    experiment: &Experiment,
    plan: &Plan,
    dir: &Path,
    sources: Sources,
    options: &RunOptions,
    watch: &Arc<Watch>,
    writing: Writing,
) -> falign::Result<Execution> {
    let jobs = plan.jobs.len() as u64;
    let work = {
        let (experiment, plan, dir) = (experiment.clone(), plan.clone(), dir.to_owned());
        let watch = Arc::clone(watch);
        move || execute_with(&experiment, &plan, &dir, &sources, &watch, writing)
    };
    let threads = options.threads.map_or(0, usize::from);
    let received = begin(threads, work)?;
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let bar = scope.spawn(|| {
            progress::show(watch, jobs, options.quiet, &|| {
                finished.load(Ordering::Relaxed)
            });
        });
        let execution = wait(&received, watch, signals::GRACE);
        finished.store(true, Ordering::Relaxed);
        bar.thread().unpark();
        let _ = bar.join();
        // Jobs that do not stop are left behind; what they have not finished is lost to them only.
        Ok(execution?.unwrap_or_default())
    })
}

/// Result of some work, or a panic instead.
type Outcome<T> = falign::Result<T>;

/// Begins some work on new threads (0: as many as there are cores).
fn begin<T: Send + 'static>(
    threads: usize,
    work: impl FnOnce() -> Outcome<T> + Send + 'static,
) -> falign::Result<Receiver<Outcome<T>>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| falign::Error::io("threads", std::io::Error::other(error)))?;
    let (send, receive) = channel();
    pool.spawn(move || {
        let outcome = caught(|| "running".to_owned(), work);
        // Nobody listens any more where it took too long to stop.
        let _ = send.send(outcome);
    });
    Ok(receive)
}

/// Waits for the outcome. Once it is to stop, or one of its jobs has failed, no longer than
/// `grace`: some computations are deaf until they end. Then `None`, or the failure.
fn wait<T>(
    received: &Receiver<Outcome<T>>,
    watch: &Watch,
    grace: Duration,
) -> falign::Result<Option<T>> {
    let mut stopped = None;
    loop {
        match received.recv_timeout(TICK) {
            Ok(outcome) => return outcome.map(Some),
            Err(RecvTimeoutError::Disconnected) => unreachable!("an outcome comes, or a fault"),
            Err(RecvTimeoutError::Timeout) if watch.stop.load(Ordering::Relaxed) => {
                let since: &Instant = stopped.get_or_insert_with(Instant::now);
                if since.elapsed() > grace {
                    return watch.take_failure().map_or(Ok(None), Err);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Time between two looks at whether work is to stop.
const TICK: Duration = Duration::from_millis(50);

/// Refuses a folder that is in use for something else. Gives the ids of jobs in it that have
/// become parts of longer ones.
fn refuse_taken(
    dir: &Path,
    experiment: &Experiment,
    plan: &Plan,
    resume: bool,
) -> Result<Vec<String>> {
    let refuse = |why: String| Err(Usage(format!("{} {why}", dir.display())).into());
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        // Systems have several names for the error.
        Err(_) if dir.is_file() => {
            return refuse("is no folder; choose another --out".to_owned());
        }
        entries => entries.with_context(|| format!("cannot read {}", dir.display()))?,
    };
    let is_hidden = |entry: DirEntry| entry.file_name().to_string_lossy().starts_with('.');
    if entries.filter_map(Result::ok).all(is_hidden) {
        return Ok(Vec::new());
    }
    if !resume {
        return refuse(
            "is not empty: add --resume to go on with it, or choose another --out".into(),
        );
    }
    match belonging(experiment, plan, dir)? {
        Belonging::Same { superseded } => Ok(superseded),
        Belonging::Other(why) => refuse(format!("{why}; choose another --out")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long enough for a test to notice, short enough to wait for.
    const SHORT: Duration = Duration::from_millis(200);

    #[test]
    fn a_panic_of_the_work_is_an_error_and_nobody_waits_for_ever() {
        let work = || -> falign::Result<()> { panic!("at the roots") };
        let received = begin(2, work).unwrap();
        let error = wait(&received, &Watch::default(), SHORT).unwrap_err();
        assert!(matches!(error, falign::Error::Fault { .. }), "{error:?}");
        assert!(error.to_string().contains("at the roots"), "{error}");
    }

    #[test]
    fn what_does_not_stop_is_left_behind_after_the_grace() {
        let (_keep_open, deaf) = channel::<()>();
        let work = move || {
            let _ = deaf.recv();
            Ok(())
        };
        let received = begin(1, work).unwrap();
        let watch = Watch::default();
        watch.stop.store(true, Ordering::Relaxed);
        let start = Instant::now();
        assert_eq!(wait(&received, &watch, SHORT).unwrap(), None);
        assert!(start.elapsed() >= SHORT);
    }

    #[test]
    fn what_stops_in_time_is_waited_for() {
        let work = || {
            std::thread::sleep(SHORT);
            Ok(7)
        };
        let received = begin(1, work).unwrap();
        let watch = Watch::default();
        watch.stop.store(true, Ordering::Relaxed);
        let found = wait(&received, &watch, Duration::from_mins(1)).unwrap();
        assert_eq!(found, Some(7));
    }

    #[test]
    fn a_fault_names_the_command_that_goes_on() {
        let text = Unfinished {
            cause: falign::Error::Fault {
                place: "setting 1 of 1, run 0".to_owned(),
                message: "too deep".to_owned(),
            },
            resume: "falign run x --resume".to_owned(),
        }
        .to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("setting 1 of 1, run 0: too deep; this is a fault of falign"));
        assert_eq!(
            lines[1..],
            [
                "what is finished is kept. Go on with:",
                "  falign run x --resume"
            ]
        );
    }
}
