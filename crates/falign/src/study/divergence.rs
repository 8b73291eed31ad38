//! Steps that are too large: the bound that a setting's data set, and how far beyond it the step is.

use std::collections::BTreeMap;
use std::fmt;

use crate::Result;
use crate::config::Experiment;
use crate::config::setting::{FIELDS, NetworkSetting, Ridge, Setting, StepSize, TwoLayerSetting};
use crate::math::digits::digits;
use crate::network::OptimiserKind;
use crate::plan::need::read_sizes;
use crate::plan::work::record_work;
use crate::rule::RidgeForm;
use crate::simulate::resolve::{feedback_share, largest_ridge, spectrum};
use crate::simulate::run_data::{input_work, load_inputs};
use crate::simulate::sources::Sources;
use crate::simulate::start_curvature;
use crate::simulate::watch::{Watch, prepare};
use crate::study::certificate::departures;
use crate::theory::{Spectrum, training_kernel_max_with_listener};
use crate::{Error, config};

/// Multiply-adds for the eigenvalues of a kernel of n samples, over n^3.
const EIGENVALUES: f64 = 4.0;

/// Passes through the data that the largest curvature takes, at most.
const PASSES: f64 = 100.0;

/// A step size beside the largest eigenvalue that bounds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepBound {
    /// eta.
    pub step_size: f64,
    /// M of the kernel that the network begins to train with, with the largest ridge; of a deep network the
    /// largest curvature at its start.
    pub largest: f64,
    /// Whether it is that of a deep network.
    pub is_curvature: bool,
}

impl fmt::Display for StepBound {
    /// `the step size 0.5 is 12 times the bound 2/M = 0.0411, ...`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_curvature {
            "the largest curvature of the loss at the start"
        } else {
            "the largest eigenvalue of the kernel that training begins with, and the largest ridge"
        };
        write!(
            f,
            "the step size {} is {} times the bound 2/M = {}, where M = {} is {what}",
            digits(self.step_size, 3),
            digits(self.ratio(), 3),
            digits(self.bound(), 3),
            digits(self.largest, 3),
        )
    }
}

impl StepBound {
    /// 2/M: beyond it the largest mode grows with each step.
    pub fn bound(self) -> f64 {
        2.0 / self.largest
    }

    /// Step size over its bound.
    pub fn ratio(self) -> f64 {
        self.step_size / self.bound()
    }
}

/// Bounds of all settings whose step size may be beyond its own, on the data of run 0, as long as `budget`
/// multiply-adds last. `None` for the others, such as those whose step is `auto`, and where training departs from the
/// paper's so that the bound is another.
///
/// # Errors
/// [`Error::Data`] or [`Error::Io`] for a data file; [`Error::Stopped`] where the watch says so.
///
/// # Example
/// ```
/// use falign::experiment::Experiment;
/// use falign::internal::simulate::sources::Sources;
/// use falign::internal::study::divergence::step_bounds;
/// let flat = "activation = \"linear\"\nsamples = 6\ninput_dim = 12\nstep_size = 50".parse().unwrap();
/// let bounds = step_bounds(&Experiment::from_flat(&flat, None)?, &Sources::default(), 1e6, None)?;
/// assert!(bounds[0].unwrap().ratio() > 1.0);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn step_bounds(
    experiment: &Experiment,
    sources: &Sources,
    budget: f64,
    watch: Option<&Watch>,
) -> Result<Vec<Option<StepBound>>> {
    let mut left = budget;
    let mut known: BTreeMap<String, Option<(Spectrum, f64)>> = BTreeMap::new();
    let bounds = experiment.settings.iter().map(|one| {
        let may_be_beyond = match one.setting.step_size {
            StepSize::Number(_) => true,
            StepSize::OverM(share) => share > 1.0,
            StepSize::Auto => false,
        };
        let two_layer = one.setting.two_layer().filter(|_| may_be_beyond);
        let Some(setting) = two_layer.filter(|one| departures(one).is_empty()) else {
            return Ok(None);
        };
        let kernel = kernel(one);
        if !known.contains_key(&kernel) {
            let cost = cost(&one.setting, setting, sources)?;
            left -= cost;
            let found = (left >= 0.0)
                .then(|| largest(setting, sources, watch))
                .transpose()?;
            known.insert(kernel.clone(), found);
        }
        let found = known.get(&kernel).copied().flatten();
        Ok(found.map(|(spectrum, max)| of_kernel(setting, spectrum, max)))
    });
    bounds.collect()
}

/// Bound of a setting whose kernel has this spectrum, and begins to train with `max`.
fn of_kernel(setting: &TwoLayerSetting, spectrum: Spectrum, max: f64) -> StepBound {
    let level = |ridge| match ridge {
        Ridge::Number(ridge) => ridge,
        Ridge::Gamma(multiple) => multiple * spectrum.gamma,
    };
    let ridge = largest_ridge(setting, level);
    let step_size = match setting.step_size {
        StepSize::Number(step_size) => step_size,
        StepSize::OverM(share) => share / max,
        StepSize::Auto => 0.5 / (max + ridge),
    };
    // As it enters 1 - eta lambda.
    let ridge = match setting.ridge_form {
        RidgeForm::StepScaled => ridge,
        RidgeForm::PerStep => ridge / step_size,
    };
    StepBound {
        step_size,
        largest: max + ridge,
        is_curvature: false,
    }
}

/// Bound of one setting, as [`step_bounds`] has it, whatever its step size; of a deep network trained by plain
/// steps of a given size, the largest curvature at the start of run 0.
///
/// # Errors
/// As [`step_bounds`].
pub fn step_bound(
    experiment: &Experiment,
    setting: usize,
    sources: &Sources,
    budget: f64,
    watch: Option<&Watch>,
) -> Result<Option<StepBound>> {
    let one = &experiment.settings[setting];
    if let (Setting::Network(network), StepSize::Number(step_size)) =
        (&one.setting, one.setting.step_size)
    {
        let work = PASSES * record_work(&one.setting, sources)?;
        if work > budget || !matches!(network.optimiser, OptimiserKind::Sgd) {
            return Ok(None);
        }
        return of_network(network, step_size, sources, watch);
    }
    let two_layer = one.setting.two_layer();
    let Some(setting) = two_layer.filter(|one| departures(one).is_empty()) else {
        return Ok(None);
    };
    if cost(&one.setting, setting, sources)? > budget {
        return Ok(None);
    }
    let (spectrum, max) = largest(setting, sources, watch)?;
    Ok(Some(of_kernel(setting, spectrum, max)))
}

fn of_network(
    setting: &NetworkSetting,
    step_size: f64,
    sources: &Sources,
    watch: Option<&Watch>,
) -> Result<Option<StepBound>> {
    let curvature = prepare(watch, |listener| {
        start_curvature(setting, sources, listener)
    });
    match curvature {
        Ok(curvature) => Ok(Some(StepBound {
            step_size,
            largest: curvature + setting.largest_ridge,
            is_curvature: true,
        })),
        // A start that has none to measure by.
        Err(Error::Config { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Text that is equal where settings have the same kernel.
fn kernel(one: &config::LabelledSetting) -> String {
    let setting = &one.setting;
    let kept = FIELDS.iter().filter(|field| {
        let key = field.key;
        key.section == "data" || ["seed", "activation", "feedback_correlation"].contains(&key.leaf)
    });
    let values: Vec<_> = kept.map(|field| (field.get)(setting)).collect();
    format!("{values:?} {}", setting.rule.name())
}

/// Multiply-adds for the kernel's largest eigenvalue.
fn cost(keys: &Setting, setting: &TwoLayerSetting, sources: &Sources) -> Result<f64> {
    let extent = read_sizes(keys, sources)?.extent;
    let (n, d) = (extent.samples, extent.inputs);
    let kernels = if feedback_share(setting) > 0.0 {
        2.0
    } else {
        1.0
    };
    let eigenvalues = kernels * EIGENVALUES * n * n * n;
    Ok(input_work(setting) + kernels * n * n * d + eigenvalues)
}

/// Spectrum of the infinite-width kernel, and M of the kernel that training begins with.
fn largest(
    setting: &TwoLayerSetting,
    sources: &Sources,
    watch: Option<&Watch>,
) -> Result<(Spectrum, f64)> {
    let inputs = prepare(watch, |listener| load_inputs(setting, 0, sources, listener))?;
    let spectrum = spectrum(setting.activation, &inputs, watch)?;
    let share = feedback_share(setting);
    let max = if share > 0.0 {
        prepare(watch, |listener| {
            let max =
                training_kernel_max_with_listener(setting.activation, &inputs, share, listener);
            max.ok_or(Error::Stopped)
        })?
    } else {
        spectrum.max
    };
    Ok((spectrum, max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::certificate::{Question, certify_settings};

    /// Rounding of a few eigenvalues.
    const ROUNDING: f64 = 1e-9;

    fn experiment(flat: &str) -> Experiment {
        Experiment::from_flat(&flat.parse().unwrap(), None).unwrap()
    }

    #[test]
    fn the_bound_is_the_certificates_whatever_the_rule_the_ridge_and_the_unit() {
        for flat in [
            "activation = \"tanh\"\nstep_size = 0.7\nridge = 0.3",
            "activation = \"relu\"\nrule = \"backpropagation\"\nstep_size = 0.02\nridge = 0.3",
            "activation = \"linear\"\nstep_size = { over_M = 1.7 }\nridge = { gamma = 2 }",
            "activation = \"tanh\"\nstep_size = 0.1\nridge = 0.05\nridge_form = \"per_step\"",
            "activation = \"tanh\"\nstep_size = 0.1\nfeedback_correlation = 0.5",
        ] {
            let text = format!("samples = 7\ninput_dim = 5\nwidth = 30\nsteps = 9\n{flat}");
            let experiment = experiment(&text);
            let sources = Sources::default();
            let found = step_bounds(&experiment, &sources, 1e7, None).unwrap()[0].unwrap();
            let alone = step_bound(&experiment, 0, &sources, 1e7, None).unwrap();
            assert_eq!(alone, Some(found));
            let one = &certify_settings(&experiment, &sources, Question::default()).unwrap()[0];
            let wanted = |key| one.certificate.value(key).unwrap();
            assert!(
                (found.bound() / wanted("divergence_bound") - 1.0).abs() < ROUNDING,
                "{flat}"
            );
            let share = 2.0 * found.ratio() / wanted("step_share");
            assert!((share - 1.0).abs() < ROUNDING, "{flat}");
        }
    }

    #[test]
    fn nothing_is_said_of_what_is_dear_safe_or_of_another_kind() {
        let bound = |flat: &str, budget| {
            let text = format!("samples = 7\ninput_dim = 5\nwidth = 30\nsteps = 9\n{flat}");
            step_bounds(&experiment(&text), &Sources::default(), budget, None).unwrap()[0]
        };
        assert!(bound("step_size = 50", 1e7).is_some());
        // A teacher takes work that its inputs do not.
        assert!(bound("step_size = 50\nteacher_width = 1e7", 1e7).is_some());
        assert_eq!(bound("step_size = 50", 10.0), None);
        for flat in [
            "step_size = \"auto\"",
            "step_size = { over_M = 0.9 }",
            "step_size = 50\ndropout = 0.2",
            "step_size = 50\nrule = \"kolen_pollack\"",
            "step_size = 50\nbatch = 3",
        ] {
            assert_eq!(bound(flat, 1e7), None, "{flat}");
        }
    }

    #[test]
    fn a_deep_network_has_the_curvature_of_its_start() {
        let sources = Sources::default();
        let of = |keys: &str| {
            let flat = format!(
                "engine = \"mini_batch\"\nsamples = 7\ninput_dim = 5\nwidth = 30\nsteps = 9\n{keys}"
            );
            step_bound(&experiment(&flat), 0, &sources, 1e9, None).unwrap()
        };
        let found = of("step_size = 3").unwrap();
        assert!(found.is_curvature && found.largest > 0.0, "{found:?}");
        let flat = "engine = \"mini_batch\"\nsamples = 7\ninput_dim = 5\nwidth = 30\nsteps = 9\nstep_size = { over_M = 1 }";
        let run =
            crate::plan::in_memory::run(&experiment(flat), &sources, &Watch::default()).unwrap();
        let measured = run[0][0].as_ref().unwrap().resolved.kernel_max.unwrap();
        assert!(
            (found.largest / measured - 1.0).abs() < ROUNDING,
            "{found:?} {measured}"
        );
        assert_eq!(of("step_size = 3\noptimiser = \"adam\""), None);
    }
}
