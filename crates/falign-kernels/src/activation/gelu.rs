use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use super::{Definition, Facts, KernelForm, Mixed};

#[derive(Clone, Copy)]
pub(crate) struct Gelu;

impl Definition for Gelu {
    const NAME: &'static str = "gelu";
    const FACTS: Facts = Facts {
        kinks: &[],
        is_piecewise_linear: false,
        is_homogeneous: false,
        is_bounded: false,
        is_odd: false,
        // At sqrt 2.
        largest_slope: 1.128_904_145_185_154_8,
        // z Phi(z/a) for one a.
        kernel: KernelForm::Mixture {
            of: Mixed::Gated,
            scales: &[(1.0, 1.0)],
            factor: 1.0,
        },
    };

    fn psi(z: f64) -> f64 {
        z * normal_law(z)
    }

    fn slope(z: f64) -> f64 {
        normal_law(z) + z * libm::exp(-0.5 * z * z) / TAU.sqrt()
    }
}

/// Phi(z).
fn normal_law(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}
