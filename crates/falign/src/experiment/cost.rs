//! What a job is expected to cost, for progress and its estimate of the time left.

use super::config::Experiment;
use super::plan::Job;
use super::setting::{Ridge, Setting, StepSize, Steps};
use crate::experiment::setting::Engine;
use crate::math::Activation;
use crate::two_layer::Draw;

/// Steps of a run, guessed where they depend on its data.
pub(super) fn expected_steps(s: &Setting) -> f64 {
    const GUESS: f64 = 1e4;
    match (s.steps, s.step_size, s.ridge) {
        (Steps::Number(steps), _, _) => steps as f64,
        (Steps::Tau(tau), StepSize::Number(eta), _) => tau * (s.width as f64).sqrt() / eta,
        (Steps::EtaLambdaT(x), StepSize::Number(eta), Ridge::Number(ridge)) if ridge > 0.0 => {
            x / (eta * ridge)
        }
        (Steps::Tau(_) | Steps::EtaLambdaT(_), _, _) => GUESS,
    }
}

/// Estimated work of one run of a setting, in multiply-adds: a cost for progress and order.
pub fn cost(experiment: &Experiment, job: &Job) -> f64 {
    let s = &experiment.settings[job.setting_index].setting;
    let steps = expected_steps(s);
    let (n, k) = (s.samples as f64, s.outputs as f64);
    let width = match s.resolved_engine() {
        Engine::Linear => 3.0,
        Engine::Reference => 20.0 * s.width as f64,
        _ if matches!(s.activation, Activation::Linear | Activation::Relu) => s.width as f64,
        _ => 2.0 * s.width as f64,
    };
    let start = if s.resolved_draw() == Draw::Gram {
        n
    } else {
        s.width as f64
    };
    let per_run = steps * width * n * (n + k) + 2.0 * start * n * s.input_dim as f64;
    per_run * (job.runs.end - job.runs.start) as f64
}
