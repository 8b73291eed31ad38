//! A setting and a run number become numbers: data, step size, ridge, horizon.

use crate::config::setting::needs_spectrum;
use ndarray::Array2;

use super::Context;
use super::run_data::{RunData, load};
use super::sources::Sources;
use super::watch::{Watch, prepare};
use crate::config::setting::{
    Duration, FeedbackDecay, FeedbackStepSize, Ridge, StepSize, Steps, TwoLayerSetting,
};
use crate::math::Activation;
use crate::rule::Feedback;
use crate::theory::{
    Spectrum, infinite_eigenvalues_with_listener, training_kernel_max_with_listener,
};
use crate::two_layer::{Draw, Problem};
use crate::{Error, Result};

/// Values of a run's theory units on its data.
///
/// # Example
/// ```
/// use ndarray::array;
/// let (x, y) = (array![[1.0, 0.2], [-0.3, 1.0], [0.5, -0.7]], array![1.0, -1.0, 0.5]);
/// let run = falign::train(&x, &y).width(20).steps(5).set("step_size", "{ over_M = 0.5 }").run()?;
/// let resolved = run.resolved()[0];
/// assert_eq!(resolved.step_size, 0.5 / resolved.kernel_max.unwrap());
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolved {
    /// eta.
    pub step_size: f64,
    /// lambda (its value at step 0).
    pub ridge: f64,
    /// Steps of the run.
    pub steps: u64,
    /// gamma of the infinite-width kernel, where a unit asked for it.
    pub gamma: Option<f64>,
    /// M, the largest eigenvalue of the same kernel, likewise; of a deep network the largest
    /// curvature at its start, where its step is measured by it.
    pub kernel_max: Option<f64>,
}

/// h of Gbar + h K o Gdot, the kernel that a setting's network begins to train with: 1 for
/// backpropagation, the initial correlation of b and beta for separate feedback weights.
pub(crate) fn feedback_share(setting: &TwoLayerSetting) -> f64 {
    match setting.feedback {
        Feedback::Transpose => 1.0,
        _ => setting.feedback_correlation,
    }
}

/// The largest ridge of a setting, of which `level` tells each as a number.
pub(crate) fn largest_ridge(setting: &TwoLayerSetting, level: impl Fn(Ridge) -> f64) -> f64 {
    let table = setting.typed_ridge_table();
    table.map_or_else(
        || level(setting.typed_ridge()),
        |table| table.iter().copied().fold(0.0, f64::max),
    )
}

/// Makes run `run` of a checked setting concrete.
///
/// # Errors
/// [`Error::Config`] where a theory unit has no finite value on this run's data;
/// [`Error::Data`] or [`Error::Io`] for a data file.
pub fn resolve(
    setting: &TwoLayerSetting,
    run: u64,
    draw: Draw,
    sources: &Sources,
) -> Result<(Problem, Resolved)> {
    resolve_watched(setting, run, draw, Context::new(sources))
}

/// Resolves as [`resolve`] does, with the data of a context, whose watch follows it.
///
/// # Errors
/// As there; [`Error::Stopped`] where the watch says so.
pub(crate) fn resolve_watched(
    setting: &TwoLayerSetting,
    run: u64,
    draw: Draw,
    context: Context<'_>,
) -> Result<(Problem, Resolved)> {
    let data = prepare(context.watch, |listener| {
        load(setting, run, draw, context.sources, listener)
    })?;
    let spectrum = needs_spectrum(setting)
        .then(|| spectrum(setting.activation, &data.inputs, context.watch))
        .transpose()?;
    on_data(setting, data, spectrum, context.watch)
}

/// [`kernel_spectrum`](crate::theory::kernel_spectrum), before the eyes of a watch.
///
/// # Errors
/// [`Error::Stopped`] where the watch says so.
pub(crate) fn spectrum(
    activation: Activation,
    inputs: &Array2<f64>,
    watch: Option<&Watch>,
) -> Result<Spectrum> {
    let eigenvalues = eigenvalues(activation, inputs, watch)?;
    Ok(Spectrum::of(&eigenvalues))
}

/// [`infinite_eigenvalues`](crate::theory::infinite_eigenvalues), likewise.
pub(crate) fn eigenvalues(
    activation: Activation,
    inputs: &Array2<f64>,
    watch: Option<&Watch>,
) -> Result<Vec<f64>> {
    prepare(watch, |listener| {
        infinite_eigenvalues_with_listener(activation, inputs, listener).ok_or(Error::Stopped)
    })
}

/// Problem and values on data whose kernel has this spectrum, which a setting with units of the theory
/// needs.
pub(crate) fn on_data(
    setting: &TwoLayerSetting,
    data: RunData,
    spectrum: Option<Spectrum>,
    watch: Option<&Watch>,
) -> Result<(Problem, Resolved)> {
    let kernel = || spectrum.expect("a setting with units of the theory needs it");
    let level = |ridge: Ridge| match ridge {
        Ridge::Number(ridge) => ridge,
        Ridge::Gamma(multiple) => multiple * kernel().gamma,
    };
    let ridge = level(setting.typed_ridge());
    let largest = largest_ridge(setting, level);
    // The paper's feedback alignment begins with Gbar alone.
    let training_max = || match feedback_share(setting) {
        share if share > 0.0 => prepare(watch, |listener| {
            let (activation, inputs) = (setting.activation, &data.inputs);
            let max = training_kernel_max_with_listener(activation, inputs, share, listener);
            max.ok_or(Error::Stopped)
        }),
        _ => Ok(kernel().max),
    };
    let step_size = match setting.step_size {
        StepSize::Number(eta) => eta,
        StepSize::Auto => 0.5 / (training_max()? + largest),
        StepSize::OverM(a) => a / training_max()?,
    };
    if !(step_size.is_finite() && step_size > 0.0) {
        return Err(Error::config(
            "learning.step_size",
            step_size,
            "the data's kernel has no positive, finite largest eigenvalue; rescale the data or give a number",
        ));
    }
    let width = setting.width as f64;
    let n = data.inputs.nrows() as f64;
    let (feedback_step_size, feedback_decay) =
        feedback_numbers(setting, step_size, data.inputs.nrows());
    let duration = |duration: Duration| match duration {
        Duration::Number(steps) => steps,
        // S_lambda / lambda, S_lambda = c gamma sqrt(gamma p)/(eta sqrt(n) M): Theorem 4.3.
        Duration::CS(c) => {
            let Spectrum { gamma, max } = kernel();
            c * gamma * (gamma * width).sqrt() / (step_size * n.sqrt() * max) / ridge
        }
    };
    let schedule = setting.ridge.resolved(
        |ridge| Ok(level(*ridge)),
        |last| whole("learning.cutoff", duration(*last).floor()),
        |time| Ok(duration(*time)),
    )?;
    let steps = match setting.steps {
        Steps::Number(steps) => steps,
        Steps::Tau(tau) => whole("run.steps", (tau * width.sqrt() / step_size).ceil())?,
        Steps::EtaLambdaT(x) => whole("run.steps", (x / (step_size * largest)).ceil())?,
    };
    let problem = Problem {
        inputs: data.inputs,
        targets: data.targets,
        held_out: data.held_out,
        width: setting.width,
        activation: setting.activation,
        feedback: setting.feedback,
        step_size,
        ridge_form: setting.ridge_form,
        dropout: setting.dropout,
        output_scale: setting.output_scale,
        center_outputs: setting.center_outputs,
        feedback_step_size,
        feedback_decay,
        schedule,
    };
    let resolved = Resolved {
        step_size,
        ridge: problem.schedule.value(0),
        steps,
        gamma: spectrum.map(|spectrum| spectrum.gamma),
        kernel_max: spectrum.map(|spectrum| spectrum.max),
    };
    Ok((problem, resolved))
}

/// `eta_b` and kappa on `samples` samples, `None` for the decay of beta. Nothing else holds Hebbian
/// feedback back: its own decay is what lets b tend to the mean of `h_i f_i'`, and no further.
fn feedback_numbers(
    setting: &TwoLayerSetting,
    step_size: f64,
    samples: usize,
) -> (f64, Option<f64>) {
    let eta_b = match setting.feedback_step_size {
        FeedbackStepSize::Auto | FeedbackStepSize::StepSize => step_size,
        FeedbackStepSize::Number(number) => number,
    };
    let decay = match (setting.feedback_decay, setting.rule.feedback()) {
        (FeedbackDecay::Number(kappa), _) => Some(kappa),
        (FeedbackDecay::Auto, Some(Feedback::Hebbian)) => {
            let gain = eta_b / (setting.output_scale * (setting.width as f64).sqrt());
            Some((gain * samples as f64).min(1.0))
        }
        (FeedbackDecay::Auto | FeedbackDecay::Ridge, _) => None,
    };
    (eta_b, decay)
}

/// A number of steps from a real number.
fn whole(key: &str, steps: f64) -> Result<u64> {
    if steps.is_finite() && (0.0..9e15).contains(&steps) {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked"
        )]
        Ok(steps as u64)
    } else {
        Err(Error::config(
            key,
            format!("{steps:e} steps"),
            "expected fewer than 9e15; is the ridge nearly zero?",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Experiment, Overrides};

    #[test]
    fn hebbian_feedback_has_a_decay_of_its_own_and_the_others_that_of_beta() {
        let numbers = |learning: &str| {
            let text = format!("name = \"x\"\n[network]\nwidth = 400\n[learning]\n{learning}");
            let experiment = Experiment::parse(&text, &Overrides::none()).unwrap();
            feedback_numbers(
                experiment.settings[0].setting.two_layer().unwrap(),
                0.02,
                50,
            )
        };
        let hebbian = "rule = \"hebbian_feedback\"\n";
        let with = |more: &str| numbers(&format!("{hebbian}{more}"));
        // n eta_b/sqrt(p), in binary not quite.
        let (eta_b, kappa) = with("");
        assert_eq!(eta_b.to_bits(), 0.02f64.to_bits());
        assert!((kappa.unwrap() - 0.05).abs() < 1e-15);
        let (eta_b, kappa) = with("feedback_step_size = 0.1");
        assert_eq!(eta_b.to_bits(), 0.1f64.to_bits());
        assert!((kappa.unwrap() - 0.25).abs() < 1e-15);
        assert_eq!(with("feedback_step_size = 10").1, Some(1.0));
        assert_eq!(with("feedback_decay = \"ridge\"").1, None);
        assert_eq!(with("feedback_decay = 0").1, Some(0.0));
        for rule in ["kolen_pollack", "oja_feedback", "feedback_alignment"] {
            assert_eq!(numbers(&format!("rule = \"{rule}\"")), (0.02, None));
        }
    }
}
