//! Measurements of networks: angles known by construction or by hand, and no dependence on
//! chunks.

mod angles; // of signals and of updates
mod feedback; // angles of feedback weights, to forward weights and pseudoinverses
mod layers; // layers that share weights, and what activities tell
mod units; // dead and saturated units, accuracies
mod whole; // chunks, watching, divergence

use falign::internal::math::simd::Element;
use falign::internal::measure::{Measured, Measurement, Wanted};
use falign::internal::network::FeedbackShape;
use falign::internal::network::{
    Architecture, DenseInput, Initialisation, Network, OptimiserKind, draw_feedback, draw_layers,
};
use falign::internal::rule::{Composed, Composition, FeedbackDecay, FeedbackLearning};
use falign::math::{Activation, Loss, Stream, StreamName, Streams};
use falign::measure::{LayerMeasure, Quantity};
use falign::rule::Layer;
use ndarray::Array2;

use crate::support::normals;

const DIM: usize = 7;
const CLASSES: usize = 3;
const SAMPLES: usize = 60;
const TOP_K: usize = 2;
const LOSS: Loss = Loss::SoftmaxCrossEntropy;
/// Degrees: the arc cosine of 1 less a rounding error or two.
const NO_ANGLE: f64 = 1e-5;

fn noise() -> Stream {
    Streams::new(3, 0).open(StreamName::Dropout)
}

/// Samples with a class each.
struct Task<T> {
    inputs: Array2<T>,
    labels: Vec<usize>,
    targets: Array2<T>,
}

fn task<T: Element>(samples: usize) -> Task<T> {
    let labels: Vec<usize> = (0..samples).map(|i| i * i % CLASSES).collect();
    Task {
        inputs: normals(5, samples, DIM).mapv(T::from_f64),
        targets: Array2::from_shape_fn((samples, CLASSES), |(i, c)| {
            T::from_f64(f64::from(u8::from(labels[i] == c)))
        }),
        labels,
    }
}

fn composed<T: Element>(composition: Composition, feedback: Vec<Array2<T>>) -> Box<Composed<T>> {
    let learning = FeedbackLearning {
        step_size: Some(0.05),
        decay: FeedbackDecay::Ridge,
        ..FeedbackLearning::default()
    };
    Box::new(Composed::new(composition, feedback, learning))
}

fn layers<T: Element>(hidden: &[usize], activation: Activation) -> Vec<Layer<T>> {
    let mut architecture = Architecture::new(DIM, hidden, CLASSES, activation).unwrap();
    architecture.has_biases = true;
    draw_layers(
        &architecture,
        Initialisation::UniformFanIn,
        Streams::new(2, 0),
    )
}

fn named<T: Element>(rule: &str, layers: Vec<Layer<T>>) -> Network<T> {
    let composition = Composition::named(rule).unwrap();
    let feedback = draw_feedback(
        composition,
        &layers,
        Initialisation::UniformFanIn,
        FeedbackShape::default(),
        Streams::new(2, 0),
    );
    Network::new(layers, composed(composition, feedback), OptimiserKind::Sgd)
}

fn everything() -> Vec<Quantity> {
    let per_layer = LayerMeasure::ALL.map(|measure| [1, 2].map(|l| Quantity::OfLayer(measure, l)));
    let plain = Quantity::ALL.into_iter().filter(|q| q.is_deep());
    plain.chain(per_layer.into_iter().flatten()).collect()
}

/// Measures everything on the samples, `chunk` at a time.
fn measure_in_chunks<T: Element>(
    network: &mut Network<T>,
    task: &Task<T>,
    chunk: usize,
    noise: &mut Stream,
) -> Measured {
    measure_some(network, task, &everything(), chunk, noise)
}

/// Measures some quantities.
fn measure_some<T: Element>(
    network: &mut Network<T>,
    task: &Task<T>,
    quantities: &[Quantity],
    chunk: usize,
    noise: &mut Stream,
) -> Measured {
    let mut measurement = Measurement::new(network, Wanted::of(quantities, TOP_K));
    let rows =
        |m: &Array2<T>, from: usize, to: usize| m.slice(ndarray::s![from..to, ..]).to_owned();
    for from in (0..task.labels.len()).step_by(chunk) {
        let to = task.labels.len().min(from + chunk);
        let input = DenseInput(rows(&task.inputs, from, to));
        let targets = rows(&task.targets, from, to);
        let labels = Some(&task.labels[from..to]);
        measurement.include(network, &input, &targets, labels, LOSS, noise);
    }
    measurement.finish(network)
}

fn measure<T: Element>(network: &mut Network<T>, task: &Task<T>) -> Measured {
    measure_in_chunks(network, task, usize::MAX / 2, &mut noise())
}

fn value(found: &Measured, name: &str) -> f64 {
    found.value(Quantity::from_name(name).unwrap()).unwrap()
}

/// Whether two shares, which are quotients of small numbers, are equal.
fn is_equal(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-15
}

/// The angle between two long vectors, in degrees.
fn angle(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    cosine.clamp(-1.0, 1.0).acos().to_degrees()
}
