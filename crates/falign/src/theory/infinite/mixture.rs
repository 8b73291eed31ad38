//! Expectations for tanh, sigmoid, softplus, erf, GELU and `SiLU`, exactly, at any norm.
//!
//! The logistic law is a scale mixture of normals: 2 kappa xi with xi ~ N(0, 1) and kappa of
//! Kolmogorov's distribution is logistic (Andrews & Mallows 1974). Hence
//!
//! ```text
//! tanh z     = E erf(z/(sqrt 2 kappa))
//! sigmoid z  = E Phi(z/(2 kappa))
//! softplus z = E (z + 2 kappa xi)_+
//! SiLU z     = E z Phi(z/(2 kappa))
//! ```
//!
//! and a pair of inputs is a sum of closed forms over pairs of kappa. With |x| = s, |x'| = t,
//! correlation r, scales a, b (kappa for tanh, 2 kappa else), A = a/s, B = b/t:
//!
//! ```text
//! D = 1 - r^2 + A^2 + B^2 + A^2 B^2,  w = atan2(sqrt D, -r)
//! E erf erf      = (2/pi) atan2(r, sqrt D)
//! E erf' erf'    = (2/pi)/(s t sqrt D)
//! E Phi Phi      = w/(2 pi)
//! E Phi' Phi'    = 1/(2 pi s t sqrt D)
//! E (.)_+ (.)_+  = (s t/(2 pi)) (sqrt D + r w)
//! E zPhi zPhi    = (s t/(2 pi)) (r w + (1 - r^2 + r^2 (u + v))/sqrt D)
//! E (zPhi)' (zPhi)' = (w + (r/sqrt D) (u (2 - (1 - r^2 + A^2)/D) + v (2 - (1 - r^2 + B^2)/D)
//!                      - A^2 B^2/D))/(2 pi)
//! ```
//!
//! with u = A^2/(1 + A^2) and v = B^2/(1 + B^2). GELU is z Phi(z). (The last two by Stein's lemma: of z' 1{z + a xi > 0}
//! 1{z' + b xi' > 0}, and by the derivative with respect to r.)
//!
//! All terms of D are positive: nothing cancels, and numbers that would leave the range of f64
//! are divided by their largest. As functions of log kappa the terms are analytic in a strip
//! whose width no norm changes, so neither does the error of the rule for kappa: 3e-14. The
//! matrix is the kernel of the activation that the rule's nodes mix, so positive semidefinite.

use std::f64::consts::PI;

use ndarray::Array2;

use super::Part;
use super::directions::{Angle, Directions};
use crate::math::Mixed;
use crate::stage::Listener;

/// The closed form that is summed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Term {
    /// (2/pi) atan2(r, sqrt D).
    Arc,
    /// The factor over s t sqrt D.
    Density(f64),
    /// w/(2 pi).
    Orthant,
    /// (s t/(2 pi)) (sqrt D + r w).
    Ramp,
    /// Product of z and Phi(z/a): (s t/(2 pi)) (r w + (1 - r^2 + r^2 (u + v))/sqrt D).
    Gated,
    /// Slope of that product.
    GatedSlope,
}

/// An activation (or its slope) as a mixture.
#[derive(Debug)]
pub(super) struct Mixture {
    term: Term,
    /// Whether each entry is multiplied by x.x'.
    with_product: bool,
    /// a and its weight.
    scales: Vec<(f64, f64)>,
}

impl Mixture {
    /// Mixture of these scales, each times `factor`, with their weights.
    pub(super) fn new(of: Mixed, scales: &[(f64, f64)], factor: f64, part: Part) -> Self {
        let term = match (of, part) {
            (Mixed::ErrorFunction, Part::Values) => Term::Arc,
            (Mixed::ErrorFunction, _) => Term::Density(2.0 / PI),
            (Mixed::NormalLaw, Part::Values)
            | (Mixed::Ramp, Part::Slopes | Part::SlopesTimesProducts) => Term::Orthant,
            (Mixed::NormalLaw, _) => Term::Density(0.5 / PI),
            (Mixed::Ramp, Part::Values) => Term::Ramp,
            (Mixed::Gated, Part::Values) => Term::Gated,
            (Mixed::Gated, _) => Term::GatedSlope,
        };
        let scales = scales.iter();
        Self {
            term,
            with_product: part == Part::SlopesTimesProducts,
            scales: scales.map(|(kappa, p)| (factor * kappa, *p)).collect(),
        }
    }

    /// Kernel of two sets of inputs, or of one with itself.
    pub(super) fn matrix(
        &self,
        left: &Array2<f64>,
        right: Option<&Array2<f64>>,
        listener: Listener<'_>,
    ) -> Option<Array2<f64>> {
        let left = Directions::new(left);
        let right = right.map(Directions::new);
        let mut terms = Terms::default();
        left.map(right.as_ref(), listener, |angle| {
            self.entry(angle, &mut terms)
        })
    }

    fn entry(&self, angle: Angle, terms: &mut Terms) -> f64 {
        terms.fill(&self.scales, angle);
        let Angle {
            norms: [s, t],
            cosine,
            ..
        } = angle;
        let (r, [large_s, large_t]) = (terms.cosine, terms.large);
        match self.term {
            Term::Arc => 2.0 / PI * self.sum(terms, |root| libm::atan2(r, root)),
            // r/sqrt D alone, since s t may leave the range of numbers.
            Term::Density(factor) if self.with_product => factor * self.sum(terms, |root| r / root),
            Term::Density(factor) => {
                factor / large_s / (large_t * terms.unit) * self.sum(terms, |root| 1.0 / root)
            }
            Term::Orthant | Term::GatedSlope => {
                let sum = match self.term {
                    Term::Orthant => self.sum(terms, |root| libm::atan2(root, -r)),
                    _ => self.sum_of_pairs(|i, j| terms.gated_slope(i, j)),
                };
                let mean = 0.5 / PI * sum;
                if self.with_product {
                    mean * (cosine * s * t)
                } else {
                    mean
                }
            }
            Term::Ramp | Term::Gated => {
                let sum = match self.term {
                    Term::Ramp => self.sum(terms, |root| ramp(r, root)),
                    _ => self.sum_of_pairs(|i, j| terms.gated(i, j)),
                };
                (0.5 / PI * sum * terms.unit * large_s) * large_t
            }
        }
    }

    /// Sum of `of(sqrt D)` over all pairs of scales, with their weights.
    fn sum(&self, terms: &Terms, of: impl Fn(f64) -> f64) -> f64 {
        self.sum_of_pairs(|i, j| of(terms.root(i, j)))
    }

    /// Sum over all pairs of scales, with their weights.
    fn sum_of_pairs(&self, of: impl Fn(usize, usize) -> f64) -> f64 {
        let mut total = 0.0;
        for (i, (_, weight)) in self.scales.iter().enumerate() {
            let row = self.scales.iter().enumerate();
            let inner: f64 = row.map(|(j, (_, p))| p * of(i, j)).sum();
            total += weight * inner;
        }
        total
    }
}

/// sqrt D + r w, which cancels where w is small: there by the series of sin w - w cos w.
fn ramp(r: f64, root: f64) -> f64 {
    let w = libm::atan2(root, -r);
    if w >= 0.35 {
        return root + r * w;
    }
    let square = w * w;
    let series = [
        1.0 / 3.0,
        -1.0 / 30.0,
        1.0 / 840.0,
        -1.0 / 45_360.0,
        1.0 / 3_991_680.0,
    ];
    let series = series.iter().rev().fold(0.0, |sum, c| sum * square + c);
    libm::hypot(root, r) * w * square * series
}

/// sqrt D of one pair of inputs for all scales, in units that keep every square in range.
///
/// With S = max(s, 1), T = max(t, 1), the parts (s/S)(t/T) sqrt(1 - r^2), (a/S)(t/T),
/// (b/T)(s/S) and (a/S)(b/T) are those of sqrt D times (s/S)(t/T). The largest of them, over all
/// scales, is `unit`.
#[derive(Debug, Default)]
struct Terms {
    /// S and T.
    large: [f64; 2],
    unit: f64,
    /// r in the same units.
    cosine: f64,
    /// The square of the first part.
    sine_square: f64,
    /// Second part of each scale squared, and a/S in units, squared.
    left: Vec<[f64; 2]>,
    /// Third part of each scale squared, and b/T squared.
    right: Vec<[f64; 2]>,
    /// u and v of each scale.
    shares: Vec<[f64; 2]>,
}

impl Terms {
    fn fill(&mut self, scales: &[(f64, f64)], angle: Angle) {
        let [s, t] = angle.norms;
        self.large = [s.max(1.0), t.max(1.0)];
        let [large_s, large_t] = self.large;
        let (sigma, tau) = (s / large_s, t / large_t);
        let widest = scales.iter().map(|(a, _)| *a).fold(0.0, f64::max);
        let (a, b) = (widest / large_s, widest / large_t);
        let sine = sigma * tau * angle.sine;
        let unit = sine.max(a * tau).max(b * sigma).max(a * b);
        let square = |x: f64| x * x;
        self.unit = unit;
        self.cosine = angle.cosine * sigma * tau / unit;
        self.sine_square = square(sine / unit);
        self.left.clear();
        self.right.clear();
        self.shares.clear();
        for (scale, _) in scales {
            let (a, b) = (scale / large_s / unit, scale / large_t);
            self.left.push([square(a * tau), square(a)]);
            self.right.push([square(b * sigma / unit), square(b)]);
            let share = |a: f64, s: f64| square(a) / (square(a) + square(s));
            self.shares
                .push([share(scale / large_s, sigma), share(b, tau)]);
        }
    }

    fn root(&self, i: usize, j: usize) -> f64 {
        let ([a, cross], [b, other]) = (self.left[i], self.right[j]);
        (self.sine_square + a + b + cross * other).sqrt()
    }

    /// r w + (1 - r^2 + r^2 (u + v))/sqrt D.
    fn gated(&self, i: usize, j: usize) -> f64 {
        let (r, root) = (self.cosine, self.root(i, j));
        let share = self.shares[i][0] + self.shares[j][1];
        r * libm::atan2(root, -r) + (self.sine_square + r * r * share) / root
    }

    /// w + (r/sqrt D) (u (2 - (1 - r^2 + A^2)/D) + v (2 - (1 - r^2 + B^2)/D) - A^2 B^2/D).
    fn gated_slope(&self, i: usize, j: usize) -> f64 {
        let ([a, cross], [b, other]) = (self.left[i], self.right[j]);
        let (r, root) = (self.cosine, self.root(i, j));
        let square = root * root;
        let of = |share: f64, part: f64| share * (2.0 - (self.sine_square + part) / square);
        let [u, v] = [self.shares[i][0], self.shares[j][1]];
        let rest = of(u, a) + of(v, b) - cross * other / square;
        libm::atan2(root, -r) + r / root * rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_ramp_meet() {
        // Where w = 0.35 the plain form has lost three digits.
        for shift in [-1e-9, 1e-9] {
            let w: f64 = 0.35 + shift;
            let (root, r) = (w.sin(), -w.cos());
            let plain = root + r * w;
            assert!((ramp(r, root) / plain - 1.0).abs() < 1e-12, "{w}");
        }
    }
}
