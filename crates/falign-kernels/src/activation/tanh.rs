use super::logistic::LOGISTIC;
use super::{Definition, Facts, KernelForm, Mixed};

#[derive(Clone, Copy)]
pub(crate) struct Tanh;

impl Definition for Tanh {
    const NAME: &'static str = "tanh";
    const FACTS: Facts = Facts {
        kinks: &[],
        is_piecewise_linear: false,
        is_homogeneous: false,
        is_bounded: true,
        is_odd: true,
        largest_slope: 1.0,
        kernel: KernelForm::Mixture {
            of: Mixed::ErrorFunction,
            scales: &LOGISTIC,
            factor: 1.0,
        },
    };

    fn psi(z: f64) -> f64 {
        libm::tanh(z)
    }

    fn slope(z: f64) -> f64 {
        let a = libm::tanh(z);
        1.0 - a * a
    }
}
