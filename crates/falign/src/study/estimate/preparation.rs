//! How long a run prepares kernels of its data, told from a part of them where all would take long.

use ndarray::{Array2, s};

use super::spent::{Moment, Workers};
use crate::Result;
use crate::config::Experiment;
use crate::config::setting::{Engine, Setting, needs_spectrum};
use crate::math::Activation;
use crate::measure::Quantity;
use crate::simulate::resolve::feedback_share;
use crate::simulate::run_data::load;
use crate::simulate::sources::Sources;
use crate::theory::{infinite_eigenvalues, infinite_feature_kernel};

/// What is timed in place of all rows.
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

/// Seconds of processor time for the infinite-width kernels that a run prepares and their
/// eigenvalues, of the setting that takes longest; 0 where no data have more than 1100 samples, whose
/// kernels take seconds. Takes a second itself.
///
/// # Errors
/// As [`resolve`](fn@crate::simulate::resolve::resolve).
///
/// # Example
/// ```
/// use falign::study::estimate::preparation_seconds;
/// use falign::{config::Experiment, simulate::sources::Sources};
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
        let asked = Asked::of(setting);
        if asked.kernels + asked.eigenvalues == 0 {
            continue;
        }
        let kind = super::kind(setting);
        if known.iter().any(|(name, _)| *name == kind) {
            continue;
        }
        let data = load(setting, 0, setting.resolved_draw(), sources)?;
        let seconds = asked.seconds(setting.activation, &data.inputs, PART);
        known.push((kind, seconds));
        longest = longest.max(seconds);
    }
    Ok(longest)
}

/// Kernels, and spectra of kernels, that a run prepares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    kernels: u32,
    eigenvalues: u32,
}

impl Asked {
    fn of(setting: &Setting) -> Self {
        let mut asked = Self {
            kernels: 0,
            eigenvalues: 0,
        };
        if setting.resolved_engine() == Engine::MiniBatch {
            return asked;
        }
        let has = |is: fn(Quantity) -> bool| setting.quantities.iter().copied().any(is);
        let both = feedback_share(setting) > 0.0;
        if needs_spectrum(setting) {
            // Predictions begin with a start of their own.
            let starts = 1 + u32::from(has(Quantity::is_prediction));
            asked.kernels += starts * if both { 3 } else { 1 };
            asked.eigenvalues += starts * if both { 2 } else { 1 };
        } else if has(Quantity::needs_infinite_kernel) {
            asked.kernels += 1;
            asked.eigenvalues += 1;
        }
        if has(|q| q == Quantity::IsometryEps) {
            asked.eigenvalues += 1;
        }
        if has(|q| q == Quantity::LazyLoss) {
            asked.kernels += if both { 2 } else { 1 };
        }
        asked
    }

    /// 0 where the part would be all.
    fn seconds(self, activation: Activation, inputs: &Array2<f64>, part: Part) -> f64 {
        let samples = inputs.nrows();
        if samples <= part.eigenvalues {
            return 0.0;
        }
        let timed = |rows: usize, work: &dyn Fn(&Array2<f64>)| {
            let some = inputs.slice(s![..rows, ..]).to_owned();
            let begun = Moment::now(Workers::ThisThread);
            work(&some);
            let spent = Moment::now(Workers::ThisThread) - begun;
            (spent.processor, samples as f64 / rows as f64)
        };
        let (kernel, more) = timed(part.kernel, &|some| {
            std::hint::black_box(infinite_feature_kernel(activation, some));
        });
        let kernels = f64::from(self.kernels) * kernel * more.powi(2);
        // The linear kernel takes next to nothing beside its eigenvalues.
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
        let setting = &experiment.settings[0].setting;
        let begun = Moment::now(Workers::ThisThread);
        let draw = setting.resolved_draw();
        let (problem, _) = resolve(setting, 0, draw, &sources).unwrap();
        let took = (Moment::now(Workers::ThisThread) - begun).processor;
        let part = Part {
            kernel: 60,
            eigenvalues: 120,
        };
        let told = Asked::of(setting).seconds(setting.activation, &problem.inputs, part);
        assert!((took / 3.0..3.0 * took).contains(&told), "{told} {took}");
        let whole = Asked::of(setting).seconds(setting.activation, &problem.inputs, PART);
        assert!(whole == 0.0, "{whole}");
    }

    #[test]
    fn each_kernel_that_a_run_prepares_is_counted() {
        let asked = |more: &str| {
            let setting = &experiment(20, more).settings[0].setting;
            let Asked {
                kernels,
                eigenvalues,
            } = Asked::of(setting);
            (kernels, eigenvalues)
        };
        assert_eq!(asked(""), (1, 1));
        assert_eq!(asked("rule = \"backpropagation\"\n"), (3, 2));
        let quantities = "[run]\nquantities = [\"isometry_eps\", \"lazy_loss\"]\n";
        assert_eq!(asked(quantities), (3, 3));
    }
}
