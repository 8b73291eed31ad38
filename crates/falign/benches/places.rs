//! Speed of convolutions and local layers, in multiply-adds of one thread.
//!
//! `cargo bench -p falign --bench places`, with names of instruction sets behind `--` for some of them; prints
//! tables in Markdown. Layers are those of two small networks. Two operations are counted for each multiply-add, all three
//! calls alike; the best of many short turns is what counts on a busy machine.

use std::time::Instant;

use falign::internal::layer::{Image, Window, Windowed, Windows};
use falign::internal::math::simd::{Element, force_path, paths};
use falign::layer::{Batch, Finish, Inputs, Operator, Way};

/// Layers: name, channels below, side of the image, channels above, kernel, samples, and whether places share weights.
const LAYERS: [(&str, usize, usize, usize, usize, usize, bool); 8] = [
    ("MNIST 1-6 k5", 1, 32, 6, 5, 64, true),
    ("MNIST 6-16 k5", 6, 14, 16, 5, 64, true),
    ("MNIST 16-120 k5", 16, 5, 120, 5, 64, true),
    ("CIFAR 3-32 k3", 3, 32, 32, 3, 128, true),
    ("CIFAR 32-64 k3", 32, 15, 64, 3, 128, true),
    ("CIFAR 64-128 k3", 64, 6, 128, 3, 128, true),
    ("local 6-16 k5", 6, 14, 16, 5, 64, false),
    ("local 32-64 k3", 32, 15, 64, 3, 128, false),
];

fn main() {
    // `cargo test --benches` starts this without the flag: then only see that it runs.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_bench = arguments.iter().any(|argument| argument == "--bench");
    let named: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let turns = if is_bench { 15 } else { 1 };
    for path in paths() {
        let is_named = named.iter().any(|name| *name == path.name());
        if !(is_named || named.is_empty()) {
            continue;
        }
        force_path(Some(path));
        table::<f32>(&format!("{}, f32", path.name()), turns, is_bench);
        table::<f64>(&format!("{}, f64", path.name()), turns, is_bench);
    }
    force_path(None);
}

#[allow(clippy::print_stdout, reason = "a program that prints its result")]
fn table<T: Element>(title: &str, turns: usize, whole: bool) {
    println!("\n{title}: 10^9 operations per second, best of {turns} turns\n");
    println!("| layer | forward | back | gradient | packing, ms |\n|---|---|---|---|---|");
    for (name, below, side, channels, kernel, samples, is_shared) in LAYERS {
        // Without the flag a few samples will do.
        let samples = if whole { samples } else { 2 };
        let window = Window {
            size: kernel,
            stride: 1,
            padding: 0,
        };
        let windows = Windows {
            input: Image {
                channels: below,
                height: side,
                width: side,
            },
            down: window,
            along: window,
        };
        let operator = if is_shared {
            Windowed::convolution(windows, channels)
        } else {
            Windowed::local(windows, channels)
        };
        let [forward, back, gradient, packing] = seconds::<T>(&operator, samples, turns);
        let places = windows.output(channels).expect("kernels that fit").places();
        let products = samples * places * channels * windows.size() * below;
        let rate = |seconds: f64| 2e-9 * products as f64 / seconds;
        println!(
            "| {name} | {:.1} | {:.1} | {:.1} | {:.3} |",
            rate(forward),
            rate(back),
            rate(gradient),
            1e3 * packing,
        );
    }
}

/// The best turns of forward, back, gradient, and packing of both ways.
fn seconds<T: Element>(operator: &Windowed, samples: usize, turns: usize) -> [f64; 4] {
    let batch = Batch {
        samples,
        layout: Windowed::best_layout::<T>(samples),
    };
    let extent = Operator::<T>::extent(operator);
    let count = Operator::<T>::weights(operator).length();
    let numbers = |length: usize| -> Vec<T> {
        let number = |at: usize| T::from_f64((at * 37 % 101) as f64 / 50.0 - 1.0);
        (0..length).map(number).collect()
    };
    let (w, x) = (numbers(count), numbers(batch.length(extent.inputs)));
    let delta = numbers(batch.length(extent.outputs));
    let (mut y, mut below, mut sums) = (delta.clone(), x.clone(), w.clone());
    let (mut forward, mut back) = (Vec::new(), Vec::new());
    let mut best = [f64::INFINITY; 4];
    for _ in 0..turns {
        let mut time = |call: usize, work: &mut dyn FnMut()| {
            let begin = Instant::now();
            work();
            best[call] = best[call].min(begin.elapsed().as_secs_f64());
        };
        time(3, &mut || {
            operator.pack(&w, Way::Forward, &mut forward);
            operator.pack(&w, Way::Back, &mut back);
        });
        let packed = operator.pack(&w, Way::Forward, &mut forward);
        time(0, &mut || {
            operator.forward(packed, Inputs::Numbers(&x), &mut y, batch, Finish::None);
        });
        let packed = operator.pack(&w, Way::Back, &mut back);
        time(1, &mut || {
            operator.pull_back(packed, &delta, &mut below, batch, Finish::None);
        });
        time(2, &mut || {
            operator.gradient(Inputs::Numbers(&x), &delta, &mut sums, batch);
        });
    }
    best
}
