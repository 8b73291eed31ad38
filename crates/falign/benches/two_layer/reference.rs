//! The plain loops, at a small width: the scale of what the fast engines save.

use criterion::{Criterion, Throughput};
use falign::math::Activation;
use falign::two_layer::{Dynamics, Reference};

use super::problem::{Size, problem, start, streams};

const SMALL_WIDTH: u64 = 100;

/// The benchmarks of this module.
pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group =
        criterion.benchmark_group(format!("reference/{}", Size::of_width(SMALL_WIDTH).name()));
    group.throughput(Throughput::Elements(1));
    for activation in [Activation::Relu, Activation::Tanh] {
        let problem = problem(activation, Size::of_width(SMALL_WIDTH));
        let mut made = None;
        group.bench_function(format!("f64/{}", activation.name()), |b| {
            let engine =
                made.get_or_insert_with(|| Reference::<f64>::new(&problem, &start(), streams()));
            b.iter(|| engine.step());
        });
    }
}
