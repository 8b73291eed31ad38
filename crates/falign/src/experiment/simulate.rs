//! One run of one setting, from its streams to its recorded rows.

use super::config::record_fits;
use super::inputs;
use super::resolve::{Resolved, resolve};
use super::setting::{Record, SaveWeights, Setting};
use crate::Result;
use crate::math::{Precision, Streams};
use crate::observe::Outcome;
use crate::two_layer::{
    Draw, Dynamics, Engine, Linear, LinearStart, Needs, Problem, Recording, Reference, SampleSpace,
    Start, Stop, Weights, run,
};

/// A finished run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// Steps at which rows were recorded.
    pub steps: Vec<u64>,
    /// Per row the values of `setting.quantities`; NaN where there is none.
    pub values: Vec<Vec<f64>>,
    /// How it ended.
    pub outcome: Outcome,
    /// What its theory units became.
    pub resolved: Resolved,
    /// The weights asked for by `save_weights`: initial, final.
    pub weights: [Option<Weights>; 2],
}

/// More recorded steps than this in one run are a slip of the pen, and would not fit in memory.
pub const MAX_ROWS: u64 = 10_000_000;

/// At least as many steps as [`recorded_steps`] gives, without making them.
pub fn rows(record: &Record, steps: u64) -> u64 {
    match record {
        Record::Every(every) => steps / every + 2,
        Record::Count(count) => count.saturating_add(1),
        // Runs of up to 10^16 steps: seventeen factors of ten at most, and step 0.
        Record::PerDecade(per_decade) => per_decade.saturating_mul(17).saturating_add(1),
        Record::At(list) => list.len() as u64,
        Record::Last => 1,
    }
}

/// The steps that `record` asks for in a run of `steps` steps, ascending.
///
/// ```
/// use falign::experiment::{setting::Record, simulate::recorded_steps};
/// assert_eq!(recorded_steps(&Record::Every(4), 10), [0, 4, 8, 10]);
/// assert_eq!(recorded_steps(&Record::Last, 10), [10]);
/// ```
pub fn recorded_steps(record: &Record, steps: u64) -> Vec<u64> {
    let mut chosen: Vec<u64> = match record {
        Record::Every(every) => (0..=steps)
            .step_by(usize::try_from(*every).unwrap_or(usize::MAX))
            .collect(),
        Record::Count(count) => (0..=*count)
            .map(|i| {
                let share = u128::from(i) * u128::from(steps) / u128::from(*count);
                u64::try_from(share).unwrap_or(steps)
            })
            .collect(),
        Record::PerDecade(per_decade) => {
            let mut all = vec![0];
            let mut exponent = 0.0;
            loop {
                // libm's exponential is the same on every machine; the rounding hides the rest.
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a step"
                )]
                let step = libm::exp10(exponent).round() as u64;
                if step > steps {
                    break;
                }
                all.push(step);
                exponent += 1.0 / *per_decade as f64;
            }
            all
        }
        Record::At(list) => {
            let mut list: Vec<u64> = list.iter().copied().filter(|&s| s <= steps).collect();
            list.sort_unstable();
            list.dedup();
            return list;
        }
        Record::Last => vec![],
    };
    chosen.push(steps);
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// The engine and draw that `auto` stands for.
pub fn choose(setting: &Setting) -> (Engine, Draw) {
    (setting.resolved_engine(), setting.resolved_draw())
}

fn start(setting: &Setting, streams: Streams, problem: &Problem) -> Result<Start> {
    let Some(path) = &setting.initial_weights else {
        return Ok(Start::Drawn {
            streams,
            correlation: setting.feedback_correlation,
        });
    };
    let weights = crate::data::load_weights(path)?;
    let sizes = inputs::sizes_of(&weights);
    inputs::weights_fit(
        path,
        sizes,
        setting.width,
        problem.input_dim(),
        problem.outputs(),
    )?;
    Ok(Start::Given(weights))
}

/// Runs run number `run_number` of a checked setting. `parallel` spreads a wide network over
/// rayon's threads (same bits); `progress` hears of every step and may stop the run by
/// answering `false`, which gives `None`.
///
/// # Errors
/// As [`resolve`]; [`Shape`](crate::Error::Shape) for given weights that do not fit.
pub fn simulate(
    setting: &Setting,
    run_number: u64,
    parallel: bool,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Option<RunResult>> {
    let (engine_name, draw) = choose(setting);
    let (problem, resolved) = resolve(setting, run_number, draw)?;
    let streams = Streams::new(setting.seed, run_number);
    let save = setting.save_weights;
    let needs = Needs::of(
        &setting.quantities,
        matches!(save, SaveWeights::Final | SaveWeights::Both),
    );
    let mut engine: Box<dyn Dynamics> = if draw == Draw::Gram {
        let start = LinearStart::Gram {
            streams,
            correlation: setting.feedback_correlation,
        };
        Box::new(Linear::new(&problem, start, needs))
    } else {
        let start = start(setting, streams, &problem)?;
        match (engine_name, setting.precision) {
            (Engine::Reference, Precision::F64) => {
                Box::new(Reference::<f64>::new(&problem, &start, streams))
            }
            (Engine::Reference, Precision::F32) => {
                Box::new(Reference::<f32>::new(&problem, &start, streams))
            }
            (Engine::Linear, _) => {
                Box::new(Linear::new(&problem, LinearStart::Weights(start), needs))
            }
            (_, Precision::F64) => Box::new(SampleSpace::<f64>::new(
                &problem, start, streams, needs, parallel,
            )),
            (_, Precision::F32) => Box::new(SampleSpace::<f32>::new(
                &problem, start, streams, needs, parallel,
            )),
        }
    };
    let initial = matches!(save, SaveWeights::Initial | SaveWeights::Both)
        .then(|| engine.weights())
        .flatten();
    record_fits(&setting.record, resolved.steps)?;
    let steps = recorded_steps(&setting.record, resolved.steps);
    let mut values: Vec<Vec<f64>> = Vec::with_capacity(steps.len());
    let stop = Stop {
        tolerance: setting.stop_tolerance,
        window: setting.stop_window,
    };
    let outcome = run(
        &problem,
        engine.as_mut(),
        Recording {
            steps: &steps,
            quantities: &setting.quantities,
            stop,
            alignment_threshold: setting.alignment_threshold,
        },
        &mut |_, row| values.push(row.to_vec()),
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
    let last = matches!(save, SaveWeights::Final | SaveWeights::Both)
        .then(|| engine.weights())
        .flatten();
    Ok(Some(RunResult {
        steps,
        values,
        outcome,
        resolved,
        weights: [initial, last],
    }))
}
