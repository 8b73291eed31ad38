//! `learning.step_size` of a deep network that is not a number.

use std::sync::Arc;

use ndarray::Array1;

use crate::config::setting::{NetworkSetting, StepSize};
use crate::math::simd::Element;
use crate::network::{
    CurvatureOptions, Examples, Network, OptimiserKind, largest_curvature_with_listener,
};
use crate::rule::{Layer, RuleKind};
use crate::stage::Listener;
use crate::{Error, Result};

/// The step that Kingma & Ba (2015) give Adam. Changes of weights by Adam and `RMSprop` do not
/// depend on how steep the loss is.
const ADAPTIVE: f64 = 1e-3;

/// A step in numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// eta.
    pub(super) step_size: f64,
    /// M, the largest curvature at the start, where it was asked for.
    pub(super) curvature: Option<f64>,
}

/// eta of a network at its start; see the key table.
pub(super) fn find<T: Element>(
    setting: &NetworkSetting,
    network: &Network<T>,
    train: &Arc<Examples>,
    batch: usize,
    listener: Listener<'_>,
) -> Result<Found> {
    let numbers = |step_size| Found {
        step_size,
        curvature: None,
    };
    let share = match setting.step_size {
        StepSize::Number(step_size) => return Ok(numbers(step_size)),
        StepSize::OverM(share) => Some(share),
        StepSize::Auto => match setting.optimiser {
            OptimiserKind::RmsProp { .. } | OptimiserKind::Adam { .. } => {
                return Ok(numbers(ADAPTIVE));
            }
            OptimiserKind::Sgd
            | OptimiserKind::Momentum { .. }
            | OptimiserKind::Nesterov { .. } => None,
        },
    };
    let options = CurvatureOptions {
        loss: setting.loss,
        reduction: setting.reduction,
        batch,
        only_last_layer: setting.rule.kind() == Some(RuleKind::LastLayerOnly),
    };
    let curvature = largest_curvature_with_listener(network.layers(), train, options, listener)?;
    if !(curvature.is_finite() && curvature > 0.0) {
        return Err(Error::config(
            "learning.step_size",
            match share {
                None => "\"auto\"".to_owned(),
                Some(share) => format!("{{ over_M = {share} }}"),
            },
            format!(
                "the largest curvature at the start is {curvature}, which no step can be measured by; give a number, scale the inputs or start from other weights"
            ),
        ));
    }
    let step_size = if let Some(share) = share {
        share / curvature
    } else {
        let slowed = curvature * noise(setting.rule.kind(), network, batch);
        0.5 * kept(setting) / (slowed + setting.largest_ridge)
    };
    Ok(Found {
        step_size,
        curvature: Some(curvature),
    })
}

/// 1 - momentum: a weight moves 1/(1 - momentum) times as far as a single step.
fn kept(setting: &NetworkSetting) -> f64 {
    match setting.optimiser {
        OptimiserKind::Momentum { momentum } | OptimiserKind::Nesterov { momentum } => {
            1.0 - momentum
        }
        _ => 1.0,
    }
}

/// Factor by which noise shortens the steps of rules that learn by trial (Werfel, Xie & Seung 2005):
/// the estimate of a gradient by one trial has a variance of its square times the number of what
/// is shaken. All weights are shaken once a batch, units once a sample.
fn noise<T: Element>(rule: Option<RuleKind>, network: &Network<T>, batch: usize) -> f64 {
    let layers = network.layers();
    match rule {
        Some(RuleKind::WeightPerturbation) => {
            let of_layer = |l: &Layer<T>| l.weights.len() + l.bias.as_ref().map_or(0, Array1::len);
            let weights = layers.iter().map(of_layer);
            2.0 + weights.sum::<usize>() as f64
        }
        Some(RuleKind::NodePerturbation) => {
            let units: usize = layers[..layers.len() - 1].iter().map(Layer::units).sum();
            1.0 + (1 + units) as f64 / batch as f64
        }
        _ => 1.0,
    }
}
