//! One vectorised pass over preactivations: psi and psi' together.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use std::marker::PhantomData;

use crate::Activation;
use crate::simd::activation::{LaneActivation, Relu, with_activation};
use crate::simd::{Element, Isa, Kernel, dispatch};

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

/// z becomes psi(z) in place, and psi'(z) is written next to it.
///
/// # Panics
/// If the lengths differ.
///
/// # Example
/// ```
/// use falign_kernels::{Activation, activate};
/// let (mut z, mut slope) = ([-1.0f32, 2.0], [0.0; 2]);
/// activate(Activation::Relu, &mut z, &mut slope);
/// assert_eq!((z, slope), ([0.0, 2.0], [0.0, 1.0]));
/// ```
pub fn activate<T: Element>(activation: Activation, z: &mut [T], derivative: &mut [T]) {
    assert_eq!(z.len(), derivative.len(), "as many slopes as values");
    T::activate(activation, z, derivative);
}

pub(crate) fn activated<T: Element>(
    activation: Activation,
    values: &mut [T],
    derivatives: &mut [T],
) {
    with_activation!(activation, A => dispatch(Pass::<'_, T, A> {
        values,
        derivatives,
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
pub fn rectify<T: Element>(z: &mut [T]) {
    T::rectify(z);
}

pub(crate) fn rectified<T: Element>(z: &mut [T]) {
    dispatch(Rectifying(z));
}
