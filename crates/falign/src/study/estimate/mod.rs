//! How long an experiment will take, from a short calibration on this machine.

mod clock;
mod preparation;
mod pulse;
mod spent;

use std::collections::BTreeMap;
use std::time::Duration;

use rayon::prelude::*;

use self::clock::Clock;
pub use self::preparation::preparation_seconds;
pub use self::pulse::Pulse;
use self::spent::{Moment, Spent, Workers};
use crate::Result;
use crate::config::Experiment;
use crate::config::setting::{DatasetScope, FIELDS, Setting};
use crate::config::steps::recorded_steps;
use crate::plan::work::Rates;
use crate::plan::{Plan, need};
use crate::simulate::sources::Sources;
use crate::simulate::{Context, simulate, steps_and_record};

/// Time for all calibrations together on one thread, and the least and the most for one.
const BUDGET: [Duration; 3] = [
    Duration::from_secs(20),
    Duration::from_millis(100),
    Duration::from_millis(1500),
];

/// Keys that change neither the cost of a step nor that of a record.
const FREE: [&str; 14] = [
    "ridge",
    "ridge_table",
    "schedule",
    "cutoff",
    "decay_steps",
    "step_size",
    "step_size_decay",
    "seed",
    "runs",
    "runs_per_job",
    "per_run_table",
    "steps",
    "epochs",
    "alignment_threshold",
];

/// Predicted cost of one setting of an experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SettingEstimate {
    /// Index into [`Experiment::settings`].
    pub setting: usize,
    /// The setting that was calibrated for it: one that differs only in what costs nothing.
    pub like: usize,
    /// Steps of a run, on the data of run 0.
    pub steps: u64,
    /// Recorded steps among them.
    pub records: u64,
    /// Seconds of processor time before the first step of a run: its data, weights, and kernels with
    /// their eigenvalues.
    pub start_seconds: f64,
    /// Seconds of processor time for one step.
    pub step_seconds: f64,
    /// Seconds of processor time for one record.
    pub record_seconds: f64,
    /// Seconds of processor time for one run, its start and predictions included.
    pub run_seconds: f64,
}

/// Predicted cost of an experiment on this machine, with the threads of the current rayon pool.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// One per setting, in their order.
    pub settings: Vec<SettingEstimate>,
    /// Seconds of processor time of all runs.
    pub thread_seconds: f64,
    /// Seconds until the last job ends, with the threads to itself: one that shares its
    /// processors with other programs takes longer by their share.
    pub seconds: f64,
    /// Threads.
    pub threads: usize,
    /// Most memory that the process needs, in bytes; `None` where the system does not tell.
    pub memory: Option<u64>,
}

/// Predicts the cost of a plan: for each kind of setting as many runs as will go on at once are
/// begun side by side, for a moment each, and given up. Nothing is written.
///
/// Runs that converge or diverge before their last step take less. Takes about half a minute, and
/// more where data sets, initial weights or predictions are expensive: those are made in whole.
///
/// # Errors
/// As [`simulate`].
///
/// # Example
/// ```
/// use falign::experiment::Overrides;
/// use falign::internal::study::estimate::estimate;
/// use falign::internal::simulate::sources::Sources;
/// use falign::experiment::Experiment;
/// use falign::internal::plan::Plan;
/// let file = "name = \"small\"\n[data]\nsamples = 8\n[run]\nsteps = 50\nruns = 3\n";
/// let experiment = Experiment::parse(file, &Overrides::none())?;
/// let plan = Plan::new(&experiment)?;
/// let cost = estimate(&experiment, &plan, &Sources::default())?;
/// assert_eq!(cost.settings[0].steps, 50);
/// assert!(cost.seconds > 0.0 && cost.thread_seconds > 0.0);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn estimate(experiment: &Experiment, plan: &Plan, sources: &Sources) -> Result<Estimate> {
    estimate_heard(experiment, plan, sources, &Pulse::default())
}

/// Estimates as [`estimate`] does; `pulse` learns of every beginning and every step, which are far apart where one of
/// them takes long.
///
/// # Errors
/// As [`estimate`].
pub fn estimate_heard(
    experiment: &Experiment,
    plan: &Plan,
    sources: &Sources,
    pulse: &Pulse,
) -> Result<Estimate> {
    let threads = rayon::current_num_threads();
    let taken = need::share(experiment, sources, threads);
    // Setting and number of the runs that a thread takes at a time.
    let parts = plan.jobs.iter().flat_map(|job| {
        let setting = &experiment.settings[job.setting_index].setting;
        let parts = taken.parts(setting, job.runs.clone());
        parts.map(|runs| (job.setting_index, (runs.end - runs.start) as f64))
    });
    let parts: Vec<(usize, f64)> = parts.collect();
    let parallel = parts.len() < threads;
    let mut kinds: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, one) in experiment.settings.iter().enumerate() {
        kinds.entry(kind(&one.setting)).or_default().push(index);
    }
    let [all, least, most] = BUDGET;
    let budget = (all / u32::try_from(kinds.len()).unwrap_or(u32::MAX)).clamp(least, most);
    let mut settings: Vec<Option<SettingEstimate>> = vec![None; experiment.settings.len()];
    // Of runs that share all the threads, which is not their processor time.
    let mut walls = vec![0.0; experiment.settings.len()];
    for members in kinds.values() {
        let first = &experiment.settings[members[0]].setting;
        // Side by side: they share caches, memory and the processor's power.
        let copies = parts.len().min(threads);
        let timed = (0..copies)
            .into_par_iter()
            .with_max_len(1)
            .map(|copy| {
                let context = Context {
                    parallel,
                    ..Context::new(sources)
                };
                calibrate(first, copy as u64 % first.runs, context, budget, pulse)
            })
            .collect::<Result<Vec<Timed>>>()?;
        let mean =
            |of: &dyn Fn(&Timed) -> f64| timed.iter().map(of).sum::<f64>() / timed.len() as f64;
        let rates = |of: &dyn Fn(&Timed) -> Rates| Rates {
            setup: mean(&|one| of(one).setup),
            step: mean(&|one| of(one).step),
            record: mean(&|one| of(one).record),
        };
        // The clock of all threads counts what each of the copies takes.
        let each = if parallel { copies as f64 } else { 1.0 };
        let (processor, wall) = (
            rates(&|one| one.processor.divided(each)),
            rates(&|one| one.wall),
        );
        let predictions = timed[0].predictions;
        for &index in members {
            let setting = &experiment.settings[index].setting;
            pulse.beat();
            let (steps, record) = steps_and_record(setting, sources)?;
            let records = recorded_steps(&record, steps).len() as u64;
            let run = |rates: Rates, predictions: f64| {
                rates.run(steps as f64, records as f64) + predictions * share(setting)
            };
            walls[index] = run(wall, predictions.wall);
            settings[index] = Some(SettingEstimate {
                setting: index,
                like: members[0],
                steps,
                records,
                start_seconds: processor.setup,
                step_seconds: processor.step,
                record_seconds: processor.record,
                run_seconds: run(processor, predictions.processor / each),
            });
        }
    }
    let settings: Vec<SettingEstimate> = settings.into_iter().flatten().collect();
    let run_seconds = |setting: usize| {
        if parallel {
            walls[setting]
        } else {
            settings[setting].run_seconds
        }
    };
    let parts = parts.iter();
    let parts: Vec<f64> = parts
        .map(|(setting, runs)| runs * run_seconds(*setting))
        .collect();
    let thread_seconds: f64 = settings
        .iter()
        .map(|one| one.run_seconds * experiment.settings[one.setting].setting.runs as f64)
        .sum();
    Ok(Estimate {
        seconds: makespan(&parts, threads),
        thread_seconds,
        threads,
        memory: peak_memory(),
        settings,
    })
}

/// The share of a run's predictions that each run pays: on shared data they are made once.
fn share(setting: &Setting) -> f64 {
    match setting.dataset {
        DatasetScope::Shared => 1.0 / setting.runs as f64,
        DatasetScope::PerRun => 1.0,
    }
}

/// Measured cost of a run of a setting.
struct Timed {
    processor: Rates,
    wall: Rates,
    predictions: Spent,
}

fn calibrate(
    setting: &Setting,
    run: u64,
    context: Context<'_>,
    budget: Duration,
    pulse: &Pulse,
) -> Result<Timed> {
    pulse.beat();
    let (steps, record) = steps_and_record(setting, context.sources)?;
    pulse.beat();
    let records = recorded_steps(&record, steps);
    let workers = if context.parallel {
        Workers::AllThreads
    } else {
        Workers::ThisThread
    };
    let mut clock = Clock::new(workers, budget, &records);
    let finished = simulate(setting, run, context, &mut |step| {
        pulse.beat();
        clock.note(step)
    })?;
    // They follow the last step of a whole run; one that was given up made none.
    let mut begun = clock.last_look();
    if finished.is_none() {
        begun = Moment::now(workers);
        if let Setting::TwoLayer(setting) = setting {
            let ready = || begun = Moment::now(workers);
            crate::simulate::predict(setting, run, context, &records, ready)?;
        }
    }
    let predictions = Moment::now(workers) - begun;
    Ok(Timed {
        processor: clock.processor(),
        wall: clock.wall(),
        predictions,
    })
}

/// Text that settings of equal cost have in common.
fn kind(setting: &Setting) -> String {
    let kept = FIELDS
        .iter()
        .filter(|field| !FREE.contains(&field.key.leaf));
    let values: Vec<_> = kept.map(|field| (field.get)(setting)).collect();
    format!("{values:?}")
}

/// Time at which the last of `parts` ends if each goes to the thread that is free first. The last ones
/// may end sooner, where they are wide enough for idle threads to help.
fn makespan(parts: &[f64], threads: usize) -> f64 {
    let mut free = vec![0.0_f64; threads.max(1)];
    for part in parts {
        let next = free
            .iter_mut()
            .min_by(|a, b| a.total_cmp(b))
            .expect("at least one thread");
        *next += part;
    }
    free.into_iter().fold(0.0, f64::max)
}

/// The most memory this process has had so far: after the calibration, that of as many runs as
/// there are threads.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(1024 * kibibytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_go_to_the_thread_that_is_free_first() {
        assert!((makespan(&[3.0, 1.0, 1.0, 1.0, 2.0], 2) - 5.0).abs() < 1e-12);
        assert!((makespan(&[1.0; 6], 1) - 6.0).abs() < 1e-12);
        assert!(makespan(&[], 4).abs() < 1e-12);
    }
}
