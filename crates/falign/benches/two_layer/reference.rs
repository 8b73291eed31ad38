//! The plain loops, at a small width: the scale of what the fast engines save.

use falign::internal::two_layer::Reference;
use falign::math::Activation;
use falign::two_layer::Dynamics;

use super::bench::Bench;
use super::problem::{Size, problem, start, streams};

const SMALL_WIDTH: u64 = 100;

/// The benchmarks of this module.
pub(crate) fn bench(bench: &Bench) {
    let size = Size::of_width(SMALL_WIDTH);
    for activation in [Activation::Relu, Activation::Tanh] {
        let name = format!("reference/{}/f64/{}", size.name(), activation.name());
        bench.rate(&name, 1, || {
            let problem = problem(activation, size);
            let mut engine = Reference::<f64>::new(&problem, &start(), streams());
            move || engine.step()
        });
    }
}
