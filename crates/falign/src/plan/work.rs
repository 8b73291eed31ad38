//! Work of runs: for progress and the time that is left, and how a dry run adds up what its clock measures.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Job;
use super::need::read_sizes;
use crate::Result;
use crate::config::Experiment;
use crate::config::need::Sizes;
use crate::config::setting::{Length, Ridge, Setting, StepSize, Steps, TwoLayerEngine};
use crate::config::steps::rows;
use crate::math::Activation;
use crate::memory::Extent;
use crate::network::steps_per_epoch;
use crate::simulate::sources::Sources;
use crate::simulate::watch::Watch;

/// Parts of a run: seconds where a clock measured them, multiply-adds where they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Rates {
    /// Work before the first step, without its record.
    pub(crate) setup: f64,
    /// One step.
    pub(crate) step: f64,
    /// One recorded step, besides the step itself.
    pub(crate) record: f64,
}

impl Rates {
    /// Shares of so many that took these together.
    pub(crate) fn divided(self, shares: f64) -> Self {
        Self {
            setup: self.setup / shares,
            step: self.step / shares,
            record: self.record / shares,
        }
    }

    /// A run of so many steps and records.
    pub(crate) fn run(self, steps: f64, records: f64) -> f64 {
        self.setup + self.step * steps + self.record * records
    }

    /// Multiply-adds, by the sizes of the data. What is left out of a count takes the same share of
    /// it in all runs of an engine, about.
    fn counted(setting: &Setting, extent: &Extent) -> Self {
        let (n, k) = (extent.samples, extent.outputs);
        let setting = match setting {
            Setting::TwoLayer(setting) => setting,
            Setting::Network(setting) => {
                let batch = setting.deep().batch.map_or(n, |batch| n.min(batch as f64));
                if let Some(blueprint) = &setting.blueprint {
                    let layers = blueprint.layers_of_weights();
                    let works = layers.iter().map(|layer| layer.multiply_adds as f64);
                    let work: f64 = works.sum();
                    return Self {
                        setup: layers
                            .iter()
                            .map(|layer| layer.weights.length() as f64)
                            .sum(),
                        step: 3.0 * batch * work,
                        record: (n + extent.held_out) * work,
                    };
                }
                let units: Vec<f64> = std::iter::once(extent.inputs)
                    .chain(setting.widths.iter().map(|&units| units as f64))
                    .chain(std::iter::once(k))
                    .collect();
                let weights: f64 = units.windows(2).map(|pair| pair[0] * pair[1]).sum();
                return Self {
                    setup: weights,
                    // Forward, backward, and the gradient.
                    step: 3.0 * batch * weights,
                    record: (n + extent.held_out) * weights,
                };
            }
        };
        let width = match setting.engine {
            TwoLayerEngine::Linear | TwoLayerEngine::LinearFromGram => 3.0,
            TwoLayerEngine::Reference => 20.0 * extent.width,
            TwoLayerEngine::SampleSpace
                if matches!(setting.activation, Activation::Linear | Activation::Relu) =>
            {
                extent.width
            }
            TwoLayerEngine::SampleSpace => 2.0 * extent.width,
        };
        let start = if setting.engine == TwoLayerEngine::LinearFromGram {
            n
        } else {
            extent.width
        };
        let step = width * n * (n + k);
        Self {
            setup: 2.0 * start * n * extent.inputs,
            step,
            record: step,
        }
    }
}

/// Steps of the runs of a setting; `None` where the data of each decide.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts, which saturate"
)]
fn known_steps(setting: &Setting, extent: &Extent) -> Option<u64> {
    let setting = match setting {
        Setting::TwoLayer(setting) => setting,
        Setting::Network(setting) => {
            let samples = (extent.samples as usize).saturating_sub(setting.deep().validation);
            let batch = setting.deep().batch.unwrap_or(samples).min(samples).max(1);
            return Some(match setting.length {
                Length::Epochs(epochs) => epochs.saturating_mul(steps_per_epoch(samples, batch)),
                Length::Steps(steps) => steps,
            });
        }
    };
    match (setting.steps, setting.step_size, setting.typed_ridge()) {
        (Steps::Number(steps), _, _) => Some(steps),
        (Steps::Tau(tau), StepSize::Number(eta), _) => {
            Some((tau * (setting.width as f64).sqrt() / eta) as u64)
        }
        (Steps::EtaLambdaT(x), StepSize::Number(eta), Ridge::Number(ridge)) if ridge > 0.0 => {
            Some((x / (eta * ridge)) as u64)
        }
        (Steps::Tau(_) | Steps::EtaLambdaT(_), _, _) => None,
    }
}

/// Steps of a run whose own data decide, until a run of the setting says how many it has.
const UNTOLD: u64 = 10_000;

/// Recorded rows of a run, at most.
pub(super) fn most_rows(setting: &Setting, sizes: &Sizes) -> u64 {
    let steps = known_steps(setting, &sizes.extent).unwrap_or(UNTOLD);
    rows(&setting.record, steps)
}

/// Multiply-adds of a run, about, as far as its keys tell.
pub(super) fn of_run(setting: &Setting) -> f64 {
    let sizes = Sizes::typed(setting);
    let steps = known_steps(setting, &sizes.extent).unwrap_or(UNTOLD);
    let records = most_rows(setting, &sizes) as f64;
    Rates::counted(setting, &sizes.extent).run(steps as f64, records)
}

/// Multiply-adds of one record of a run. Reads the data that the setting names.
///
/// # Errors
/// As [`read_sizes`].
pub(crate) fn record_work(setting: &Setting, sources: &Sources) -> Result<f64> {
    let sizes = read_sizes(setting, sources)?;
    Ok(Rates::counted(setting, &sizes.extent).record)
}

/// Work of the runs of one setting.
struct OfSetting {
    rates: Rates,
    records: f64,
    /// Steps of one run.
    steps: AtomicU64,
    is_told: bool,
    /// Runs of all jobs.
    runs: u64,
}

impl OfSetting {
    fn run(&self, steps: u64) -> f64 {
        self.rates.run(steps as f64, self.records)
    }
}

/// Work of jobs, in multiply-adds.
pub(super) struct Work(Vec<OfSetting>);

impl Work {
    /// Work of these jobs, all of which `watch` is told. Reads the data that their settings name,
    /// which stay in `sources`; of data that cannot be read nothing is work, for their jobs fail.
    pub(super) fn new(
        experiment: &Experiment,
        jobs: &[Job],
        sources: &Sources,
        watch: &Watch,
    ) -> Self {
        let settings = experiment.settings.iter().map(|one| {
            let setting = &one.setting;
            let sizes = read_sizes(setting, sources).unwrap_or_else(|_| Sizes::typed(setting));
            let known = known_steps(setting, &sizes.extent);
            OfSetting {
                rates: Rates::counted(setting, &sizes.extent),
                records: most_rows(setting, &sizes) as f64,
                steps: AtomicU64::new(known.unwrap_or(UNTOLD)),
                is_told: known.is_some(),
                runs: 0,
            }
        });
        let mut settings: Vec<OfSetting> = settings.collect();
        for job in jobs {
            settings[job.setting_index].runs += job.runs.end - job.runs.start;
        }
        let all = settings
            .iter()
            .map(|one| one.runs as f64 * one.run(one.steps.load(Ordering::Relaxed)));
        add(&watch.total, all.sum());
        Self(settings)
    }

    /// Notes how many steps a run of a setting has, which is taken for those of its other runs, and
    /// gives the work of a run.
    pub(super) fn run(&self, setting: usize, steps: u64, watch: &Watch) -> f64 {
        let one = &self.0[setting];
        if !one.is_told
            && one
                .steps
                .compare_exchange(UNTOLD, steps, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            let more = one.run(steps) - one.run(UNTOLD);
            add(&watch.total, more * one.runs as f64);
        }
        one.run(one.steps.load(Ordering::Relaxed))
    }
}

/// Adds work, or takes it away.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate"
)]
pub(super) fn add(sum: &AtomicU64, work: f64) {
    if work < 0.0 {
        sum.fetch_sub(-work as u64, Ordering::Relaxed);
    } else {
        sum.fetch_add(work as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use ndarray::Array2;

    use super::*;
    use crate::config::Overrides;
    use crate::data::Dataset;
    use crate::file::scratch::Scratch;
    use crate::plan::execute::{execute, result_path};
    use crate::plan::{Plan, in_memory};
    use crate::rule::Registry;
    use crate::simulate::given::{self, Given};

    /// Rounding of each report to whole multiply-adds, as a share of all.
    const ROUNDING: f64 = 1e-3;

    fn assert_done(watch: &Watch, what: &str) {
        let value = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64;
        let (done, total) = (value(&watch.done), value(&watch.total));
        assert!(
            total > 0.0 && (done / total - 1.0).abs() < ROUNDING,
            "{what}: {done} of {total}"
        );
    }

    #[test]
    fn all_work_is_done_at_the_end_whatever_decides_the_steps() {
        for (steps, count) in [
            ("steps = 130", Some(3 * 130)),
            ("steps = { tau = 2 }\nstep_size = 1e-2", None),
            // Until its data are there nobody knows, and the guess is far from it.
            (
                "steps = { tau = 2 }\nstep_size = \"auto\"\ndataset = \"per_run\"\nsweep = { width = [9, 50] }",
                None,
            ),
            // Two batches an epoch.
            (
                "engine = \"mini_batch\"\nbatch = 4\nepochs = 40",
                Some(3 * 80),
            ),
        ] {
            let flat = format!("samples = 7\ninput_dim = 5\nwidth = 30\nruns = 3\n{steps}");
            let experiment = Experiment::from_flat(&flat.parse().unwrap(), None).unwrap();
            let watch = Watch::default();
            in_memory::run(&experiment, &Sources::default(), &watch).unwrap();
            assert_done(&watch, steps);
            let taken = watch.steps.into_inner();
            assert_eq!(count.unwrap_or(taken), taken, "{steps}");
        }
    }

    #[test]
    fn stored_runs_are_work_that_is_done() {
        let text = "name = \"stored\"\n[data]\nsamples = 7\ninput_dim = 5\n[network]\nwidth = 30\n\
                    [run]\nsteps = 130\nruns = 3\nruns_per_job = 1\n";
        let experiment = Experiment::parse(text, &Overrides::none()).unwrap();
        let plan = Plan::new(&experiment).unwrap();
        let folder = Scratch::new("stored-work");
        let sources = Sources::default();
        for (kept, made) in [(0, 3), (3, 0), (2, 1)] {
            if kept == 2 {
                std::fs::remove_file(result_path(folder.path(), &plan.jobs[1])).unwrap();
            }
            let watch = Watch::default();
            let done = execute(&experiment, &plan, folder.path(), &sources, &watch).unwrap();
            assert_eq!((done.kept, done.complete), (kept, true));
            assert_done(&watch, &format!("{kept} are stored"));
            assert_eq!(watch.jobs_done.into_inner(), 3);
            assert_eq!(watch.steps.into_inner(), made * 130);
        }
    }

    #[test]
    fn data_that_are_read_say_how_much_work_there_is() {
        let work = |samples: usize, inputs: usize| {
            let data = Dataset::new(
                Array2::from_shape_fn((samples, inputs), |(i, j)| (i * 3 + j) as f64),
                Array2::ones((samples, 2)),
            );
            let train = Arc::new(data.unwrap());
            let given = Given::Reals {
                train,
                held_out: None,
            };
            let flat = "engine = \"mini_batch\"\nwidth = 10\nbatch = 5\nepochs = 6\nrecord = \"last\"\nruns = 1";
            let (experiment, sources) = given::experiment(
                flat.parse().unwrap(),
                &given,
                Path::new("given.npz"),
                &Registry::built_in(),
            )
            .unwrap();
            let job = Job {
                id: String::new(),
                setting_index: 0,
                runs: 0..1,
            };
            let watch = Watch::default();
            Work::new(&experiment, &[job], &sources, &watch);
            watch.total.into_inner()
        };
        // Six epochs of three and of five batches of 5; 10 units, 2 outputs; one record.
        assert_eq!(work(15, 8), 100 * (1 + 6 * 3 * 3 * 5 + 15));
        assert_eq!(work(25, 18), 200 * (1 + 6 * 5 * 3 * 5 + 25));
    }
}
