use super::logistic::LOGISTIC;
use super::{Definition, Facts, KernelForm, Mixed, Sigmoid};

#[derive(Clone, Copy)]
pub(crate) struct Softplus;

impl Definition for Softplus {
    const NAME: &'static str = "softplus";
    const FACTS: Facts = Facts {
        kinks: &[],
        is_piecewise_linear: false,
        is_homogeneous: false,
        is_bounded: false,
        is_odd: false,
        largest_slope: 1.0,
        kernel: KernelForm::Mixture {
            of: Mixed::Ramp,
            scales: &LOGISTIC,
            factor: 2.0,
        },
    };

    /// Value without overflow.
    fn psi(z: f64) -> f64 {
        let rest = libm::log1p(libm::exp(-z.abs()));
        // Written so that NaN passes through.
        if z <= 0.0 { rest } else { z + rest }
    }

    fn slope(z: f64) -> f64 {
        Sigmoid::psi(z)
    }
}
