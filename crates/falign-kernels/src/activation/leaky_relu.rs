use super::{Definition, Facts, KernelForm};

#[derive(Clone, Copy)]
pub(crate) struct LeakyRelu;

impl LeakyRelu {
    /// The slope below 0.
    pub(crate) const LOWER_SLOPE: f64 = 0.01;
}

impl Definition for LeakyRelu {
    const NAME: &'static str = "leaky_relu";
    const FACTS: Facts = Facts {
        kinks: &[0.0],
        is_piecewise_linear: true,
        is_homogeneous: true,
        is_bounded: false,
        is_odd: false,
        largest_slope: 1.0,
        kernel: KernelForm::Rectified(Self::LOWER_SLOPE),
    };

    fn psi(z: f64) -> f64 {
        // Written so that NaN passes through.
        if z <= 0.0 { Self::LOWER_SLOPE * z } else { z }
    }

    fn slope(z: f64) -> f64 {
        if z <= 0.0 {
            Self::LOWER_SLOPE
        } else if z > 0.0 {
            1.0
        } else {
            z
        }
    }
}
