//! Activation functions and their derivatives, one value at a time.
//!
//! These are the definitions; the engines' vector versions are tested against them. They
//! use the pure-Rust `libm`, so that they give the same bits on every machine.

use serde::{Deserialize, Serialize};

use super::Scalar;

/// The activation function psi of a hidden layer.
///
/// ```
/// use falign::math::Activation;
/// assert_eq!(Activation::Relu.value(-2.0), 0.0);
/// assert_eq!(Activation::Relu.derivative(0.0), 0.0); // the convention at the kink
/// assert!((Activation::Tanh.derivative(0.5) - (1.0 - 0.5f64.tanh().powi(2))).abs() < 1e-15);
/// ```
#[doc(alias = "psi")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// The identity.
    Linear,
    /// max(z, 0); the derivative at 0 is 0.
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// 1 / (1 + exp(-z)).
    Sigmoid,
    /// The error function, (2/sqrt(pi)) times the integral of exp(-u^2) from 0 to z.
    Erf,
    /// log(1 + exp(z)).
    Softplus,
    /// z where positive, else 0.01 z; the derivative at 0 is 0.01.
    LeakyRelu,
}

/// Slope of leaky `ReLU` below 0.
pub(crate) const LEAKY_SLOPE: f64 = 0.01;

impl Activation {
    /// All activations, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Linear,
        Self::Relu,
        Self::Tanh,
        Self::Sigmoid,
        Self::Erf,
        Self::Softplus,
        Self::LeakyRelu,
    ];

    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Relu => "relu",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::Erf => "erf",
            Self::Softplus => "softplus",
            Self::LeakyRelu => "leaky_relu",
        }
    }

    /// psi(z), computed in `f64` and rounded to the caller's precision.
    pub fn value<T: Scalar>(self, z: T) -> T {
        let z = z.to_f64();
        T::from_f64(match self {
            Self::Linear => z,
            // Written so that NaN passes through.
            Self::Relu => {
                if z <= 0.0 {
                    0.0
                } else {
                    z
                }
            }
            Self::Tanh => libm::tanh(z),
            Self::Sigmoid => sigmoid(z),
            Self::Erf => libm::erf(z),
            Self::Softplus => softplus(z),
            Self::LeakyRelu => {
                if z <= 0.0 {
                    LEAKY_SLOPE * z
                } else {
                    z
                }
            }
        })
    }

    /// psi'(z), computed in `f64` and rounded to the caller's precision.
    pub fn derivative<T: Scalar>(self, z: T) -> T {
        let z = z.to_f64();
        T::from_f64(match self {
            Self::Linear => 1.0,
            Self::Relu => {
                if z <= 0.0 {
                    0.0
                } else if z > 0.0 {
                    1.0
                } else {
                    z
                }
            }
            Self::Tanh => {
                let a = libm::tanh(z);
                1.0 - a * a
            }
            Self::Sigmoid => {
                let a = sigmoid(z);
                a * (1.0 - a)
            }
            Self::Erf => std::f64::consts::FRAC_2_SQRT_PI * libm::exp(-z * z),
            Self::Softplus => sigmoid(z),
            Self::LeakyRelu => {
                if z <= 0.0 {
                    LEAKY_SLOPE
                } else if z > 0.0 {
                    1.0
                } else {
                    z
                }
            }
        })
    }
}

/// The logistic function without overflow at either end.
fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + libm::exp(-z))
    } else {
        let u = libm::exp(z);
        u / (1.0 + u)
    }
}

/// log(1 + exp(z)) without overflow.
pub(crate) fn softplus(z: f64) -> f64 {
    let rest = libm::log1p(libm::exp(-z.abs()));
    // Written so that NaN passes through.
    if z <= 0.0 { rest } else { z + rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Error of a central difference with step 1e-6 on these smooth functions.
    const DIFFERENCE_TOLERANCE: f64 = 1e-9;

    #[test]
    fn derivatives_match_central_differences() {
        for activation in Activation::ALL {
            for z in [-3.1f64, -0.7, 0.2, 1.3, 4.0] {
                let h = 1e-6;
                let slope = (activation.value(z + h) - activation.value(z - h)) / (2.0 * h);
                let error = (slope - activation.derivative(z)).abs();
                assert!(
                    error < DIFFERENCE_TOLERANCE,
                    "{activation:?} at {z}: {error:e}"
                );
            }
        }
    }

    #[test]
    fn nan_passes_through_and_large_arguments_saturate() {
        for activation in Activation::ALL {
            assert!(activation.value(f64::NAN).is_nan(), "{activation:?}");
            for z in [-800.0f64, 800.0] {
                assert!(activation.value(z).is_finite() && activation.derivative(z).is_finite());
            }
        }
    }
}
