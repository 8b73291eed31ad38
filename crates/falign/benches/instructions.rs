//! One of three small kernels, for a number of steps: what `bench/instructions.py` counts the
//! instructions of. `cargo run --example instructions -- sample_space_tanh_f32 40`

use std::sync::Arc;

use falign::data::{Inputs, Labelled};
use falign::internal::data::Scaling;
use falign::internal::math::simd::{Path, current_path, force_path};
use falign::internal::network::FeedbackShape;
use falign::internal::network::{
    Architecture, Batch, Examples, Initialisation, InputProducts, Network, OptimiserKind,
    StepOptions, draw_feedback, draw_layers,
};
use falign::internal::rule::{Composed, Composition, FeedbackLearning};
use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
use falign::rule::Schedule;
use falign::two_layer::{Dynamics, Needs, Problem, SampleSpace, Start, Threads};
use ndarray::Array2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let kernel = words.next().ok_or("which kernel?")?;
    let steps: u64 = words.next().ok_or("how many steps?")?.parse()?;
    // Valgrind knows no AVX-512.
    force_path(Some(Path::Avx2));
    if current_path() != Path::Avx2 {
        return Err("this processor has no AVX2".into());
    }
    let residual = match kernel.as_str() {
        "sample_space_tanh_f32" => two_layer(Activation::Tanh, false, steps),
        "sample_space_relu_f64" => two_layer(Activation::Relu, true, steps),
        "mini_batch_listed_f32" => mini_batch(steps),
        other => return Err(format!("no kernel is called {other}").into()),
    };
    // Something depends on every step.
    if residual.is_finite() {
        Ok(())
    } else {
        Err("diverged".into())
    }
}

/// n = 50, p = 512.
fn two_layer(activation: Activation, is_double: bool, steps: u64) -> f64 {
    let streams = Streams::new(1, 0);
    let mut stream = streams.open(StreamName::Data);
    let mut normals =
        |rows, columns| Array2::from_shape_simple_fn((rows, columns), || stream.normal());
    let problem = Problem {
        activation,
        schedule: Schedule::Constant { ridge: 0.1 },
        ..Problem::new(normals(50, 60) / 60_f64.sqrt(), normals(50, 1), 512, 0.05)
    };
    let start = Start::Drawn {
        streams,
        correlation: 0.0,
    };
    let needs = Needs::default();
    let mut engine: Box<dyn Dynamics> = if is_double {
        Box::new(SampleSpace::<f64>::new(
            &problem,
            start,
            streams,
            needs,
            Threads::One,
        ))
    } else {
        Box::new(SampleSpace::<f32>::new(
            &problem,
            start,
            streams,
            needs,
            Threads::One,
        ))
    };
    for _ in 0..steps {
        engine.step();
    }
    engine.residual_norm()
}

/// 784-64-10, batches of 60 images of which one pixel in five is not zero.
fn mini_batch(steps: u64) -> f64 {
    const SAMPLES: usize = 60;
    let streams = Streams::new(2, 0);
    let mut stream = streams.open(StreamName::Data);
    let pixels = Array2::from_shape_simple_fn((SAMPLES, 784), || {
        if stream.uniform() < 0.2 { 200_u8 } else { 0 }
    });
    let labels = (0..SAMPLES).map(|i| i % 10).collect();
    let data =
        Labelled::new(Inputs::Pixels(pixels.into()), vec![28, 28], labels, 10).expect("they fit");
    let scaler = Scaling::Standardise.fit(&data).expect("images differ");
    let samples = Examples::classes(Arc::new(data), scaler, 1.0)
        .expect("fitted to them")
        .with_products(InputProducts::Listed);
    let architecture = Architecture::new(784, &[64], 10, Activation::Relu).expect("sizes above 0");
    let law = Initialisation::UniformFanIn;
    let layers = draw_layers::<f32>(&architecture, law, streams);
    let composition = Composition::named("feedback_alignment").expect("a known rule");
    let feedback = draw_feedback(composition, &layers, law, FeedbackShape::default(), streams);
    let learning = FeedbackLearning::default();
    let rule = Box::new(Composed::new(composition, feedback, learning));
    let mut network = Network::new(layers, rule, OptimiserKind::Sgd);
    let mut noise = streams.open(StreamName::Dropout);
    let all: Vec<usize> = (0..SAMPLES).collect();
    let mut batch = Batch::default();
    let options = StepOptions {
        loss: Loss::SoftmaxCrossEntropy,
        reduction: Reduction::Mean,
        step_size: 0.1,
        factors: &[1.0; 2],
        dropout: 0.0,
    };
    let mut loss = 0.0;
    for _ in 0..steps {
        samples.fill(&all, &mut batch);
        loss = network.step(&batch, batch.targets(), options, &mut noise);
    }
    loss
}
