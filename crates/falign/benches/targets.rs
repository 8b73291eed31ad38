//! The engines against the arithmetic peak: what share of it they reach, at every size.
//!
//! `cargo bench -p falign --bench targets`, with any of the parts `sizes`, `linear`, `wide`,
//! `threads` behind `--`; prints tables in Markdown. Steps and a loop of fused multiply-adds take
//! turns of a few milliseconds, so that a changing clock slows both alike. Only the multiply-adds
//! of Z + D K are counted, 2 p n^2 operations a step: the share is a lower bound on the use of
//! the processor.

#[allow(dead_code, reason = "what `main` times is the other benchmark's part")]
mod two_layer;

mod peak;
mod turns;

use std::time::Instant;

use falign::internal::math::simd::{Element, current_path};
use falign::math::{Activation, Precision};
use falign::two_layer::{Dynamics, Linear, Needs, SampleSpace};
use turns::{best, engine, rates};
use two_layer::linear;
use two_layer::problem::{Size, problem};

const TURNS: usize = 100;

/// Sizes timed in `wide`: one whose state fits the second-level cache, and one that fits none.
const WIDTHS: [u64; 2] = [12_800, 1_000_000];

fn main() {
    // `cargo test --benches` starts this without the flag: then only see that it runs.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_bench = arguments.iter().any(|argument| argument == "--bench");
    let named: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let wanted = |part: &str| named.is_empty() || named.iter().any(|name| *name == part);
    let turns = if is_bench { TURNS } else { 1 };
    if wanted("sizes") {
        sizes(turns, is_bench);
    }
    if wanted("linear") {
        linear_engine(turns);
    }
    if wanted("wide") {
        let widths = if is_bench { WIDTHS } else { [100, 200] };
        wide::<f32>(widths, turns);
        wide::<f64>(widths, turns);
    }
    if wanted("threads") {
        threads(turns);
    }
}

#[allow(clippy::print_stdout, reason = "a program that prints its result")]
fn print(line: &str) {
    println!("{line}");
}

/// The table of targets, and sizes that have none.
fn sizes(turns: usize, whole: bool) {
    use Activation::{Erf, Relu, Sigmoid, Tanh};
    print(&format!(
        "One thread, path {}; best of {turns} turns (median of them)\n",
        current_path().name()
    ));
    print(
        "| size | precision | activation | steps/s | share of the peak next to it | best of best | target |",
    );
    print("|---|---|---|---|---|---|---|");
    let usual = Size::of_width(3200);
    single(Activation::Linear, usual, Some(0.80), turns);
    single(Relu, usual, Some(0.80), turns);
    single(Tanh, usual, Some(0.58), turns);
    single(Sigmoid, usual, None, turns);
    single(Erf, usual, None, turns);
    double(Activation::Linear, usual, None, turns);
    double(Relu, usual, Some(0.75), turns);
    double(Tanh, usual, Some(0.48), turns);
    double(Sigmoid, usual, None, turns);
    double(Erf, usual, None, turns);
    if !whole {
        return;
    }
    single(Relu, Size::of_width(200), None, turns);
    single(Relu, Size::of_width(12_800), Some(0.75), turns);
    single(Tanh, Size::of_width(12_800), None, turns);
    let other_sizes = [
        Size {
            samples: 20,
            ..usual
        },
        Size {
            samples: 200,
            ..usual
        },
        Size {
            samples: 1000,
            ..usual
        },
        Size {
            input_dim: 10,
            ..usual
        },
        Size {
            input_dim: 3000,
            ..usual
        },
        Size {
            outputs: 10,
            ..usual
        },
    ];
    for size in other_sizes {
        single(Relu, size, None, turns);
        single(Tanh, size, None, turns);
    }
}

fn single(activation: Activation, size: Size, target: Option<f64>, turns: usize) {
    share::<f32>(activation, size, target, turns);
}

fn double(activation: Activation, size: Size, target: Option<f64>, turns: usize) {
    share::<f64>(activation, size, target, turns);
}

fn share<T: Element>(activation: Activation, size: Size, target: Option<f64>, turns: usize) {
    let mut engine = engine::<T>(activation, size, false);
    let mut peaks = Vec::with_capacity(turns);
    let rates = rates(turns, &mut || engine.step(), &mut || {
        peaks.push(peak::peak::<T>());
    });
    assert!(engine.residual_norm().is_finite(), "a run that diverged");
    let operations = 2.0 * size.width as f64 * (size.samples as f64).powi(2);
    let shares = rates
        .iter()
        .zip(&peaks)
        .map(|(rate, peak)| rate * operations / peak);
    print(&format!(
        "| {} | {} | {} | {:.0} ({:.0}) | {:.2} | {:.2} | {} |",
        size.name(),
        Precision::of::<T>().name(),
        activation.name(),
        best(&rates),
        median(rates.clone()),
        median(shares.collect()),
        best(&rates) * operations / best(&peaks),
        target.map_or(String::new(), |target| format!("{target:.2}")),
    ));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn linear_engine(turns: usize) {
    print("\nThe linear engine, loss and alignment every 100 steps\n");
    print("| width | million steps/s |");
    print("|---|---|");
    for width in [100, 10_000, 1_000_000_000_000] {
        let problem = problem(Activation::Linear, Size::of_width(width));
        let fresh = Linear::new(
            &problem,
            linear::gram(),
            Needs::of(&linear::QUANTITIES, false),
        );
        let mut run = || linear::recorded_run(&problem, &mut fresh.clone());
        let rates = rates(turns, &mut run, &mut || ());
        let millions = 1e-6 * linear::STEPS as f64;
        print(&format!(
            "| {width} | {:.2} ({:.2}) |",
            millions * best(&rates),
            millions * median(rates)
        ));
    }
}

/// Prints the cost of a step per hidden unit when Z fits a cache and when it does not, next to the rate
/// at which the memory gives and takes numbers.
fn wide<T: Element>([fitting, wide]: [u64; 2], turns: usize) {
    let turns = turns.div_ceil(4);
    let precision = Precision::of::<T>().name();
    print(&format!(
        "\nWide networks, {precision}: units per second, in millions\n"
    ));
    print(&format!(
        "| activation | threads | p = {fitting} | p = {wide} | ratio | of the memory's rate |"
    ));
    print("|---|---|---|---|---|---|");
    let size = Size::of_width(wide);
    let values = 50 * usize::try_from(wide).expect("fits the memory");
    let bytes = (2 * values * size_of::<T>()) as f64;
    let mut memory = vec![T::from_f64(1.0); values];
    let passes = rates(turns, &mut || touch(&mut memory), &mut || ());
    drop(memory);
    // tanh keeps psi(Z) next to Z.
    for (activation, arrays) in [(Activation::Relu, 1.0), (Activation::Tanh, 2.0)] {
        let mut small = engine::<T>(activation, Size::of_width(fitting), false);
        let small = rates(turns, &mut || small.step(), &mut || ());
        for parallel in [false, true] {
            let mut large = engine::<T>(activation, size, parallel);
            let large = rates(turns, &mut || large.step(), &mut || ());
            let (per_small, per_large) =
                (best(&small) * fitting as f64, best(&large) * wide as f64);
            print(&format!(
                "| {} | {} | {:.1} | {:.1} | {:.2} | {:.2} |",
                activation.name(),
                if parallel { "all" } else { "1" },
                1e-6 * per_small,
                1e-6 * per_large,
                per_large / per_small,
                arrays * best(&large) / best(&passes),
            ));
        }
    }
    print(&format!(
        "\nOne thread reads and writes {:.1} GB/s of an array as large as Z; padding is not counted.",
        1e-9 * bytes * best(&passes)
    ));
}

/// Reads and writes every number, as little as can be done to Z.
fn touch<T: Element>(memory: &mut [T]) {
    for x in memory {
        *x += T::ONE;
    }
}

/// Two runs on two threads against one run on one.
fn threads(turns: usize) {
    print("\nA run on each of two threads against one run: times as many steps\n");
    print("| size | precision | activation | best turns | median |");
    print("|---|---|---|---|---|");
    for activation in [Activation::Relu, Activation::Tanh] {
        pair::<f32>(activation, turns.div_ceil(4));
        pair::<f64>(activation, turns.div_ceil(4));
    }
}

fn pair<T: Element>(activation: Activation, turns: usize) {
    const STEPS: usize = 500;
    let size = Size::of_width(3200);
    let mut engines = [(); 2].map(|()| engine::<T>(activation, size, false));
    let advance = |engine: &mut SampleSpace<T>| {
        for _ in 0..STEPS {
            engine.step();
        }
    };
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        let begin = Instant::now();
        advance(&mut engines[0]);
        alone.push(begin.elapsed().as_secs_f64());
        let begin = Instant::now();
        std::thread::scope(|scope| {
            for engine in &mut engines {
                scope.spawn(|| advance(engine));
            }
        });
        together.push(begin.elapsed().as_secs_f64());
    }
    alone.sort_by(f64::total_cmp);
    together.sort_by(f64::total_cmp);
    print(&format!(
        "| {} | {} | {} | {:.2} | {:.2} |",
        size.name(),
        Precision::of::<T>().name(),
        activation.name(),
        2.0 * alone[0] / together[0],
        2.0 * alone[turns / 2] / together[turns / 2],
    ));
}
