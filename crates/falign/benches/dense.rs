//! Share of its three matrix products in a dense training step.
//!
//! `cargo bench -p falign --bench dense`. One thread, f32, a 784-1000-10 ReLU network, batches of
//! 600. Steps and bare products take turns, so that a changing clock slows both alike; on a busy
//! machine the ratio of the best turns is what counts.

use std::time::Instant;

use falign::internal::math::multiply;
use falign::internal::network::FeedbackShape;
use falign::internal::network::{
    Architecture, DenseInput, Initialisation, Network, OptimiserKind, StepOptions, draw_feedback,
    draw_layers,
};
use falign::internal::rule::{Composed, Composition, FeedbackLearning};
use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
use ndarray::Array2;

const BATCH: usize = 600;
const INPUTS: usize = 784;
const HIDDEN: usize = 1000;
const CLASSES: usize = 10;
const TURNS: usize = 300;

#[allow(clippy::print_stdout, reason = "a program that prints its result")]
fn main() {
    // `cargo test --benches` starts this without the flag: then only see that it runs.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let streams = Streams::new(1, 0);
    let mut data = streams.open(StreamName::Data);
    #[allow(clippy::cast_possible_truncation, reason = "the network is f32")]
    let x = Array2::from_shape_simple_fn((BATCH, INPUTS), || data.normal() as f32);
    let y = Array2::from_shape_fn((BATCH, CLASSES), |(i, c)| {
        f32::from(u8::from(i % CLASSES == c))
    });
    let input = DenseInput(x.clone());
    let mut network = feedback_alignment(streams);
    let mut noise = streams.open(StreamName::Dropout);
    let options = StepOptions {
        loss: Loss::SoftmaxCrossEntropy,
        reduction: Reduction::Mean,
        step_size: 1e-2,
        factors: &[1.0, 0.999],
        dropout: 0.0,
    };
    // The products: X W', A B' (and its like for the signal), D' X.
    let w = Array2::from_elem((HIDDEN, INPUTS), 0.01f32);
    let b = Array2::from_elem((CLASSES, HIDDEN), 0.01f32);
    let mut z = Array2::zeros((BATCH, HIDDEN));
    let mut f = Array2::zeros((BATCH, CLASSES));
    let mut g = w.clone();
    let mut h = b.clone();
    let (mut steps, mut products) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..if is_bench { TURNS } else { 1 } {
        steps = steps.min(seconds(&mut || {
            network.step(&input, &y, options, &mut noise);
        }));
        products = products.min(seconds(&mut || {
            multiply(0.0, &mut z.view_mut(), 1.0, &x.view(), &w.t());
            multiply(0.0, &mut f.view_mut(), 1.0, &z.view(), &b.t());
            multiply(0.0, &mut z.view_mut(), 1.0, &f.view(), &b.view());
            multiply(0.0, &mut g.view_mut(), 1.0, &z.t(), &x.view());
            multiply(0.0, &mut h.view_mut(), 1.0, &f.t(), &z.view());
        }));
    }
    println!("784-1000-10, batch {BATCH}, f32, one thread, best of {TURNS} turns");
    println!(
        "  step {:.1} per second, its products alone {:.1}",
        1.0 / steps,
        1.0 / products
    );
    println!(
        "  a step reaches {:.0} % of its products' speed",
        100.0 * products / steps
    );
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
    Network::new(layers, Box::new(rule), OptimiserKind::Sgd)
}

fn seconds(work: &mut dyn FnMut()) -> f64 {
    let begin = Instant::now();
    work();
    begin.elapsed().as_secs_f64()
}
