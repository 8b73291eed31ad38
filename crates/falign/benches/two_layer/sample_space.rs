//! One step of the sample-space engine, for every activation in both precisions.

use falign::internal::math::simd::Element;
use falign::math::{Activation, Precision};
use falign::two_layer::{Dynamics, Needs, SampleSpace, Threads};

use super::bench::Bench;
use super::problem::{Size, WIDTH, problem, start, streams};

/// The engine on one thread, measuring nothing on the way.
pub(crate) fn engine<T: Element>(activation: Activation) -> SampleSpace<T> {
    let problem = problem(activation, Size::of_width(WIDTH));
    SampleSpace::new(&problem, start(), streams(), Needs::default(), Threads::One)
}

/// The benchmarks of this module.
pub(crate) fn bench(bench: &Bench) {
    steps::<f32>(bench);
    steps::<f64>(bench);
}

fn steps<T: Element>(bench: &Bench) {
    let precision = Precision::of::<T>().name();
    let size = Size::of_width(WIDTH).name();
    for activation in Activation::ALL {
        let name = format!("sample_space/{size}/{precision}/{}", activation.name());
        bench.rate(&name, 1, || {
            let mut engine = engine::<T>(activation);
            move || {
                engine.step();
                assert!(engine.residual_norm().is_finite(), "a run that diverged");
            }
        });
    }
}
