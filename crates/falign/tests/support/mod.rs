//! Small problems made from a seed, and comparisons by norm.

pub(crate) mod allocations;
pub(crate) mod data_sets;
pub(crate) mod deep;
pub(crate) mod experiment;
pub(crate) mod seeds;

use falign::math::{Activation, StreamName, Streams};
use falign::two_layer::Problem;
use ndarray::Array2;

/// A matrix of standard normals.
pub(crate) fn normals(seed: u64, rows: usize, columns: usize) -> Array2<f64> {
    let mut stream = Streams::new(seed, 0).open(StreamName::Data);
    Array2::from_shape_simple_fn((rows, columns), || stream.normal())
}

/// A problem of the given sizes with inputs N(0, I/d) and noise targets.
pub(crate) fn problem(seed: u64, n: usize, d: usize, k: usize, p: u64) -> Problem {
    Problem {
        activation: Activation::Tanh,
        ..Problem::new(
            normals(seed, n, d) / (d as f64).sqrt(),
            normals(seed + 1000, n, k),
            p,
            0.2,
        )
    }
}

/// |a - b| / (1 + |b|): absolute for what has converged to nothing.
pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / (1.0 + norm(&mut b.iter().copied()))
}

/// |a - b| / |b|, or |a| where b vanishes.
pub(crate) fn relative(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let difference: f64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt();
    let norm = b.iter().map(|b| b * b).sum::<f64>().sqrt();
    if norm == 0.0 {
        difference
    } else {
        difference / norm
    }
}
