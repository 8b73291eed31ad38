//! Vectorised passes over numbers: psi and psi' together, and the largest of several.

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

struct KeepingLargest<'a, T> {
    x: &'a [T],
    largest: &'a mut [T],
    found: &'a mut [T],
    mark: T,
}

impl<T: Element> Kernel<T> for KeepingLargest<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, _: S) {
        let Self {
            x,
            largest,
            found,
            mark,
        } = self;
        // By index: the compiler makes vectors of it for the set of the caller.
        for at in 0..x.len() {
            let (x, y) = (x[at], largest[at]);
            let is_kept = x <= y || y.partial_cmp(&y).is_none();
            found[at] = if is_kept { found[at] } else { mark };
            largest[at] = if is_kept { y } else { x };
        }
    }
}

/// Puts each number in that is larger than the largest so far, or no number, and a mark where it does. What is no
/// number stays.
///
/// # Panics
/// If the lengths differ.
///
/// # Example
/// ```
/// use falign_kernels::keep_largest;
/// let (mut largest, mut found) = ([1.0, 5.0, f64::NAN], [0.0; 3]);
/// keep_largest(&[2.0, 5.0, 7.0], &mut largest, &mut found, 9.0);
/// assert_eq!((&largest[..2], found), (&[2.0, 5.0][..], [9.0, 0.0, 0.0]));
/// ```
pub fn keep_largest<T: Element>(x: &[T], largest: &mut [T], found: &mut [T], mark: T) {
    let length = x.len();
    assert!(largest.len() == length && found.len() == length, "as many");
    T::keep_largest(x, largest, found, mark);
}

pub(crate) fn kept_largest<T: Element>(x: &[T], largest: &mut [T], found: &mut [T], mark: T) {
    let (largest, found) = (&mut largest[..x.len()], &mut found[..x.len()]);
    dispatch(KeepingLargest {
        x,
        largest,
        found,
        mark,
    });
}
