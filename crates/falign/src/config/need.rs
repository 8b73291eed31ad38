//! Memory that one run of a setting needs: the formulas of each engine, on the sizes that keys and
//! files give.

use super::record_text;
use super::setting::{Engine, Keys, SaveWeights};
use crate::math::Precision;
use crate::measure::Limit;
use crate::memory::{Extent, Need, Size};
use crate::network::{NetworkExtent, Training};
use crate::rule::Feedback;
use crate::theory::{replicate_memory, spectrum_memory};
use crate::two_layer::{Draw, Linear, Needs, Reference, SampleSpace};

/// The sizes of a setting's data.
pub(crate) struct Sizes {
    pub(crate) extent: Extent,
    /// Bytes that all runs share.
    pub(crate) stored: f64,
    /// Bytes of one input.
    pub(crate) input_bytes: f64,
}

impl Sizes {
    /// Sizes by the keys; those that a file would tell are 0.
    pub(crate) fn typed(setting: &Keys) -> Self {
        let is_file = setting.train_data.is_some() || setting.classes.are_stored();
        let of = |value: usize| if is_file { 0.0 } else { value as f64 };
        Self {
            extent: Extent {
                samples: of(setting.samples),
                held_out: setting.held_out as f64,
                inputs: of(setting.input_dim),
                outputs: of(setting.outputs),
                width: setting.width as f64,
            },
            stored: 0.0,
            input_bytes: match setting.classes.drawn() {
                Some(set) => set.input_bytes(),
                None if setting.classes.are_named() => 1.0,
                None => 8.0,
            },
        }
    }
}

/// Memory that one run needs, besides what all share.
pub(crate) fn of_run(setting: &Keys, sizes: &Sizes) -> Vec<Need> {
    use Size::{HeldOut, Inputs, Outputs, Samples, Width};
    let extent = &sizes.extent;
    if setting.resolved_engine() == Engine::MiniBatch {
        // Generated data are drawn, put together for the teacher, and taken apart.
        let is_generated = sizes.stored <= 0.0 && !setting.classes.are_named();
        let bytes = if is_generated {
            24.0
        } else {
            sizes.input_bytes
        };
        let mut all = vec![
            extent.array(bytes, &[Samples, Inputs]),
            extent.array(bytes, &[HeldOut, Inputs]),
            extent.array(8.0, &[Samples, Outputs]),
        ];
        all.extend(of_network(setting, extent));
        return all;
    }
    let save = setting.save_weights;
    let needs = Needs::of(
        &setting.quantities,
        matches!(save, SaveWeights::Final | SaveWeights::Both),
    );
    // The run's own data, and as the engine's problem has them.
    let mut all = vec![
        extent.array(24.0, &[Samples, Inputs]),
        extent.array(24.0, &[HeldOut, Inputs]),
        extent.array(24.0, &[Samples, Outputs]),
        extent.array(24.0, &[HeldOut, Outputs]),
    ];
    let is_drawn = setting.resolved_draw() != Draw::Gram;
    all.extend(match (setting.resolved_engine(), setting.precision) {
        (Engine::Linear, _) => {
            let is_fixed = setting.rule.feedback() == Some(Feedback::Random);
            Linear::memory(extent, is_fixed, needs, is_drawn)
        }
        (Engine::Reference, Precision::F64) => Reference::<f64>::memory(extent, needs),
        (Engine::Reference, _) => Reference::<f32>::memory(extent, needs),
        (_, Precision::F64) => SampleSpace::<f64>::memory(extent, needs),
        _ => SampleSpace::<f32>::memory(extent, needs),
    });
    if save != SaveWeights::None {
        // Of the start and of the end, and as a file.
        all.push(extent.array(24.0, &[Width, Inputs]));
        all.push(extent.array(48.0, &[Width, Outputs]));
    }
    let asks_for_kernels = setting
        .quantities
        .iter()
        .any(|q| q.is_prediction() || q.reads_spectra());
    if crate::config::setting::needs_spectrum(setting) || asks_for_kernels {
        all.push(spectrum_memory(extent));
    }
    all.extend(of_replicate(setting, extent));
    all
}

/// Memory of one replicate of the slow-time limit, where a setting asks for that. Threads without a run
/// take others of the same run.
pub(crate) fn of_replicate(setting: &Keys, extent: &Extent) -> Vec<Need> {
    if asks_for_slow_time(setting) {
        replicate_memory(setting.activation, extent)
    } else {
        Vec::new()
    }
}

/// Whether a setting asks for the slow-time limit.
pub(crate) fn asks_for_slow_time(setting: &Keys) -> bool {
    let quantities = setting.quantities.iter();
    quantities
        .map(|q| q.limit())
        .any(|limit| limit == Some(Limit::SlowTime))
}

/// Memory that a network of any depth needs.
fn of_network(setting: &Keys, extent: &Extent) -> Vec<Need> {
    let deep = &setting.deep;
    let widths = match (&deep.hidden_widths, &deep.layers) {
        (None, None) => vec![extent.width; deep.hidden_layers],
        _ => setting.widths().iter().map(|&units| units as f64).collect(),
    };
    let batch = deep.batch.map_or(extent.samples, |batch| batch as f64);
    let network = NetworkExtent {
        inputs: extent.inputs,
        widths,
        outputs: extent.outputs,
        batch: batch.min(extent.samples),
        samples: extent.samples.max(extent.held_out),
        optimiser: setting.optimiser(),
        has_feedback: setting.rule.composition().is_some(),
        saves: setting.save_weights != SaveWeights::None,
    };
    if let Ok(Some(blueprint)) = setting.blueprint() {
        let nodes = blueprint.nodes();
        let layers = nodes.iter().filter_map(|node| node.layer.as_ref());
        let weights: Vec<f64> = layers.map(|layer| layer.weights.length() as f64).collect();
        let numbers: Vec<f64> = nodes
            .iter()
            .map(|node| node.shape.numbers() as f64)
            .collect();
        return match setting.precision {
            Precision::F64 => Training::<f64>::memory_of_layers(&network, &weights, &numbers),
            Precision::F32 => Training::<f32>::memory_of_layers(&network, &weights, &numbers),
        };
    }
    match setting.precision {
        Precision::F64 => Training::<f64>::memory(&network),
        Precision::F32 => Training::<f32>::memory(&network),
    }
}

/// The leaf of the key that gives a size, and its value.
pub(crate) fn blamed(setting: &Keys, size: Size) -> (&'static str, String) {
    let deep = &setting.deep;
    let file = [
        ("train_data", &setting.train_data),
        ("labelled_data", &setting.classes.labelled_data),
    ]
    .into_iter()
    .find_map(|(leaf, path)| Some((leaf, path.as_ref()?.display().to_string())));
    let named = setting.classes.labelled.as_ref();
    let named = named.filter(|_| setting.classes.are_stored());
    let data = file.or_else(|| named.map(|name| ("labelled", name.clone())));
    let or_data = |leaf, value: usize| match &data {
        Some(data) => data.clone(),
        None => (leaf, value.to_string()),
    };
    match size {
        Size::Samples => or_data("samples", setting.samples),
        Size::Inputs => or_data("input_dim", setting.input_dim),
        Size::Outputs => or_data("outputs", setting.outputs),
        Size::HeldOut => match &setting.held_out_data {
            Some(path) => ("held_out_data", path.display().to_string()),
            None if setting.held_out > 0 => ("held_out", setting.held_out.to_string()),
            None => or_data("held_out", setting.held_out),
        },
        Size::Width if deep.layers.is_some() => ("layers", "a list".to_owned()),
        Size::Width => match &deep.hidden_widths {
            Some(widths) if setting.resolved_engine() == Engine::MiniBatch => {
                ("hidden_widths", format!("{widths:?}"))
            }
            _ => ("width", setting.width.to_string()),
        },
        Size::Batch => match deep.batch {
            Some(batch) => ("batch", batch.to_string()),
            None => or_data("samples", setting.samples),
        },
        Size::Records => ("record", record_text(&setting.record)),
        Size::Quantities => ("quantities", setting.quantities.len().to_string()),
    }
}
