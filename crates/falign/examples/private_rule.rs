//! A private learning rule: feedback alignment whose random weights are forgotten and
//! drawn again every few steps. How often can the messenger change before nothing is learned?
//!
//! `cargo run --release -p falign --example private_rule`

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use falign::Network;
use falign::layer::Dense;
use falign::math::{Activation, Loss, Stream, StreamName, Streams};
use falign::rule::{Layer, LearningRule, SignalPath, Trace};
use ndarray::Array2;

/// Direct random feedback, drawn again every `life` steps.
struct Forgetful {
    life: u64,
    age: u64,
    feedback: Vec<Array2<f32>>,
    stream: Stream,
}

impl LearningRule<f32> for Forgetful {
    fn teach(
        &mut self,
        layers: &[Layer<f32>],
        trace: &Trace<f32>,
        signals: &mut [Array2<f32>],
        _: &mut Stream,
    ) {
        if self.age.is_multiple_of(self.life) {
            let (last, hidden) = layers.split_last().expect("an output layer");
            let stream = &mut self.stream;
            #[allow(clippy::cast_possible_truncation, reason = "weights are f32")]
            let mut draw = || stream.normal() as f32;
            self.feedback = hidden
                .iter()
                .map(|layer| Array2::from_shape_simple_fn((last.units(), layer.units()), &mut draw))
                .collect();
        }
        self.age += 1;
        for (signal, b) in signals.iter_mut().zip(&self.feedback) {
            let operator = Dense::new(b.ncols(), b.nrows(), 1.0);
            operator.pull_back_rows(b, &trace.residual, signal);
        }
    }

    // For measurements: every layer is taught by the output itself.
    fn path(&self) -> SignalPath {
        SignalPath::Direct
    }
}

/// Points on two interleaved rings, with noise.
fn rings(samples: usize, stream: &mut Stream) -> (Array2<f32>, Vec<usize>, Array2<f32>) {
    let mut x = Array2::zeros((samples, 2));
    let mut y = Array2::zeros((samples, 2));
    let mut labels = Vec::with_capacity(samples);
    for i in 0..samples {
        let class = i % 2;
        let angle = std::f64::consts::TAU * stream.uniform();
        let radius = 1.0 + class as f64 + 0.15 * stream.normal();
        #[allow(clippy::cast_possible_truncation, reason = "inputs are f32")]
        {
            x[(i, 0)] = (radius * angle.cos()) as f32;
            x[(i, 1)] = (radius * angle.sin()) as f32;
        }
        y[(i, class)] = 1.0;
        labels.push(class);
    }
    (x, labels, y)
}

fn main() -> Result<(), falign::Error> {
    let streams = Streams::new(1, 0);
    let (inputs, labels, targets) = rings(400, &mut streams.open(StreamName::Data));
    println!("steps between draws   accuracy");
    for life in [1, 10, 100, 1000, u64::MAX] {
        let rule = Forgetful {
            life,
            age: 0,
            feedback: Vec::new(),
            stream: streams.open(StreamName::FeedbackWeights),
        };
        let mut network = Network::builder(2, 2)
            .hidden(&[8, 8])
            .activation(Activation::Tanh)
            // Without biases a tanh network is an odd function, and rings are even.
            .biases(true)
            .own_rule(rule)
            .loss(Loss::SoftmaxCrossEntropy)
            .step_size(0.2)
            .seed(1)
            .build()?;
        for _ in 0..3000 {
            network.step(&inputs, &targets);
        }
        let share = network.accuracy(&inputs, &labels);
        let life = if life == u64::MAX {
            "never drawn again".to_owned()
        } else {
            life.to_string()
        };
        println!("{life:>19}   {share:.3}");
    }
    Ok(())
}
