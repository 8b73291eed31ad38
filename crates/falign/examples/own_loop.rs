//! One network, step by step, without an experiment file: how alignment and loss evolve.
//!
//! `cargo run --release -p falign --example own_loop`

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use falign::data::synthetic::{InputLaw, Teacher, inputs, teach};
use falign::math::{Activation, StreamName, Streams};
use falign::measure::{Quantity, quantity};
use falign::rule::Schedule;
use falign::two_layer::{Dynamics, Needs, Problem, SampleSpace, Start, Threads};

fn main() {
    let (samples, input_dim, width) = (50, 150, 400);
    let streams = Streams::new(7, 0);
    let x = inputs(
        streams,
        StreamName::Data,
        InputLaw::Normal,
        samples,
        input_dim,
    );
    let teacher = Teacher {
        width,
        activation: Activation::Relu,
        outputs: 1,
        in_law: false,
    };
    let y = teach(streams, teacher, &x);
    let problem = Problem {
        activation: Activation::Relu,
        schedule: Schedule::Constant { ridge: 1.0 },
        ..Problem::new(x, y, width, 1e-3)
    };
    let start = Start::Drawn {
        streams,
        correlation: 0.0,
    };
    let needs = Needs::default();
    let mut network = SampleSpace::<f64>::new(&problem, start, streams, needs, Threads::One);
    println!("  step       loss  cos(b, beta)");
    for step in 0..=3000u64 {
        if step % 500 == 0 {
            let state = network.snapshot(needs);
            let value = |q| quantity(&problem, &state, step, q).unwrap_or(f64::NAN);
            println!(
                "{step:6}  {:9.3e}  {:+.4}",
                value(Quantity::Loss),
                value(Quantity::Alignment)
            );
        }
        network.step();
    }
}
