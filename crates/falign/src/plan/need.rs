//! Memory that the runs of an experiment need, all threads together, before one of them is
//! begun: the formulas that stand next to each engine, on the sizes that keys and files give.

use crate::config::need::{Sizes, asks_for_slow_time, blamed, of_replicate, of_run};
use std::collections::BinaryHeap;

use super::share::Share;
use super::work::most_rows;
use crate::config::setting::Setting;
use crate::config::{Experiment, keys};
use crate::data::Inputs;
use crate::memory;
use crate::memory::{Need, Size, available, shown};
use crate::simulate::sources::Sources;
use crate::theory::{certificate_memory, states_memory};
use crate::{Error, Result};

/// Memory that an experiment needs at its worst moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Needed {
    /// Bytes in all: data sets, as many runs as there are threads, and what they record.
    pub bytes: f64,
    /// Bytes of the largest run.
    pub run_bytes: f64,
    /// Runs that go on at once.
    pub at_once: usize,
    /// Runs that a thread takes at a time.
    pub share: Share,
    /// The key to lower, and its value.
    pub key: String,
    /// The value as it is written.
    pub value: String,
}

impl Needed {
    /// An error where it is more than [`available`].
    ///
    /// # Errors
    /// [`Error::Config`] with the key to lower.
    pub fn fits(&self) -> Result<()> {
        match available() {
            Some(limit) if self.bytes > limit as f64 => Err(self.refused(limit as f64)),
            _ => Ok(()),
        }
    }

    fn refused(&self, limit: f64) -> Error {
        let needs = match self.at_once {
            1 => format!("needs {} of memory", shown(self.bytes)),
            runs => format!(
                "needs {} of memory for {runs} runs at once, {} each",
                shown(self.bytes),
                shown(self.run_bytes)
            ),
        };
        let threads = if self.at_once > 1 {
            ", take fewer threads"
        } else {
            ""
        };
        Error::config(
            &self.key,
            &self.value,
            format!(
                "{needs}, and {} can be had here; lower it{threads}, or allow more by --memory",
                shown(limit)
            ),
        )
    }
}

/// Memory that the runs of an experiment need on that many threads: with single runs side by side where
/// they fit in what is [`available`], and else with one run of a job after another. Reads the data that its
/// settings name, which stay in `sources`.
///
/// # Errors
/// As [`Sources::reals`] and [`Sources::labelled`].
///
/// # Example
/// ```
/// use falign::experiment::Experiment;
/// use falign::internal::simulate::sources::Sources;
/// use falign::internal::plan::need::needed;
/// let flat = "samples = 1000\nwidth = 1e4\nactivation = \"tanh\"\nruns = 8\nruns_per_job = 1".parse().unwrap();
/// let experiment = Experiment::from_flat(&flat, None)?;
/// let one = needed(&experiment, &Sources::default(), 1)?;
/// let four = needed(&experiment, &Sources::default(), 4)?;
/// assert_eq!((one.key.as_str(), four.at_once), ("network.width", 4));
/// assert!(one.bytes > 8e7 && four.bytes > 3.9 * one.run_bytes); // Z alone is 8e7 bytes
/// # Ok::<(), falign::Error>(())
/// ```
pub fn needed(experiment: &Experiment, sources: &Sources, threads: usize) -> Result<Needed> {
    let single = needed_of(experiment, sources, threads, Share::Runs)?;
    if single.fits().is_ok() {
        return Ok(single);
    }
    needed_of(experiment, sources, threads, Share::Jobs)
}

/// Share of [`needed`]; whole jobs of data that cannot be read, for their jobs fail.
pub(crate) fn share(experiment: &Experiment, sources: &Sources, threads: usize) -> Share {
    needed(experiment, sources, threads).map_or(Share::Jobs, |needed| needed.share)
}

fn needed_of(
    experiment: &Experiment,
    sources: &Sources,
    threads: usize,
    share: Share,
) -> Result<Needed> {
    // The largest come first, each with the number of its runs.
    let mut runs = BinaryHeap::new();
    let (mut shared, mut recorded) = (0.0_f64, 0.0);
    for (index, one) in experiment.settings.iter().enumerate() {
        let setting = &one.setting;
        let sizes = read_sizes(setting, sources)?;
        shared = shared.max(sizes.stored);
        let need = memory::total(&whole_run(setting, &sizes));
        recorded += records(setting, &sizes);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bytes, for order and display"
        )]
        runs.push((need.bytes as u64, std::cmp::Reverse(index)));
    }
    let largest = runs.peek().copied();
    let (mut bytes, mut free) = (shared + recorded, threads.max(1) as u64);
    let mut at_once = 0;
    while let Some((of_run, std::cmp::Reverse(index))) = runs.pop()
        && free > 0
    {
        // Runs that a thread takes together follow one another.
        let setting = &experiment.settings[index].setting;
        let runs = setting.runs.div_ceil(share.together(setting)).min(free);
        bytes += of_run as f64 * runs as f64;
        free -= runs;
        at_once += runs;
    }
    let (run_bytes, index) = largest.map_or((0, 0), |(bytes, index)| (bytes, index.0));
    let setting = &experiment.settings[index].setting;
    let sizes = read_sizes(setting, sources)?;
    // Threads without a run of their own help with the slow-time limit of the others.
    let replicates = free.min(at_once.saturating_mul(OTHER_REPLICATES)) as f64;
    let of_replicate = of_replicate(setting, &sizes.extent);
    bytes += replicates * memory::total(&of_replicate).bytes;
    let mut parts = whole_run(setting, &sizes);
    parts.push(Need {
        bytes: recorded,
        by: Size::Records,
    });
    let (leaf, value) = blamed(setting, memory::total(&parts).by);
    Ok(Needed {
        bytes,
        run_bytes: run_bytes as f64,
        at_once: usize::try_from(at_once).unwrap_or(usize::MAX),
        share,
        key: dotted(leaf),
        value,
    })
}

/// Replicates of the slow-time limit of a run that other threads may work on.
const OTHER_REPLICATES: u64 = 7;

/// Memory of one run with the states of its slow-time limit.
fn whole_run(setting: &Setting, sizes: &Sizes) -> Vec<Need> {
    let mut all = of_run(setting, sizes);
    if asks_for_slow_time(setting) {
        let rows = most_rows(setting, sizes) as f64;
        all.push(states_memory(rows, &sizes.extent));
    }
    all
}

/// Refuses an experiment that needs more memory than can be had.
///
/// # Errors
/// [`Error::Config`] with the key to lower; as [`needed`].
pub fn check(experiment: &Experiment, sources: &Sources, threads: usize) -> Result<()> {
    needed(experiment, sources, threads)?.fits()
}

/// Refuses kernels and spectra of an experiment's data that need more memory than can be had.
///
/// # Errors
/// [`Error::Config`] with the key to lower; as [`needed`].
pub fn check_theory(experiment: &Experiment, sources: &Sources) -> Result<()> {
    let settings = experiment.settings.iter();
    for one in settings.filter(|one| one.setting.two_layer().is_some()) {
        let sizes = read_sizes(&one.setting, sources)?;
        let need = certificate_memory(&sizes.extent);
        let (leaf, value) = blamed(&one.setting, need.by);
        let needed = Needed {
            bytes: need.bytes + sizes.stored,
            run_bytes: need.bytes,
            at_once: 1,
            share: Share::Jobs,
            key: dotted(leaf),
            value,
        };
        needed.fits()?;
    }
    Ok(())
}

/// Sizes of a setting's data, as keys and files say.
pub(crate) fn read_sizes(setting: &Setting, sources: &Sources) -> Result<Sizes> {
    let mut sizes = Sizes::typed(setting);
    let extent = &mut sizes.extent;
    if let Some(pair) = sources.reals(setting)? {
        extent.samples = pair.train.inputs.nrows() as f64;
        extent.inputs = pair.train.input_dim() as f64;
        extent.outputs = pair.train.outputs() as f64;
        extent.held_out = pair.held_out.map_or(0.0, |set| set.inputs.nrows() as f64);
        let samples = extent.samples + extent.held_out;
        sizes.stored += 8.0 * samples * (extent.inputs + extent.outputs);
    }
    if let Some(pair) = sources.labelled(setting)? {
        let limited = |samples: usize, limit: Option<usize>| {
            limit.map_or(samples, |limit| limit.min(samples)) as f64
        };
        let limits = setting
            .network()
            .map(|s| (s.deep().train_limit, s.deep().test_limit));
        let (train_limit, test_limit) = limits.unwrap_or_default();
        extent.samples = limited(pair.train.samples(), train_limit);
        extent.held_out = limited(pair.test.samples(), test_limit);
        extent.inputs = pair.train.input_dim() as f64;
        extent.outputs = pair.train.classes() as f64;
        sizes.input_bytes = match pair.train.inputs() {
            Inputs::Pixels(_) => 1.0,
            Inputs::Singles(_) => 4.0,
            Inputs::Reals(_) => 8.0,
        };
        let samples = (pair.train.samples() + pair.test.samples()) as f64;
        sizes.stored += samples * (sizes.input_bytes * extent.inputs + 8.0);
    }
    Ok(sizes)
}

fn dotted(leaf: &str) -> String {
    keys::leaf(leaf).map_or_else(|| leaf.to_owned(), keys::Key::dotted)
}

/// Bytes that the rows of a setting take: the numbers of each run, with their form in its result
/// file, and one row of the tables, whose cells are text.
fn records(setting: &Setting, sizes: &Sizes) -> f64 {
    const NUMBER_OF_A_RUN: f64 = 90.0;
    const CELLS_OF_A_QUANTITY: f64 = 250.0;
    const CELLS_OF_A_ROW: f64 = 1000.0;
    let rows = most_rows(setting, sizes) as f64;
    let quantities = setting.quantities.len() as f64;
    let of_runs = NUMBER_OF_A_RUN * quantities * setting.runs as f64;
    rows * (of_runs + CELLS_OF_A_QUANTITY * quantities + CELLS_OF_A_ROW)
}
