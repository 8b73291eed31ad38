//! What the runs of an experiment need in memory, all threads together, before one of them is
//! begun: the formulas that stand beside each engine, on the sizes that keys and files give.

use std::collections::BinaryHeap;

use super::config::{Experiment, GENERATED_IMAGES, record_text};
use super::cost::expected_steps;
use super::keys;
use super::recorded::rows;
use super::setting::{Engine, SaveWeights, Setting};
use super::sources::Sources;
use crate::data::Inputs;
use crate::math::Precision;
use crate::mlp::{NetworkExtent, Training};
use crate::room::{self, Extent, Need, Size, available, shown};
use crate::rule::Feedback;
use crate::theory::{certificate_memory, spectrum_memory};
use crate::two_layer::{Draw, Linear, Needs, Reference, SampleSpace};
use crate::{Error, Result};

/// What an experiment needs at its worst moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Needed {
    /// Bytes in all: data sets, as many runs as there are threads, and what they record.
    pub bytes: f64,
    /// Bytes of the largest run.
    pub run_bytes: f64,
    /// Runs that go on at once.
    pub at_once: usize,
    /// The key to lower, and its value.
    pub key: String,
    /// As it is written.
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

/// What the runs of an experiment need on that many threads. Reads the data that its settings
/// name, which stay in `sources`.
///
/// # Errors
/// As [`Sources::reals`] and [`Sources::labelled`].
///
/// # Example
/// ```
/// use falign::experiment::{Experiment, need::needed, sources::Sources};
/// let flat = "samples = 1000\nwidth = 1e4\nactivation = \"tanh\"\nruns = 8\nruns_per_job = 1".parse().unwrap();
/// let experiment = Experiment::from_flat(&flat, None)?;
/// let one = needed(&experiment, &Sources::default(), 1)?;
/// let four = needed(&experiment, &Sources::default(), 4)?;
/// assert_eq!((one.key.as_str(), four.at_once), ("network.width", 4));
/// assert!(one.bytes > 8e7 && four.bytes > 3.9 * one.run_bytes); // Z alone is 8e7 bytes
/// # Ok::<(), falign::Error>(())
/// ```
pub fn needed(experiment: &Experiment, sources: &Sources, threads: usize) -> Result<Needed> {
    // The largest come first, each with the number of its runs.
    let mut runs = BinaryHeap::new();
    let (mut shared, mut recorded) = (0.0_f64, 0.0);
    for (index, one) in experiment.settings.iter().enumerate() {
        let setting = &one.setting;
        let sizes = Sizes::read(setting, sources)?;
        shared = shared.max(sizes.stored);
        let need = room::total(&of_run(setting, &sizes));
        recorded += records(setting);
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
        // Runs of one job follow one another.
        let setting = &experiment.settings[index].setting;
        let jobs = setting.runs.div_ceil(setting.runs_per_job.max(1)).min(free);
        bytes += of_run as f64 * jobs as f64;
        free -= jobs;
        at_once += jobs;
    }
    let (run_bytes, index) = largest.map_or((0, 0), |(bytes, index)| (bytes, index.0));
    let setting = &experiment.settings[index].setting;
    let mut parts = of_run(setting, &Sizes::read(setting, sources)?);
    parts.push(Need {
        bytes: recorded,
        by: Size::Records,
    });
    let (leaf, value) = blamed(setting, room::total(&parts).by);
    Ok(Needed {
        bytes,
        run_bytes: run_bytes as f64,
        at_once: usize::try_from(at_once).unwrap_or(usize::MAX),
        key: dotted(leaf),
        value,
    })
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
    for one in settings.filter(|one| one.setting.resolved_engine() != Engine::MiniBatch) {
        let sizes = Sizes::read(&one.setting, sources)?;
        let need = certificate_memory(&sizes.extent);
        let (leaf, value) = blamed(&one.setting, need.by);
        let needed = Needed {
            bytes: need.bytes + sizes.stored,
            run_bytes: need.bytes,
            at_once: 1,
            key: dotted(leaf),
            value,
        };
        needed.fits()?;
    }
    Ok(())
}

fn dotted(leaf: &str) -> String {
    keys::leaf(leaf).map_or_else(|| leaf.to_owned(), keys::Key::dotted)
}

/// The sizes of a setting's data.
pub(super) struct Sizes {
    pub(super) extent: Extent,
    /// Bytes that all runs share.
    stored: f64,
    /// Bytes of one input.
    input_bytes: f64,
}

impl Sizes {
    /// As the keys say; what a file would say is 0.
    pub(super) fn typed(setting: &Setting) -> Self {
        let is_file = setting.train_data.is_some()
            || setting.deep.labelled_data.is_some()
            || setting
                .deep
                .labelled
                .as_deref()
                .is_some_and(|name| name != GENERATED_IMAGES);
        let of = |value: usize| if is_file { 0.0 } else { value as f64 };
        Self {
            extent: Extent {
                samples: of(setting.samples),
                held_out: setting.held_out as f64,
                inputs: of(setting.input_dim),
                outputs: of(setting.outputs),
                width: setting.width as f64,
            },
            stored: 0.0,
            input_bytes: if setting.deep.has_classes() { 1.0 } else { 8.0 },
        }
    }

    /// As keys and files say.
    fn read(setting: &Setting, sources: &Sources) -> Result<Self> {
        let mut sizes = Self::typed(setting);
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
            extent.samples = limited(pair.train.samples(), setting.deep.train_limit);
            extent.held_out = limited(pair.test.samples(), setting.deep.test_limit);
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
}

/// What one run needs, besides what all share.
pub(super) fn of_run(setting: &Setting, sizes: &Sizes) -> Vec<Need> {
    use Size::{HeldOut, Inputs, Outputs, Samples, Width};
    let extent = &sizes.extent;
    if setting.resolved_engine() == Engine::MiniBatch {
        // Generated data are drawn, put together for the teacher, and taken apart.
        let is_generated = sizes.stored <= 0.0 && !setting.deep.has_classes();
        let bytes = if is_generated {
            24.0
        } else {
            sizes.input_bytes
        };
        let mut all = vec![
            extent.array(bytes, &[Samples, Inputs]),
            extent.array(bytes, &[HeldOut, Inputs]),
            extent.array(8.0, &[Samples, Outputs]),
        ];
        all.extend(of_network(setting, extent));
        return all;
    }
    let save = setting.save_weights;
    let needs = Needs::of(
        &setting.quantities,
        matches!(save, SaveWeights::Final | SaveWeights::Both),
    );
    // The run's own data, and as the engine's problem has them.
    let mut all = vec![
        extent.array(24.0, &[Samples, Inputs]),
        extent.array(24.0, &[HeldOut, Inputs]),
        extent.array(24.0, &[Samples, Outputs]),
        extent.array(24.0, &[HeldOut, Outputs]),
    ];
    let is_drawn = setting.resolved_draw() != Draw::Gram;
    all.extend(match (setting.resolved_engine(), setting.precision) {
        (Engine::Linear, _) => {
            let is_fixed = setting.rule.feedback() == Some(Feedback::Random);
            Linear::memory(extent, is_fixed, needs, is_drawn)
        }
        (Engine::Reference, Precision::F64) => Reference::<f64>::memory(extent, needs),
        (Engine::Reference, _) => Reference::<f32>::memory(extent, needs),
        (_, Precision::F64) => SampleSpace::<f64>::memory(extent, needs),
        _ => SampleSpace::<f32>::memory(extent, needs),
    });
    if save != SaveWeights::None {
        // Of the start and of the end, and as a file.
        all.push(extent.array(24.0, &[Width, Inputs]));
        all.push(extent.array(48.0, &[Width, Outputs]));
    }
    let is_limit = setting.quantities.iter().any(|q| q.is_prediction());
    if super::resolve::needs_spectrum(setting) || is_limit {
        all.push(spectrum_memory(extent));
    }
    all
}

/// What a network of any depth needs.
fn of_network(setting: &Setting, extent: &Extent) -> Vec<Need> {
    let deep = &setting.deep;
    let widths = match &deep.hidden_widths {
        Some(widths) => widths.iter().map(|&units| units as f64).collect(),
        None => vec![extent.width; deep.hidden_layers],
    };
    let batch = deep.batch.map_or(extent.samples, |batch| batch as f64);
    let network = NetworkExtent {
        inputs: extent.inputs,
        widths,
        outputs: extent.outputs,
        batch: batch.min(extent.samples),
        samples: extent.samples.max(extent.held_out),
        optimiser: deep.optimiser_kind(),
        has_feedback: setting.rule.composition().is_some(),
        saves: setting.save_weights != SaveWeights::None,
    };
    match setting.precision {
        Precision::F64 => Training::<f64>::memory(&network),
        Precision::F32 => Training::<f32>::memory(&network),
    }
}

/// Bytes that the rows of a setting take: the numbers of each run, with their form in its result
/// file, and one row of the tables, whose cells are text.
fn records(setting: &Setting) -> f64 {
    const NUMBER_OF_A_RUN: f64 = 90.0;
    const CELLS_OF_A_QUANTITY: f64 = 250.0;
    const CELLS_OF_A_ROW: f64 = 1000.0;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let rows = rows(&setting.record, expected_steps(setting) as u64) as f64;
    let quantities = setting.quantities.len() as f64;
    let of_runs = NUMBER_OF_A_RUN * quantities * setting.runs as f64;
    rows * (of_runs + CELLS_OF_A_QUANTITY * quantities + CELLS_OF_A_ROW)
}

/// The leaf of the key that gives a size, and its value.
pub(super) fn blamed(setting: &Setting, size: Size) -> (&'static str, String) {
    let deep = &setting.deep;
    let file = [
        ("train_data", &setting.train_data),
        ("labelled_data", &deep.labelled_data),
    ]
    .into_iter()
    .find_map(|(leaf, path)| Some((leaf, path.as_ref()?.display().to_string())));
    let named = deep
        .labelled
        .as_ref()
        .filter(|name| *name != GENERATED_IMAGES);
    let data = file.or_else(|| named.map(|name| ("labelled", name.clone())));
    let or_data = |leaf, value: usize| match &data {
        Some(data) => data.clone(),
        None => (leaf, value.to_string()),
    };
    match size {
        Size::Samples => or_data("samples", setting.samples),
        Size::Inputs => or_data("input_dim", setting.input_dim),
        Size::Outputs => or_data("outputs", setting.outputs),
        Size::HeldOut => match &setting.held_out_data {
            Some(path) => ("held_out_data", path.display().to_string()),
            None if setting.held_out > 0 => ("held_out", setting.held_out.to_string()),
            None => or_data("held_out", setting.held_out),
        },
        Size::Width => match &deep.hidden_widths {
            Some(widths) if setting.resolved_engine() == Engine::MiniBatch => {
                ("hidden_widths", format!("{widths:?}"))
            }
            _ => ("width", setting.width.to_string()),
        },
        Size::Batch => match deep.batch {
            Some(batch) => ("batch", batch.to_string()),
            None => or_data("samples", setting.samples),
        },
        Size::Records => ("record", record_text(&setting.record)),
        Size::Quantities => ("quantities", setting.quantities.len().to_string()),
    }
}
