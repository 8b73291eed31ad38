//! Inner products of two vectors that come in pieces, and the angle between them.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::math::fused;
use crate::math::simd::{Element, Isa};

/// Sums side by side.
const LANES: usize = <f64 as Element>::LANES;

/// a'b, a'a and b'b.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Products {
    ab: f64,
    aa: f64,
    bb: f64,
}

impl Products {
    /// Products of two vectors whose entries come in pairs.
    pub(super) fn of(pairs: impl Iterator<Item = (f64, f64)>) -> Self {
        let mut products = Self::default();
        for (a, b) in pairs {
            products.include(a, b);
        }
        products
    }

    /// Products of two rows, in a vector of interleaved sums. They are rounded before they are added.
    #[inline(always)]
    pub(super) fn of_rows<S: Isa<f64>>(isa: S, a: &[f64], b: &[f64]) -> Self {
        let [mut ab, mut aa, mut bb] = [isa.splat(0.0); 3];
        for (a, b) in a.chunks(LANES).zip(b.chunks(LANES)) {
            let (a, b) = (isa.load_from(a), isa.load_from(b));
            ab = isa.add(ab, isa.mul(a, b));
            aa = isa.add(aa, isa.mul(a, a));
            bb = isa.add(bb, isa.mul(b, b));
        }
        let sum = |lanes| {
            let mut block = f64::ZERO_BLOCK;
            isa.store(lanes, &mut block);
            f64::lanes(&block).iter().sum()
        };
        Self {
            ab: sum(ab),
            aa: sum(aa),
            bb: sum(bb),
        }
    }

    pub(super) fn include(&mut self, a: f64, b: f64) {
        self.ab = fused(a, b, self.ab);
        self.aa = fused(a, a, self.aa);
        self.bb = fused(b, b, self.bb);
    }

    pub(super) fn add(&mut self, other: Self) {
        self.ab += other.ab;
        self.aa += other.aa;
        self.bb += other.bb;
    }

    /// NaN if one of the vectors vanishes.
    pub(super) fn cosine(self) -> f64 {
        self.ab / (self.aa.sqrt() * self.bb.sqrt())
    }

    /// Angle in degrees; NaN if one of the vectors vanishes.
    pub(super) fn angle(self) -> f64 {
        degrees(self.cosine())
    }

    /// |a| / |b|.
    pub(super) fn norm_ratio(self) -> f64 {
        (self.aa / self.bb).sqrt()
    }
}

/// The angle of a cosine in degrees. Near 0 and 180 rounding of the cosine shows in the sixth
/// decimal.
pub(super) fn degrees(cosine: f64) -> f64 {
    // Rounding may lead past 1; libm's arc cosine is the same on every machine.
    libm::acos(cosine.clamp(-1.0, 1.0)).to_degrees()
}

/// A mean of those values that have a meaning: NaN is left out, and nothing has the mean NaN.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mean {
    sum: f64,
    counted: usize,
}

impl Mean {
    pub(super) fn include(&mut self, value: f64) {
        if !value.is_nan() {
            self.sum += value;
            self.counted += 1;
        }
    }

    pub(super) fn value(self) -> f64 {
        self.sum / self.counted as f64
    }
}

impl FromIterator<f64> for Mean {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut mean = Self::default();
        for value in values {
            mean.include(value);
        }
        mean
    }
}
