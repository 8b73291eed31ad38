//! The linear engine through the public loop, loss and alignment recorded every 100 steps: at
//! widths where the weights are drawn and at one where only their Gram matrix can be.

use std::hint::black_box;

use falign::internal::simulate::{Outcome, Recording, Stop, run_engine};
use falign::math::Activation;
use falign::measure::Quantity;
use falign::rule::Schedule;
use falign::two_layer::{Dynamics, Linear, LinearStart, Needs, Problem};

use super::bench::Bench;
use super::problem::{Size, problem, start, streams};

/// Steps of one timed run.
pub(crate) const STEPS: u64 = 20_000;

pub(crate) const QUANTITIES: [Quantity; 2] = [Quantity::Loss, Quantity::Alignment];

pub(crate) fn gram() -> LinearStart {
    LinearStart::Gram {
        streams: streams(),
        correlation: 0.0,
    }
}

/// The benchmarks of this module.
pub(crate) fn bench(bench: &Bench) {
    let cases = [
        (100, LinearStart::Weights(start()), 0.0, "weights"),
        (10_000, LinearStart::Weights(start()), 0.0, "weights"),
        (10_000, gram(), 0.0, "gram"),
        (1_000_000_000_000, gram(), 0.0, "gram"),
        // Strong enough to shrink beta(0) below the smallest number within a run.
        (1_000_000_000_000, gram(), 2.0, "gram_ridge"),
    ];
    for (width, start, ridge, name) in cases {
        let mut problem = problem(Activation::Linear, Size::of_width(width));
        problem.schedule = Schedule::Constant { ridge };
        let needs = Needs::of(&QUANTITIES, false);
        let name = format!("linear/{}/{name}", Size::of_width(width).name());
        bench.rate(&name, STEPS, || {
            let fresh = Linear::new(&problem, start, needs);
            move || recorded_run(&problem, &mut fresh.clone())
        });
    }
}

/// One run of `STEPS` steps.
pub(crate) fn recorded_run(problem: &Problem, engine: &mut Linear) {
    let steps: Vec<u64> = (0..=STEPS).step_by(100).collect();
    let recording = Recording {
        steps: &steps,
        quantities: &QUANTITIES,
        references: None,
        stop: Stop {
            tolerance: 0.0,
            window: 1,
        },
        watch: None,
        alignment_threshold: 0.5,
    };
    let mut record = |row: usize, values: &[f64], _: &mut dyn Dynamics| {
        black_box((row, values));
    };
    let outcome = run_engine(problem, engine, recording, &mut record, &mut |_| true);
    assert_eq!(outcome, Some(Outcome::Finished));
}
