//! Skipping zero pixels changes nothing but rounding, halving their products little more.

use std::sync::{Arc, Mutex};

use falign::data::{Inputs, Labelled};
use falign::internal::data::Scaling;
use falign::internal::math::simd;
use falign::internal::network::FeedbackShape;
use falign::internal::network::{
    Architecture, Batch, Examples, Initialisation, InputProducts, Network, OptimiserKind,
    StepOptions, StepSizes, Training, TrainingOptions, draw_feedback, draw_layers, draw_operators,
};
use falign::internal::rule::{Composed, Composition, FeedbackDecay, FeedbackLearning};
use falign::layer::{Dense, Operator};
use falign::math::{Activation, Loss, Reduction, Stream, StreamName, Streams};
use falign::rule::{Adaptation, Layer, LearningRule, RidgeForm, Schedule, Trace};
use ndarray::Array2;

const SIDE: usize = 9;
const SAMPLES: usize = 60;
const CLASSES: usize = 3;

/// Images with one bar, at a place that depends on the class.
fn images() -> Arc<Labelled> {
    let mut stream = Streams::new(7, 0).open(StreamName::Data);
    let mut pixels = Array2::from_elem((SAMPLES, SIDE * SIDE), 0u8);
    for (i, mut image) in pixels.rows_mut().into_iter().enumerate() {
        let row = 3 * (i % CLASSES) + stream.below(2);
        for column in 1..SIDE - 1 {
            image[row * SIDE + column] = u8::try_from(50 + stream.below(200)).unwrap();
        }
    }
    let labels = (0..SAMPLES).map(|i| i % CLASSES).collect();
    let shape = vec![SIDE, SIDE];
    Arc::new(Labelled::new(Inputs::Pixels(pixels.into()), shape, labels, CLASSES).unwrap())
}

/// Hidden layers of most networks here.
const HIDDEN: [usize; 2] = [70, 11];

fn network<T: simd::Element>(hidden: &[usize], optimiser: OptimiserKind) -> Network<T> {
    let (layers, rule) = parts(hidden);
    Network::new(layers, Box::new(rule), optimiser)
}

fn parts<T: simd::Element>(hidden: &[usize]) -> (Vec<Layer<T>>, Composed<T>) {
    let composition = Composition::named("feedback_alignment").unwrap();
    parts_of(composition, hidden)
}

fn parts_of<T: simd::Element>(
    composition: Composition,
    hidden: &[usize],
) -> (Vec<Layer<T>>, Composed<T>) {
    let streams = Streams::new(1, 0);
    let inputs = SIDE * SIDE;
    let architecture = Architecture::new(inputs, hidden, CLASSES, Activation::Tanh).unwrap();
    let law = Initialisation::UniformFanIn;
    let layers = draw_layers(&architecture, law, streams);
    let feedback = draw_feedback(composition, &layers, law, FeedbackShape::default(), streams);
    let learning = FeedbackLearning {
        step_size: Some(1e-3),
        decay: FeedbackDecay::Ridge,
        ..FeedbackLearning::default()
    };
    let rule = Composed::new(composition, feedback, learning);
    (layers, rule)
}

const FACTORS: [f64; 3] = [0.999, 1.0, 0.99];

/// Losses and last first-layer weights of thirty steps.
fn train<T: simd::Element>(examples: &Examples, optimiser: OptimiserKind) -> (Vec<f64>, Vec<f64>) {
    let mut network = network::<T>(&HIDDEN, optimiser);
    train_on(&mut network, examples, optimiser)
}

fn train_on<T: simd::Element>(
    network: &mut Network<T>,
    examples: &Examples,
    optimiser: OptimiserKind,
) -> (Vec<f64>, Vec<f64>) {
    let mut batch = Batch::<T>::default();
    let mut noise = Streams::new(1, 0).open(StreamName::Dropout);
    let factors = &FACTORS[..network.layers().len()];
    let options = StepOptions {
        loss: Loss::SoftmaxCrossEntropy,
        reduction: Reduction::Mean,
        step_size: match optimiser {
            OptimiserKind::Sgd => 1.0,
            _ => 0.01,
        },
        factors,
        dropout: 0.2,
    };
    let mut losses = Vec::new();
    for step in 0..30 {
        // Batches of 20, and of 7 now and then.
        let size = if step % 5 == 4 { 7 } else { 20 };
        let rows: Vec<usize> = (0..size).map(|i| (step * 13 + i * 7) % SAMPLES).collect();
        examples.fill(&rows, &mut batch);
        losses.push(network.step(&batch, batch.targets(), options, &mut noise));
    }
    let weights = network.layers()[0].weights.iter();
    (losses, weights.map(|w| w.to_f64()).collect())
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let pairs = a.iter().zip(b);
    pairs.fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()))
}

#[test]
fn training_without_the_zeros_is_training_with_them() {
    let data = images();
    for scaling in Scaling::ALL {
        let scaler = scaling.fit(&data).unwrap();
        // Pixels up to 255 saturate a hidden layer, so that rounding could grow: scaled down.
        let factor = if scaling == Scaling::None { 0.01 } else { 0.5 };
        let examples = Examples::classes(Arc::clone(&data), scaler, factor).unwrap();
        assert_eq!(examples.products(), InputProducts::Listed, "sparse enough");
        let dense = examples.clone().with_products(InputProducts::Dense);
        for optimiser in [OptimiserKind::Sgd, OptimiserKind::ADAM] {
            let (losses, weights) = train::<f64>(&examples, optimiser);
            let (dense_losses, dense_weights) = train::<f64>(&dense, optimiser);
            let first = network::<f64>(&HIDDEN, optimiser).layers()[0]
                .weights
                .clone();
            let first: Vec<f64> = first.into_iter().collect();
            let moved = largest_difference(&weights, &first);
            assert!(moved > 0.01, "weights change: {moved:e}");
            let differences = (
                largest_difference(&losses, &dense_losses),
                largest_difference(&weights, &dense_weights),
            );
            let rounding = 1e-9;
            assert!(
                differences.0 < rounding && differences.1 < rounding,
                "{scaling:?} {optimiser:?}: {differences:?}"
            );
        }
        let (losses, _) = train::<f32>(&examples, OptimiserKind::Sgd);
        let (dense_losses, _) = train::<f32>(&dense, OptimiserKind::Sgd);
        let difference = largest_difference(&losses, &dense_losses);
        assert!(difference < 1e-4, "{scaling:?} f32: {difference:e}");
    }
}

fn trains_alike_without_changes<T: simd::Element>(examples: &Examples, hidden: &[usize]) {
    for optimiser in [OptimiserKind::Sgd, OptimiserKind::ADAM] {
        let mut keeping = network::<T>(hidden, optimiser);
        let kept = train_on(&mut keeping, examples, optimiser);
        let mut network = network::<T>(hidden, optimiser);
        network.keep_first_changes(false);
        let untouched = network.changes().to_vec();
        assert_eq!(train_on(&mut network, examples, optimiser), kept);
        let is_left_out = network.changes()[0] == untouched[0];
        assert_eq!(is_left_out, optimiser == OptimiserKind::Sgd);
        assert_ne!(network.changes()[1], untouched[1], "those above are made");
    }
}

/// A step whose first layer's changes are not wanted changes weights while their
/// gradient is made.
#[test]
fn changing_weights_while_their_gradient_is_made_changes_no_bit() {
    let data = images();
    let scaler = Scaling::Standardise.fit(&data).unwrap();
    let examples = Examples::classes(data, scaler, 0.5).unwrap();
    // Deltas from three outputs, from a few units and from too many to be made on the way.
    for hidden in [&[70][..], &[70, 11], &[70, 40]] {
        trains_alike_without_changes::<f32>(&examples, hidden);
        trains_alike_without_changes::<f64>(&examples, hidden);
    }
}

#[test]
fn every_rule_of_the_family_changes_the_same_weights_without_its_first_deltas() {
    let data = images();
    let scaler = Scaling::Standardise.fit(&data).unwrap();
    let examples = Examples::classes(data, scaler, 0.5).unwrap();
    for (name, composition) in Composition::all() {
        let trained = |keep| {
            let (layers, rule) = parts_of::<f32>(composition, &HIDDEN);
            let mut network = Network::new(layers, Box::new(rule), OptimiserKind::Sgd);
            network.keep_first_changes(keep);
            let found = train_on(&mut network, &examples, OptimiserKind::Sgd);
            (found, network.deltas()[0].clone())
        };
        let (kept, deltas) = trained(true);
        let (found, left) = trained(false);
        assert!(kept.0.iter().all(|loss| loss.is_finite()), "{name}");
        assert_eq!(found, kept, "{name}");
        assert_ne!(left, deltas, "{name}: they were made");
    }
}

#[test]
fn a_batch_of_another_size_leaves_nothing_behind() {
    let data = images();
    let scaler = Scaling::Standardise.fit(&data).unwrap();
    let examples = Examples::classes(data, scaler, 0.5).unwrap();
    let run = |sizes: &[usize]| {
        let mut network = network::<f32>(&HIDDEN, OptimiserKind::Sgd);
        let mut noise = Streams::new(1, 0).open(StreamName::Dropout);
        let mut signals = Vec::new();
        for &size in sizes {
            let mut batch = Batch::default();
            examples.fill(&(0..size).collect::<Vec<_>>(), &mut batch);
            network.forward(&batch);
            let loss = Loss::SoftmaxCrossEntropy;
            network.loss(batch.targets(), loss, Reduction::Sum);
            signals = network.teach(&mut noise).to_vec();
        }
        let found = network.signal_alignment(&mut noise);
        (network.trace().clone(), signals, found)
    };
    let fresh = run(&[7]);
    assert_eq!(run(&[40, 7]), fresh);
    assert_eq!(run(&[1, 40, 7]), fresh);
}

/// A dense layer that is said as an operator reads scaled pixels one after the other.
#[test]
fn layers_of_any_kind_read_the_same_images() {
    let data = images();
    let scaler = Scaling::Standardise.fit(&data).unwrap();
    let streams = Streams::new(2, 0);
    let operators: [Arc<dyn Operator<f64>>; 2] = [
        Arc::new(Dense::new(SIDE * SIDE, 7, 1.0)),
        Arc::new(Dense::new(7, CLASSES, 1.0)),
    ];
    let start = Initialisation::He;
    let layers = draw_operators(&operators, Activation::Relu, false, start, streams);
    let list: Vec<_> = layers
        .iter()
        .map(|layer| Layer::dense(layer.weights.clone(), layer.activation))
        .collect();
    for products in [InputProducts::Dense, InputProducts::Listed] {
        let examples = Examples::classes(Arc::clone(&data), scaler.clone(), 0.5).unwrap();
        let examples = Arc::new(examples.with_products(products));
        let train = |layers: &[Layer<f64>]| -> Vec<f64> {
            let rule = Box::new(Composed::backpropagation());
            let network = Network::new(layers.to_vec(), rule, OptimiserKind::Sgd);
            let options = TrainingOptions {
                loss: Loss::SoftmaxCrossEntropy,
                reduction: Reduction::Mean,
                batch: 25,
                step_sizes: StepSizes::Constant { step_size: 0.1 },
                ridge: Schedule::Constant { ridge: 0.1 },
                ridge_form: RidgeForm::StepScaled,
                ridge_layers: vec![true; 2],
                dropout: 0.0,
                center_outputs: false,
            };
            let start = || unreachable!("outputs are not centred");
            let examples = Arc::clone(&examples);
            let mut training = Training::new(network, start, examples, options, streams);
            (0..20).map(|_| training.step()).collect()
        };
        let losses = train(&layers);
        assert!(losses[19] < 0.7 * losses[0], "{losses:?}");
        for (found, wanted) in losses.iter().zip(train(&list)) {
            assert!((found / wanted - 1.0).abs() < 1e-10, "{found} {wanted}");
        }
    }
}

/// Feedback alignment that looks at the first layer's changes.
struct Reader(Composed<f64>, Arc<Mutex<Array2<f64>>>);

impl LearningRule<f64> for Reader {
    fn teach(
        &mut self,
        layers: &[Layer<f64>],
        trace: &Trace<f64>,
        signals: &mut [Array2<f64>],
        noise: &mut Stream,
    ) {
        self.0.teach(layers, trace, signals, noise);
    }

    fn adapt(&mut self, step: &mut Adaptation<'_, f64>) {
        self.1.lock().unwrap().clone_from(&step.changes(0));
    }
}

#[test]
fn a_rule_of_ones_own_reads_the_first_changes() {
    let data = images();
    let scaler = Scaling::Standardise.fit(&data).unwrap();
    let examples = Examples::classes(data, scaler, 0.5).unwrap();
    let read = Arc::new(Mutex::new(Array2::zeros((0, 0))));
    let (layers, rule) = parts(&HIDDEN);
    let before = layers[0].weights.clone();
    let rule = Reader(rule, Arc::clone(&read));
    let mut network = Network::new(layers, Box::new(rule), OptimiserKind::Sgd);
    network.keep_first_changes(false);
    let mut batch = Batch::default();
    examples.fill(&[3, 1, 4, 15, 9, 2, 6], &mut batch);
    let options = StepOptions {
        loss: Loss::SoftmaxCrossEntropy,
        reduction: Reduction::Mean,
        step_size: 0.5,
        factors: &FACTORS,
        dropout: 0.0,
    };
    let mut noise = Streams::new(1, 0).open(StreamName::Dropout);
    network.step(&batch, batch.targets(), options, &mut noise);
    let read = read.lock().unwrap();
    assert!(read.iter().any(|change| change.abs() > 1e-3));
    assert_eq!(network.layers()[0].weights, FACTORS[0] * &before + &*read);
}

#[test]
fn full_images_keep_dense_products() {
    let pixels = Array2::from_shape_fn((30, 40), |(i, j)| u8::try_from(1 + i + j).unwrap());
    let labels = (0..30).map(|i| i % 2).collect();
    let data = Labelled::new(Inputs::Pixels(pixels.into()), vec![40], labels, 2).unwrap();
    let scaler = Scaling::Standardise.fit(&data).unwrap();
    let examples = Examples::classes(Arc::new(data), scaler, 1.0).unwrap();
    assert_eq!(examples.products(), InputProducts::Dense);
}
