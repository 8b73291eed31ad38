//! The audit of an experiment's rules, each on a small network of its own setting.

mod verdict;

use ndarray::Array2;

use crate::Result;
use crate::audit::{Audited, CHECKS, Check, Claim, Report, Subject, Verdict, audit_of, checkpoint};
use crate::config::Experiment;
use crate::config::setting::{
    FeedbackDecay, FeedbackStepSize, MirrorResponse, NetworkSetting, SaveWeights, Setting,
    StepSize, TwoLayerEngine, TwoLayerSetting,
};
use crate::math::{Loss, Precision, Reduction, StreamName, Streams};
use crate::network::{Batch, DenseInput, Network, OptimiserKind, StepOptions};
use crate::rule::{Composed, Layer, RidgeForm, Rule, RuleKind};
use crate::simulate::sources::Sources;
use crate::simulate::watch::{Watch, prepare};
use crate::simulate::{Context, composition, engine, feedback_learning, parts, rule};
use crate::stage::{Listener, Stage, Work, unstopped};
use crate::two_layer::{Dynamics, Listening, Problem, Reference, Start, Weights};

/// How far a setting's network is cut down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Units of a hidden layer; rules that learn by trial take a fifth.
    pub width: usize,
    /// Samples in the batch.
    pub samples: usize,
}

/// Products of a batch's forward pass in plain loops, at most, where a list of layers is audited as it is:
/// samples are left out, down to these.
const PLAIN_PRODUCTS: f64 = 1e6;
const LEAST_SAMPLES: usize = 5;

/// One audited rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleAudit {
    /// Case of its setting; empty if there are none.
    pub case: String,
    /// The rule.
    pub rule: Rule,
    /// Units of the audited network, from the inputs to the outputs.
    pub sizes: Vec<usize>,
    /// Samples of the batch.
    pub samples: usize,
    /// The result of the audit.
    pub report: Report,
}

/// Audits every rule of an experiment, once in each case, on run 0 of the setting with the
/// largest ridge, in `f64`. Data and start follow the setting's own laws; hidden layers and
/// batch are cut to `limits`. Of a list of layers only the batch is cut, more where it is a large one. A setting of a two-layer engine gets one more check: that the
/// engine makes the steps of the audited network.
///
/// A custom rule is held to nothing but what any rule is, or to the claims of the rule whose place it
/// [takes](Experiment::taught_by).
/// `watch` learns how many of the checks are done, and may stop them.
///
/// # Errors
/// As [`audit`](crate::audit::audit) and [`simulate`](crate::simulate::simulate);
/// [`Error::Stopped`](crate::Error::Stopped) where `watch` says so.
pub fn audit_rules(
    experiment: &Experiment,
    sources: &Sources,
    limits: Limits,
    watch: Option<&Watch>,
) -> Result<Vec<RuleAudit>> {
    let mut chosen: Vec<(String, &Setting)> = Vec::new();
    for one in &experiment.settings {
        let is_same = |(case, setting): &&mut (String, &Setting)| {
            *case == one.case && setting.rule == one.setting.rule
        };
        match chosen.iter_mut().find(is_same) {
            None => chosen.push((one.case.clone(), &one.setting)),
            Some(known) if known.1.written_ridge() < one.setting.written_ridge() => {
                known.1 = &one.setting;
            }
            Some(_) => {}
        }
    }
    let stage = |share| Stage::Audit { share };
    let checks = chosen.len() * (CHECKS + 1);
    prepare(watch, |listener| {
        let work = Work::new(listener, checks as f64, &stage);
        let means = Means {
            sources,
            limits,
            watch,
            listener,
            work: &work,
        };
        let audited = chosen.into_iter();
        audited
            .map(|(case, setting)| one(case, setting, &means))
            .collect()
    })
}

/// Arguments that all audits of an experiment have in common.
struct Means<'a> {
    sources: &'a Sources,
    limits: Limits,
    watch: Option<&'a Watch>,
    listener: Listener<'a>,
    /// Each check is one unit of it, and so is what is made for the checks of a network.
    work: &'a Work<'a>,
}

fn one(case: String, setting: &Setting, means: &Means<'_>) -> Result<RuleAudit> {
    let limits = means.limits;
    let is_trial = setting.rule.kind().is_some_and(RuleKind::is_trial);
    let width = if is_trial {
        limits.width.div_ceil(5)
    } else {
        limits.width
    };
    let mut small = setting.clone();
    small.precision = Precision::F64;
    small.width = small.width.min(width as u64);
    small.initial_weights = None;
    small.save_weights = SaveWeights::None;
    match small {
        Setting::Network(mut small) => {
            for units in &mut small.widths {
                *units = width.min(*units);
            }
            deep(case, &small, means)
        }
        Setting::TwoLayer(mut small) => {
            if small.engine == TwoLayerEngine::LinearFromGram {
                small.engine = TwoLayerEngine::Linear;
            }
            small.quantities.retain(|q| !q.needs().units);
            two_layer(case, &small, means)
        }
    }
}

/// The claim that a rule makes by its name.
fn claim(setting: &NetworkSetting) -> Option<Claim> {
    Some(match setting.rule.kind()? {
        RuleKind::Family(named) => Claim::Family {
            composition: composition(setting).unwrap_or(named),
            learning: feedback_learning(setting, setting.deep().mirror_response),
        },
        RuleKind::LastLayerOnly => Claim::LastLayerOnly,
        RuleKind::NodePerturbation => Claim::NodePerturbation {
            sigma: setting.deep().perturbation,
        },
        RuleKind::WeightPerturbation => Claim::WeightPerturbation {
            sigma: setting.deep().perturbation,
        },
        RuleKind::Other => return None,
    })
}

fn sizes(layers: &[Layer<f64>]) -> Vec<usize> {
    let inputs = layers.first().map(Layer::inputs);
    inputs
        .into_iter()
        .chain(layers.iter().map(Layer::units))
        .collect()
}

fn deep(case: String, setting: &NetworkSetting, means: &Means<'_>) -> Result<RuleAudit> {
    let limits = means.limits;
    let parts = parts::<f64>(setting, 0, means.sources, means.listener)?;
    means.work.did(1.0)?;
    let setting = &parts.setting;
    let mut samples = limits.samples.min(parts.train.samples());
    if parts.network.is_wired() {
        let products = parts.network.multiply_adds();
        let fits = |samples: &usize| *samples as f64 * products <= PLAIN_PRODUCTS;
        let least = LEAST_SAMPLES.min(samples);
        samples = (least..=samples).rev().find(fits).unwrap_or(least);
    }
    let rows: Vec<usize> = (0..samples).collect();
    let mut batch = Batch::default();
    parts.train.fill(&rows, &mut batch);
    let options = &parts.options;
    let step_size = options.step_sizes.value(0.0);
    let kept = match options.ridge_form {
        RidgeForm::StepScaled => 1.0 - step_size * options.ridge.value(0),
        RidgeForm::PerStep => 1.0 - options.ridge.value(0),
    };
    let layers = parts.network.layers().to_vec();
    let factors = options.ridge_layers.iter();
    let subject = Subject {
        rule: &|| {
            unstopped(|nobody| {
                let work = Work::new(nobody, 0.0, &Stage::weights);
                rule(setting, 0, &layers, &work)
            })
        },
        claim: claim(setting).unwrap_or(Claim::Private),
        input: DenseInput(parts.train.inputs(&rows)),
        targets: batch.targets().clone(),
        loss: options.loss,
        reduction: options.reduction,
        step_size,
        factors: factors.map(|has| if *has { kept } else { 1.0 }).collect(),
        layers: layers.clone(),
    };
    let audited = match parts.network.trace().passage() {
        None => Audited::chain(&subject)?,
        Some(passage) => Audited::wired(&subject, passage.wiring().clone())?,
    };
    let mut report = audit_of(&audited, means.work)?;
    if setting
        .rule
        .custom()
        .is_some_and(|custom| custom.version().is_some())
    {
        report.checks.push(checkpoint(&audited)?);
    }
    Ok(RuleAudit {
        case,
        rule: setting.rule.clone(),
        sizes: sizes(&layers),
        samples: rows.len(),
        report,
    })
}

/// The network of a two-layer setting, from the start of its engine.
fn layers(problem: &Problem, weights: &Weights) -> Vec<Layer<f64>> {
    let layer = |weights: Array2<f64>, factor, activation| {
        Layer::dense(weights, activation).with_factor(factor)
    };
    vec![
        layer(weights.hidden.clone(), 1.0, problem.activation),
        layer(
            weights.output.t().as_standard_layout().into_owned(),
            1.0 / problem.root_width(),
            crate::math::Activation::Linear,
        ),
    ]
}

fn two_layer(case: String, setting: &TwoLayerSetting, means: &Means<'_>) -> Result<RuleAudit> {
    let context = Context {
        watch: means.watch,
        ..Context::new(means.sources)
    };
    let (problem, resolved, mut engine) = engine(setting, 0, context)?;
    // The reference engine has the same start, and the weights themselves.
    let streams = Streams::new(setting.seed, 0);
    let start = Start::Drawn {
        streams,
        correlation: setting.feedback_correlation,
    };
    let mut reference = Reference::<f64>::with_listener(&problem, &start, streams, means.listener)?;
    let weights = Dynamics::weights(&mut reference).expect("plain loops have all weights");
    let layers = layers(&problem, &weights);
    let mut setting = setting.clone();
    setting.step_size = StepSize::Number(resolved.step_size);
    if setting.feedback_step_size == FeedbackStepSize::Auto {
        setting.feedback_step_size = FeedbackStepSize::StepSize;
    }
    let decay = problem.feedback_decay;
    setting.feedback_decay = decay.map_or(FeedbackDecay::Ridge, FeedbackDecay::Number);
    let b = weights.feedback.t().as_standard_layout().into_owned();
    let learning = feedback_learning(&setting, MirrorResponse::Linear);
    // Oja's rule has none, and is compared with plain loops only.
    let composition = setting.rule.composition();
    let rule = || -> Box<dyn crate::rule::LearningRule<f64>> {
        let composition = composition.expect("asked for only where there is one");
        Box::new(Composed::new(composition, vec![b.clone()], learning))
    };
    let claim = composition.map(|composition| Claim::Family {
        composition,
        learning,
    });
    let kept = match problem.ridge_form {
        RidgeForm::StepScaled => 1.0 - problem.step_size * problem.schedule.value(0),
        RidgeForm::PerStep => 1.0 - problem.schedule.value(0),
    };
    let samples = means.limits.samples.min(problem.inputs.nrows());
    let rows = ndarray::s![..samples, ..];
    let subject = Subject {
        layers: layers.clone(),
        rule: &rule,
        claim: claim.unwrap_or(Claim::Private),
        input: DenseInput(problem.inputs.slice(rows).to_owned()),
        targets: problem.targets.slice(rows).to_owned(),
        loss: Loss::SquaredError,
        reduction: Reduction::Sum,
        step_size: problem.step_size,
        factors: vec![1.0, kept],
    };
    let mut report = if composition.is_some() {
        audit_of(&Audited::chain(&subject)?, means.work)?
    } else {
        means.work.did(CHECKS as f64)?;
        Report {
            checks: Vec::new(),
            step_size: problem.step_size,
        }
    };
    let network = composition.map(|_| Network::new(layers.clone(), rule(), OptimiserKind::Sgd));
    report.checks.push(same_steps(
        &setting,
        &problem,
        engine.as_mut(),
        &mut reference,
        network,
        means.listener,
    )?);
    means.work.did(1.0)?;
    Ok(RuleAudit {
        case,
        rule: setting.rule.clone(),
        sizes: sizes(&layers),
        samples,
        report,
    })
}

/// Steps over which engines are compared, and how far residuals may differ.
const STEPS: u64 = 20;
const AGREEMENT: f64 = 1e-9;

/// Whether the engine, the plain loops and the audited network make the same steps on all of
/// the data.
fn same_steps(
    setting: &TwoLayerSetting,
    problem: &Problem,
    engine: &mut dyn Dynamics,
    reference: &mut Reference<f64>,
    mut network: Option<Network<f64>>,
    listener: Listener<'_>,
) -> Result<Check> {
    let check = |verdict, value: Option<f64>, note: String| {
        Check {
        name: "engine",
        meaning: "the engine that runs the experiment makes the steps of plain loops and of the audited network".to_owned(),
        verdict,
        value,
        bound: value.map(|_| AGREEMENT),
        note,
    }
    };
    let plain = setting.dropout > 0.0
        || problem.center_outputs
        || (problem.output_scale - 1.0).abs() > 0.0
        || matches!(setting.feedback_step_size, FeedbackStepSize::Number(_));
    if plain {
        // These the network does not have.
        network = None;
    }
    let input = DenseInput(problem.inputs.clone());
    let mut noise = Streams::new(setting.seed, 0).open(StreamName::Audit);
    let mut worst: f64 = 0.0;
    let mut compared = 0;
    for step in 0..STEPS {
        let size = reference.residual_norm();
        if !size.is_finite() || size > 1e100 {
            break;
        }
        compared += 1;
        let mut differs = |other: f64| {
            let distance = (other - size).abs() / size.max(1e-300);
            // `max` would drop a NaN, which must fail.
            worst = worst.max(if distance.is_nan() {
                f64::INFINITY
            } else {
                distance
            });
        };
        differs(engine.residual_norm());
        if let Some(network) = &mut network {
            let kept = match problem.ridge_form {
                RidgeForm::StepScaled => 1.0 - problem.step_size * problem.schedule.value(step),
                RidgeForm::PerStep => 1.0 - problem.schedule.value(step),
            };
            let options = StepOptions {
                loss: Loss::SquaredError,
                reduction: Reduction::Sum,
                step_size: problem.step_size,
                factors: &[1.0, kept],
                dropout: 0.0,
            };
            let loss = network.step(&input, &problem.targets, options, &mut noise);
            differs((2.0 * loss).sqrt());
        }
        engine.step_with_listener(listener)?;
        reference.step_with_listener(listener)?;
    }
    let with = if network.is_some() {
        "plain loops and the network"
    } else {
        "plain loops"
    };
    let verdict = if worst <= AGREEMENT {
        Verdict::Passed
    } else {
        Verdict::Failed
    };
    let name = setting.engine.name();
    let against = format!("{name} against {with}");
    Ok(match compared {
        STEPS => check(verdict, Some(worst), format!("{against}, {STEPS} steps")),
        0 => {
            let note = format!("{against}: the first residual overflows");
            check(Verdict::NotApplicable, None, note)
        }
        _ => {
            let note = format!("{against}, {compared} steps, after which residuals overflow");
            check(verdict, Some(worst), note)
        }
    })
}
