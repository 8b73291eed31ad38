//! A run of the mini-batch engine.

mod build;
mod observer;
mod pieces;
mod sets;
mod stall;
mod state;
mod step_size;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use self::build::Span;
pub(crate) use self::build::{
    composition, feedback_learning, network_work, parts, rule, sizes_of_dense, sizes_of_list,
    start_curvature, weights_of_run,
};
use self::observer::Observer;
pub(crate) use self::sets::scaler;
use self::sets::sets;
use self::stall::{chance_loss, stall};
use self::state::{keep, resume};
use super::resolve::Resolved;
use super::sources::Sources;
use super::watch::prepare;
use super::{Context, Look, Outcome, RunResult, RunRows, SavedWeights};
use crate::Result;
use crate::config::record_fits;
use crate::config::setting::{NetworkSetting, Record, SaveWeights};
use crate::config::steps::{in_steps, recorded_steps};
use crate::math::simd::Element;
use crate::math::{Precision, StreamName, Streams};
use crate::network::{Network, Part, TensorFile, Training, steps_per_epoch};
use crate::rule::{Rule, RulePrecision};
use crate::stage::Listener;

pub(super) fn simulate(
    setting: &NetworkSetting,
    run: u64,
    context: Context<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
    observe: &mut dyn FnMut(Look<'_>),
) -> Result<Option<RunResult>> {
    match setting.precision {
        Precision::F32 => train::<f32>(setting, run, context, progress, observe),
        Precision::F64 => train::<f64>(setting, run, context, progress, observe),
    }
}

/// Steps and record of a deep run, as in [`super::steps_and_record`].
pub(super) fn steps_and_record(
    setting: &NetworkSetting,
    sources: &Sources,
) -> Result<(u64, Record)> {
    let samples = sets(setting, 0, sources, Listener::NOBODY)?.train.samples();
    let length = Span::new(setting, samples);
    let record = in_steps(&setting.record, length.per_epoch, length.steps);
    Ok((length.steps, record))
}

/// Least time between two checkpoints of a run that is not being stopped, kept at recorded steps and before
/// long ones.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);

fn train<T: RulePrecision>(
    setting: &NetworkSetting,
    run: u64,
    context: Context<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
    observe: &mut dyn FnMut(Look<'_>),
) -> Result<Option<RunResult>> {
    let parts = prepare(context.watch, |listener| {
        parts::<T>(setting, run, context.sources, listener)
    })?;
    let rule = &setting.rule;
    let streams = Streams::new(setting.seed, run);
    let per_epoch = steps_per_epoch(parts.train.samples(), parts.options.batch);
    let record = in_steps(&setting.record, per_epoch, parts.steps);
    record_fits(&record, parts.steps)?;
    context.tell_length(parts.steps);
    let steps = recorded_steps(&record, parts.steps);
    let resolved = Resolved {
        step_size: parts.step_size,
        ridge: parts.options.ridge.value(0),
        steps: parts.steps,
        gamma: None,
        kernel_max: parts.curvature,
    };
    let chance = chance_loss(&parts.train, parts.options.loss);
    let save = setting.save_weights;
    let initial =
        matches!(save, SaveWeights::Initial | SaveWeights::Both).then(|| weights(&parts.network));
    let observer = Arc::new(Observer {
        quantities: setting.quantities.clone(),
        top_k: setting.deep().top_k,
        train: Arc::clone(&parts.train),
        test: parts.test,
        validation: parts.validation,
        noise: streams.open(StreamName::Measured),
    });
    let (network, train, options) = (parts.network, parts.train, parts.options);
    let mut training = pieces::begin(context.watch, network, train, options, streams)?;
    let (mut values, mut losses) = match context.checkpoint {
        Some(checkpoint) => {
            let quantities = setting.quantities.len();
            resume(checkpoint, rule, run, &mut training, quantities, &steps)?
        }
        None => Default::default(),
    };
    let mut saved = Instant::now();
    let outcome = loop {
        let step = training.network().steps_done();
        let mut is_due = pieces::is_long(context.watch, &training);
        if steps.get(values.len()) == Some(&step) {
            // Measures may take long, and are left where a stop comes: what was trained is kept first.
            let so_far = (&*values, &*losses);
            keep_at_times(context, rule, run, &mut training, so_far, &mut saved)?;
            let running = training.take_running();
            let row;
            (training, row) = pieces::row(context.watch, &observer, training, running)?;
            let Ok(row) = row else {
                *training.running_mut() = running;
                return stopped(context, rule, run, training, (&values, &losses));
            };
            losses.push(running.loss / running.samples);
            observe(Look {
                step,
                values: &row,
                weights: &mut || Some(SavedWeights::Deep(weights(training.network()))),
            });
            values.push(row);
            is_due = true;
        }
        if is_due {
            let so_far = (&*values, &*losses);
            keep_at_times(context, rule, run, &mut training, so_far, &mut saved)?;
        }
        if step >= steps.last().copied().unwrap_or(0) {
            break stall(&losses, &steps, chance);
        }
        if !progress(step) {
            return stopped(context, rule, run, training, (&values, &losses));
        }
        let loss;
        (training, loss) = pieces::step(context.watch, training)?;
        if !loss.is_finite() {
            break Outcome::Diverged { step };
        }
    };
    if let Some(checkpoint) = context.checkpoint
        && !outcome.is_diverged()
    {
        // Other runs of the job may still be stopped: this one need not run again. One that has
        // diverged goes on from its last checkpoint, to diverge at the same step.
        keep(checkpoint, rule, run, &mut training, &values, &losses)?;
    }
    let nothing = vec![f64::NAN; setting.quantities.len()];
    values.resize(steps.len(), nothing);
    let last =
        matches!(save, SaveWeights::Final | SaveWeights::Both).then(|| weights(training.network()));
    Ok(Some(RunResult {
        rows: RunRows {
            steps,
            values,
            outcome,
        },
        resolved,
        weights: [initial, last].map(|file| file.map(SavedWeights::Deep)),
    }))
}

/// Keeps a checkpoint where the last one, at `saved`, is old enough.
fn keep_at_times<T: Element>(
    context: Context<'_>,
    rule: &Rule,
    run: u64,
    training: &mut Training<T>,
    (values, losses): (&[Vec<f64>], &[f64]),
    saved: &mut Instant,
) -> Result<()> {
    if let Some(checkpoint) = context.checkpoint
        && saved.elapsed() > CHECKPOINT_EVERY
    {
        keep(checkpoint, rule, run, training, values, losses)?;
        *saved = Instant::now();
    }
    Ok(())
}

/// Keeps what a run that is stopped has done: its values and running losses, row by row, and its state.
fn stopped<T: Element>(
    context: Context<'_>,
    rule: &Rule,
    run: u64,
    mut training: Box<Training<T>>,
    (values, losses): (&[Vec<f64>], &[f64]),
) -> Result<Option<RunResult>> {
    if let Some(checkpoint) = context.checkpoint {
        keep(checkpoint, rule, run, &mut training, values, losses)?;
    }
    Ok(None)
}

/// The weights of a network as a file.
fn weights<T: Element>(network: &Network<T>) -> TensorFile {
    let mut file = TensorFile::new(json!({ "kind": "weights" }));
    network.save(Part::Weights, &mut file);
    file
}
