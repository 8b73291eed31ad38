use super::{Definition, Facts, KernelForm};

#[derive(Clone, Copy)]
pub(crate) struct Linear;

impl Definition for Linear {
    const NAME: &'static str = "linear";
    const FACTS: Facts = Facts {
        kinks: &[],
        is_piecewise_linear: true,
        is_homogeneous: true,
        is_bounded: false,
        is_odd: true,
        largest_slope: 1.0,
        kernel: KernelForm::Rectified(1.0),
    };

    fn psi(z: f64) -> f64 {
        z
    }

    fn slope(_: f64) -> f64 {
        1.0
    }
}
