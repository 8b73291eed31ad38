//! A private learning rule that experiment files name: direct feedback alignment whose random weights
//! are forgotten and drawn again every few steps. How often can the messenger change before nothing is
//! learned?
//!
//! `cargo run --release -p falign --example private_rule`

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use falign::experiment::{Experiment, Overrides, run};
use falign::layer::Dense;
use falign::math::{Number, Stream, StreamName};
use falign::measure::Quantity;
use falign::rule::{
    Adaptation, CustomRule, Layer, LearningRule, Registry, RuleStart, SignalPath, Trace,
};
use ndarray::Array2;

/// Direct random feedback, drawn again every `life` steps, in either precision.
struct Forgetful<T> {
    life: f64,
    feedback: Vec<Array2<T>>,
    /// Steps since the last draw.
    age: [f64; 1],
}

impl<T: Number> Forgetful<T> {
    fn new(life: f64, start: &RuleStart<'_, T>) -> Self {
        let mut stream = start.streams.open(StreamName::FeedbackWeights);
        Self {
            life,
            feedback: drawn(start.layers, &mut stream),
            age: [0.0],
        }
    }
}

/// A matrix (outputs, units) for each hidden layer.
fn drawn<T: Number>(layers: &[Layer<T>], stream: &mut Stream) -> Vec<Array2<T>> {
    let (last, hidden) = layers.split_last().expect("an output layer");
    let mut draw = || T::from_f64(stream.normal());
    let matrix =
        |layer: &Layer<T>| Array2::from_shape_simple_fn((last.units(), layer.units()), &mut draw);
    hidden.iter().map(matrix).collect()
}

impl<T: Number> LearningRule<T> for Forgetful<T> {
    fn teach(
        &mut self,
        _: &[Layer<T>],
        trace: &Trace<T>,
        signals: &mut [Array2<T>],
        _: &mut Stream,
    ) {
        for (signal, b) in signals.iter_mut().zip(&self.feedback) {
            let operator = Dense::new(b.ncols(), b.nrows(), T::ONE);
            operator.pull_back_rows(b, &trace.residual, signal);
        }
    }

    fn adapt(&mut self, step: &mut Adaptation<'_, T>) {
        self.age[0] += 1.0;
        if self.age[0] >= self.life {
            self.age[0] = 0.0;
            self.feedback = drawn(step.layers, step.noise);
        }
    }

    // Checkpoints keep these two, which are all that its next step depends on.
    fn feedback(&self) -> Option<&[Array2<T>]> {
        Some(&self.feedback)
    }

    fn feedback_mut(&mut self) -> Option<&mut [Array2<T>]> {
        Some(&mut self.feedback)
    }

    fn state(&self) -> &[f64] {
        &self.age
    }

    fn state_mut(&mut self) -> &mut [f64] {
        &mut self.age
    }

    // For measurements: every layer is taught by the output itself.
    fn path(&self) -> SignalPath {
        SignalPath::Direct
    }
}

const EXPERIMENT: &str = r#"
name = "forgetful"
[data]
labelled = "generated_images"
samples = 400
held_out = 200
input_dim = 64
outputs = 4
[network]
hidden_widths = [30, 30]
activation = "tanh"
initialisation = "xavier"
[learning]
batch = 20
step_size = 0.05
[run]
runs = 10
epochs = 1
record = "last"
quantities = ["test_accuracy"]
[sweep]
"learning.rule" = ["forgetful_1", "forgetful_3", "forgetful_10", "forgetful_100"]
"#;

fn main() -> Result<(), falign::Error> {
    let mut rules = Registry::built_in();
    for life in [1.0, 3.0, 10.0, 100.0] {
        let forgetful = CustomRule::new(
            format!("forgetful_{life}"),
            move |start| Box::new(Forgetful::new(life, start)),
            move |start| Box::new(Forgetful::new(life, start)),
        );
        rules.register(forgetful.with_version("1"))?;
    }
    // `falign_cli::run_with(std::env::args_os(), &rules)` would make a whole program of it.
    let experiment = Experiment::parse_with(EXPERIMENT, &Overrides::none(), &rules)?;
    for setting in run(&experiment)?.settings {
        let accuracies = &setting.values[&Quantity::TestAccuracy];
        let mean = accuracies.mean().unwrap_or(f64::NAN);
        println!("{:<30}{mean:.3}", setting.axes[0].1);
    }
    Ok(())
}
