//! A run of the two-layer engines.

mod predictions;
mod references;
mod run;

pub(crate) use self::predictions::{final_slow_time, predict, remaining, slow_time_of};
use self::references::references;
pub use self::run::{Recording, Stop, run_engine};
use super::resolve::{Resolved, resolve, resolve_watched};
use super::shapes::{sizes_of, weights_fit};
use super::sources::Sources;
use super::watch::prepare;
use super::{Context, Look, Outcome, RunResult, RunRows, SavedWeights};
use crate::Result;
use crate::config::record_fits;
use crate::config::setting::{Record, SaveWeights, Steps, TwoLayerEngine, TwoLayerSetting};
use crate::config::steps::recorded_steps;
use crate::math::{Precision, Streams};
use crate::two_layer::{
    Dynamics, Linear, LinearStart, Needs, Problem, Reference, SampleSpace, Start, Weights,
};

fn start(setting: &TwoLayerSetting, streams: Streams, problem: &Problem) -> Result<Start> {
    let Some(path) = &setting.initial_weights else {
        return Ok(Start::Drawn {
            streams,
            correlation: setting.feedback_correlation,
        });
    };
    let weights = crate::data::load_weights(path)?;
    let sizes = sizes_of(&weights);
    weights_fit(
        path,
        sizes,
        setting.width,
        problem.input_dim(),
        problem.outputs(),
    )?;
    Ok(Start::Given(weights))
}

/// The engine of a setting at its start, with its problem.
pub(crate) fn engine(
    setting: &TwoLayerSetting,
    run_number: u64,
    context: Context<'_>,
) -> Result<(Problem, Resolved, Box<dyn Dynamics>)> {
    let (problem, resolved) = resolve_watched(setting, run_number, setting.draw(), context)?;
    let parallel = context.parallel;
    let streams = Streams::new(setting.seed, run_number);
    let save = setting.save_weights;
    let needs = Needs::of(
        &setting.quantities,
        matches!(save, SaveWeights::Final | SaveWeights::Both),
    );
    let engine = prepare(context.watch, |listener| -> Result<Box<dyn Dynamics>> {
        let problem = &problem;
        let start = || start(setting, streams, problem);
        Ok(match (setting.engine, setting.precision) {
            (TwoLayerEngine::Reference, Precision::F64) => Box::new(
                Reference::<f64>::with_listener(problem, &start()?, streams, listener)?,
            ),
            (TwoLayerEngine::Reference, Precision::F32) => Box::new(
                Reference::<f32>::with_listener(problem, &start()?, streams, listener)?,
            ),
            (TwoLayerEngine::Linear, _) => {
                let start = LinearStart::Weights(start()?);
                Box::new(Linear::with_listener(problem, start, needs, listener)?)
            }
            (TwoLayerEngine::LinearFromGram, _) => {
                let start = LinearStart::Gram {
                    streams,
                    correlation: setting.feedback_correlation,
                };
                Box::new(Linear::with_listener(problem, start, needs, listener)?)
            }
            (TwoLayerEngine::SampleSpace, Precision::F64) => {
                Box::new(SampleSpace::<f64>::with_listener(
                    problem,
                    start()?,
                    streams,
                    needs,
                    parallel,
                    listener,
                )?)
            }
            (TwoLayerEngine::SampleSpace, Precision::F32) => {
                Box::new(SampleSpace::<f32>::with_listener(
                    problem,
                    start()?,
                    streams,
                    needs,
                    parallel,
                    listener,
                )?)
            }
        })
    })?;
    Ok((problem, resolved, engine))
}

/// Steps and record of a two-layer run, as in [`super::steps_and_record`].
pub(super) fn steps_and_record(
    setting: &TwoLayerSetting,
    sources: &Sources,
) -> Result<(u64, Record)> {
    let steps = match setting.steps {
        Steps::Number(steps) => steps,
        Steps::Tau(_) | Steps::EtaLambdaT(_) => {
            resolve(setting, 0, setting.draw(), sources)?.1.steps
        }
    };
    Ok((steps, setting.record.clone()))
}

/// Runs a setting of a two-layer engine.
pub(super) fn simulate(
    setting: &TwoLayerSetting,
    run_number: u64,
    context: Context<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
    observe: &mut dyn FnMut(Look<'_>),
) -> Result<Option<RunResult>> {
    let (problem, resolved, mut engine) = engine(setting, run_number, context)?;
    let save = setting.save_weights;
    let kept = |engine: &mut dyn Dynamics, is_wanted: bool| -> Result<Option<Weights>> {
        if !is_wanted {
            return Ok(None);
        }
        prepare(context.watch, |listener| {
            engine.weights_with_listener(listener)
        })
    };
    let is_kept = matches!(save, SaveWeights::Initial | SaveWeights::Both);
    let initial = kept(engine.as_mut(), is_kept)?;
    record_fits(&setting.record, resolved.steps)?;
    context.tell_length(resolved.steps);
    let steps = recorded_steps(&setting.record, resolved.steps);
    let mut values: Vec<Vec<f64>> = Vec::with_capacity(steps.len());
    let stop = Stop {
        tolerance: setting.stop_tolerance,
        window: setting.stop_window,
    };
    let references = references(
        &problem,
        engine.as_mut(),
        &resolved,
        &setting.quantities,
        context.watch,
    )?;
    let outcome = run_engine(
        &problem,
        engine.as_mut(),
        Recording {
            steps: &steps,
            quantities: &setting.quantities,
            references: Some(&references),
            stop,
            alignment_threshold: setting.alignment_threshold,
            watch: context.watch,
        },
        &mut |row, measured, engine| {
            values.push(measured.to_vec());
            // A run that has converged measures once more, between recorded steps.
            if steps[row] == engine.steps_done() {
                observe(Look {
                    step: steps[row],
                    values: measured,
                    weights: &mut || engine.weights().map(SavedWeights::TwoLayer),
                });
            }
        },
        progress,
    );
    let Some(outcome) = outcome else {
        return Ok(None);
    };
    // After convergence the last value carries forward; after divergence there is none.
    let rest = match outcome {
        Outcome::Converged { .. } => values.last().cloned(),
        _ => None,
    };
    let rest = rest.unwrap_or_else(|| vec![f64::NAN; setting.quantities.len()]);
    values.resize(steps.len(), rest);
    predictions::fill(setting, run_number, context, &problem, &steps, &mut values)?;
    let is_kept = matches!(save, SaveWeights::Final | SaveWeights::Both);
    let last = kept(engine.as_mut(), is_kept)?;
    Ok(Some(RunResult {
        rows: RunRows {
            steps,
            values,
            outcome,
        },
        resolved,
        weights: [initial, last].map(|weights| weights.map(SavedWeights::TwoLayer)),
    }))
}
