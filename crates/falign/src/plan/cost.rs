//! What a job is expected to cost, for progress and its estimate of the time left.

use super::Job;
use crate::config::Experiment;
use crate::config::setting::{Engine, Setting};
use crate::config::steps::{expected_steps, samples};
use crate::math::Activation;
use crate::two_layer::Draw;

/// Work of one step of a deep network: three products a layer.
fn step_of_layers(s: &Setting) -> f64 {
    let batch = s
        .deep
        .batch
        .map_or_else(|| samples(s), |batch| batch as f64);
    // Inputs and classes of a file are not known yet: those of MNIST.
    let (inputs, outputs) = if s.deep.has_classes() {
        (784.0, 10.0)
    } else {
        (s.input_dim as f64, s.outputs as f64)
    };
    let hidden = s.deep.widths(s.width).into_iter().map(|units| units as f64);
    let sizes: Vec<f64> = std::iter::once(inputs)
        .chain(hidden)
        .chain(std::iter::once(outputs))
        .collect();
    let weights: f64 = sizes.windows(2).map(|pair| pair[0] * pair[1]).sum();
    3.0 * batch * weights
}

/// Estimated work of one run of a setting, in multiply-adds: a cost for progress and order.
pub fn cost(experiment: &Experiment, job: &Job) -> f64 {
    let s = &experiment.settings[job.setting_index].setting;
    let steps = expected_steps(s);
    if s.resolved_engine() == Engine::MiniBatch {
        return steps * step_of_layers(s) * (job.runs.end - job.runs.start) as f64;
    }
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
