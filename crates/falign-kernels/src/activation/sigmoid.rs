use super::logistic::LOGISTIC;
use super::{Definition, Facts, KernelForm, Mixed};

#[derive(Clone, Copy)]
pub(crate) struct Sigmoid;

impl Definition for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const FACTS: Facts = Facts {
        kinks: &[],
        is_piecewise_linear: false,
        is_homogeneous: false,
        is_bounded: true,
        is_odd: false,
        largest_slope: 0.25,
        kernel: KernelForm::Mixture {
            of: Mixed::NormalLaw,
            scales: &LOGISTIC,
            factor: 2.0,
        },
    };

    /// Value without overflow at either end.
    fn psi(z: f64) -> f64 {
        if z >= 0.0 {
            1.0 / (1.0 + libm::exp(-z))
        } else {
            let u = libm::exp(z);
            u / (1.0 + u)
        }
    }

    fn slope(z: f64) -> f64 {
        let a = Self::psi(z);
        a * (1.0 - a)
    }
}
