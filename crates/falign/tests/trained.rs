//! Training step by step in plain loops, and measures in which no sample is lost.

use std::sync::Arc;

use falign::data::{Inputs, Labelled};
use falign::internal::data::Scaling;
use falign::internal::measure::{Measured, Measurement, Wanted};
use falign::internal::network::FeedbackShape;
use falign::internal::network::{
    Architecture, Batch, Examples, Initialisation, Network, OptimiserKind, StepSizes, Training,
    TrainingOptions, draw_feedback, draw_layers,
};
use falign::internal::rule::{Composed, Composition, FeedbackDecay, FeedbackLearning};
use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
use falign::measure::{LayerMeasure, Quantity};
use falign::rule::{Layer, RidgeForm, Schedule};
use ndarray::{Array2, ArrayView1, Axis};

use crate::support::normals;

/// Rounding of a dozen steps.
const ROUNDING: f64 = 1e-12;

const DIM: usize = 5;
const HIDDEN: [usize; 2] = [7, 4];
const OUTPUTS: usize = 3;

const STREAMS: fn() -> Streams = || Streams::new(21, 4);

/// Layers of unequal widths with different factors, and a rule's feedback weights.
fn parts(composition: Composition, dim: usize) -> (Vec<Layer<f64>>, Vec<Array2<f64>>) {
    let architecture = Architecture::new(dim, &HIDDEN, OUTPUTS, Activation::Tanh).unwrap();
    let start = Initialisation::Ntk;
    let layers = draw_layers(&architecture, start, STREAMS());
    let shape = FeedbackShape::default();
    let feedback = draw_feedback(composition, &layers, start, shape, STREAMS());
    (layers, feedback)
}

fn network(rule: &str, dim: usize) -> Network<f64> {
    let composition = Composition::named(rule).unwrap();
    let (layers, feedback) = parts(composition, dim);
    let learning = FeedbackLearning {
        step_size: Some(0.02),
        decay: FeedbackDecay::Ridge,
        ..FeedbackLearning::default()
    };
    let rule = Box::new(Composed::new(composition, feedback, learning));
    Network::new(layers, rule, OptimiserKind::Sgd)
}

fn options(batch: usize) -> TrainingOptions {
    TrainingOptions {
        loss: Loss::SquaredError,
        reduction: Reduction::Mean,
        batch,
        step_sizes: StepSizes::Exponential {
            step_size: 0.4,
            decay_epochs: 1.7,
        },
        ridge: Schedule::InverseSquare {
            ridge: 0.3,
            decay_steps: 3.0,
        },
        ridge_form: RidgeForm::StepScaled,
        ridge_layers: vec![true, false, true],
        dropout: 0.0,
        center_outputs: false,
    }
}

fn train(rule: &str, examples: &Arc<Examples>, options: TrainingOptions) -> Training<f64> {
    let dim = examples.input_dim();
    let start = || network(rule, dim);
    Training::new(
        network(rule, dim),
        start,
        Arc::clone(examples),
        options,
        STREAMS(),
    )
}

/// `c sum_k a_k b_k`.
fn weighted<'a>(
    c: f64,
    a: impl IntoIterator<Item = &'a f64>,
    b: impl IntoIterator<Item = &'a f64>,
) -> f64 {
    c * a.into_iter().zip(b).map(|(a, b)| a * b).sum::<f64>()
}

/// Activities of the hidden layers and outputs for one sample.
fn pass(layers: &[Layer<f64>], x: &ArrayView1<'_, f64>) -> Vec<Vec<f64>> {
    let mut all = vec![x.to_vec()];
    for (at, layer) in layers.iter().enumerate() {
        let below = &all[at];
        let sums = layer
            .weights
            .rows()
            .into_iter()
            .map(|w| weighted(layer.factor, below, w));
        let is_hidden = at + 1 < layers.len();
        let units = sums.map(|z| if is_hidden { z.tanh() } else { z }).collect();
        all.push(units);
    }
    all
}

/// Deltas of the hidden layers for one sample, whose residual is `e`, through these matrices:
/// from the layer above, or from the output.
fn deltas(
    layers: &[Layer<f64>],
    feedback: &[Array2<f64>],
    is_direct: bool,
    units: &[Vec<f64>],
    e: &[f64],
) -> Vec<Vec<f64>> {
    let last = layers.len() - 1;
    let mut all = vec![e.to_vec()];
    for at in (0..last).rev() {
        let (sent, c) = if is_direct {
            (e, layers[last].factor)
        } else {
            (&all[0][..], layers[at + 1].factor)
        };
        let columns = feedback[at].columns().into_iter();
        let delta = columns
            .zip(&units[at + 1])
            .map(|(b, h)| weighted(c, sent, b) * (1.0 - h * h));
        all.insert(0, delta.collect());
    }
    all
}

/// Weights after `steps` steps, and each batch's mean loss before its step.
fn plain(
    rule: &str,
    (x, y): (&Array2<f64>, &Array2<f64>),
    options: &TrainingOptions,
    steps: usize,
) -> (Vec<Array2<f64>>, Vec<f64>) {
    let composition = Composition::named(rule).unwrap();
    let (mut layers, feedback) = parts(composition, DIM);
    let start = layers.clone();
    let n = x.nrows();
    let per_epoch = n.div_ceil(options.batch);
    let mut losses = Vec::new();
    let mut order = Vec::new();
    for step in 0..steps {
        let (epoch, within) = (step / per_epoch, step % per_epoch);
        if within == 0 {
            let mut draws = STREAMS().open(StreamName::Batches);
            draws.seek((epoch * n) as u64);
            order = (0..n).collect::<Vec<_>>();
            for place in 0..n - 1 {
                order.swap(place, place + draws.below(n - place));
            }
        }
        let first = within * options.batch;
        let batch = &order[first..n.min(first + options.batch)];
        let mut changes: Vec<_> = layers.iter().map(|l| 0.0 * &l.weights).collect();
        let mut loss = 0.0;
        for &sample in batch {
            let units = pass(&layers, &x.row(sample));
            let centre = pass(&start, &x.row(sample));
            let e: Vec<f64> = (0..OUTPUTS)
                .map(|k| {
                    let subtracted = if options.center_outputs {
                        centre[3][k]
                    } else {
                        0.0
                    };
                    units[3][k] - subtracted - y[(sample, k)]
                })
                .collect();
            loss += 0.5 * e.iter().map(|e| e * e).sum::<f64>() / batch.len() as f64;
            let e: Vec<f64> = e.iter().map(|e| e / batch.len() as f64).collect();
            let is_direct = rule.starts_with("direct");
            let deltas = deltas(&layers, &feedback, is_direct, &units, &e);
            for (at, change) in changes.iter_mut().enumerate() {
                for ((unit, input), change) in change.indexed_iter_mut() {
                    *change += layers[at].factor * deltas[at][unit] * units[at][input];
                }
            }
        }
        losses.push(loss);
        let eta = 0.4 * (-(step as f64 / per_epoch as f64) / 1.7).exp();
        let lambda = 0.3 / (1.0 + step as f64 / 3.0).powi(2);
        for (at, layer) in layers.iter_mut().enumerate() {
            let kept = match options.ridge_form {
                _ if !options.ridge_layers[at] => 1.0,
                RidgeForm::StepScaled => 1.0 - eta * lambda,
                RidgeForm::PerStep => 1.0 - lambda,
            };
            layer.weights = kept * &layer.weights - eta * &changes[at];
        }
    }
    (layers.into_iter().map(|l| l.weights).collect(), losses)
}

/// Step sizes change inside an epoch, whose last batch is smaller; ridge is that of the step and of
/// some layers.
#[test]
fn training_is_that_of_plain_loops() {
    const STEPS: usize = 13;
    let (x, y) = (normals(31, 23, DIM), normals(32, 23, OUTPUTS));
    let examples = Arc::new(Examples::reals(x.clone(), y.clone(), 1.0).unwrap());
    for rule in ["feedback_alignment", "direct_feedback_alignment"] {
        for (form, is_centred) in [
            (RidgeForm::StepScaled, false),
            (RidgeForm::StepScaled, true),
            (RidgeForm::PerStep, true),
        ] {
            let mut options = options(5);
            options.ridge_form = form;
            options.center_outputs = is_centred;
            let (weights, losses) = plain(rule, (&x, &y), &options, STEPS);
            let mut training = train(rule, &examples, options);
            assert_eq!(training.steps_per_epoch(), 5);
            let mut sums = (0.0, 0.0);
            for (step, expected) in losses.iter().enumerate() {
                let found = training.step();
                assert!(
                    (found - expected).abs() < ROUNDING,
                    "{rule} {form:?} step {step}"
                );
                let samples = if step % 5 == 4 { 3.0 } else { 5.0 };
                sums = (sums.0 + samples * expected, sums.1 + samples);
            }
            for (at, (layer, expected)) in
                training.network().layers().iter().zip(&weights).enumerate()
            {
                let error = (&layer.weights - expected).mapv(f64::abs).sum();
                assert!(
                    error < ROUNDING,
                    "{rule} {form:?} {is_centred} layer {at}: {error:e}"
                );
            }
            let running = training.take_running();
            assert!(
                (running.loss - sums.0).abs() < 1e-10,
                "{running:?} {sums:?}"
            );
            assert!((running.samples - sums.1).abs() < 1e-15 && running.right == 0.0);
            assert_eq!(training.take_running().samples.to_bits(), 0.0f64.to_bits());
        }
    }
}

/// Images of several thousand bytes' worth of samples, not a whole number of chunks.
fn classes(samples: usize) -> Examples {
    const SIDE: usize = 3;
    let mut draws = Streams::new(8, 0).open(StreamName::Data);
    let draw = || u8::try_from(draws.below(256)).unwrap();
    let pixels = Array2::from_shape_simple_fn((samples, SIDE * SIDE), draw);
    let labels = (0..samples).map(|i| i * i % OUTPUTS).collect();
    let shape = vec![SIDE, SIDE];
    let data = Labelled::new(Inputs::Pixels(pixels.into()), shape, labels, OUTPUTS).unwrap();
    let scaler = Scaling::Standardise.fit(&data).unwrap();
    Examples::classes(Arc::new(data), scaler, 1.0).unwrap()
}

fn everything() -> Vec<Quantity> {
    let per_layer = LayerMeasure::ALL.map(|measure| [1, 2].map(|l| Quantity::OfLayer(measure, l)));
    let plain = Quantity::ALL.into_iter().filter(|q| q.is_deep());
    plain.chain(per_layer.into_iter().flatten()).collect()
}

/// More than two thousand samples, of which the last few hundred are as heavy as the others.
#[test]
fn measuring_leaves_no_sample_out() {
    const SAMPLES: usize = 2317;
    let (few, many) = (Arc::new(classes(61)), classes(SAMPLES));
    let wanted = Wanted::of(&everything(), 2);
    for is_centred in [false, true] {
        let mut options = options(20);
        options.loss = Loss::SoftmaxCrossEntropy;
        options.center_outputs = is_centred;
        let mut training = train("feedback_alignment", &few, options);
        for _ in 0..9 {
            training.step();
        }
        let mut noise = STREAMS().open(StreamName::Measured);
        let found = training.measure(&many, wanted, &mut noise);
        // All samples at once.
        let mut whole = Batch::default();
        many.fill(&(0..SAMPLES).collect::<Vec<_>>(), &mut whole);
        if is_centred {
            let offset = network("feedback_alignment", 9).forward(&whole).clone();
            assert!(offset.iter().all(|f| f.abs() > 0.0));
            whole.set_offset(offset);
        }
        let network = training.network_mut();
        let mut measurement = Measurement::new(network, wanted).expecting(SAMPLES);
        let (targets, labels) = (whole.targets(), whole.labels());
        let loss = Loss::SoftmaxCrossEntropy;
        measurement.include(network, &whole, targets, labels, loss, &mut noise);
        let expected = measurement.finish(network);
        assert_eq!((found.samples, expected.samples), (SAMPLES, SAMPLES));
        same(&found, &expected, &format!("centred: {is_centred}"));
        // By hand: what the outputs, centred or not, are worth.
        let outputs = network.forward(&whole);
        let pairs = outputs.rows().into_iter().zip(labels.unwrap());
        let losses = pairs
            .clone()
            .map(|(f, &label)| f.mapv(f64::exp).sum().ln() - f[label]);
        let by_hand = losses.sum::<f64>() / SAMPLES as f64;
        assert!(
            (found.loss_per_sample - by_hand).abs() < ROUNDING,
            "{found:?} {by_hand}"
        );
        let hits = pairs.filter(|(f, label)| {
            f.iter()
                .enumerate()
                .all(|(k, x)| k == **label || *x < f[**label])
        });
        let share = hits.count() as f64 / SAMPLES as f64;
        assert!((found.accuracy - share).abs() < 1e-15, "{found:?} {share}");
    }
}

fn same(found: &Measured, expected: &Measured, what: &str) {
    let mut compared = 0;
    for quantity in everything() {
        let (Some(a), Some(b)) = (found.value(quantity), expected.value(quantity)) else {
            continue;
        };
        if !b.is_nan() {
            compared += 1;
            assert!(
                (a - b).abs() < 1e-11 * (1.0 + b.abs()),
                "{what} {quantity}: {a} {b}"
            );
        }
    }
    assert!(compared > 20, "{what}: {compared}");
}

/// The outputs of the start are those of every training sample, however many there are.
#[test]
fn centred_outputs_start_at_zero_on_every_sample() {
    const SAMPLES: usize = 1203;
    let (x, y) = (normals(41, SAMPLES, DIM), normals(42, SAMPLES, OUTPUTS));
    let examples = Arc::new(Examples::reals(x, y.clone(), 1.0).unwrap());
    let mut options = options(SAMPLES);
    options.center_outputs = true;
    let mut training = train("backpropagation", &examples, options);
    let loss = training.step();
    let of_zero = 0.5 * y.map_axis(Axis(1), |y| y.dot(&y)).mean().unwrap();
    assert!((loss - of_zero).abs() < 1e-12 * of_zero, "{loss} {of_zero}");
}
