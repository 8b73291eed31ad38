//! The pass over preactivations against the definition.

use falign_kernels::simd::activation::LaneActivation;
use falign_kernels::simd::{Element, Isa, Kernel, dispatch};
use falign_kernels::{Activation, Definition, Facts, KernelForm, activate};

/// Five units in the last place of f64, of values below 4.
const TOLERANCE: f64 = 5e-15;

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

#[test]
fn the_pass_is_the_definition_far_from_zero() {
    for activation in Activation::ALL {
        let before = [
            -700.0, -40.0, -12.5, -6.1, -3.3, 3.3, 6.1, 12.5, 40.0, 700.0,
        ];
        let (mut z, mut slope) = (before.to_vec(), vec![0.0; before.len()]);
        activate(activation, &mut z, &mut slope);
        for ((&x, &a), &d) in before.iter().zip(&z).zip(&slope) {
            let (value, derivative): (f64, f64) = (activation.value(x), activation.derivative(x));
            let tolerance = TOLERANCE * value.abs().max(1.0);
            assert!(
                (a - value).abs() < tolerance,
                "{activation:?} {x}: {a} {value}"
            );
            assert!((d - derivative).abs() < TOLERANCE, "{activation:?} {x}");
        }
    }
}

/// An activation without a vector version.
#[derive(Clone, Copy)]
struct Plain;

impl Definition for Plain {
    const NAME: &'static str = "plain";
    const FACTS: Facts = Facts {
        kinks: &[],
        is_piecewise_linear: false,
        is_homogeneous: false,
        is_bounded: true,
        is_odd: true,
        largest_slope: 1.0,
        kernel: KernelForm::Quadrature,
    };
    fn psi(z: f64) -> f64 {
        Activation::Tanh.value(z)
    }
    fn slope(z: f64) -> f64 {
        Activation::Tanh.derivative(z)
    }
}

impl<T: Element> LaneActivation<T> for Plain {}

/// psi and psi' of some numbers, as the pass has them.
struct Both<'a, T>(&'a mut [T], &'a mut [T]);

impl<T: Element> Kernel<T> for Both<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let pieces = self.0.chunks_mut(T::LANES);
        for (values, slopes) in pieces.zip(self.1.chunks_mut(T::LANES)) {
            let z = isa.load_from(values);
            let a = <Plain as LaneActivation<T>>::value(isa, z);
            isa.store_to(a, values);
            let slope =
                <Plain as LaneActivation<T>>::scaled_derivative(isa, z, a, isa.splat(T::ONE));
            isa.store_to(slope, slopes);
        }
    }
}

#[test]
fn without_a_vector_version_lanes_have_the_definition_to_the_last_bit() {
    fn compare<T: Element>() {
        let before: Vec<T> = (0..21)
            .map(|i| T::from_f64(0.37 * f64::from(i) - 2.0))
            .collect();
        let (mut z, mut slope) = (before.clone(), vec![T::ZERO; before.len()]);
        dispatch(Both(&mut z, &mut slope));
        for ((&x, &a), &d) in before.iter().zip(&z).zip(&slope) {
            assert!(a == Activation::Tanh.value(x), "{x:?}");
            assert!(d == Activation::Tanh.derivative(x), "{x:?}");
        }
    }
    compare::<f32>();
    compare::<f64>();
}
