use super::{Definition, Facts, KernelForm};

#[derive(Clone, Copy)]
pub(crate) struct Elu;

impl Definition for Elu {
    const NAME: &'static str = "elu";
    const FACTS: Facts = Facts {
        kinks: &[],
        is_piecewise_linear: false,
        is_homogeneous: false,
        is_bounded: false,
        is_odd: false,
        largest_slope: 1.0,
        kernel: KernelForm::Quadrature,
    };

    fn psi(z: f64) -> f64 {
        // Written so that NaN passes through.
        if z <= 0.0 { libm::expm1(z) } else { z }
    }

    fn slope(z: f64) -> f64 {
        if z <= 0.0 {
            libm::exp(z)
        } else if z > 0.0 {
            1.0
        } else {
            z
        }
    }
}
