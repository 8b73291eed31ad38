//! A network of convolutions, a pool and a residual sum, and every rule for it.

use std::sync::Arc;

use falign::internal::layer::{Dropped, Pool, Residual, Wiring};
use falign::internal::network::FeedbackShape;
use falign::internal::network::{
    DenseInput, Initialisation, Network, OptimiserKind, StepOptions, draw_feedback, draw_operators,
};
use falign::internal::rule::{
    Composed, Composition, FeedbackLearning, LastLayerOnly, NodePerturbation, WeightPerturbation,
};
use falign::layer::{Dense, Layout, Operator};
use falign::math::{Activation, Loss, Reduction, Stream, StreamName, Streams};
use falign::rule::{Layer, LearningRule};
use ndarray::Array2;

use super::members::{RunningCentre, along, convolution};
use super::normals;

pub(super) type Rule = Box<dyn LearningRule<f64>>;
pub(super) type MakeRule = Box<dyn Fn(&[Layer<f64>]) -> Rule>;

pub(super) const SAMPLES: usize = 42;
pub(super) const OUTPUTS: usize = 3;
/// Numbers of an input: 8 places of 2 channels.
pub(super) const INPUTS: usize = 16;
pub(super) const START: Initialisation = Initialisation::Xavier;

/// A convolution, a mean pool, a residual block of one convolution and a dense layer.
pub(super) fn operators() -> [Arc<dyn Operator<f64>>; 3] {
    [
        Arc::new(convolution(8, [2, 4], 3, 1)),
        Arc::new(convolution(3, [4, 4], 1, 1)),
        Arc::new(Dense::new(12, OUTPUTS, 1.0)),
    ]
}

/// Wiring of those layers; with a map that draws and one that remembers, if asked.
pub(super) fn wiring(layout: Layout, has_noise: bool) -> Wiring<f64> {
    let mut wiring = Wiring::new(INPUTS).with_layout(layout);
    let first = wiring.layer(wiring.input());
    let pool = Pool::mean(along(6, 4, 2, 2));
    let mut pooled = wiring.map(Arc::new(pool), &[first]);
    if has_noise {
        let centred = wiring.map(Arc::new(RunningCentre { numbers: 12 }), &[pooled]);
        pooled = wiring.map(
            Arc::new(Dropped {
                numbers: 12,
                rate: 0.5,
            }),
            &[centred],
        );
    }
    let inside = wiring.layer(pooled);
    let sum = wiring.map(Arc::new(Residual { numbers: 12 }), &[pooled, inside]);
    wiring.layer(sum);
    wiring
}

pub(super) fn layers(seed: u64) -> Vec<Layer<f64>> {
    let streams = Streams::new(seed, 0);
    let mut layers = draw_operators(&operators(), Activation::Tanh, true, START, streams);
    // A factor is one of every kind of layer.
    layers[1].factor = 1.3;
    layers[2].factor = 0.8;
    let mut draws = streams.open(StreamName::Data);
    for layer in &mut layers {
        let bias = layer.bias.as_mut().unwrap();
        bias.mapv_inplace(|_| 0.3 * draws.normal());
    }
    layers
}

pub(super) fn composed(name: &str, layers: &[Layer<f64>]) -> Rule {
    composed_with(name, layers, FeedbackLearning::default())
}

pub(super) fn composed_with(name: &str, layers: &[Layer<f64>], learning: FeedbackLearning) -> Rule {
    let composition = Composition::named(name).unwrap();
    let shape = FeedbackShape::default();
    let feedback = draw_feedback(composition, layers, START, shape, Streams::new(3, 0));
    Box::new(Composed::new(composition, feedback, learning))
}

pub(super) fn network(rule: impl FnOnce(&[Layer<f64>]) -> Rule, layout: Layout) -> Network<f64> {
    let layers = layers(1);
    let rule = rule(&layers);
    Network::wired(layers, wiring(layout, false), rule, OptimiserKind::Sgd)
}

pub(super) fn data() -> (DenseInput<f64>, Array2<f64>) {
    let mut draws = Streams::new(4, 0).open(StreamName::Data);
    let x = normals(&mut draws, SAMPLES * INPUTS);
    let x = DenseInput(Array2::from_shape_vec((SAMPLES, INPUTS), x).unwrap());
    let silent = Box::new(LastLayerOnly);
    let wiring = wiring(Layout::Rows, false);
    let mut teacher = Network::wired(layers(5), wiring, silent, OptimiserKind::Sgd);
    let y = teacher.forward(&x).clone();
    (x, y)
}

pub(super) const NO_RIDGE: [f64; 3] = [1.0; 3];

pub(super) fn options(factors: &[f64]) -> StepOptions<'_> {
    StepOptions {
        loss: Loss::SquaredError,
        reduction: Reduction::Mean,
        step_size: 0.1,
        factors,
        dropout: 0.0,
    }
}

pub(super) fn noise() -> Stream {
    Streams::new(6, 0).open(StreamName::Dropout)
}

/// Losses of so many steps.
pub(super) fn train(
    network: &mut Network<f64>,
    steps: usize,
    options: StepOptions<'_>,
) -> Vec<f64> {
    let ((x, y), mut noise) = (data(), noise());
    let step = |_| {
        noise.enter(0, network.steps_done());
        network.step(&x, &y, options, &mut noise)
    };
    (0..steps).map(step).collect()
}

pub(super) fn loss_of(network: &mut Network<f64>, x: &DenseInput<f64>, y: &Array2<f64>) -> f64 {
    network.forward(x);
    network.loss(y, Loss::SquaredError, Reduction::Mean)
}

pub(super) fn cosine<'a>(
    a: impl IntoIterator<Item = &'a f64>,
    b: impl IntoIterator<Item = &'a f64>,
) -> f64 {
    let [mut product, mut of_a, mut of_b] = [0.0; 3];
    for (a, b) in a.into_iter().zip(b) {
        product += a * b;
        of_a += a * a;
        of_b += b * b;
    }
    product / (of_a * of_b).sqrt()
}

/// Names of the family's rules, and rules besides.
pub(super) fn all_rules() -> Vec<(&'static str, MakeRule)> {
    let family = Composition::all().map(|(name, _)| {
        let rule = move |layers: &[Layer<f64>]| composed(name, layers);
        (name, Box::new(rule) as MakeRule)
    });
    let mut all: Vec<_> = family.collect();
    all.push(("last_layer_only", Box::new(|_| Box::new(LastLayerOnly))));
    let nodes = |_: &[Layer<f64>]| Box::new(NodePerturbation::new(1e-3)) as Rule;
    all.push(("node_perturbation", Box::new(nodes)));
    let weights = |_: &[Layer<f64>]| Box::new(WeightPerturbation::new(1e-3)) as Rule;
    all.push(("weight_perturbation", Box::new(weights)));
    all
}
