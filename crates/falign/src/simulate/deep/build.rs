//! Network of a setting at its start, and its way of training.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::sets::{Sets, sets};
use super::step_size;
use crate::config::layers::{Blueprint, NodeLayer};
use crate::config::setting::{
    FeedbackStepSize, InitialFeedback, Keys, Length, MirrorResponse, NetworkSetting, StepSize,
};
use crate::layer::windowed::Windowed;
use crate::math::Streams;
use crate::math::simd::Element;
use crate::network::{
    Architecture, Examples, FeedbackShape, LayerSize, Misfit, Network, Part, TensorFile,
    TrainingOptions, draw_connections_of, draw_feedback_of, draw_layers_of, draw_plans,
    feedback_draws, is_feedback, steps_per_epoch,
};
use crate::rule::{
    Composed, Composition, FeedbackLearning, Layer, LearningRule, RulePrecision, RuleStart,
};
use crate::simulate::sources::Sources;
use crate::stage::{DRAW, Listener, Stage, Work};
use crate::{Error, Result};

/// A run before its first step, for whoever wants to look inside.
#[derive(Debug)]
pub(crate) struct Parts<T: Element> {
    /// The setting, with its step size in numbers.
    pub(crate) setting: NetworkSetting,
    /// eta.
    pub(super) step_size: f64,
    /// M, where the step size is measured by it.
    pub(super) curvature: Option<f64>,
    /// The network at its start, with its rule.
    pub(crate) network: Network<T>,
    /// The samples that it trains on.
    pub(crate) train: Arc<Examples>,
    pub(super) test: Option<Examples>,
    pub(super) validation: Option<Examples>,
    /// How it trains.
    pub(crate) options: TrainingOptions,
    /// Steps of the whole run.
    pub(crate) steps: u64,
}

/// Builds the network and its data.
pub(crate) fn parts<T: RulePrecision>(
    setting: &NetworkSetting,
    run: u64,
    sources: &Sources,
    listener: Listener<'_>,
) -> Result<Parts<T>> {
    let Sets {
        train,
        test,
        validation,
    } = sets(setting, run, sources, listener)?;
    let deep = setting.deep();
    let length = Span::new(setting, train.samples());
    let start = if let Some(blueprint) = &setting.blueprint {
        fits_data(blueprint, &train)?;
        Start::Listed(blueprint)
    } else {
        let (inputs, outputs) = (train.input_dim(), train.outputs());
        let mut architecture =
            Architecture::new(inputs, &setting.widths, outputs, setting.activation)?;
        architecture.has_biases = deep.biases;
        Start::Dense(architecture)
    };
    let mut network = network(setting, run, &start, listener)?;
    let found = step_size::find(setting, &network, &train, length.batch, listener)?;
    let mut numeric = setting.clone();
    numeric.step_size = StepSize::Number(found.step_size);
    if known_step_size(setting).is_none()
        && numeric.feedback_step_size == FeedbackStepSize::StepSize
    {
        // Its feedback weights learn with a step that was not known.
        network = self::network(&numeric, run, &start, listener)?;
    }
    let layers = network.shapes().len();
    let options = options(&numeric, found.step_size, layers, &length);
    Ok(Parts {
        setting: numeric,
        step_size: found.step_size,
        curvature: found.curvature,
        network,
        train,
        test,
        validation,
        options,
        steps: length.steps,
    })
}

/// M, the largest curvature of the loss at the start of run 0.
///
/// # Errors
/// As [`parts`]; [`Error::Config`] where it is no positive number.
pub(crate) fn start_curvature(
    setting: &NetworkSetting,
    sources: &Sources,
    listener: Listener<'_>,
) -> Result<f64> {
    let mut measured = setting.clone();
    measured.step_size = StepSize::OverM(1.0);
    let parts = parts::<f64>(&measured, 0, sources, listener)?;
    Ok(parts.curvature.expect("a share of 1/M asks for it"))
}

/// How long a run is.
pub(super) struct Span {
    /// Samples of a batch.
    pub(super) batch: usize,
    /// Steps of an epoch.
    pub(super) per_epoch: u64,
    /// Steps of the run.
    pub(super) steps: u64,
}

impl Span {
    /// Length on `samples` training samples.
    pub(super) fn new(setting: &NetworkSetting, samples: usize) -> Self {
        let batch = setting.deep().batch;
        let batch = batch.map_or(samples, |batch| batch.min(samples));
        let per_epoch = steps_per_epoch(samples, batch);
        let steps = match setting.length {
            Length::Epochs(epochs) => epochs.saturating_mul(per_epoch),
            Length::Steps(steps) => steps,
        };
        Self {
            batch,
            per_epoch,
            steps,
        }
    }
}

/// Layers of a network before it has weights.
enum Start<'a> {
    Dense(Architecture),
    Listed(&'a Blueprint),
}

/// Refuses a list of layers that is another data set's.
fn fits_data(blueprint: &Blueprint, train: &Examples) -> Result<()> {
    let (inputs, outputs) = (train.input_dim(), train.outputs());
    let input = blueprint.input;
    if input.numbers() != inputs {
        let why = format!(
            "a sample of the data has {inputs} numbers, not {}; give its shape",
            input.numbers()
        );
        return Err(Error::config(
            "network.input",
            format!("{:?}", input.axes()),
            why,
        ));
    }
    if blueprint.outputs() != outputs {
        let why = format!("the data have {outputs} outputs; give the last layer as many units");
        let last = format!("{{ dense = {} }}", blueprint.outputs());
        return Err(Error::config("network.layers", last, why));
    }
    Ok(())
}

/// Sizes of each layer of a list.
pub(crate) fn sizes_of_list(blueprint: &Blueprint) -> Vec<LayerSize> {
    let layers = blueprint.layers_of_weights();
    let size = |layer: &NodeLayer| LayerSize {
        weights: layer.weights.length() as f64,
        channels: layer.channels as f64,
        units: layer.numbers[1] as f64,
    };
    layers.iter().map(size).collect()
}

/// Sizes of each layer of dense ones.
pub(crate) fn sizes_of_dense(architecture: &Architecture) -> Vec<LayerSize> {
    let shapes = architecture.shapes().into_iter();
    let size = |(units, inputs)| LayerSize::dense(units, inputs);
    shapes.map(size).collect()
}

/// The network at its start.
fn network<T: RulePrecision>(
    setting: &NetworkSetting,
    run: u64,
    start: &Start<'_>,
    listener: Listener<'_>,
) -> Result<Network<T>> {
    let deep = setting.deep();
    let streams = Streams::new(setting.seed, run);
    let law = setting.initialisation;
    let sizes = match start {
        Start::Dense(architecture) => sizes_of_dense(architecture),
        Start::Listed(blueprint) => sizes_of_list(blueprint),
    };
    let work = Work::new(listener, network_work(setting, &sizes), &Stage::weights);
    let (mut layers, wired) = match start {
        Start::Dense(architecture) => (
            draw_layers_of::<T>(architecture, law, streams, &work)?,
            None,
        ),
        Start::Listed(blueprint) => {
            let (plans, wiring) = blueprint.build::<T>();
            let doors: Vec<_> = plans.iter().map(|plan| plan.door).collect();
            let layers = draw_plans(plans, deep.biases, law, streams, &work)?;
            let layout = Windowed::best_layout::<T>(deep.batch.unwrap_or(setting.samples));
            (layers, Some((wiring.with_layout(layout), doors)))
        }
    };
    if (deep.init_gain - 1.0).abs() > 0.0 {
        let gain = T::from_f64(deep.init_gain);
        for layer in layers.iter_mut().filter(|layer| !layer.is_gain()) {
            layer.weights.mapv_inplace(|w| gain * w);
            if let Some(bias) = &mut layer.bias {
                bias.mapv_inplace(|w| gain * w);
            }
        }
    }
    let rule = rule(setting, run, &layers, &work)?;
    let mut network = match wired {
        None => Network::new(layers, rule, setting.optimiser),
        Some((wiring, doors)) => {
            let mut network = Network::wired(layers, wiring, rule, setting.optimiser);
            network.set_doors(doors);
            network
        }
    };
    if let Some(path) = &setting.initial_weights {
        let path = weights_of_run(path, run)?;
        let file = TensorFile::load(&path)?;
        let part = match deep.initial_feedback {
            InitialFeedback::File => Part::Weights,
            InitialFeedback::Drawn => Part::Layers,
        };
        network
            .restore(part, 0, &file)
            .map_err(|misfit| does_not_fit(&path, setting, &misfit))?;
    }
    let sparsity = deep.weight_sparsity.each(network.shapes().len());
    if sparsity.iter().any(|share| *share > 0.0) {
        let shapes = network.shapes();
        network.set_connections(draw_connections_of(&shapes, &sparsity, streams, &work)?);
    }
    Ok(network)
}

/// Multiply-adds of the draws of a network of such layers, about.
pub(crate) fn network_work(setting: &NetworkSetting, sizes: &[LayerSize]) -> f64 {
    let sparsity = setting.deep().weight_sparsity.each(sizes.len());
    let connections = sizes.iter().zip(&sparsity);
    let connections = connections.filter(|(_, sparsity)| **sparsity > 0.0);
    let feedback = composition(setting);
    DRAW * (sizes.iter().map(|size| size.weights).sum::<f64>()
        + feedback.map_or(0.0, |composition| feedback_draws(composition, sizes))
        + connections.map(|(size, _)| size.weights).sum::<f64>())
}

/// A weights file that is another network's, with the key that would make it fit.
fn does_not_fit(path: &Path, setting: &NetworkSetting, misfit: &Misfit) -> Error {
    let rule = setting.rule.name();
    let names = misfit.names();
    let fix = match misfit {
        Misfit::Missing { .. } if names.iter().all(|name| is_feedback(name)) => format!(
            "; learning.rule = \"{rule}\" needs feedback weights: to draw them set \
             network.initial_feedback = \"drawn\""
        ),
        Misfit::Unread { .. } if names.iter().all(|name| is_feedback(name)) => format!(
            "; learning.rule = \"{rule}\" has no such feedback weights: to leave them unread set \
             network.initial_feedback = \"drawn\""
        ),
        Misfit::Unread { .. }
            if names
                .iter()
                .any(|name| name.rsplit('.').next() == Some("bias")) =>
        {
            "; for biases set network.biases = true".to_owned()
        }
        Misfit::Unread { .. } => "; leave them out of the file".to_owned(),
        Misfit::Missing { .. } | Misfit::Shape { .. } => String::new(),
    };
    Error::data(path, format!("does not fit this network: {misfit}{fix}"))
}

/// Composition of the setting's rule; `None` for rules outside the family.
pub(crate) fn composition(setting: &NetworkSetting) -> Option<Composition> {
    let deep = setting.deep();
    let named = setting.rule.composition();
    named.map(|composition| Composition {
        direct: deep.feedback_shape,
        gate: deep.gate,
        ..composition
    })
}

/// The numbers of feedback weights that learn.
pub(crate) fn feedback_learning(
    setting: &Keys,
    mirror_response: MirrorResponse,
) -> FeedbackLearning {
    FeedbackLearning {
        step_size: match setting.feedback_step_size {
            FeedbackStepSize::Auto => None,
            FeedbackStepSize::StepSize => known_step_size(setting),
            FeedbackStepSize::Number(number) => Some(number),
        },
        decay: setting.feedback_decay,
        mirror_response,
    }
}

/// The rule with its feedback weights at the start.
pub(crate) fn rule<T: RulePrecision>(
    setting: &NetworkSetting,
    run: u64,
    layers: &[Layer<T>],
    work: &Work<'_>,
) -> Result<Box<dyn LearningRule<T>>> {
    let deep = setting.deep();
    let streams = Streams::new(setting.seed, run);
    let start = RuleStart {
        run,
        streams,
        layers,
        perturbation: deep.perturbation,
    };
    if let Some(rule) = T::made(&setting.rule, &start) {
        return Ok(rule);
    }
    let composition = composition(setting);
    let composition = composition.expect("a checked setting has a rule of its engine");
    let shape = FeedbackShape {
        scale: deep.feedback_scale,
        sparsity: deep.feedback_sparsity,
        rank: deep.feedback_rank,
        signs_only: deep.feedback_signs,
        correlation: setting.feedback_correlation,
    };
    let law = setting.feedback_initialisation;
    let feedback = draw_feedback_of(composition, layers, law, shape, streams, work)?;
    let learning = feedback_learning(setting, deep.mirror_response);
    Ok(Box::new(Composed::new(composition, feedback, learning)))
}

/// The weights file of a run: `path` itself, or the last weights of run `run` in a run folder.
pub(crate) fn weights_of_run(path: &Path, run: u64) -> Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let file = |setting: usize| {
        path.join("weights")
            .join(format!("setting{setting:04}-run{run:04}-final.safetensors"))
    };
    if file(1).exists() {
        return Err(Error::data(
            path,
            "has weights of several settings; name one file of its folder weights instead",
        ));
    }
    let only = file(0);
    if only.exists() {
        return Ok(only);
    }
    Err(Error::data(
        only,
        "no such file: the run folder has no last weights of this run; run it with run.save_weights = \"final\" and as many runs",
    ))
}

/// eta, unless it is still to be found: a network that tells it has no feedback step of its own yet.
fn known_step_size(setting: &Keys) -> Option<f64> {
    match setting.step_size {
        StepSize::Number(eta) => Some(eta),
        StepSize::Auto | StepSize::OverM(_) => None,
    }
}

fn options(
    setting: &NetworkSetting,
    step_size: f64,
    layers: usize,
    length: &Span,
) -> TrainingOptions {
    let epochs = length.steps as f64 / length.per_epoch as f64;
    TrainingOptions {
        loss: setting.loss,
        reduction: setting.reduction,
        batch: length.batch,
        step_sizes: setting.step_sizes.of_run(step_size, epochs),
        ridge: setting.ridge.clone(),
        ridge_form: setting.ridge_form,
        ridge_layers: setting.deep().ridge_layers.each(layers),
        dropout: setting.dropout,
        center_outputs: setting.center_outputs,
    }
}
