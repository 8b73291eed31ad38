//! A plan is carried out: jobs over threads, one sealed result file a job, and the tables.

use crate::simulate::arithmetic::MIX;
use crate::simulate::watch::Watch;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Map;

pub use super::result_file::{RESULTS, WEIGHTS, result_path};
use super::run_table::{RunTable, SettingRuns};
use super::share::hand_out;
use super::work::{Work, add};
use super::{Job, Plan, need, result_file};
use crate::config::Experiment;
use crate::fault::caught;
use crate::file::{Folder, write_own};
use crate::simulate::sources::Sources;
use crate::simulate::{Checkpoint, Context, Look, Notes, Outcome, RunResult, RunRows, watched};
use crate::{Error, Result};

/// Some runs of a setting in words, for errors.
pub(super) fn place(experiment: &Experiment, setting_index: usize, runs: &Range<u64>) -> String {
    let case = match experiment.settings[setting_index].case.as_str() {
        "" => String::new(),
        case => format!(" (case {case})"),
    };
    let (setting, settings) = (setting_index + 1, experiment.settings.len());
    let Range { start, end } = runs;
    let runs = if end - start == 1 {
        format!("run {start}")
    } else {
        format!("runs {start} to {}", end - 1)
    };
    format!("setting {setting} of {settings}{case}, {runs}")
}

/// How the execution of a plan ended.
#[derive(Debug, Default)]
pub struct Execution {
    /// Whether every job of the plan has a valid result.
    pub complete: bool,
    /// Jobs whose stored result was valid.
    pub kept: usize,
    /// Files of results, weights or checkpoints that were not as they should be.
    pub notes: Notes,
    /// Reason why the folder of checkpoints, which is no longer needed, is still there.
    pub left: Option<Error>,
}

/// Carries out every job of `plan` that has no valid result in `folder`.
///
/// Runs are shared out over the current rayon pool: each thread that is free takes the next one, of
/// the same job or of another, where memory has room for all of them at once, and else the next job.
/// Where fewer runs than threads remain, wide networks are spread inside. Results do not depend on
/// any of it. `sources` may hold data sets that were read before.
///
/// # Errors
/// The first error of a job, a panic among them ([`Error::Fault`]), which stops the others;
/// finished jobs stay.
pub fn execute(
    experiment: &Experiment,
    plan: &Plan,
    folder: &Path,
    sources: &Sources,
    watch: &Watch,
) -> Result<Execution> {
    execute_with(experiment, plan, folder, sources, watch, Writing::default())
}

/// How a run folder is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing {
    /// Goes on with results and checkpoints of a machine whose products round in another way.
    pub mix: bool,
    /// No other program writes the folder, as a lock promises.
    pub is_alone: bool,
}

impl Default for Writing {
    fn default() -> Self {
        Self {
            mix: false,
            is_alone: true,
        }
    }
}

/// Executes as [`execute`](fn@execute) does, in the way of `writing`.
///
/// # Errors
/// As [`execute`](fn@execute); [`Error::Record`] where results of machines that round in different
/// ways would be mixed although that is not asked for.
pub fn execute_with(
    experiment: &Experiment,
    plan: &Plan,
    folder: &Path,
    sources: &Sources,
    watch: &Watch,
    writing: Writing,
) -> Result<Execution> {
    Folder::make_own(&folder.join(RESULTS))?;
    let work = Work::new(experiment, &plan.jobs, sources, watch);
    let Found {
        pending,
        kept,
        mut notes,
        others,
    } = look(experiment, plan, folder, &work, watch)?;
    let rounds = |job: &&Job| {
        let setting = &experiment.settings[job.setting_index].setting;
        setting.family().arithmetic().is_some()
    };
    if pending.iter().any(rounds)
        && let Some((path, reason)) = others.into_iter().next()
    {
        if !writing.mix {
            return Err(Error::record(path, format!("{reason}; {MIX}")));
        }
        notes.mixed.push((path, reason));
    }
    let checkpoints = folder.join(CHECKPOINTS);
    Folder::make_own(&checkpoints)?;
    let complete = AtomicBool::new(true);
    let notes = Mutex::new(notes);
    let jobs = Jobs {
        experiment,
        folder,
        work: &work,
        watch,
        mix: writing.mix,
        notes: &notes,
    };
    let share = need::share(experiment, sources, rayon::current_num_threads());
    let open: Vec<Open<'_>> = pending.into_iter().map(Open::new).collect();
    let parts = open.iter().flat_map(|open| {
        let setting = &experiment.settings[open.job.setting_index].setting;
        let parts = share.parts(setting, open.job.runs.clone());
        parts.map(move |runs| (open, runs))
    });
    let parts: Vec<(&Open<'_>, Range<u64>)> = parts.collect();
    hand_out(&parts, |(open, runs), parallel| {
        if watch.stop.load(Ordering::Relaxed) {
            complete.store(false, Ordering::Relaxed);
            return;
        }
        let context = Context {
            parallel,
            ..Context::new(sources)
        };
        let place = || place(experiment, open.job.setting_index, runs);
        match caught(place, || jobs.make(open, runs.clone(), context)) {
            Ok(true) => {}
            Ok(false) => complete.store(false, Ordering::Relaxed),
            Err(error) => watch.fail(error),
        }
    });
    if let Some(error) = watch.take_failure() {
        return Err(error);
    }
    let complete = complete.into_inner();
    Ok(Execution {
        complete,
        kept,
        notes: notes.into_inner().unwrap_or_else(PoisonError::into_inner),
        left: tidy(&checkpoints, complete, writing.is_alone).err(),
    })
}

/// Results of a plan that are in its folder.
struct Found<'a> {
    /// Jobs without a valid result.
    pending: Vec<&'a Job>,
    kept: usize,
    notes: Notes,
    /// Valid results of machines that round in another way.
    others: Vec<(PathBuf, String)>,
}

fn look<'a>(
    experiment: &Experiment,
    plan: &'a Plan,
    folder: &Path,
    work: &Work,
    watch: &Watch,
) -> Result<Found<'a>> {
    let mut found = Found {
        pending: Vec::new(),
        kept: 0,
        notes: Notes::default(),
        others: Vec::new(),
    };
    let mut forgotten: BTreeMap<&str, usize> = BTreeMap::new();
    for job in &plan.jobs {
        let path = result_path(folder, job);
        let setting = &experiment.settings[job.setting_index].setting;
        if setting.rule.is_unversioned() {
            if path.exists() {
                // Results of two states of its code would look like those of one.
                fs::remove_file(&path).map_err(|source| Error::io(&path, source))?;
                *forgotten.entry(setting.rule.name()).or_default() += 1;
            }
            found.pending.push(job);
            continue;
        }
        let stored = result_file::read_with_origin(experiment, job, &path);
        let stored = stored.and_then(|(runs, other)| {
            result_file::check_weights(experiment, folder, job).map(|()| (runs, other))
        });
        match stored {
            Ok((runs, other)) => {
                found.kept += 1;
                found.others.extend(other.map(|reason| (path, reason)));
                watch.jobs_done.fetch_add(1, Ordering::Relaxed);
                for run in &runs {
                    let steps = run.rows.steps.last().copied().unwrap_or(0);
                    add(&watch.done, work.run(job.setting_index, steps, watch));
                    tell_of_end(run.rows.outcome, watch);
                }
            }
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                found.pending.push(job);
            }
            Err(Error::Record { path, reason }) => {
                found.notes.redone.push((path, reason));
                found.pending.push(job);
            }
            Err(other) => return Err(other),
        }
    }
    for (rule, jobs) in forgotten {
        let reason = format!(
            "learning.rule \"{rule}\" has no version, so that nothing tells whether its {jobs} stored \
             results are still its own; give it one to keep them"
        );
        found.notes.redone.push((folder.join(RESULTS), reason));
    }
    Ok(found)
}

/// Removes the folder of checkpoints: with what a kill left there where all is done; else only if
/// it is empty, for a run may wait there to go on. What another program may be writing stays.
fn tidy(checkpoints: &Path, is_done: bool, is_alone: bool) -> Result<()> {
    let Some(open) = Folder::find_own(checkpoints)? else {
        return Ok(());
    };
    let removed = match (is_done, is_alone) {
        // Removes a link that has come since then, here or inside, and not what it leads to.
        (true, true) => fs::remove_dir_all(checkpoints),
        (true, false) => {
            remove_whole_files(&open)?;
            fs::remove_dir(checkpoints)
        }
        (false, _) => fs::remove_dir(checkpoints),
    };
    let may_stay = |error: &io::Error| match error.kind() {
        ErrorKind::NotFound => true,
        ErrorKind::DirectoryNotEmpty => !(is_done && is_alone),
        _ => false,
    };
    match removed {
        Err(source) if !may_stay(&source) => Err(Error::io(checkpoints, source)),
        _ => Ok(()),
    }
}

/// Removes all files but those that are still being written.
fn remove_whole_files(folder: &Folder) -> Result<()> {
    for name in folder.names()? {
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        match folder.remove(&name) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(Error::io(folder.path().join(name), source));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Folder of the states of unfinished deep runs.
pub const CHECKPOINTS: &str = "checkpoints";

/// The name of the checkpoint of a run of a job.
fn checkpoint(job: &Job, run: u64) -> String {
    format!("{}-run{run:04}.safetensors", job.id)
}

/// A job on its way: results of those of its runs that are made.
struct Open<'a> {
    job: &'a Job,
    made: Mutex<BTreeMap<u64, RunResult>>,
}

impl<'a> Open<'a> {
    fn new(job: &'a Job) -> Self {
        Self {
            job,
            made: Mutex::default(),
        }
    }

    fn made(&self) -> MutexGuard<'_, BTreeMap<u64, RunResult>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Results of all runs, in order: once, for whoever asks first when they are there.
    fn take(&self) -> Option<Vec<RunResult>> {
        let mut made = self.made();
        let is_whole = made.len() as u64 == self.job.runs.end - self.job.runs.start;
        is_whole.then(|| std::mem::take(&mut *made).into_values().collect())
    }
}

/// Arguments that all jobs have in common.
struct Jobs<'a> {
    experiment: &'a Experiment,
    folder: &'a Path,
    work: &'a Work,
    watch: &'a Watch,
    mix: bool,
    notes: &'a Mutex<Notes>,
}

impl Jobs<'_> {
    /// Makes some runs of a job, and stores its result with the last of all; `false` if it was stopped.
    fn make(&self, open: &Open<'_>, runs: Range<u64>, context: Context<'_>) -> Result<bool> {
        for run in runs {
            let Some(result) = self.run(open.job, run, context)? else {
                return Ok(false);
            };
            open.made().insert(run, result);
        }
        if let Some(results) = open.take() {
            self.store(open.job, &results)?;
            self.watch.jobs_done.fetch_add(1, Ordering::Relaxed);
        }
        Ok(true)
    }

    /// Stores the result of a job.
    fn store(&self, job: &Job, runs: &[RunResult]) -> Result<()> {
        let Self {
            experiment, folder, ..
        } = *self;
        // The result comes last: a stored one means that all of the job is.
        let mut weights = Map::new();
        for (run, result) in job.runs.clone().zip(runs) {
            result_file::save_weights(folder, job, run, result, &mut weights)?;
        }
        let path = result_path(folder, job);
        write_own(&path, &result_file::encode(experiment, job, runs, weights))?;
        if let Some(checkpoints) = Folder::find_own(&folder.join(CHECKPOINTS))? {
            for run in job.runs.clone() {
                // Most have none. One that cannot be removed is told of with the folder, at the end.
                let _ = checkpoints.remove(checkpoint(job, run).as_ref());
            }
        }
        Ok(())
    }

    fn run(&self, job: &Job, run: u64, context: Context<'_>) -> Result<Option<RunResult>> {
        let rule = &self.experiment.settings[job.setting_index].setting.rule;
        let path = self.folder.join(CHECKPOINTS).join(checkpoint(job, run));
        let checkpoint = Checkpoint {
            path: &path,
            job: &job.id,
            mix: self.mix,
            notes: self.notes,
        };
        let context = Context {
            checkpoint: (!rule.is_unversioned()).then_some(checkpoint),
            ..context
        };
        run_one(self.experiment, job, run, context, self.work, self.watch)
    }
}

/// Steps between two that are told.
const TOLD: u64 = 64;

/// One run of a job, which tells `watch` of its steps; `None` if it was stopped.
pub(super) fn run_one(
    experiment: &Experiment,
    job: &Job,
    run: u64,
    context: Context<'_>,
    work: &Work,
    watch: &Watch,
) -> Result<Option<RunResult>> {
    let setting = &experiment.settings[job.setting_index].setting;
    let length = AtomicU64::new(0);
    let context = Context {
        watch: Some(watch),
        length: Some(&length),
        ..context
    };
    let steps = || length.load(Ordering::Relaxed);
    let whole = || work.run(job.setting_index, steps(), watch);
    let mut reported = 0.0;
    let mut observe = |look: Look<'_>| watch.saw(&setting.quantities, look.values);
    let progress = &mut |step: u64| {
        if step.is_multiple_of(TOLD) {
            watch.steps.fetch_add(step.min(TOLD), Ordering::Relaxed);
            let share = whole() * (step as f64 / steps().max(1) as f64).min(1.0);
            add(&watch.done, share - reported);
            reported = share;
        }
        !watch.stop.load(Ordering::Relaxed)
    };
    let result = watched(setting, run, context, progress, &mut observe)?;
    if let Some(result) = &result {
        let last = result.rows.steps.last().copied().unwrap_or(0);
        watch.steps.fetch_add(last % TOLD, Ordering::Relaxed);
        add(&watch.done, whole() - reported);
        tell_of_end(result.rows.outcome, watch);
    }
    Ok(result)
}

/// Counts a run that has diverged.
fn tell_of_end(outcome: Outcome, watch: &Watch) {
    let count = u64::from(outcome.is_diverged());
    watch.diverged.fetch_add(count, Ordering::Relaxed);
}

/// Collects all stored results of a complete plan as one table.
///
/// # Errors
/// [`Error::Io`] or [`Error::Record`] naming the first result that is missing or damaged.
pub fn collect(experiment: &Experiment, plan: &Plan, folder: &Path) -> Result<RunTable> {
    let mut by_setting: BTreeMap<usize, Vec<RunRows>> = BTreeMap::new();
    for job in &plan.jobs {
        let runs = result_file::read(experiment, job, &result_path(folder, job))?;
        let of_setting = by_setting.entry(job.setting_index).or_default();
        of_setting.extend(runs.into_iter().map(|run| run.rows));
    }
    let settings = by_setting
        .into_iter()
        .map(|(index, runs)| SettingRuns::new(&experiment.settings[index], &runs))
        .collect();
    Ok(RunTable { settings })
}

/// Whether the weights that the results of a complete plan name are there as they were written.
///
/// # Errors
/// [`Error::Io`] or [`Error::Record`] naming the first file that is not.
pub fn check_weights(experiment: &Experiment, plan: &Plan, folder: &Path) -> Result<()> {
    let mut jobs = plan.jobs.iter();
    jobs.try_for_each(|job| result_file::check_weights(experiment, folder, job))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::file::scratch::Scratch;

    #[test]
    fn checkpoints_that_have_become_a_link_are_told_of_and_not_removed() {
        let folder = Scratch::new("tidy");
        let (own, victim) = (folder.path().join("own"), folder.path().join("victim"));
        fs::create_dir(&victim).unwrap();
        folder.file("victim/a.safetensors", b"precious");
        std::os::unix::fs::symlink(&victim, &own).unwrap();
        for (is_done, is_alone) in [(true, true), (true, false), (false, true), (false, false)] {
            let text = tidy(&own, is_done, is_alone).unwrap_err().to_string();
            assert!(text.contains("own: Is a symbolic link"), "{text}");
            assert!(own.is_symlink() && victim.join("a.safetensors").exists());
        }
        fs::remove_file(&own).unwrap();
        fs::rename(&victim, &own).unwrap();
        tidy(&own, false, true).unwrap();
        assert!(own.exists());
        tidy(&own, true, false).unwrap();
        assert!(!own.exists());
    }
}
