use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use super::{Definition, Facts, KernelForm, Mixed};

#[derive(Clone, Copy)]
pub(crate) struct Erf;

impl Definition for Erf {
    const NAME: &'static str = "erf";
    const FACTS: Facts = Facts {
        kinks: &[],
        is_piecewise_linear: false,
        is_homogeneous: false,
        is_bounded: true,
        is_odd: true,
        largest_slope: FRAC_2_SQRT_PI,
        // erf(z) = erf(z/(sqrt 2 kappa)) for one kappa.
        kernel: KernelForm::Mixture {
            of: Mixed::ErrorFunction,
            scales: &[(FRAC_1_SQRT_2, 1.0)],
            factor: 1.0,
        },
    };

    fn psi(z: f64) -> f64 {
        libm::erf(z)
    }

    fn slope(z: f64) -> f64 {
        FRAC_2_SQRT_PI * libm::exp(-z * z)
    }
}
