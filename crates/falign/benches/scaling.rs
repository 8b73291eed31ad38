//! Cost of a step as one size grows and the others stay: rows for `bench/scaling.py`.
//!
//! `cargo bench -p falign --bench scaling > scaling.csv`. One thread but where `threads` grows; best
//! of some turns. The columns: what grows, its value, precision, activation, n, d, p, k, threads,
//! seconds of a step, operations of its product Z + D K, bytes of Z read and written, and the
//! peaks measured in the same call (operations per second, bytes per second).

#[allow(dead_code, reason = "what `main` times is the other benchmark's part")]
mod two_layer;

mod peak;
mod turns;

use falign::internal::math::simd::Element;
use falign::math::{Activation, Precision};
use falign::two_layer::Dynamics;
use turns::{best, engine, rates};
use two_layer::problem::Size;

const TURNS: usize = 30;
/// Numbers of the array whose traffic is measured: larger than the caches.
const MEMORY: usize = 50_000_000;

fn main() {
    // `cargo test --benches` starts this without the flag: then only see that it runs.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (turns, memory) = if is_bench { (TURNS, MEMORY) } else { (1, 1000) };
    let peaks = Peaks {
        operations: best(&(0..turns).map(|_| peak::peak::<f32>()).collect::<Vec<_>>()),
        bytes: bytes_per_second(memory, turns),
    };
    print("grows,value,precision,activation,n,d,p,k,threads,seconds,operations,bytes,peak,memory");
    let usual = Size::of_width(3200);
    let widths: &[u64] = if is_bench {
        &[100, 400, 1600, 6400, 25_600, 102_400, 409_600, 1_000_000]
    } else {
        &[100]
    };
    for &width in widths {
        row(&peaks, "p", width, Size::of_width(width), false, turns);
    }
    if !is_bench {
        return;
    }
    for samples in [5, 10, 20, 50, 100, 200, 500, 1000] {
        row(
            &peaks,
            "n",
            samples as u64,
            Size { samples, ..usual },
            false,
            turns,
        );
        let wide = Size {
            samples,
            width: 20_000_000 / samples as u64,
            ..usual
        };
        row(&peaks, "n_wide", samples as u64, wide, false, turns);
    }
    for input_dim in [10, 30, 100, 300, 1000, 3000] {
        row(
            &peaks,
            "d",
            input_dim as u64,
            Size { input_dim, ..usual },
            false,
            turns,
        );
    }
    for outputs in [1, 2, 5, 10, 20] {
        row(
            &peaks,
            "k",
            outputs as u64,
            Size { outputs, ..usual },
            false,
            turns,
        );
    }
    let wide = Size::of_width(102_400);
    for threads in 1..=std::thread::available_parallelism().map_or(1, usize::from) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("as many threads as the machine has");
        pool.install(|| row(&peaks, "threads", threads as u64, wide, true, turns));
    }
}

/// Most that the machine can do.
struct Peaks {
    operations: f64,
    bytes: f64,
}

#[allow(clippy::print_stdout, reason = "a program that prints its result")]
fn print(line: &str) {
    println!("{line}");
}

fn row(peaks: &Peaks, grows: &str, value: u64, size: Size, parallel: bool, turns: usize) {
    for activation in [Activation::Relu, Activation::Tanh] {
        timed::<f32>(peaks, grows, value, activation, size, parallel, turns);
    }
}

fn timed<T: Element>(
    peaks: &Peaks,
    grows: &str,
    value: u64,
    activation: Activation,
    size: Size,
    parallel: bool,
    turns: usize,
) {
    let mut engine = engine::<T>(activation, size, parallel);
    let rates = rates(turns, &mut || engine.step(), &mut || ());
    assert!(engine.residual_norm().is_finite(), "a run that diverged");
    let Size {
        samples,
        input_dim,
        width,
        outputs,
    } = size;
    let z = width as f64 * samples as f64;
    let threads = if parallel { value } else { 1 };
    print(&format!(
        "{grows},{value},{},{},{samples},{input_dim},{width},{outputs},{threads},{:.4e},{:.4e},{:.4e},{:.4e},{:.4e}",
        Precision::of::<T>().name(),
        activation.name(),
        1.0 / best(&rates),
        2.0 * z * samples as f64,
        2.0 * z * size_of::<T>() as f64,
        peaks.operations,
        peaks.bytes,
    ));
}

/// Rate of reading and writing an array once, on one thread.
fn bytes_per_second(numbers: usize, turns: usize) -> f64 {
    let mut memory = vec![1.0f32; numbers];
    let mut pass = || {
        for x in &mut memory {
            *x += 1.0;
        }
    };
    let rates = rates(turns.div_ceil(4), &mut pass, &mut || ());
    2.0 * best(&rates) * (numbers * size_of::<f32>()) as f64
}
