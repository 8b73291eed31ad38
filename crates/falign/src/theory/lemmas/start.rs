//! Inequalities about drawn weights alone: Lemmas A.2, B.2, C.3, C.4 and Corollary C.2.

use ndarray::Array2;

use super::{DELTA, Inequality, LemmaSetup, dot, norm};
use crate::Result;
use crate::theory::kernel::units;
use crate::theory::matrix::{product, products, transposed};
use crate::theory::spectral_norm;

/// The inequalities of the drawn start.
pub(super) fn inequalities(setup: &LemmaSetup<'_>) -> Result<Vec<Inequality>> {
    let (w, b) = (setup.hidden_weights, setup.feedback_weights);
    let gram = gram_distance(w)?;
    Ok(vec![
        mean_feedback(b),
        mean_product(b, setup.output_weights),
        initial_residual(setup),
        largest_feedback(b),
        inner_product(b, setup.output_weights),
        feedback_through_hidden(b, w),
        feedback_norm(b),
        gram_of_hidden(gram, w.dim(), Power::Printed),
        gram_of_hidden(gram, w.dim(), Power::Corrected),
        isometry(gram, w.dim(), Power::Printed),
        isometry(gram, w.dim(), Power::Corrected),
        chi_squared(b),
        gaussian_product(b, setup.output_weights),
    ])
}

/// (A.4).
fn mean_feedback(b: &Array2<f64>) -> Inequality {
    let left = b.iter().map(|b| b.abs()).sum::<f64>() / b.len() as f64;
    Inequality::at_most("A.4", "mean |b_r| <= c", left, 1.0)
}

/// (A.5).
fn mean_product(b: &Array2<f64>, beta: &Array2<f64>) -> Inequality {
    let products = b.iter().zip(beta).map(|(b, beta)| (b * beta).abs());
    let left = products.sum::<f64>() / b.len() as f64;
    Inequality::at_most("A.5", "mean |b_r beta_r(0)| <= c", left, 1.0)
}

/// (A.6). The variance of an output at the start is O(1), not O(1/p) as its proof prints: c
/// grows as sqrt(log(1/delta)).
fn initial_residual(setup: &LemmaSetup<'_>) -> Inequality {
    let (psi, _) = units(setup.hidden_weights, setup.activation, setup.inputs);
    let root = (setup.hidden_weights.nrows() as f64).sqrt();
    let e = product(&psi, setup.output_weights) / root - setup.targets;
    let right = (e.len() as f64).sqrt();
    Inequality::at_most("A.6", "|e(0)| <= c sqrt(n)", norm(&e), right)
}

/// (A.7); its 2 is part of the statement.
fn largest_feedback(b: &Array2<f64>) -> Inequality {
    let left = b.iter().fold(0.0, |top: f64, b| top.max(b.abs()));
    let right = 2.0 * libm::log(b.len() as f64).sqrt();
    Inequality::at_most("A.7", "max |b_r| <= 2 sqrt(log p)", left, right)
}

/// (B.6).
fn inner_product(b: &Array2<f64>, beta: &Array2<f64>) -> Inequality {
    let left = dot(b, beta).abs() / (b.len() as f64).sqrt();
    let right = libm::log(1.0 / DELTA).sqrt();
    let says = "|b'beta(0)|/sqrt(p) <= c sqrt(log(1/delta))";
    Inequality::at_most("B.6", says, left, right)
}

/// (B.7).
fn feedback_through_hidden(b: &Array2<f64>, w: &Array2<f64>) -> Inequality {
    let d = w.ncols() as f64;
    let left = norm(&product(&transposed(b), w)) / (b.len() as f64).sqrt();
    let right = (d * libm::log(d / DELTA)).sqrt();
    let says = "|b'W(0)|/sqrt(p) <= c sqrt(d log(d/delta))";
    Inequality::at_most("B.7", says, left, right)
}

/// (B.8).
fn feedback_norm(b: &Array2<f64>) -> Inequality {
    let p = b.len() as f64;
    let left = (dot(b, b) / p - 1.0).abs();
    let right = (libm::log(1.0 / DELTA) / p).sqrt();
    let says = "||b|^2/p - 1| <= c sqrt(log(1/delta)/p)";
    Inequality::at_most("B.8", says, left, right)
}

/// |W'W/p - I|, spectral norm.
pub(super) fn gram_distance(w: &Array2<f64>) -> Result<f64> {
    let columns = transposed(w);
    spectral_norm(
        &(products(&columns, &columns) / w.nrows() as f64 - Array2::<f64>::eye(w.ncols())),
    )
}

/// The power of epsilon next to p in Corollary C.2, and so in (B.9).
#[derive(Clone, Copy)]
enum Power {
    /// 1.
    Printed,
    /// 2, as a chi-squared tail gives.
    Corrected,
}

/// (B.9), epsilon the least that its condition on p allows with constants 1.
fn gram_of_hidden(left: f64, (p, d): (usize, usize), power: Power) -> Inequality {
    let (key, says) = match power {
        Power::Printed => (
            "B.9",
            "|W(0)'W(0)/p - I| <= eps, p = (log(d/delta) + d log(1/eps))/eps",
        ),
        Power::Corrected => ("B.9sq", "the same with p = (..)/eps^2"),
    };
    let right = least_epsilon(p, d, libm::log(d as f64 / DELTA), power);
    Inequality::at_most(key, says, left, right)
}

/// Corollary C.2 for A = W(0)/sqrt(p), epsilon that of probability 1 - delta with constants 1.
fn isometry(left: f64, (p, d): (usize, usize), power: Power) -> Inequality {
    let (key, says) = match power {
        Power::Printed => ("C.2", "|A'A - I| <= eps, delta = eps^(-d) exp(-eps p)"),
        Power::Corrected => ("C.2sq", "the same with delta = eps^(-d) exp(-eps^2 p)"),
    };
    let right = least_epsilon(p, d, libm::log(1.0 / DELTA), power);
    Inequality::at_most(key, says, left, right)
}

/// The epsilon with epsilon p (or epsilon^2 p) = `log` + d log(1/epsilon); infinite if it is not
/// below 1.
fn least_epsilon(p: usize, d: usize, log: f64, power: Power) -> f64 {
    let (p, d) = (p as f64, d as f64);
    if p <= log {
        return f64::INFINITY;
    }
    let scale = |epsilon: f64| match power {
        Power::Printed => epsilon,
        Power::Corrected => epsilon * epsilon,
    };
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if scale(middle) * p > log - d * libm::log(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// Lemma C.3, its upper tail, for |b|^2.
fn chi_squared(b: &Array2<f64>) -> Inequality {
    let (p, t) = (b.len() as f64, libm::log(1.0 / DELTA));
    let right = 2.0 * (p * t).sqrt() + 2.0 * t;
    let says = "||b|^2 - p| <= 2 sqrt(p t) + 2 t, delta = exp(-t)";
    Inequality::at_most("C.3", says, (dot(b, b) - p).abs(), right)
}

/// Lemma C.4, with the sign of t that its proof asks for.
fn gaussian_product(b: &Array2<f64>, beta: &Array2<f64>) -> Inequality {
    let (p, t) = (b.len() as f64, libm::log(2.0 / DELTA));
    let right = (2.0 * p * t).sqrt() + 2.0 * t;
    let says = "|b'beta(0)| <= sqrt(2 p t) + 2 t, delta = 2 exp(-t)";
    Inequality::at_most("C.4", says, dot(b, beta).abs(), right)
}
