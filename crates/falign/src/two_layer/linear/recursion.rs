//! Linear feedback alignment as a recursion on n x k matrices: exact, whatever the width.
//!
//! With psi the identity every hidden unit receives the same errors, so
//! Z(t) = Z(0) - b U' and beta(t) = a beta(0) + Z(0) V + b Ga with U = K S, and
//!
//! ```text
//! S' = S + c E        V' = r V - c E        Ga' = r Ga + c U'E        a' = r a
//! F  = s [a Z0'beta0 + G V + Z0'b Ga - U (b'beta)],   b'beta = a b'beta0 + (Z0'b)'V + b'b Ga
//! ```
//!
//! with r the ridge factor, c the gain, s the output scale and G = Z0'Z0. Only the Gram
//! matrix of [Z0 | beta0 | b] enters.
//!
//! All matrices are held in a basis of the samples where K is diagonal, if there are not too many of
//! them (see [`Basis`]). What happens to each row alone runs in vectors; sums over samples have a fixed
//! order. The bits are the same on every path. A step is one kernel, from residual to residual,
//! for most of it is shorter than a call.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use std::ops::Range;

use super::basis::Basis;
use super::padded::{Padded, dot};
use super::product::Product;
use crate::Result;
use crate::math::simd::{Element, Isa, Kernel, dispatch};

/// The state of the recursion and the matrices it runs on.
#[derive(Debug, Clone)]
pub(super) struct Recursion {
    k: usize,
    /// s.
    scale: f64,
    /// Basis of all matrices here, which knows K, and G in it.
    basis: Basis,
    feature: Product,
    /// -Y, less the outputs of the start where they are subtracted.
    minus_targets: Padded,
    /// Z0'beta0, Z0'b.
    z_beta: Padded,
    z_b: Padded,
    /// b'beta0, b'b, (k, k) by rows.
    b_beta: Vec<f64>,
    b_b: Vec<f64>,
    /// U and G V.
    u: Padded,
    gv: Padded,
    s: Padded,
    v: Padded,
    /// Ga and b'beta, (k, k) by rows.
    pub(super) along_b: Vec<f64>,
    pub(super) cross: Vec<f64>,
    /// a.
    pub(super) shrink: f64,
    /// E.
    e: Padded,
    /// |E|.
    norm: f64,
}

/// The parts of the Gram matrix that the recursion needs, row-major.
pub(super) struct Parts {
    pub(super) kernel: Vec<f64>,
    pub(super) feature: Vec<f64>,
    pub(super) z_beta: Vec<f64>,
    pub(super) z_b: Vec<f64>,
    pub(super) b_beta: Vec<f64>,
    pub(super) b_b: Vec<f64>,
}

impl Recursion {
    /// State at the start, with `targets` (n, k) by rows and output scale s.
    pub(super) fn new(n: usize, k: usize, parts: Parts, targets: &[f64], scale: f64) -> Self {
        let basis = Basis::new(n, &parts.kernel);
        Self::in_basis(basis, [n, k], parts, targets, scale)
    }

    fn in_basis(
        basis: Basis,
        [n, k]: [usize; 2],
        parts: Parts,
        targets: &[f64],
        scale: f64,
    ) -> Self {
        let minus_targets: Vec<f64> = targets.iter().map(|y| -y).collect();
        let zeros = || Padded::zeros(n, k);
        let mut recursion = Self {
            k,
            scale,
            feature: Product::new(n, &basis.rotate_form(&parts.feature)),
            minus_targets: basis.rotate(&minus_targets, k),
            z_beta: basis.rotate(&parts.z_beta, k),
            z_b: basis.rotate(&parts.z_b, k),
            basis,
            b_beta: parts.b_beta,
            b_b: parts.b_b,
            u: zeros(),
            gv: zeros(),
            s: zeros(),
            v: zeros(),
            along_b: vec![0.0; k * k],
            cross: vec![0.0; k * k],
            shrink: 1.0,
            e: zeros(),
            norm: 0.0,
        };
        dispatch(Forward(&mut recursion));
        recursion
    }

    /// Subtracts these outputs, (n, k) by rows, from now on.
    pub(super) fn subtract(&mut self, outputs: &[f64]) {
        let outputs = self.basis.rotate(outputs, self.k);
        self.minus_targets.subtract(&outputs);
        dispatch(Forward(self));
    }

    /// E, (n, k) by rows, over samples as all that follow.
    pub(super) fn residual(&self) -> Vec<f64> {
        self.basis.rotate_back(&self.e)
    }

    /// |E|.
    pub(super) fn norm(&self) -> f64 {
        self.norm
    }

    /// S, (n, k) by rows.
    pub(super) fn s(&self) -> Vec<f64> {
        self.basis.rotate_back(&self.s)
    }

    /// V, (n, k) by rows.
    pub(super) fn v(&self) -> Vec<f64> {
        self.basis.rotate_back(&self.v)
    }

    /// Multiply-adds of a step.
    pub(super) fn work(&self) -> f64 {
        let n = self.e.column(0).len() as f64 * <f64 as Element>::LANES as f64;
        2.0 * n * n * self.k as f64
    }

    /// One step with gain c and ridge factor r. A long one, which has something to `tell`, is made of
    /// several kernels, with the same bits.
    ///
    /// # Errors
    /// An error that `tell` returns; it is given the share that is done.
    pub(super) fn step(
        &mut self,
        gain: f64,
        factor: f64,
        tell: Option<&dyn Fn(f64) -> Result<()>>,
    ) -> Result<()> {
        let k = self.k;
        let mut run = |products: Range<usize>| {
            dispatch(Step {
                recursion: self,
                gain,
                factor,
                products,
            });
        };
        let Some(tell) = tell else {
            run(0..k);
            return Ok(());
        };
        for column in 0..k {
            tell(column as f64 / k as f64)?;
            run(column..column + 1);
        }
        Ok(())
    }

    /// Ga, S, V and a.
    #[inline(always)]
    fn update_coefficients<S: Isa<f64>>(&mut self, isa: S, gain: f64, factor: f64) {
        let k = self.k;
        for c in 0..k {
            for g in 0..k {
                let along = dot(isa, self.u.column(c), self.e.column(g));
                let old = &mut self.along_b[c * k + g];
                *old = factor * *old + gain * along;
            }
        }
        let [gains, factors] = [gain, factor].map(|x| isa.splat(x));
        let (s, v) = (self.s.blocks_mut(), self.v.blocks_mut());
        for ((s, v), e) in s.iter_mut().zip(v).zip(self.e.blocks()) {
            let moved = isa.mul(gains, isa.load(e));
            isa.store(isa.add(isa.load(s), moved), s);
            isa.store(isa.sub(isa.mul(factors, isa.load(v)), moved), v);
        }
        self.shrink *= factor;
        // Ridge would hold a at the smallest number above 0 for ever, and the processor is
        // slow with those; nothing that is added to a number of ordinary size can tell.
        if self.shrink.abs() < f64::MIN_POSITIVE {
            self.shrink = 0.0;
        }
    }

    /// b'beta.
    #[inline(always)]
    fn update_cross<S: Isa<f64>>(&mut self, isa: S) {
        let k = self.k;
        for c in 0..k {
            for g in 0..k {
                let mut sum = self.shrink * self.b_beta[c * k + g];
                sum += dot(isa, self.z_b.column(c), self.v.column(g));
                for h in 0..k {
                    sum += self.b_b[c * k + h] * self.along_b[h * k + g];
                }
                self.cross[c * k + g] = sum;
            }
        }
    }

    /// Columns of U and G V.
    #[inline(always)]
    fn update_products<S: Isa<f64>>(
        &mut self,
        isa: S,
        [gain, factor]: [f64; 2],
        columns: Range<usize>,
    ) {
        match &self.basis {
            Basis::Eigenvectors { values, .. } => {
                for c in columns.clone() {
                    let pairs = self.s.column(c).iter().zip(values.column(0));
                    for (u, (s, value)) in self.u.column_mut(c).iter_mut().zip(pairs) {
                        isa.store(isa.mul(isa.load(s), isa.load(value)), u);
                    }
                }
            }
            Basis::Samples(kernel) => {
                for c in columns.clone() {
                    kernel.add_to(isa, self.e.column(c), [gain, 1.0], self.u.column_mut(c));
                }
            }
        }
        for c in columns {
            let (e, gv) = (self.e.column(c), self.gv.column_mut(c));
            self.feature.add_to(isa, e, [-gain, factor], gv);
        }
    }

    /// F and E.
    #[inline(always)]
    fn update_outputs<S: Isa<f64>>(&mut self, isa: S) {
        let k = self.k;
        let (shrink, scale) = (isa.splat(self.shrink), isa.splat(self.scale));
        for c in 0..k {
            let start = self.z_beta.column(c).iter().zip(self.gv.column(c));
            let ends = self.minus_targets.column(c).iter();
            let ends = self.e.column_mut(c).iter_mut().zip(ends);
            for (at, ((z_beta, gv), (e, minus_y))) in start.zip(ends).enumerate() {
                let mut f = isa.fma(shrink, isa.load(z_beta), isa.load(gv));
                for g in 0..k {
                    let along = isa.splat(self.along_b[g * k + c]);
                    let cross = isa.splat(self.cross[g * k + c]);
                    f = isa.fma(isa.load(&self.z_b.column(g)[at]), along, f);
                    f = isa.fnma(isa.load(&self.u.column(g)[at]), cross, f);
                }
                isa.store(isa.fma(f, scale, isa.load(minus_y)), e);
            }
        }
        let mut square = 0.0;
        for c in 0..k {
            square += dot(isa, self.e.column(c), self.e.column(c));
        }
        self.norm = square.sqrt();
    }
}

/// Kernel of a step, or of its part that these columns of the products have; what comes before all of
/// them goes with the first, and what comes after with the last.
struct Step<'a> {
    recursion: &'a mut Recursion,
    gain: f64,
    factor: f64,
    products: Range<usize>,
}

impl Kernel<f64> for Step<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<f64>>(self, isa: S) {
        let Self {
            recursion,
            gain,
            factor,
            products,
        } = self;
        let (is_first, is_last) = (products.start == 0, products.end == recursion.k);
        if is_first {
            recursion.update_coefficients(isa, gain, factor);
            recursion.update_cross(isa);
        }
        recursion.update_products(isa, [gain, factor], products);
        if is_last {
            recursion.update_outputs(isa);
        }
    }
}

/// Kernel of the outputs of a state, without a step.
struct Forward<'a>(&'a mut Recursion);

impl Kernel<f64> for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<f64>>(self, isa: S) {
        self.0.update_cross(isa);
        self.0.update_outputs(isa);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::row_products;

    #[test]
    fn no_basis_changes_more_than_rounding() {
        let (n, d, k) = (19, 11, 2);
        let numbers = |count: usize, f: f64| {
            (0..count)
                .map(|i| (f * i as f64).sin())
                .collect::<Vec<f64>>()
        };
        let (x, z) = (numbers(n * d, 1.7), numbers(n * d, 0.6));
        let parts = || Parts {
            kernel: row_products(&x, &x, d),
            feature: row_products(&z, &z, d),
            z_beta: numbers(n * k, 0.3),
            z_b: numbers(n * k, 2.2),
            b_beta: numbers(k * k, 0.7),
            b_b: vec![1.5, 0.2, 0.2, 1.1],
        };
        let kernel = parts().kernel;
        let targets = numbers(n * k, 3.1);
        let samples = Basis::Samples(Product::new(n, &kernel));
        let mut both = [samples, Basis::new(n, &kernel)]
            .map(|basis| Recursion::in_basis(basis, [n, k], parts(), &targets, 0.3));
        let shift = numbers(n * k, 0.4);
        for step in 0..60 {
            let [samples, rotated] = &mut both;
            for (a, b) in [
                (samples.residual(), rotated.residual()),
                (samples.s(), rotated.s()),
                (samples.v(), rotated.v()),
                (samples.cross.clone(), rotated.cross.clone()),
                (samples.along_b.clone(), rotated.along_b.clone()),
                (vec![samples.norm()], vec![rotated.norm()]),
            ] {
                for (a, b) in a.iter().zip(&b) {
                    assert!((a - b).abs() < 1e-12 * (1.0 + a.abs()), "{step}: {a} {b}");
                }
            }
            for recursion in &mut both {
                if step == 30 {
                    recursion.subtract(&shift);
                }
                recursion.step(0.004, 0.99, None).unwrap();
            }
        }
    }

    #[test]
    fn a_long_step_has_the_bits_of_a_short_one() {
        let (n, d, k) = (19, 11, 3);
        let numbers = |count: usize, f: f64| -> Vec<f64> {
            (0..count).map(|i| (f * i as f64).sin()).collect()
        };
        let (x, z) = (numbers(n * d, 1.7), numbers(n * d, 0.6));
        let kernel = row_products(&x, &x, d);
        let parts = || Parts {
            kernel: kernel.clone(),
            feature: row_products(&z, &z, d),
            z_beta: numbers(n * k, 0.3),
            z_b: numbers(n * k, 2.2),
            b_beta: numbers(k * k, 0.7),
            b_b: numbers(k * k, 1.1),
        };
        let targets = numbers(n * k, 3.1);
        for is_rotated in [true, false] {
            let basis = || {
                if is_rotated {
                    Basis::new(n, &kernel)
                } else {
                    Basis::Samples(Product::new(n, &kernel))
                }
            };
            let [mut short, mut long] =
                [(); 2].map(|()| Recursion::in_basis(basis(), [n, k], parts(), &targets, 0.3));
            let told = std::cell::RefCell::new(Vec::new());
            let tell = |share: f64| {
                told.borrow_mut().push(3.0 * share);
                Ok(())
            };
            for _ in 0..7 {
                short.step(0.004, 0.99, None).unwrap();
                long.step(0.004, 0.99, Some(&tell)).unwrap();
            }
            assert_eq!(told.into_inner(), [0.0, 1.0, 2.0].repeat(7));
            let bits = |recursion: &Recursion| {
                let all = [recursion.residual(), recursion.s(), recursion.v()];
                all.concat()
                    .into_iter()
                    .map(f64::to_bits)
                    .collect::<Vec<_>>()
            };
            assert_eq!(bits(&short), bits(&long));
            let stop = |_| Err(crate::Error::Stopped);
            assert!(long.step(0.004, 0.99, Some(&stop)).is_err());
        }
    }

    #[test]
    fn ridge_leaves_no_number_that_the_processor_is_slow_with() {
        let one = || vec![1.0];
        let mut recursion = Recursion::new(
            1,
            1,
            Parts {
                kernel: one(),
                feature: one(),
                z_beta: one(),
                z_b: one(),
                b_beta: one(),
                b_b: one(),
            },
            &[1.0],
            1.0,
        );
        // 0.5^1023 is the first power below the normal numbers.
        for _ in 0..1022 {
            recursion.step(0.1, 0.5, None).unwrap();
        }
        assert!(recursion.shrink.is_normal());
        recursion.step(0.1, 0.5, None).unwrap();
        assert_eq!(recursion.shrink.to_bits(), 0.0_f64.to_bits());
    }
}
