//! One vectorised pass over preactivations: psi and psi' together.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use std::marker::PhantomData;

use super::Activation;
use super::simd::activation::{LaneActivation, Relu, with_activation};
use super::simd::{Element, Isa, Kernel, dispatch};

struct Pass<'a, T, A> {
    values: &'a mut [T],
    derivatives: &'a mut [T],
    activation: PhantomData<A>,
}

impl<T: Element, A: LaneActivation<T>> Kernel<T> for Pass<'_, T, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let one = isa.splat(T::ONE);
        let values = self.values.chunks_mut(T::LANES);
        for (values, derivatives) in values.zip(self.derivatives.chunks_mut(T::LANES)) {
            let z = isa.load_from(values);
            let a = A::value(isa, z);
            isa.store_to(a, values);
            isa.store_to(A::scaled_derivative(isa, z, a, one), derivatives);
        }
    }
}

/// z becomes psi(z) in place, and psi'(z) is written beside it.
///
/// # Panics
/// If the lengths differ.
///
/// # Example
/// ```
/// use falign::math::{Activation, activate};
/// let (mut z, mut slope) = ([-1.0f32, 2.0], [0.0; 2]);
/// activate(Activation::Relu, &mut z, &mut slope);
/// assert_eq!((z, slope), ([0.0, 2.0], [0.0, 1.0]));
/// ```
pub fn activate<T: Element>(activation: Activation, z: &mut [T], derivative: &mut [T]) {
    assert_eq!(z.len(), derivative.len(), "as many slopes as values");
    with_activation!(activation, A => dispatch(Pass::<'_, T, A> {
        values: z,
        derivatives: derivative,
        activation: PhantomData,
    }));
}

struct Rectifying<'a, T>(&'a mut [T]);

impl<T: Element> Kernel<T> for Rectifying<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        for values in self.0.chunks_mut(T::LANES) {
            let a = Relu::value(isa, isa.load_from(values));
            isa.store_to(a, values);
        }
    }
}

/// z becomes max(z, 0) in place, as in [`activate`].
pub(crate) fn rectify<T: Element>(z: &mut [T]) {
    dispatch(Rectifying(z));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Facts;
    use crate::math::activation::{Definition, Tanh};

    /// Five units in the last place of f64, of values below 4.
    const TOLERANCE: f64 = 5e-15;

    /// An activation without a vector version of its own.
    #[derive(Clone, Copy)]
    struct Plain;

    impl Definition for Plain {
        const NAME: &'static str = "plain";
        const FACTS: Facts = Tanh::FACTS;
        fn psi(z: f64) -> f64 {
            Tanh::psi(z)
        }
        fn slope(z: f64) -> f64 {
            Tanh::slope(z)
        }
    }

    impl<T: Element> LaneActivation<T> for Plain {}

    #[test]
    fn without_a_vector_version_the_pass_is_the_definition_to_the_last_bit() {
        fn compare<T: Element>() {
            let before: Vec<T> = (0..21)
                .map(|i| T::from_f64(0.37 * f64::from(i) - 2.0))
                .collect();
            let (mut z, mut slope) = (before.clone(), vec![T::ZERO; before.len()]);
            dispatch(Pass::<'_, T, Plain> {
                values: &mut z,
                derivatives: &mut slope,
                activation: PhantomData,
            });
            for ((&x, &a), &d) in before.iter().zip(&z).zip(&slope) {
                assert!(a == Activation::Tanh.value(x), "{x:?}");
                assert!(d == Activation::Tanh.derivative(x), "{x:?}");
            }
        }
        compare::<f32>();
        compare::<f64>();
    }

    #[test]
    fn the_pass_is_the_definition_for_every_activation_and_length() {
        for activation in Activation::ALL {
            for length in [0, 1, 7, 8, 9, 40] {
                let before: Vec<f64> = (0..length).map(|i| 0.173 * i as f64 - 2.0).collect();
                let (mut z, mut slope) = (before.clone(), vec![0.0; length]);
                activate(activation, &mut z, &mut slope);
                for ((&x, &a), &d) in before.iter().zip(&z).zip(&slope) {
                    assert!(
                        (a - activation.value(x)).abs() < TOLERANCE,
                        "{activation:?} {x}"
                    );
                    assert!(
                        (d - activation.derivative(x)).abs() < TOLERANCE,
                        "{activation:?} {x}"
                    );
                }
            }
        }
    }
}
