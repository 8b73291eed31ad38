use super::logistic::LOGISTIC;
use super::{Definition, Facts, KernelForm, Mixed, Sigmoid};

#[derive(Clone, Copy)]
pub(crate) struct Silu;

impl Definition for Silu {
    const NAME: &'static str = "silu";
    const FACTS: Facts = Facts {
        kinks: &[],
        is_piecewise_linear: false,
        is_homogeneous: false,
        is_bounded: false,
        is_odd: false,
        // At the root of z tanh(z/2) = 2, 2.3993...
        largest_slope: 1.099_839_320_128_866_8,
        kernel: KernelForm::Mixture {
            of: Mixed::Gated,
            scales: &LOGISTIC,
            factor: 2.0,
        },
    };

    fn psi(z: f64) -> f64 {
        z * Sigmoid::psi(z)
    }

    fn slope(z: f64) -> f64 {
        let s = Sigmoid::psi(z);
        s + z * s * Sigmoid::psi(-z)
    }
}
