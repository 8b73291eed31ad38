//! How many times faster a sample-space step is than the best step in weight space.
//!
//! `cargo bench -p falign --bench ratio`. The two take turns of about a millisecond, so that a
//! changing clock slows both alike, and on a busy machine some turns of each are left alone. On a
//! quiet machine both ratios agree; on a busy one the ratio of the best turns is what counts.

#[allow(dead_code, reason = "what `main` times is the other benchmark's part")]
mod two_layer;

use std::time::Instant;

use falign::math::Activation;
use falign::two_layer::Dynamics;

use two_layer::problem::{Size, WIDTH};
use two_layer::{sample_space, weight_space};

/// Turns of each kind of step.
const TURNS: usize = 1000;
/// Steps in a turn: about equally long for both (else the longer would be interrupted more
/// often), and short against a time slice of the system.
const SAMPLE_SPACE_STEPS: u32 = 12;
const WEIGHT_SPACE_STEPS: u32 = 2;

fn main() {
    // `cargo test --benches` starts this without the flag: then only see that it runs.
    let turns = if std::env::args().any(|argument| argument == "--bench") {
        TURNS
    } else {
        1
    };
    for activation in [Activation::Relu, Activation::Tanh] {
        compare(activation, turns);
    }
}

/// Measures and prints one activation in f32.
#[allow(clippy::print_stdout, reason = "a program that prints its result")]
fn compare(activation: Activation, turns: usize) {
    let mut fast = sample_space::engine::<f32>(activation);
    let mut slow = weight_space::engine(activation);
    let (mut of_fast, mut of_slow, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..turns {
        let a = rate(SAMPLE_SPACE_STEPS, &mut || fast.step());
        let b = rate(WEIGHT_SPACE_STEPS, &mut || slow.step());
        of_fast.push(a);
        of_slow.push(b);
        ratios.push(a / b);
    }
    println!(
        "{}, f32, {}, one thread",
        activation.name(),
        Size::of_width(WIDTH).name()
    );
    let (of_fast, of_slow) = (quartiles(of_fast), quartiles(of_slow));
    for (name, [_, _, median, _, best]) in [("sample space", of_fast), ("weight space", of_slow)] {
        println!("  {name}: best turn {best:.0} steps/s, median {median:.0}");
    }
    let [_, lower, median, upper, _] = quartiles(ratios);
    println!(
        "  ratio of the best turns {:.2}; of neighbouring turns {median:.2}, quartiles {lower:.2} and {upper:.2}",
        of_fast[4] / of_slow[4]
    );
}

/// Steps per second of one turn.
fn rate(steps: u32, step: &mut dyn FnMut()) -> f64 {
    let begin = Instant::now();
    for _ in 0..steps {
        step();
    }
    f64::from(steps) / begin.elapsed().as_secs_f64()
}

/// Least, lower quartile, median, upper quartile, largest.
fn quartiles(mut values: Vec<f64>) -> [f64; 5] {
    values.sort_by(f64::total_cmp);
    [0, 1, 2, 3, 4].map(|quarter| values[(values.len() - 1) * quarter / 4])
}
