//! The certificates of an experiment: theory on the data and start of its first run.

mod forecast;
mod json;
mod page;

use std::path::Path;

use ndarray::Array2;

use crate::config::setting::{Setting, TwoLayerEngine, TwoLayerSetting};
use crate::config::{self, Experiment};
use crate::data::synthetic::InputLaw;
use crate::math::Streams;
use crate::measure::Quantity;
use crate::plan::{Plan, belongs, execute};
use crate::rule::{Feedback, RidgeForm, Rule, Schedule};
use crate::simulate::Outcome;
use crate::simulate::resolve::{self, Resolved, on_data};
use crate::simulate::run_data::load;
use crate::simulate::sources::Sources;
use crate::simulate::watch::{Watch, prepare};
use crate::stage::{DRAW, Listener, Stage, Work};
use crate::theory::certificate::{
    Certificate, InitialKernels, MeasuredRun, Setup, certify_with_listener,
};
use crate::theory::{LazyFeedback, Spectrum, feature_kernel_of, feedback_kernel_of};
use crate::two_layer::{Linear, LinearStart, Listening, Needs, Problem, Start};
use crate::{Error, Result};

/// Units whose weights are in memory at once.
const UNITS: usize = 2048;

/// Side of the largest feedback kernel that is looked at.
pub(super) const LARGEST_KERNEL: usize = 6000;

/// The certificate of one setting.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingCertificate {
    /// Case of the setting; empty if there are none.
    pub case: String,
    /// Settings of the case with the same rule and activation, of which this is one.
    pub alike: usize,
    /// The setting, its engine and draw resolved.
    pub setting: Setting,
    /// The values of its units on the data of run 0.
    pub resolved: Resolved,
    /// samples, `input_dim`, outputs of that data.
    pub sizes: [usize; 3],
    /// The statements of theory.
    pub certificate: Certificate,
}

impl SettingCertificate {
    /// A page to read of so many columns, at least 76, as `falign theory` prints it.
    pub fn page(&self, columns: usize) -> String {
        page::text(self, columns)
    }

    /// Everything, by the keys of `docs/theory.md`.
    pub fn to_json(&self) -> serde_json::Value {
        json::certificate(self)
    }
}

/// Options of certificates, apart from the experiment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// A finished run folder, whose run 0 adds what was observed.
    pub folder: Option<&'a Path>,
    /// Whether every setting gets one, and not only the largest.
    pub every_setting: bool,
    /// The alignment whose cutoff is looked for, in (0, 1); `None`: 90 % of the best that a cutoff
    /// within the run gives.
    pub alignment: Option<f64>,
    /// Learns of kernels and their eigenvalues; set to stop, there are no certificates.
    pub watch: Option<&'a Watch>,
}

/// Certificates of an experiment: for each case and each rule and activation in it, of the setting
/// with the largest ridge and, among these, the largest width, or of every setting; on the data and
/// start of run 0.
///
/// The expected alignment of a linear network is that of 20 drawn starts, followed exactly to the end of
/// the run: some 20 steps (samples^2 + 20 samples) multiply-adds, and up to ten times that for the cutoff
/// needed. Both are skipped, saying so, where they are more than 2e10.
///
/// # Errors
/// [`Error::Config`] for a setting of the mini-batch engine, one that the folder does not have, or a wanted
/// alignment outside (0, 1); else as [`resolve`](crate::simulate::resolve::resolve), [`certify`](fn@crate::theory::certificate::certify) and
/// [`collect`](crate::plan::execute::collect); [`Error::Stopped`] where the question's watch says so.
///
/// # Example
/// ```
/// use falign::experiment::Experiment;
/// use falign::internal::study::certificate::{Question, certify_settings};
/// use falign::internal::simulate::sources::Sources;
/// let flat = "activation = \"linear\"\nwidth = 500\nsteps = 50\nsamples = 6\ninput_dim = 12\nridge = 1".parse().unwrap();
/// let experiment = Experiment::from_flat(&flat, None)?;
/// let found = certify_settings(&experiment, &Sources::default(), Question::default())?;
/// assert!(found[0].certificate.value("predicted_alignment").is_some());
/// # Ok::<(), falign::Error>(())
/// ```
pub fn certify_settings(
    experiment: &Experiment,
    sources: &Sources,
    question: Question<'_>,
) -> Result<Vec<SettingCertificate>> {
    if let Some(wanted) = question.alignment
        && !(wanted > 0.0 && wanted < 1.0)
    {
        let allowed = "expected a number between 0 and 1, the cosine of b and beta that is wanted";
        return Err(Error::config("alignment", wanted, allowed));
    }
    crate::plan::need::check_theory(experiment, sources)?;
    let runs = question.folder.map(Runs::load).transpose()?;
    let chosen = if question.every_setting {
        experiment.settings.iter().map(|one| (one, 1)).collect()
    } else {
        representatives(experiment)
    };
    chosen
        .into_iter()
        .map(|(one, alike)| {
            let measured = match &runs {
                Some(runs) => Some(runs.first_of(theorems_apply(&one.setting)?)?),
                None => None,
            };
            certify(one, alike, sources, measured.as_ref(), question)
        })
        .collect()
}

/// The setting with the largest ridge for each case and each rule and activation in it, and among these
/// the largest width; and how many there are.
pub(super) fn representatives(experiment: &Experiment) -> Vec<(&config::LabelledSetting, usize)> {
    let mut chosen: Vec<(&config::LabelledSetting, usize)> = Vec::new();
    for one in &experiment.settings {
        let alike = |known: &config::LabelledSetting| {
            known.case == one.case
                && known.setting.rule == one.setting.rule
                && known.setting.activation == one.setting.activation
        };
        let size = |s: &Setting| (s.written_ridge(), s.width as f64);
        match chosen.iter_mut().find(|(known, _)| alike(known)) {
            None => chosen.push((one, 1)),
            Some((known, count)) => {
                *count += 1;
                if size(&known.setting) < size(&one.setting) {
                    *known = one;
                }
            }
        }
    }
    chosen
}

fn certify(
    one: &config::LabelledSetting,
    alike: usize,
    sources: &Sources,
    measured: Option<&MeasuredRun>,
    question: Question<'_>,
) -> Result<SettingCertificate> {
    let setting = theorems_apply(&one.setting)?;
    let (problem, resolved, eigenvalues) = first_problem(setting, sources, question.watch)?;
    let kernels = initial_kernels(setting, &problem, question.watch)?;
    let schedule = step_scaled(&problem);
    let departures = departures(setting);
    let setup = Setup {
        activation: problem.activation,
        inputs: &problem.inputs,
        targets: &problem.targets,
        width: problem.width,
        step_size: problem.step_size,
        schedule: &schedule,
        steps: resolved.steps,
        feedback: match problem.feedback {
            Feedback::Transpose => LazyFeedback::Transpose,
            _ => LazyFeedback::Fixed {
                correlation: setting.feedback_correlation,
            },
        },
        normal_over_dim: setting
            .train_data
            .is_none()
            .then_some(setting.inputs == InputLaw::NormalOverDim),
        departures: &departures,
        kernel_eigenvalues: Some(&eigenvalues),
        initial_kernels: kernels.as_ref(),
    };
    let certificate = prepare(question.watch, |listener| {
        certify_with_listener(&setup, listener)
    })?;
    let forecast = forecast::forecast(&forecast::About {
        setting,
        problem: &problem,
        steps: resolved.steps,
        certificate: &certificate,
        alignment: question.alignment,
        sources,
        watch: question.watch.unwrap_or(&Watch::default()),
    })?;
    let mut certificate = certificate.with_forecast(&forecast);
    if let Some(run) = measured {
        certificate = certificate.with_run(&setup, run);
    }
    Ok(SettingCertificate {
        case: one.case.clone(),
        alike,
        setting: one.setting.clone(),
        sizes: [problem.samples(), problem.input_dim(), problem.outputs()],
        resolved,
        certificate,
    })
}

/// The setting of a two-layer network, of which alone the theorems speak.
///
/// # Errors
/// [`Error::Config`] naming what chose another network.
pub(super) fn theorems_apply(setting: &Setting) -> Result<&TwoLayerSetting> {
    setting.two_layer().ok_or_else(|| {
        let asked = setting.asks_for_mini_batch().unwrap_or_default();
        Error::config(
            "run.engine",
            "\"mini_batch\"",
            format!(
                "the theorems are about two-layer networks trained on all samples at once, and {asked}; only \
                 experiments of the two-layer engines (reference, sample_space, linear) have a certificate"
            ),
        )
    })
}

/// The problem of run 0, what the setting's units became on its data, and the eigenvalues of its
/// infinite-width kernel, ascending.
pub(super) fn first_problem(
    setting: &TwoLayerSetting,
    sources: &Sources,
    watch: Option<&Watch>,
) -> Result<(Problem, Resolved, Vec<f64>)> {
    let data = prepare(watch, |listener| {
        load(setting, 0, setting.draw(), sources, listener)
    })?;
    let eigenvalues = resolve::eigenvalues(setting.activation, &data.inputs, watch)?;
    let (problem, resolved) = on_data(setting, data, Some(Spectrum::of(&eigenvalues)), watch)?;
    Ok((problem, resolved, eigenvalues))
}

/// lambda(t) as it enters 1 - eta lambda(t), whatever the form of the ridge.
pub(super) fn step_scaled(problem: &Problem) -> Schedule {
    match problem.ridge_form {
        RidgeForm::StepScaled => problem.schedule.clone(),
        RidgeForm::PerStep => problem.schedule.scaled(1.0 / problem.step_size),
    }
}

/// Departures of a setting from the paper's algorithm.
pub(super) fn departures(setting: &TwoLayerSetting) -> Vec<String> {
    let mut found = Vec::new();
    if !matches!(
        setting.rule,
        Rule::FeedbackAlignment | Rule::Backpropagation
    ) {
        found.push("feedback weights that learn".to_owned());
    }
    if setting.dropout > 0.0 {
        found.push(format!("dropout {}", setting.dropout));
    }
    if (setting.output_scale - 1.0).abs() > 0.0 {
        found.push(format!("output scale {}", setting.output_scale));
    }
    if setting.center_outputs {
        found.push("centred outputs".to_owned());
    }
    if setting.initial_weights.is_some() {
        found.push("given initial weights".to_owned());
    }
    found
}

/// G(0) and H(0) of run 0: from its weights, a few units at a time, or from the Gram matrix.
pub(super) fn initial_kernels(
    setting: &TwoLayerSetting,
    problem: &Problem,
    watch: Option<&Watch>,
) -> Result<Option<InitialKernels>> {
    prepare(watch, |listener| {
        kernels_with_listener(setting, problem, listener)
    })
}

fn kernels_with_listener(
    setting: &TwoLayerSetting,
    problem: &Problem,
    listener: Listener<'_>,
) -> Result<Option<InitialKernels>> {
    let (n, d, k) = (problem.samples(), problem.input_dim(), problem.outputs());
    let with_feedback = n * k <= LARGEST_KERNEL;
    if setting.engine == TwoLayerEngine::LinearFromGram {
        let needs = Needs {
            feature_kernel: true,
            feedback_kernel: with_feedback,
            ..Needs::default()
        };
        let start = LinearStart::Gram {
            streams: Streams::new(setting.seed, 0),
            correlation: setting.feedback_correlation,
        };
        let mut engine = Linear::with_listener(problem, start, needs, listener)?;
        let snapshot = engine.snapshot_with_listener(needs, listener)?;
        let square = |values: Vec<f64>| {
            let side = values.len().isqrt();
            Array2::from_shape_vec((side, side), values).expect("a square kernel")
        };
        return Ok(snapshot.feature_kernel.map(|feature| InitialKernels {
            feature: square(feature),
            feedback: snapshot.feedback_kernel.map(square),
        }));
    }
    let start = match &setting.initial_weights {
        Some(path) => Start::Given(crate::data::load_weights(path)?),
        None => Start::Drawn {
            streams: Streams::new(setting.seed, 0),
            correlation: setting.feedback_correlation,
        },
    };
    let p = usize::try_from(problem.width).expect("a width that fits in memory");
    let stage = |share| Stage::Kernel { samples: n, share };
    let (of_unit, of_block) = kernel_work([n, d, k], with_feedback);
    let all = p as f64 * (DRAW * (d + 2 * k) as f64 + of_unit);
    let blocks = p.div_ceil(UNITS) as f64;
    let work = Work::new(listener, all + blocks * of_block, &stage);
    let (beta, b) = start.output_and_feedback_of(p, k, &work)?;
    let b = if problem.feedback == Feedback::Transpose {
        &beta
    } else {
        &b
    };
    let mut feature = Array2::zeros((n, n));
    let mut feedback = with_feedback.then(|| Array2::zeros((n * k, n * k)));
    for first in (0..p).step_by(UNITS) {
        let count = UNITS.min(p - first);
        let share = count as f64 / p as f64;
        let part = |columns, values: Vec<f64>| {
            Array2::from_shape_vec((count, columns), values).expect("one row per unit")
        };
        let w = part(d, start.hidden_rows_of(first, count, d, &work)?);
        feature.scaled_add(
            share,
            &feature_kernel_of(&w, problem.activation, &problem.inputs, &work)?,
        );
        if let Some(feedback) = &mut feedback {
            let rows = first * k..(first + count) * k;
            let beta = part(k, beta[rows.clone()].to_vec());
            let b = part(k, b[rows].to_vec());
            let weights = [&w, &beta, &b];
            let h = feedback_kernel_of(weights, problem.activation, &problem.inputs, &work)?;
            feedback.scaled_add(share, &h);
        }
    }
    Ok(Some(InitialKernels { feature, feedback }))
}

/// Multiply-adds for G and, where it is looked at, H: for each unit, and once.
pub(super) fn kernel_work([n, d, k]: [usize; 3], with_feedback: bool) -> (f64, f64) {
    let (n, d, k) = (n as f64, d as f64, k as f64);
    let of_feature = n * d + n * n;
    if with_feedback {
        (of_feature + n * d + n * n * k * k, n * n * d)
    } else {
        (of_feature, 0.0)
    }
}

/// The finished runs of a folder.
struct Runs {
    folder: std::path::PathBuf,
    experiment: Experiment,
    table: crate::plan::run_table::RunTable,
}

impl Runs {
    fn load(folder: &Path) -> Result<Self> {
        let file = folder.join("experiment.toml");
        let experiment = Experiment::load(&file, &config::Overrides::none())?;
        let plan = Plan::new(&experiment)?;
        belongs::check(&experiment, &plan, folder)?;
        let table = execute::collect(&experiment, &plan, folder)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            experiment,
            table,
        })
    }

    /// Run 0 of a setting.
    fn first_of(&self, setting: &TwoLayerSetting) -> Result<MeasuredRun> {
        let index = index_of(setting, &self.experiment, &self.folder)?;
        let runs = &self.table.settings[index];
        let rows = |quantity| {
            let values = runs.values.get(&quantity)?;
            Some(values.row(0).to_vec())
        };
        Ok(MeasuredRun {
            steps: runs.steps.clone(),
            residual_norm: rows(Quantity::ResidualNorm),
            contraction: rows(Quantity::Contraction),
            hidden_movement_max: rows(Quantity::HiddenMovementMax),
            output_movement_max: rows(Quantity::OutputMovementMax),
            alignment: rows(Quantity::Alignment),
            diverged: match runs.outcomes.first() {
                Some(Outcome::Diverged { step }) => Some(*step),
                _ => None,
            },
        })
    }
}

/// Index of this setting among those of a finished folder.
pub(super) fn index_of(
    setting: &TwoLayerSetting,
    experiment: &Experiment,
    folder: &Path,
) -> Result<usize> {
    let wanted = what_is_trained(setting);
    let mut settings = experiment.settings.iter();
    let is_wanted = |found: &TwoLayerSetting| what_is_trained(found) == wanted;
    settings
        .position(|one| one.setting.two_layer().is_some_and(is_wanted))
        .ok_or_else(|| {
            Error::record(
                folder,
                "has no run of this setting; name the experiment that was run, or leave it out to take the folder's own",
            )
        })
}

/// A setting without what only says how its runs are cut, measured and kept.
fn what_is_trained(setting: &TwoLayerSetting) -> TwoLayerSetting {
    let mut trained = setting.clone();
    trained.runs = 1;
    trained.runs_per_job = 1;
    trained.per_run_table = false;
    trained.record = crate::config::setting::Record::Last;
    trained.quantities = Vec::new();
    trained.save_weights = crate::config::setting::SaveWeights::None;
    trained
}
