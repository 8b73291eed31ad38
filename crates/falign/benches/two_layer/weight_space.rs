//! One step in weight space, as well as it can be done there: what the sample-space engine is
//! compared with.

use falign::math::Activation;
use falign::two_layer::{Dynamics, Needs};

use super::bench::Bench;
use super::gemm_step::GemmStep;
use super::problem::{Size, WIDTH, problem, start};
use super::sample_space;

/// Hidden units handled together: of 64, 128, 320, 640, 1600 and 3200 the fastest, by 3 percent.
const PART: usize = 64;

/// Steps after which both forms must still agree.
const STEPS: usize = 100;

/// Rounding of f32 over `STEPS` steps, relative to the residual at the start.
const TOLERANCE: f64 = 1e-4;

/// The weight-space step, checked against the engine first: a comparison of two things that
/// compute the same.
///
/// # Panics
/// If the two residuals differ by more than rounding.
pub(crate) fn engine(activation: Activation) -> GemmStep {
    let fresh = GemmStep::new(&problem(activation, Size::of_width(WIDTH)), &start(), PART);
    let mut steps = fresh.clone();
    let mut fast = sample_space::engine::<f32>(activation);
    let norm = fast.residual_norm();
    for _ in 0..STEPS {
        steps.step();
        fast.step();
    }
    let residual = fast.snapshot(Needs::default()).residual;
    for (e, exact) in steps.residual().iter().zip(residual) {
        let error = (e - exact).abs() / norm;
        assert!(error < TOLERANCE, "{activation:?}: {error:e}");
    }
    fresh
}

/// The benchmarks of this module.
pub(crate) fn bench(bench: &Bench) {
    let size = Size::of_width(WIDTH).name();
    for activation in [Activation::Relu, Activation::Tanh] {
        let name = format!("weight_space/{size}/f32/{}", activation.name());
        bench.rate(&name, 1, || {
            let mut engine = engine(activation);
            move || engine.step()
        });
    }
}
