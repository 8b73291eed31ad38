use super::{Definition, Facts, KernelForm};

#[derive(Clone, Copy)]
pub(crate) struct Relu;

impl Definition for Relu {
    const NAME: &'static str = "relu";
    const FACTS: Facts = Facts {
        kinks: &[0.0],
        is_piecewise_linear: true,
        is_homogeneous: true,
        is_bounded: false,
        is_odd: false,
        largest_slope: 1.0,
        kernel: KernelForm::Rectified(0.0),
    };

    fn psi(z: f64) -> f64 {
        // Written so that NaN passes through.
        if z <= 0.0 { 0.0 } else { z }
    }

    fn slope(z: f64) -> f64 {
        if z <= 0.0 {
            0.0
        } else if z > 0.0 {
            1.0
        } else {
            z
        }
    }
}
