//! Gain of a training step on images by skipping zeros, against the arithmetic peak.
//!
//! `FALIGN_DATA=DIR cargo bench -p falign --bench listed`, where DIR has MNIST (images with strokes
//! of about its density are made where it is not found). One thread, f32, a 784-1000-10 `ReLU`
//! network, batches of 600 in random order. The step with dense products, the step that skips
//! zeros (also with the changes of the first layer's weights kept) and a loop of fused multiply-adds
//! take turns, so that a changing clock slows all alike; on a busy machine the best turns are what
//! counts. A turn is some steps in a row, as in training, where nothing else is in the caches either.

mod peak;

use std::sync::Arc;
use std::time::Instant;

use falign::data::{Inputs, Labelled};
use falign::internal::data::Scaling;
use falign::internal::data::catalogue;
use falign::internal::math::simd::current_path;
use falign::internal::network::FeedbackShape;
use falign::internal::network::{
    Architecture, Batch, Examples, Initialisation, InputProducts, Network, OptimiserKind,
    StepOptions, draw_feedback, draw_layers,
};
use falign::internal::rule::{Composed, Composition, FeedbackLearning};
use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
use ndarray::Array2;

const BATCH: usize = 600;
const BATCHES: usize = 20;
const INPUTS: usize = 784;
const HIDDEN: usize = 1000;
const CLASSES: usize = 10;
const TURNS: usize = 100;
/// Steps of a turn; the first finds the caches as the turn before has left them.
const STEPS: usize = 5;
/// Operations of a dense step: three products with the inputs or hidden units, and those of the output.
const OPERATIONS: f64 = (2 * BATCH * HIDDEN * (2 * INPUTS + 3 * CLASSES)) as f64;

#[allow(clippy::print_stdout, reason = "a program that prints its result")]
fn main() {
    // `cargo test --benches` starts this without the flag: then only see that it runs.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let turns = if is_bench { TURNS } else { 1 };
    let (data, source) = images();
    let scaler = Scaling::Standardise.fit(&data).expect("images differ");
    let samples = Examples::classes(Arc::new(data), scaler, 1.0).expect("fitted to them");
    let chosen = samples.products();
    let mut dense = Side::new(samples.clone().with_products(InputProducts::Dense));
    let mut listed = Side::new(samples.clone().with_products(InputProducts::Listed));
    let mut keeping = Side::new(samples.with_products(InputProducts::Listed));
    keeping.network.keep_first_changes(true);
    let mut best = [f64::INFINITY; 4];
    let mut peak = 0.0_f64;
    for turn in 0..turns {
        let mut keep = |at: usize, seconds: f64| best[at] = best[at].min(seconds);
        keep(0, dense.turn(turn));
        keep(1, listed.turn(turn));
        keep(2, keeping.turn(turn));
        keep(3, listed.fill(turn));
        peak = peak.max(peak::peak::<f32>());
    }
    println!("784-1000-10, batch {BATCH}, f32, one thread, {source}, best of {turns} turns");
    println!(
        "  path {}: peak {:.0} GFLOP/s",
        current_path().name(),
        peak / 1e9
    );
    let kinds = [
        ("dense", best[0]),
        ("listed", best[1]),
        ("listed, first changes kept", best[2]),
    ];
    for (name, seconds) in kinds {
        println!(
            "  {name}: {:.1} steps/s with filling the batch, {:.2} of the dense peak",
            1.0 / seconds,
            OPERATIONS / seconds / peak
        );
    }
    println!("  filling a listed batch: {:.2} ms", 1e3 * best[3]);
    println!("  chosen for these images: {chosen:?}");
}

/// MNIST where it is found; else images of 28 x 28 with strokes.
fn images() -> (Labelled, &'static str) {
    if let Ok(loaded) = catalogue::load("mnist", None) {
        return (loaded.data.train().clone(), "MNIST");
    }
    let mut stream = Streams::new(1, 0).open(StreamName::Data);
    let samples = BATCH * BATCHES;
    let mut pixels = Array2::from_elem((samples, INPUTS), 0u8);
    for mut image in pixels.rows_mut() {
        // Three bars of two by twelve inside the middle twenty rows and columns.
        for _ in 0..3 {
            let (top, left) = (4 + stream.below(18), 4 + stream.below(8));
            for place in 0..24 {
                image[28 * (top + place / 12) + left + place % 12] = 200;
            }
        }
    }
    let labels = (0..samples).map(|i| i % CLASSES).collect();
    let inputs = Inputs::Pixels(pixels.into());
    let data = Labelled::new(inputs, vec![28, 28], labels, CLASSES).expect("they fit");
    (data, "generated strokes")
}

struct Side {
    samples: Examples,
    batch: Batch<f32>,
    network: Network<f32>,
    order: Vec<usize>,
}

impl Side {
    fn new(samples: Examples) -> Self {
        let streams = Streams::new(1, 0);
        let mut order: Vec<usize> = (0..samples.samples()).collect();
        let mut stream = streams.open(StreamName::Batches);
        for place in 0..BATCH * BATCHES {
            order.swap(place, place + stream.below(samples.samples() - place));
        }
        Self {
            samples,
            batch: Batch::default(),
            network: feedback_alignment(streams),
            order,
        }
    }

    fn fill(&mut self, turn: usize) -> f64 {
        let first = turn % BATCHES * BATCH;
        let samples = &self.order[first..first + BATCH];
        seconds(&mut || self.samples.fill(samples, &mut self.batch))
    }

    /// Least seconds of a step in this turn.
    fn turn(&mut self, turn: usize) -> f64 {
        let steps = (0..STEPS).map(|step| self.step(turn * STEPS + step));
        steps.fold(f64::INFINITY, f64::min)
    }

    /// Seconds of filling a batch and one step on it.
    fn step(&mut self, turn: usize) -> f64 {
        let mut noise = Streams::new(1, 0).open(StreamName::Dropout);
        let options = StepOptions {
            loss: Loss::SoftmaxCrossEntropy,
            reduction: Reduction::Mean,
            step_size: 1e-2,
            factors: &[1.0, 0.999],
            dropout: 0.0,
        };
        let filled = self.fill(turn);
        let (batch, network) = (&self.batch, &mut self.network);
        filled
            + seconds(&mut || {
                network.step(batch, batch.targets(), options, &mut noise);
            })
    }
}

fn feedback_alignment(streams: Streams) -> Network<f32> {
    let architecture =
        Architecture::new(INPUTS, &[HIDDEN], CLASSES, Activation::Relu).expect("no layer is empty");
    let composition = Composition::named("feedback_alignment").expect("a rule of the family");
    let law = Initialisation::UniformFanIn;
    let layers = draw_layers(&architecture, law, streams);
    let shape = FeedbackShape::default();
    let feedback = draw_feedback(composition, &layers, law, shape, streams);
    let learning = FeedbackLearning::default();
    let rule = Composed::new(composition, feedback, learning);
    let mut network = Network::new(layers, Box::new(rule), OptimiserKind::Sgd);
    // As in a run of training.
    network.keep_first_changes(false);
    network
}

fn seconds(work: &mut dyn FnMut()) -> f64 {
    let begin = Instant::now();
    work();
    begin.elapsed().as_secs_f64()
}
