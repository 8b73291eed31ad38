//! Activations on virtual vectors. One zero-sized type each, the one that defines it, so that a kernel
//! is compiled once per activation and the choice costs nothing inside.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::{
    Element, Lanes, erf, exp_for_tanh, exp_of_minus_magnitude, exp_of_minus_square,
    expm1_of_minus_magnitude, normal_law, sigmoid, sigmoid_from, softplus, tanh, tanh_from,
};
pub(crate) use crate::activation::{
    Definition, Elu, Erf, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Silu, Softplus, Tanh,
    with_activation,
};

/// psi and psi' in lanes: from the definition, lane by lane, where nothing faster is written.
pub trait LaneActivation<T: Element>: Definition + Copy + Send + Sync {
    /// Whether psi(z) is kept next to z, because it costs more than a load.
    const STORED: bool = true;
    /// Whether loops do well to make the first half of one next to the second half of another, which
    /// divides.
    const HALVES: bool = false;
    /// psi(z).
    #[inline(always)]
    fn value<S: Lanes<T>>(isa: S, z: S::V) -> S::V {
        isa.map(z, |z| T::from_f64(Self::psi(z.to_f64())))
    }
    /// The first half of [`Self::value`].
    #[inline(always)]
    fn begin<S: Lanes<T>>(_: S, z: S::V) -> [S::V; 2] {
        [z; 2]
    }
    /// The second half: psi(z).
    #[inline(always)]
    fn finish<S: Lanes<T>>(isa: S, z: S::V, _: [S::V; 2]) -> S::V {
        Self::value(isa, z)
    }
    /// s psi'(z), given a = psi(z).
    #[inline(always)]
    fn scaled_derivative<S: Lanes<T>>(isa: S, z: S::V, _: S::V, s: S::V) -> S::V {
        let slope = isa.map(z, |z| T::from_f64(Self::slope(z.to_f64())));
        isa.mul(slope, s)
    }
}

impl<T: Element> LaneActivation<T> for Linear {
    const STORED: bool = false;
    #[inline(always)]
    fn value<S: Lanes<T>>(_: S, z: S::V) -> S::V {
        z
    }
    #[inline(always)]
    fn scaled_derivative<S: Lanes<T>>(_: S, _: S::V, _: S::V, s: S::V) -> S::V {
        s
    }
}

impl<T: Element> LaneActivation<T> for Relu {
    const STORED: bool = false;
    #[inline(always)]
    fn value<S: Lanes<T>>(isa: S, z: S::V) -> S::V {
        isa.max_passing(isa.splat(T::ZERO), z)
    }
    #[inline(always)]
    fn scaled_derivative<S: Lanes<T>>(isa: S, z: S::V, _: S::V, s: S::V) -> S::V {
        isa.select_nonpositive(z, isa.splat(T::ZERO), s)
    }
}

impl<T: Element> LaneActivation<T> for Tanh {
    const HALVES: bool = T::RECIPROCAL.is_empty();
    #[inline(always)]
    fn value<S: Lanes<T>>(isa: S, z: S::V) -> S::V {
        tanh::<T, S>(isa, z)
    }
    #[inline(always)]
    fn begin<S: Lanes<T>>(isa: S, z: S::V) -> [S::V; 2] {
        exp_for_tanh::<T, S>(isa, z)
    }
    #[inline(always)]
    fn finish<S: Lanes<T>>(isa: S, z: S::V, begun: [S::V; 2]) -> S::V {
        tanh_from(isa, z, begun)
    }
    #[inline(always)]
    fn scaled_derivative<S: Lanes<T>>(isa: S, _: S::V, a: S::V, s: S::V) -> S::V {
        isa.fnma(isa.mul(a, s), a, s)
    }
}

impl<T: Element> LaneActivation<T> for Sigmoid {
    const HALVES: bool = T::RECIPROCAL.is_empty();
    #[inline(always)]
    fn value<S: Lanes<T>>(isa: S, z: S::V) -> S::V {
        sigmoid::<T, S>(isa, z)
    }
    #[inline(always)]
    fn begin<S: Lanes<T>>(isa: S, z: S::V) -> [S::V; 2] {
        [exp_of_minus_magnitude::<T, S>(isa, z); 2]
    }
    #[inline(always)]
    fn finish<S: Lanes<T>>(isa: S, z: S::V, [exp, _]: [S::V; 2]) -> S::V {
        sigmoid_from(isa, z, exp)
    }
    #[inline(always)]
    fn scaled_derivative<S: Lanes<T>>(isa: S, _: S::V, a: S::V, s: S::V) -> S::V {
        let b = isa.mul(a, s);
        isa.fnma(b, a, b)
    }
}

impl<T: Element> LaneActivation<T> for Erf {
    #[inline(always)]
    fn value<S: Lanes<T>>(isa: S, z: S::V) -> S::V {
        erf::<T, S>(isa, z)
    }
    #[inline(always)]
    fn scaled_derivative<S: Lanes<T>>(isa: S, z: S::V, _: S::V, s: S::V) -> S::V {
        let slope = isa.splat(T::from_f64(std::f64::consts::FRAC_2_SQRT_PI));
        isa.mul(isa.mul(slope, s), exp_of_minus_square::<T, S>(isa, z))
    }
}

impl<T: Element> LaneActivation<T> for Softplus {
    #[inline(always)]
    fn value<S: Lanes<T>>(isa: S, z: S::V) -> S::V {
        softplus::<T, S>(isa, z)
    }
    #[inline(always)]
    fn scaled_derivative<S: Lanes<T>>(isa: S, z: S::V, _: S::V, s: S::V) -> S::V {
        isa.mul(sigmoid::<T, S>(isa, z), s)
    }
}

impl<T: Element> LaneActivation<T> for LeakyRelu {
    const STORED: bool = false;
    #[inline(always)]
    fn value<S: Lanes<T>>(isa: S, z: S::V) -> S::V {
        let slope = isa.splat(T::from_f64(Self::LOWER_SLOPE));
        isa.select_nonpositive(z, isa.mul(slope, z), z)
    }
    #[inline(always)]
    fn scaled_derivative<S: Lanes<T>>(isa: S, z: S::V, _: S::V, s: S::V) -> S::V {
        let slope = isa.splat(T::from_f64(Self::LOWER_SLOPE));
        isa.select_nonpositive(z, isa.mul(slope, s), s)
    }
}

impl<T: Element> LaneActivation<T> for Gelu {
    #[inline(always)]
    fn value<S: Lanes<T>>(isa: S, z: S::V) -> S::V {
        isa.mul(z, normal_law::<T, S>(isa, z))
    }
    #[inline(always)]
    fn scaled_derivative<S: Lanes<T>>(isa: S, z: S::V, _: S::V, s: S::V) -> S::V {
        let root = isa.splat(T::from_f64(std::f64::consts::FRAC_1_SQRT_2));
        let density = isa.splat(T::from_f64(1.0 / std::f64::consts::TAU.sqrt()));
        let exp = exp_of_minus_square::<T, S>(isa, isa.mul(root, z));
        let slope = isa.fma(isa.mul(z, density), exp, normal_law::<T, S>(isa, z));
        isa.mul(slope, s)
    }
}

impl<T: Element> LaneActivation<T> for Silu {
    #[inline(always)]
    fn value<S: Lanes<T>>(isa: S, z: S::V) -> S::V {
        isa.mul(z, sigmoid::<T, S>(isa, z))
    }
    #[inline(always)]
    fn scaled_derivative<S: Lanes<T>>(isa: S, z: S::V, a: S::V, s: S::V) -> S::V {
        // sigmoid + a (1 - sigmoid).
        let sigmoid = sigmoid::<T, S>(isa, z);
        let slope = isa.fnma(a, sigmoid, isa.add(a, sigmoid));
        isa.mul(slope, s)
    }
}

impl<T: Element> LaneActivation<T> for Elu {
    #[inline(always)]
    fn value<S: Lanes<T>>(isa: S, z: S::V) -> S::V {
        isa.select_nonpositive(z, expm1_of_minus_magnitude::<T, S>(isa, z), z)
    }
    #[inline(always)]
    fn scaled_derivative<S: Lanes<T>>(isa: S, z: S::V, _: S::V, s: S::V) -> S::V {
        let exp = exp_of_minus_magnitude::<T, S>(isa, z);
        isa.select_nonpositive(z, isa.mul(exp, s), s)
    }
}
