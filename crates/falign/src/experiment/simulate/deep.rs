//! A run of the mini-batch engine.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Context, RunResult, SavedWeights};
use crate::data::{Labelled, Scaling, Split, synthetic};
use crate::experiment::config::record_fits;
use crate::experiment::recorded::{in_steps, recorded_steps};
use crate::experiment::resolve::{Resolved, schedule};
use crate::experiment::run_data::{data_streams, load};
use crate::experiment::setting::Duration as StepCount;
use crate::experiment::setting::{
    Deep, InitialisationName, Ridge, SaveWeights, Setting, StepSize, StepSizeSchedule, Steps,
};
use crate::experiment::sources::Sources;
use crate::math::simd::Element;
use crate::math::{Loss, Precision, StreamName, Streams};
use crate::mlp::{
    Architecture, Examples, FeedbackShape, Initialisation, Network, OptimiserKind, Part, Running,
    StepSizes, TensorFile, Training, TrainingOptions, Wanted, draw_feedback, draw_layers,
    steps_per_epoch,
};
use crate::observe::{NUMERICS_VERSION, Outcome, Quantity};
use crate::rule::{
    Composed, FeedbackLearning, LastLayerOnly, LearningRule, NodePerturbation, Rule,
    WeightPerturbation,
};
use crate::two_layer::Draw;
use crate::{Error, Result};

pub(super) fn simulate(
    setting: &Setting,
    run: u64,
    context: Context<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Option<RunResult>> {
    match setting.precision {
        Precision::F32 => train::<f32>(setting, run, context, progress),
        Precision::F64 => train::<f64>(setting, run, context, progress),
    }
}

/// The sets of one run.
#[derive(Debug)]
struct Sets {
    train: Arc<Examples>,
    test: Option<Examples>,
    validation: Option<Examples>,
}

/// A run before its first step, for whoever wants to look inside.
#[derive(Debug)]
pub(crate) struct Parts<T: Element> {
    /// The network at its start, with its rule.
    pub(crate) network: Network<T>,
    /// What it trains on.
    pub(crate) train: Arc<Examples>,
    test: Option<Examples>,
    validation: Option<Examples>,
    /// How it trains.
    pub(crate) options: TrainingOptions,
    /// Steps of the whole run.
    pub(crate) steps: u64,
}

/// Builds the network and its data.
pub(crate) fn parts<T: Element>(
    setting: &Setting,
    run: u64,
    sources: &Sources,
) -> Result<Parts<T>> {
    let Sets {
        train,
        test,
        validation,
    } = sets(setting, run, sources)?;
    let deep = &setting.deep;
    let batch = deep.batch.unwrap_or(usize::MAX).min(train.samples());
    let per_epoch = steps_per_epoch(train.samples(), batch);
    let steps = match (deep.epochs, setting.steps) {
        (Some(epochs), _) => epochs.saturating_mul(per_epoch),
        (None, Steps::Number(steps)) => steps,
        (None, _) => 0,
    };
    let widths = deep.widths(setting.width);
    let mut architecture = Architecture::new(
        train.input_dim(),
        &widths,
        train.outputs(),
        setting.activation,
    )?;
    architecture.has_biases = deep.biases;
    let network = network(setting, run, &architecture)?;
    let options = options(setting, network.shapes().len(), batch, per_epoch, steps)?;
    Ok(Parts {
        network,
        train,
        test,
        validation,
        options,
        steps,
    })
}

fn sets(setting: &Setting, run: u64, sources: &Sources) -> Result<Sets> {
    let deep = &setting.deep;
    if !deep.has_classes() {
        let data = load(setting, run, Draw::Weights, sources)?;
        let factor = deep.input_factor.value(data.inputs.ncols());
        let test = data
            .held_out
            .map(|(inputs, targets)| Examples::reals(inputs, targets, factor))
            .transpose()?;
        return Ok(Sets {
            train: Arc::new(Examples::reals(data.inputs, data.targets, factor)?),
            test,
            validation: None,
        });
    }
    let streams = data_streams(setting, run);
    let (train, test) = match sources.labelled(setting)? {
        Some(pair) => (pair.train, Some(pair.test)),
        None => {
            let side = setting.input_dim.isqrt();
            let draw = |stream, samples| {
                Arc::new(synthetic::labelled_images(
                    streams,
                    stream,
                    samples,
                    side,
                    setting.outputs,
                ))
            };
            let test = setting.held_out;
            (
                draw(StreamName::Data, setting.samples),
                (test > 0).then(|| draw(StreamName::HeldOut, test)),
            )
        }
    };
    let train = limited(train, deep.train_limit);
    let test = test.map(|test| limited(test, deep.test_limit));
    let (train, validation) = if deep.validation > 0 {
        let split = Split::draw(&train, deep.validation, streams)?;
        (Arc::new(split.train), Some(Arc::new(split.validation)))
    } else {
        (train, None)
    };
    let scaler = deep.scaling.unwrap_or(Scaling::Standardise).fit(&train)?;
    let factor = deep.input_factor.value(train.input_dim());
    let examples = |data| Examples::classes(data, scaler.clone(), factor);
    Ok(Sets {
        test: test.map(examples).transpose()?,
        validation: validation.map(examples).transpose()?,
        train: Arc::new(examples(train)?),
    })
}

/// The first samples.
fn limited(data: Arc<Labelled>, limit: Option<usize>) -> Arc<Labelled> {
    match limit {
        Some(limit) if limit < data.samples() => {
            let rows: Vec<usize> = (0..limit).collect();
            Arc::new(data.select(&rows))
        }
        _ => data,
    }
}

fn initialisation(deep: &Deep, name: InitialisationName) -> Initialisation {
    match name {
        InitialisationName::Paper => Initialisation::Paper,
        InitialisationName::UniformFanIn => Initialisation::UniformFanIn,
        InitialisationName::Xavier => Initialisation::Xavier,
        InitialisationName::He => Initialisation::He,
        InitialisationName::Ntk => Initialisation::Ntk,
        InitialisationName::Zero => Initialisation::Zero,
        InitialisationName::ScaledUniform => Initialisation::ScaledUniform {
            scale: deep.init_scale,
        },
    }
}

/// The network at its start.
fn network<T: Element>(
    setting: &Setting,
    run: u64,
    architecture: &Architecture,
) -> Result<Network<T>> {
    let deep = &setting.deep;
    let streams = Streams::new(setting.seed, run);
    let law = initialisation(deep, deep.initialisation);
    let layers = draw_layers(architecture, law, streams);
    let rule: Box<dyn LearningRule<T>> = match (setting.rule, setting.rule.composition()) {
        (_, Some(composition)) => {
            let own = deep.feedback_initialisation.unwrap_or(deep.initialisation);
            let shape = FeedbackShape {
                scale: deep.feedback_scale,
                sparsity: deep.feedback_sparsity,
                rank: deep.feedback_rank,
                signs_only: deep.feedback_signs,
                correlation: setting.feedback_correlation,
            };
            let law = initialisation(deep, own);
            let feedback = draw_feedback(composition, &layers, law, shape, streams);
            let learning = FeedbackLearning {
                step_size: setting.feedback_step_size.unwrap_or(eta(setting)),
                decay: setting.feedback_decay,
            };
            Box::new(Composed::new(composition, feedback, learning))
        }
        (Rule::NodePerturbation, _) => Box::new(NodePerturbation::new(deep.perturbation)),
        (Rule::WeightPerturbation, _) => Box::new(WeightPerturbation::new(deep.perturbation)),
        _ => Box::new(LastLayerOnly),
    };
    let mut network = Network::new(layers, rule, deep.optimiser_kind());
    if let Some(path) = &setting.initial_weights {
        let path = weights_of_run(path, run)?;
        let file = TensorFile::load(&path)?;
        network
            .restore(Part::Weights, 0, &file)
            .map_err(|reason| Error::data(&path, format!("does not fit this network: {reason}")))?;
    }
    Ok(network)
}

/// The weights file of a run: `path` itself, or the last weights of run `run` in a run folder.
pub(in crate::experiment) fn weights_of_run(path: &Path, run: u64) -> Result<std::path::PathBuf> {
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

fn eta(setting: &Setting) -> f64 {
    match setting.step_size {
        StepSize::Number(eta) => eta,
        StepSize::Auto | StepSize::OverM(_) => f64::NAN,
    }
}

fn options(
    setting: &Setting,
    layers: usize,
    batch: usize,
    per_epoch: u64,
    steps: u64,
) -> Result<TrainingOptions> {
    let deep = &setting.deep;
    let step_size = eta(setting);
    let decay_epochs = deep.step_size_decay.unwrap_or(f64::INFINITY);
    let ridge = match setting.ridge {
        Ridge::Number(ridge) | Ridge::Gamma(ridge) => ridge,
    };
    let in_steps = |duration| match duration {
        StepCount::Number(steps) | StepCount::CS(steps) => steps,
    };
    Ok(TrainingOptions {
        loss: deep.resolved_loss(),
        reduction: deep.resolved_reduction(),
        batch,
        step_sizes: match deep.step_size_schedule {
            StepSizeSchedule::Constant => StepSizes::Constant { step_size },
            StepSizeSchedule::Inverse => StepSizes::Inverse {
                step_size,
                decay_epochs,
            },
            StepSizeSchedule::Exponential => StepSizes::Exponential {
                step_size,
                decay_epochs,
            },
            StepSizeSchedule::Cosine => StepSizes::Cosine {
                step_size,
                epochs: steps as f64 / per_epoch as f64,
            },
        },
        ridge: schedule(setting, ridge, in_steps)?,
        ridge_form: setting.ridge_form,
        ridge_layers: deep.ridge_layers.each(layers),
        dropout: setting.dropout,
        center_outputs: setting.center_outputs.unwrap_or(false),
    })
}

/// What has been recorded of a run so far.
#[derive(Debug, Default)]
struct Recorded {
    /// Per row the values of the setting's quantities.
    values: Vec<Vec<f64>>,
    /// The running mean loss at each row.
    losses: Vec<f64>,
}

/// At least this long between two checkpoints of a run that is not being stopped.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);

fn train<T: Element>(
    setting: &Setting,
    run: u64,
    context: Context<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Option<RunResult>> {
    let parts = parts::<T>(setting, run, context.sources)?;
    let streams = Streams::new(setting.seed, run);
    let per_epoch = steps_per_epoch(parts.train.samples(), parts.options.batch);
    let record = in_steps(&setting.record, per_epoch);
    record_fits(&record, parts.steps)?;
    let steps = recorded_steps(&record, parts.steps);
    let resolved = Resolved {
        step_size: eta(setting),
        ridge: parts.options.ridge.value(0),
        steps: parts.steps,
        gamma: f64::NAN,
        kernel_max: f64::NAN,
    };
    let chance = chance_loss(&parts.train, parts.options.loss);
    let save = setting.save_weights;
    let initial =
        matches!(save, SaveWeights::Initial | SaveWeights::Both).then(|| weights(&parts.network));
    let start = {
        let layers = parts.network.layers().to_vec();
        move || Network::new(layers, Box::new(LastLayerOnly), OptimiserKind::Sgd)
    };
    let mut observer = Observer {
        wanted: Wanted::of(&setting.quantities, setting.deep.top_k),
        quantities: &setting.quantities,
        test: parts.test.unwrap_or_else(|| Examples::clone(&parts.train)),
        validation: parts.validation,
        noise: streams.open(StreamName::Measured),
    };
    let mut training = Training::new(parts.network, start, parts.train, parts.options, streams);
    let mut recorded = match context.checkpoint {
        Some(path) => resume(path, &mut training, setting.quantities.len())?,
        None => Recorded::default(),
    };
    let mut saved = Instant::now();
    let outcome = loop {
        let step = training.network().steps_done();
        if steps.get(recorded.values.len()) == Some(&step) {
            let running = training.take_running();
            recorded.losses.push(running.loss / running.samples);
            let row = observer.row(&mut training, running);
            recorded.values.push(row);
            if let Some(path) = context.checkpoint
                && saved.elapsed() > CHECKPOINT_EVERY
            {
                keep(path, &mut training, &recorded)?;
                saved = Instant::now();
            }
        }
        if step >= steps.last().copied().unwrap_or(0) {
            break stall(&recorded.losses, &steps, chance);
        }
        if !progress(step) {
            if let Some(path) = context.checkpoint {
                keep(path, &mut training, &recorded)?;
            }
            return Ok(None);
        }
        if !training.step().is_finite() {
            break Outcome::Diverged { step };
        }
    };
    if let Some(path) = context.checkpoint {
        // Other runs of the job may still be stopped: this one need not run again.
        keep(path, &mut training, &recorded)?;
    }
    let nothing = vec![f64::NAN; setting.quantities.len()];
    recorded.values.resize(steps.len(), nothing);
    let last =
        matches!(save, SaveWeights::Final | SaveWeights::Both).then(|| weights(training.network()));
    Ok(Some(RunResult {
        steps,
        values: recorded.values,
        outcome,
        resolved,
        weights: [initial, last].map(|file| file.map(SavedWeights::Deep)),
    }))
}

/// The weights of a network as a file.
fn weights<T: Element>(network: &Network<T>) -> TensorFile {
    let mut file = TensorFile::new(json!({ "kind": "weights" }));
    network.save(Part::Weights, &mut file);
    file
}

/// What measures a network at a recorded step.
struct Observer<'a> {
    wanted: Wanted,
    quantities: &'a [Quantity],
    test: Examples,
    validation: Option<Examples>,
    noise: crate::math::Stream,
}

impl Observer<'_> {
    fn row<T: Element>(&mut self, training: &mut Training<T>, running: Running) -> Vec<f64> {
        let on_batches = [Quantity::Epoch, Quantity::Loss, Quantity::TrainAccuracy];
        let on_validation = [Quantity::ValidationLoss, Quantity::ValidationAccuracy];
        let any = |of: &dyn Fn(&Quantity) -> bool| self.quantities.iter().any(of);
        let on_test = |q: &Quantity| !on_batches.contains(q) && !on_validation.contains(q);
        let measured = any(&on_test)
            .then(|| training.measure(&self.test, self.wanted.clone(), &mut self.noise));
        let plain = Wanted::default();
        let validation = match &self.validation {
            Some(samples) if any(&|q| on_validation.contains(q)) => {
                Some(training.measure(samples, plain, &mut self.noise))
            }
            _ => None,
        };
        let value = |quantity: Quantity| match quantity {
            Quantity::Epoch => Some(training.epoch()),
            Quantity::Loss => Some(running.loss / running.samples),
            Quantity::TrainAccuracy => Some(running.right / running.samples),
            Quantity::ValidationLoss => validation.as_ref()?.value(Quantity::TestLoss),
            Quantity::ValidationAccuracy => validation.as_ref()?.value(Quantity::TestAccuracy),
            other => measured.as_ref()?.value(other),
        };
        let values = self
            .quantities
            .iter()
            .map(|&q| value(q).unwrap_or(f64::NAN));
        values.collect()
    }
}

/// Writes a checkpoint.
fn keep<T: Element>(path: &Path, training: &mut Training<T>, recorded: &Recorded) -> Result<()> {
    let step = training.network().steps_done();
    let mut file = TensorFile::new(json!({
        "kind": "checkpoint",
        "numerics_version": NUMERICS_VERSION,
        "step": step,
    }));
    training.network().save(Part::Everything, &mut file);
    let Running {
        loss,
        right,
        samples,
    } = *training.running_mut();
    file.put("running".to_owned(), &[3], &[loss, right, samples]);
    let rows = recorded.values.len();
    file.put("losses".to_owned(), &[rows], &recorded.losses);
    let columns = recorded.values.first().map_or(0, Vec::len);
    let values = recorded.values.iter().flatten();
    file.put("values".to_owned(), &[rows, columns], values);
    crate::file::write_atomic(path, &file.encode())
}

/// Puts a run where its checkpoint left it. Without a checkpoint, and with one that is damaged
/// or of another version, the run starts anew: nothing but time is lost.
fn resume<T: Element>(
    path: &Path,
    training: &mut Training<T>,
    quantities: usize,
) -> Result<Recorded> {
    let file = match TensorFile::load(path) {
        Ok(file) => file,
        Err(Error::Io { source, .. }) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::io(path, source));
        }
        Err(_) => return Ok(Recorded::default()),
    };
    let step = file.note["step"].as_u64();
    let is_ours =
        file.note["kind"] == "checkpoint" && file.note["numerics_version"] == NUMERICS_VERSION;
    let (Some(step), true) = (step, is_ours) else {
        return Ok(Recorded::default());
    };
    let [Some((_, running)), Some((_, losses)), Some((shape, values))] =
        ["running", "losses", "values"].map(|name| file.get(name))
    else {
        return Ok(Recorded::default());
    };
    let fits = shape.get(1) == Some(&quantities) || shape.first() == Some(&0);
    let [loss, right, samples] = running[..] else {
        return Ok(Recorded::default());
    };
    if !fits
        || training
            .network_mut()
            .restore(Part::Everything, step, &file)
            .is_err()
    {
        return Ok(Recorded::default());
    }
    *training.running_mut() = Running {
        loss,
        right,
        samples,
    };
    Ok(Recorded {
        values: values
            .chunks(quantities.max(1))
            .map(<[f64]>::to_vec)
            .collect(),
        losses,
    })
}

/// The loss per sample of the best constant outputs on the training set: what a network has
/// before it has learned anything of the inputs.
fn chance_loss(examples: &Examples, loss: Loss) -> f64 {
    let mut batch = crate::mlp::Batch::<f64>::default();
    let rows: Vec<usize> = (0..examples.samples()).collect();
    let n = rows.len() as f64;
    let k = examples.outputs();
    let (mut sums, mut squares) = (vec![0.0; k], vec![0.0; k]);
    let mut include = |column: usize, y: f64| {
        sums[column] += y;
        squares[column] += y * y;
    };
    match examples.labels() {
        Some(labels) => labels.iter().for_each(|&label| include(label, 1.0)),
        None => {
            examples.fill(&rows, &mut batch);
            for ((_, column), y) in batch.targets().indexed_iter() {
                include(column, *y);
            }
        }
    }
    let entropy = |p: f64| if p > 0.0 { -p * libm::log(p) } else { 0.0 };
    sums.iter()
        .zip(&squares)
        .map(|(sum, square)| {
            let p = sum / n;
            match loss {
                Loss::SquaredError => 0.5 * (square / n - p * p),
                Loss::SoftmaxCrossEntropy => entropy(p),
                Loss::Logistic => entropy(p) + entropy(1.0 - p),
            }
        })
        .sum()
}

/// A finished run, or a stalled one: over the second half of its rows, and three at least, the
/// running loss stayed within a hundredth of the loss of the best constant outputs.
fn stall(losses: &[f64], steps: &[u64], chance: f64) -> Outcome {
    let is_flat = |loss: &f64| (loss - chance).abs() <= 0.01 * chance;
    let flat = losses.iter().rev().take_while(|loss| is_flat(loss)).count();
    if flat >= 3 && 2 * flat >= losses.len() {
        let step = steps[losses.len() - flat];
        return Outcome::Stalled { step };
    }
    Outcome::Finished
}
