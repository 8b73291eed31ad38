//! A run folder that may not be finished: what is stored, what is left, and how long that will take.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::belongs::OldJob;
use super::folder::PLAN;
use super::result_file::{self, RESULTS, result_path};
use super::run_table::{RunTable, SettingRuns};
use super::work::of_run;
use super::{Plan, belongs};
use crate::config::Experiment;
use crate::file::lock::is_taken;
use crate::file::read_text;
use crate::simulate::RunRows;
use crate::{Error, Result};

/// State of a run folder. Results count as stored where their files are there; nobody looks inside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// Runs that are stored.
    pub stored: u64,
    /// Runs of the plan.
    pub runs: u64,
    /// Settings of the plan.
    pub settings: usize,
    /// Whether a program is at it.
    pub is_running: bool,
    /// Share of the work that is done, from 0 to 1: that of its runs where there is no experiment to
    /// tell how much each is.
    pub share: f64,
    /// Time that the rest takes, at the pace since the program at it began; `None` where there is
    /// none, or it has finished nothing yet.
    pub left: Option<Duration>,
}

impl State {
    /// State of a folder. With its experiment, runs count by the work that they are.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Record`] if it has no plan.
    ///
    /// # Example
    /// ```
    /// use falign::experiment::{Experiment, Overrides, run_in};
    /// use falign::internal::plan::{Plan, folder::write_start, so_far::State};
    /// let text = "name = \"short\"\nrun.steps = 10\nrun.runs = 2\nnetwork.width = 20";
    /// let experiment = Experiment::parse(text, &Overrides::none())?;
    /// let folder = std::env::temp_dir().join(format!("falign-doc-so-far-{}", std::process::id()));
    /// run_in(&experiment, &folder)?;
    /// write_start(&experiment, &Plan::new(&experiment)?, &folder)?;
    /// let state = State::of(&folder, Some(&experiment))?;
    /// assert_eq!((state.stored, state.runs, state.is_running), (2, 2, false));
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(folder: &Path, experiment: Option<&Experiment>) -> Result<Self> {
        let path = folder.join(PLAN);
        let jobs = OldJob::parse(&read_text(&path)?)
            .ok_or_else(|| Error::record(&path, "is no list of jobs"))?;
        // Each program that begins or goes on writes it.
        let begun = modified(&path);
        let mut state = Self {
            stored: 0,
            runs: 0,
            settings: jobs.iter().map(|job| job.setting + 1).max().unwrap_or(0),
            is_running: is_taken(folder),
            share: 0.0,
            left: None,
        };
        let of_setting = |setting: usize| experiment.and_then(|one| one.settings.get(setting));
        let (mut all, mut done, mut fresh) = (0.0, 0.0, 0.0);
        for job in &jobs {
            let runs = job.range().end.saturating_sub(job.range().start);
            let work = of_setting(job.setting).map_or(1.0, |one| of_run(&one.setting));
            let work = runs as f64 * work;
            state.runs += runs;
            all += work;
            let Some(when) = modified(&folder.join(RESULTS).join(result_file::name_of(&job.id)))
            else {
                continue;
            };
            state.stored += runs;
            done += work;
            if begun.is_some_and(|begun| when >= begun) {
                fresh += work;
            }
        }
        state.share = if all > 0.0 { done / all } else { 1.0 };
        let spent = begun.and_then(|begun| begun.elapsed().ok());
        if let (true, Some(spent)) = (state.is_running && fresh > 0.0, spent) {
            let left = spent.as_secs_f64() * (all - done) / fresh;
            state.left = Duration::try_from_secs_f64(left).ok();
        }
        Ok(state)
    }

    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        self.stored == self.runs
    }
}

/// Runs of a plan without a result in a folder, and all of them.
pub fn missing(plan: &Plan, folder: &Path) -> (u64, u64) {
    let mut counts = (0, 0);
    for job in &plan.jobs {
        let runs = job.runs.end - job.runs.start;
        counts.1 += runs;
        if !result_path(folder, job).exists() {
            counts.0 += runs;
        }
    }
    counts
}

/// When a file was written, if it is there.
fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}

/// Rows of the runs that a folder has stored, and their number. Jobs without a valid result are left
/// out, and so are settings that have none.
///
/// # Errors
/// [`Error::Record`] for a folder that is not the experiment's; [`Error::Io`] naming a result that
/// cannot be read.
pub fn stored_rows(experiment: &Experiment, folder: &Path) -> Result<(RunTable, u64)> {
    let plan = Plan::new(experiment)?;
    belongs::check(experiment, &plan, folder)?;
    let mut count = 0;
    let mut settings: Vec<Vec<RunRows>> = vec![Vec::new(); experiment.settings.len()];
    for job in &plan.jobs {
        match result_file::read(experiment, job, &result_path(folder, job)) {
            Ok(runs) => {
                count += job.runs.end - job.runs.start;
                settings[job.setting_index].extend(runs.into_iter().map(|run| run.rows));
            }
            Err(Error::Record { .. }) => {}
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            Err(other) => return Err(other),
        }
    }
    let settings = experiment.settings.iter().zip(&settings);
    let settings = settings
        .filter(|(_, runs)| !runs.is_empty())
        .map(|(one, runs)| SettingRuns::new(one, runs));
    let settings = settings.collect();
    Ok((RunTable { settings }, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;
    use crate::file::lock::FolderLock;
    use crate::file::scratch::Scratch;
    use crate::plan::folder::write_start;

    /// Two settings of six runs each, two runs to a job.
    const FILE: &str = "name = \"a\"\n[data]\nsamples = 4\ninput_dim = 3\n[run]\nruns = 6\nruns_per_job = 2\n\
        steps = 8\nrecord = { every = 4 }\n[sweep]\n\"network.width\" = [5, 500]\n";

    #[test]
    fn a_folder_tells_what_is_stored_and_what_is_left() {
        let folder = Scratch::new("so-far");
        let experiment = Experiment::parse(FILE, &Overrides::none()).unwrap();
        let plan = Plan::new(&experiment).unwrap();
        crate::experiment::run_in(&experiment, folder.path()).unwrap();
        write_start(&experiment, &plan, folder.path()).unwrap();
        let whole = State::of(folder.path(), None).unwrap();
        assert!(whole.is_complete() && whole.left.is_none());
        let (all, count) = stored_rows(&experiment, folder.path()).unwrap();
        assert_eq!((all.settings.len(), count), (2, 12));

        // Of the wide networks one job is left, and that is damaged; of the narrow ones two.
        for job in [&plan.jobs[1], &plan.jobs[3], &plan.jobs[4]] {
            fs::remove_file(result_path(folder.path(), job)).unwrap();
        }
        fs::write(result_path(folder.path(), &plan.jobs[5]), "damaged").unwrap();
        let by_runs = State::of(folder.path(), None).unwrap();
        assert_eq!((by_runs.stored, by_runs.runs, by_runs.settings), (6, 12, 2));
        assert!((by_runs.share - 0.5).abs() < 1e-12 && !by_runs.is_running);
        let by_work = State::of(folder.path(), Some(&experiment)).unwrap();
        assert!((0.3..0.36).contains(&by_work.share), "{by_work:?}");
        let (rows, count) = stored_rows(&experiment, folder.path()).unwrap();
        assert_eq!((rows.settings.len(), count), (1, 4));
        assert_eq!(rows.settings[0].column("width"), Some("5"));
        assert_eq!(rows.settings[0].steps, [0, 4, 8]);
        let kept = [0, 1, 4, 5]
            .map(|run| all.settings[0].values[&crate::measure::Quantity::Loss].row(run));
        for (row, kept) in rows.settings[0].values[&crate::measure::Quantity::Loss]
            .rows()
            .into_iter()
            .zip(kept)
        {
            assert_eq!(row, kept);
        }
    }

    #[test]
    fn the_time_that_is_left_is_that_of_the_work_at_the_pace_so_far() {
        let folder = Scratch::new("so-far-time");
        let experiment = Experiment::parse(FILE, &Overrides::none()).unwrap();
        let plan = Plan::new(&experiment).unwrap();
        crate::experiment::run_in(&experiment, folder.path()).unwrap();
        for job in &plan.jobs[3..] {
            fs::remove_file(result_path(folder.path(), job)).unwrap();
        }
        write_start(&experiment, &plan, folder.path()).unwrap();
        let _lock = FolderLock::acquire(folder.path()).unwrap();
        // A program that has gone on a minute ago, and has stored nothing since; then one of an hour ago.
        let begin = |ago: u64| {
            let when = SystemTime::now() - Duration::from_secs(ago);
            let file = fs::File::options()
                .append(true)
                .open(folder.path().join(PLAN));
            file.unwrap().set_modified(when).unwrap();
            State::of(folder.path(), None).unwrap()
        };
        for job in &plan.jobs[..3] {
            let file = fs::File::options()
                .append(true)
                .open(result_path(folder.path(), job));
            let when = SystemTime::now() - Duration::from_secs(100);
            file.unwrap().set_modified(when).unwrap();
        }
        let idle = begin(60);
        assert!(idle.is_running && idle.left.is_none(), "{idle:?}");
        let left = begin(3600).left.unwrap().as_secs_f64();
        assert!((3600.0..3610.0).contains(&left), "{left}");
    }
}
