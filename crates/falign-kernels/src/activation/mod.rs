//! Activation functions: a file each, with value, slope and what is known of it.
//!
//! These are the definitions; the engines' vector versions are tested against them. They
//! use the pure-Rust `libm`, so that they give the same bits on every machine.
//!
//! A new activation is a file here and its two lines below. Engines compute it lane by lane from its
//! definition until it has a vector version in `simd/activation.rs`.

mod definition;
mod elu;
mod erf;
mod facts;
mod gelu;
mod leaky_relu;
mod linear;
mod logistic;
mod relu;
mod sigmoid;
mod silu;
mod softplus;
mod tanh;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Scalar;
pub use definition::Definition;
pub use facts::{Facts, KernelForm, Mixed};

macro_rules! activations {
    ($d:tt $($(#[doc = $sentence:literal])+ $name:ident in $file:ident;)+) => {
        $(pub(crate) use $file::$name;)+

        /// The activation function psi of a hidden layer.
        ///
        /// ```
        /// use falign_kernels::Activation;
        /// assert_eq!(Activation::Relu.value(-2.0), 0.0);
        /// assert_eq!(Activation::Relu.derivative(0.0), 0.0); // the convention at the kink
        /// assert!((Activation::Tanh.derivative(0.5) - (1.0 - 0.5f64.tanh().powi(2))).abs() < 1e-15);
        /// assert!(Activation::Tanh.facts().is_bounded);
        /// ```
        #[doc(alias = "psi")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Activation {
            $($(#[doc = $sentence])+ $name,)+
        }

        impl Activation {
            /// Activations in the order of the documentation.
            pub const ALL: [Self; [$(stringify!($name)),+].len()] = [$(Self::$name),+];
            /// Names of the activations.
            const NAMES: &'static [&'static str] = &[$(<$name as Definition>::NAME),+];
        }

        /// Calls `$body` with `$a` standing for the type that defines an activation.
        macro_rules! with_activation {
            ($d activation:expr, $d a:ident => $d body:expr) => {
                match $d activation {
                    $($crate::Activation::$name => {
                        type $d a = $crate::activation::$name;
                        $d body
                    })+
                }
            };
        }
        pub(crate) use with_activation;
    };
}

activations! {$
    /// The identity.
    Linear in linear;
    /// max(z, 0); the derivative at 0 is 0.
    Relu in relu;
    /// Hyperbolic tangent.
    Tanh in tanh;
    /// 1 / (1 + exp(-z)).
    Sigmoid in sigmoid;
    /// The error function, (2/sqrt(pi)) times the integral of exp(-u^2) from 0 to z.
    Erf in erf;
    /// log(1 + exp(z)).
    Softplus in softplus;
    /// z where positive, else 0.01 z; the derivative at 0 is 0.01.
    LeakyRelu in leaky_relu;
    /// z Phi(z) with the normal law Phi, exactly: by the error function.
    Gelu in gelu;
    /// z / (1 + exp(-z)), also known as swish.
    Silu in silu;
    /// z where positive, else exp(z) - 1.
    Elu in elu;
}

impl Activation {
    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        with_activation!(self, A => A::NAME)
    }

    /// Facts about the activation besides its values.
    pub fn facts(self) -> &'static Facts {
        with_activation!(self, A => &A::FACTS)
    }

    /// psi(z), computed in `f64` and rounded to the caller's precision.
    pub fn value<T: Scalar>(self, z: T) -> T {
        T::from_f64(with_activation!(self, A => A::psi(z.to_f64())))
    }

    /// psi'(z), computed in `f64` and rounded to the caller's precision.
    pub fn derivative<T: Scalar>(self, z: T) -> T {
        T::from_f64(with_activation!(self, A => A::slope(z.to_f64())))
    }
}

impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let named = Self::ALL.into_iter().find(|known| known.name() == name);
        named.ok_or_else(|| D::Error::unknown_variant(&name, Self::NAMES))
    }
}
