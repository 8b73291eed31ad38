//! How long a run prepares data, weights, kernels and limits, told from a part of them where all
//! would take long.

use ndarray::{Array2, s};

use super::spent::{Moment, Workers};
use crate::Result;
use crate::config::Experiment;
use crate::config::setting::{Setting, Targets, TwoLayerSetting, needs_spectrum};
use crate::math::{Activation, StreamName, Streams};
use crate::measure::{DataSpectrum, Limit, Quantity};
use crate::memory::Extent;
use crate::network::Architecture;
use crate::plan::need::read_sizes;
use crate::simulate::resolve::{feedback_share, on_data};
use crate::simulate::run_data::{RunData, generation_work, load};
use crate::simulate::sources::Sources;
use crate::simulate::{network_work, sizes_of_dense, sizes_of_list, slow_time_of};
use crate::stage::{DRAW, Listener};
use crate::theory::{infinite_eigenvalues, infinite_feature_kernel, kernel_spectrum};
use crate::two_layer::Draw;

/// Rows that are timed in place of all.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// Rows of a kernel, whose time grows as their square.
    kernel: usize,
    /// Rows of a kernel whose eigenvalues are computed, whose time grows as the cube.
    eigenvalues: usize,
}

/// Enough for the library of large matrices.
const PART: Part = Part {
    kernel: 200,
    eigenvalues: 1100,
};

/// Samples whose slow-time limit is solved in place of that of all, whose time grows as the cube:
/// groups of particles as the samples, and a slope as their square.
const SLOW_SAMPLES: usize = 12;

/// Multiply-adds of draws that take seconds; fewer are not counted.
const LONG_DRAWS: f64 = 1e10;

/// Seconds of processor time, about, for what a run prepares besides its steps, of the setting that
/// takes longest: data and weights that are drawn, where that takes seconds; infinite-width kernels and
/// their eigenvalues, where there are more than 1100 samples; the slow-time limit, where there are
/// more than 12. 0 elsewhere, where a calibration tells. Takes seconds itself.
///
/// # Errors
/// As [`resolve`](fn@crate::simulate::resolve::resolve).
///
/// # Example
/// ```
/// use falign::internal::study::estimate::preparation_seconds;
/// use falign::experiment::Experiment;
/// use falign::internal::simulate::sources::Sources;
/// let flat = "samples = 100\nstep_size = \"auto\"".parse().unwrap();
/// let small = Experiment::from_flat(&flat, None)?;
/// assert_eq!(preparation_seconds(&small, &Sources::default())?, 0.0);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn preparation_seconds(experiment: &Experiment, sources: &Sources) -> Result<f64> {
    let mut longest = 0.0_f64;
    let mut known: Vec<(String, f64)> = Vec::new();
    for one in &experiment.settings {
        let setting = &one.setting;
        let kind = super::kind(setting);
        if known.iter().any(|(name, _)| *name == kind) {
            continue;
        }
        let extent = read_sizes(setting, sources)?.extent;
        let draws = draws(setting, &extent)?;
        let mut seconds = if draws > LONG_DRAWS {
            draws * seconds_of_work()
        } else {
            0.0
        };
        let Setting::TwoLayer(setting) = setting else {
            known.push((kind, seconds));
            longest = longest.max(seconds);
            continue;
        };
        let asked = Asked::of(setting);
        if asked.kernels + asked.eigenvalues > 0 && extent.samples > PART.eigenvalues as f64 {
            let part = first(setting, PART.eigenvalues, sources)?;
            seconds += asked.seconds(setting.activation, &part.inputs, extent.samples, PART);
        }
        if asked.slow_time && extent.samples > SLOW_SAMPLES as f64 {
            seconds += slow_time(setting, extent.samples, sources)?;
        }
        known.push((kind, seconds));
        longest = longest.max(seconds);
    }
    Ok(longest)
}

/// Multiply-adds of all draws of a run before its first step, about, and of the products with what
/// is drawn.
fn draws(setting: &Setting, extent: &Extent) -> Result<f64> {
    let draw = setting
        .two_layer()
        .map_or(Draw::Weights, TwoLayerSetting::draw);
    let data = generation_work(setting, draw);
    let Extent {
        samples: n,
        held_out: m,
        inputs: d,
        outputs: k,
        width: p,
    } = *extent;
    if let Setting::Network(setting) = setting {
        let count = |size: f64| {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "sizes of arrays"
            )]
            let count = size as usize;
            count.max(1)
        };
        let sizes = match &setting.blueprint {
            Some(blueprint) => sizes_of_list(blueprint),
            None => sizes_of_dense(&Architecture::new(
                count(d),
                &setting.widths,
                count(k),
                setting.activation,
            )?),
        };
        return Ok(data + network_work(setting, &sizes));
    }
    let start = if draw == Draw::Gram {
        (n + m).powi(2) * (d + n + m)
    } else {
        p * (DRAW * (d + 2.0 * k) + (n + m) * d)
    };
    let predicts = setting.quantities.iter().any(|q| q.is_prediction());
    // Predictions begin with separate data and a separate start.
    Ok((data + start) * if predicts { 2.0 } else { 1.0 })
}

/// Seconds of a multiply-add, told from draws.
fn seconds_of_work() -> f64 {
    const DRAWS: u32 = 1 << 18;
    let mut stream = Streams::new(0, 0).open(StreamName::Data);
    let begun = Moment::now(Workers::ThisThread);
    for _ in 0..DRAWS {
        std::hint::black_box(stream.normal());
    }
    let spent = Moment::now(Workers::ThisThread) - begun;
    spent.processor / (DRAW * f64::from(DRAWS))
}

/// The first samples of a run's data; of generated data no others are drawn, and signs in place of a
/// teacher's targets.
fn first(setting: &TwoLayerSetting, rows: usize, sources: &Sources) -> Result<RunData> {
    let mut few = setting.clone();
    few.samples = setting.samples.min(rows);
    few.held_out = 0;
    few.targets = Targets::Signs;
    let data = load(&few, 0, setting.draw(), sources, Listener::NOBODY)?;
    let rows = s![..rows.min(data.inputs.nrows()), ..];
    Ok(RunData {
        inputs: data.inputs.slice(rows).to_owned(),
        targets: data.targets.slice(rows).to_owned(),
        held_out: None,
    })
}

/// Seconds of the slow-time limit of that many samples, told from a few of them; 0 where those have
/// no defined step size or horizon.
fn slow_time(setting: &TwoLayerSetting, samples: f64, sources: &Sources) -> Result<f64> {
    let data = first(setting, SLOW_SAMPLES, sources)?;
    let rows = data.inputs.nrows() as f64;
    let spectrum = kernel_spectrum(setting.activation, &data.inputs);
    let Ok((problem, resolved)) = on_data(setting, data, Some(spectrum), None) else {
        return Ok(0.0);
    };
    let begun = Moment::now(Workers::AllThreads);
    std::hint::black_box(slow_time_of(&problem, resolved.steps)?);
    let spent = Moment::now(Workers::AllThreads) - begun;
    Ok(spent.processor * (samples / rows).powi(3))
}

/// Kernels, spectra of kernels, and limits that a run prepares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    kernels: u32,
    eigenvalues: u32,
    slow_time: bool,
}

impl Asked {
    fn of(setting: &TwoLayerSetting) -> Self {
        let mut asked = Self {
            kernels: 0,
            eigenvalues: 0,
            slow_time: false,
        };
        let has = |is: &dyn Fn(Quantity) -> bool| setting.quantities.iter().any(|q| is(*q));
        let reads = |spectrum| has(&|q| q.reads(spectrum));
        asked.slow_time = has(&|q| q.limit() == Some(Limit::SlowTime));
        let both = feedback_share(setting) > 0.0;
        if needs_spectrum(setting) {
            // Predictions begin with a separate start.
            let starts = 1 + u32::from(has(&Quantity::is_prediction));
            asked.kernels += starts * if both { 3 } else { 1 };
            asked.eigenvalues += starts * if both { 2 } else { 1 };
        } else if reads(DataSpectrum::InfiniteKernel) {
            asked.kernels += 1;
            asked.eigenvalues += 1;
        }
        if reads(DataSpectrum::Inputs) {
            asked.eigenvalues += 1;
        }
        if has(&|q| q.limit() == Some(Limit::Lazy)) {
            asked.kernels += if both { 2 } else { 1 };
        }
        asked
    }

    /// Seconds for so many samples, told from the first of their `inputs`, at least as many as a part has.
    fn seconds(
        self,
        activation: Activation,
        inputs: &Array2<f64>,
        samples: f64,
        part: Part,
    ) -> f64 {
        let timed = |rows: usize, work: &dyn Fn(&Array2<f64>)| {
            let some = inputs.slice(s![..rows, ..]).to_owned();
            let begun = Moment::now(Workers::ThisThread);
            work(&some);
            let spent = Moment::now(Workers::ThisThread) - begun;
            (spent.processor, samples / rows as f64)
        };
        let (kernel, more) = timed(part.kernel, &|some| {
            std::hint::black_box(infinite_feature_kernel(activation, some));
        });
        let kernels = f64::from(self.kernels) * kernel * more.powi(2);
        // The linear kernel takes next to nothing compared with its eigenvalues.
        let (eigenvalues, more) = timed(part.eigenvalues, &|some| {
            std::hint::black_box(infinite_eigenvalues(Activation::Linear, some));
        });
        kernels + f64::from(self.eigenvalues) * eigenvalues * more.powi(3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;
    use crate::simulate::resolve::resolve;

    fn experiment(samples: usize, more: &str) -> Experiment {
        let text = format!(
            "name = \"kernels\"\n[data]\nsamples = {samples}\ninput_dim = 7\n[network]\nwidth = 20\n\
             activation = \"relu\"\n[learning]\nstep_size = \"auto\"\n{more}"
        );
        Experiment::parse(&text, &Overrides::none()).unwrap()
    }

    #[test]
    fn a_part_tells_how_long_all_takes() {
        let (experiment, sources) = (experiment(300, ""), Sources::default());
        let setting = experiment.settings[0].setting.two_layer().unwrap();
        let begun = Moment::now(Workers::ThisThread);
        let (problem, _) = resolve(setting, 0, setting.draw(), &sources).unwrap();
        let took = (Moment::now(Workers::ThisThread) - begun).processor;
        let part = Part {
            kernel: 60,
            eigenvalues: 120,
        };
        let part_of_all = first(setting, part.eigenvalues, &sources).unwrap().inputs;
        assert_eq!(part_of_all, problem.inputs.slice(s![..120, ..]));
        let told = Asked::of(setting).seconds(setting.activation, &part_of_all, 300.0, part);
        assert!((took / 3.0..3.0 * took).contains(&told), "{told} {took}");
        let whole = preparation_seconds(&experiment, &sources).unwrap();
        assert!(whole == 0.0, "{whole}");
    }

    #[test]
    fn each_kernel_that_a_run_prepares_is_counted() {
        let asked = |more: &str| {
            let experiment = experiment(20, more);
            let setting = experiment.settings[0].setting.two_layer().unwrap();
            let Asked {
                kernels,
                eigenvalues,
                ..
            } = Asked::of(setting);
            (kernels, eigenvalues)
        };
        assert_eq!(asked(""), (1, 1));
        assert_eq!(asked("rule = \"backpropagation\"\n"), (3, 2));
        let quantities = "[run]\nquantities = [\"isometry_eps\", \"lazy_loss\"]\n";
        assert_eq!(asked(quantities), (3, 3));
    }

    /// Seconds told of a run with these keys.
    fn told(keys: &str) -> f64 {
        let flat = keys.parse().unwrap();
        let experiment = Experiment::from_flat(&flat, None).unwrap();
        preparation_seconds(&experiment, &Sources::default()).unwrap()
    }

    #[test]
    fn draws_are_counted_whoever_draws_them() {
        let draws = |keys: &str| {
            let flat = keys.parse().unwrap();
            let experiment = Experiment::from_flat(&flat, None).unwrap();
            let setting = &experiment.settings[0].setting;
            let extent = read_sizes(setting, &Sources::default()).unwrap().extent;
            draws(setting, &extent).unwrap() / DRAW
        };
        let near = |found: f64, expected: f64| {
            assert!((found / expected - 1.0).abs() < 0.05, "{found} {expected}");
        };
        let small = "samples = 1\ninput_dim = 700\nactivation = \"tanh\"\nstep_size = 0.1\n";
        // Weights, with a teacher of the same width; a teacher; inputs; two networks of some depth.
        near(draws(&format!("{small}width = 1e5")), 2.0 * 1e5 * 700.0);
        near(
            draws(&format!("{small}width = 5\nteacher_width = 1e6")),
            1e6 * 705.0,
        );
        let wide = "samples = 3000\ninput_dim = 7e4\nwidth = 1\ntargets = \"signs\"\nactivation = \"tanh\"\nstep_size = 0.1";
        near(draws(wide), 2.1e8 + 7e4 + 2.1e8 / DRAW);
        let deep = format!(
            "{small}engine = \"mini_batch\"\ntargets = \"signs\"\nhidden_widths = [4000, 3000]\n"
        );
        near(draws(&format!("{deep}rule = \"backpropagation\"")), 1.48e7);
        near(
            draws(&format!("{deep}rule = \"feedback_alignment\"")),
            2.68e7,
        );
    }

    #[test]
    fn what_takes_minutes_is_told_at_once() {
        let hours = "samples = 3\ninput_dim = 1000\nactivation = \"tanh\"\nwidth = 5\nteacher_width = 1e9\nstep_size = 0.1";
        assert!(told(hours) > 3600.0);
        let limit = "input_dim = 9\nactivation = \"tanh\"\nwidth = 400\nridge = 1\nstep_size = 0.1\nsteps = 20\n\
                     quantities = [\"slow_time_alignment\"]\nsamples";
        let [small, large] = [12, 3000].map(|samples| told(&format!("{limit} = {samples}")));
        assert!(small == 0.0 && large > 3600.0, "{small} {large}");
    }
}
