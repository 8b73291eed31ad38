//! One step of the sample-space engine, for every activation in both precisions.

use criterion::{Criterion, Throughput};
use falign::math::simd::Element;
use falign::math::{Activation, Scalar};
use falign::two_layer::{Dynamics, Needs, SampleSpace};

use super::problem::{Size, WIDTH, problem, start, streams};

/// The engine on one thread, measuring nothing on the way.
pub(crate) fn engine<T: Element>(activation: Activation) -> SampleSpace<T> {
    let problem = problem(activation, Size::of_width(WIDTH));
    SampleSpace::new(&problem, start(), streams(), Needs::default(), false)
}

/// The benchmarks of this module.
pub(crate) fn bench(criterion: &mut Criterion) {
    steps::<f32>(criterion);
    steps::<f64>(criterion);
}

fn steps<T: Element>(criterion: &mut Criterion) {
    let precision = <T as Scalar>::PRECISION.name();
    let mut group =
        criterion.benchmark_group(format!("sample_space/{}", Size::of_width(WIDTH).name()));
    group.throughput(Throughput::Elements(1));
    for activation in Activation::ALL {
        // Made when first timed: a filter may leave it out.
        let mut made = None;
        group.bench_function(format!("{precision}/{}", activation.name()), |b| {
            let engine = made.get_or_insert_with(|| engine::<T>(activation));
            b.iter(|| engine.step());
            assert!(engine.residual_norm().is_finite(), "a run that diverged");
        });
    }
}
