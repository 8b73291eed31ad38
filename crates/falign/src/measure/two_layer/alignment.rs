//! Cosines of the signals that b and beta send back.

use super::Seen;
use crate::two_layer::Snapshot;

/// u' m v for a k x k row-major m.
fn form(u: &[f64], m: &[f64], v: &[f64]) -> f64 {
    let k = v.len();
    u.iter()
        .enumerate()
        .map(|(c, &x)| {
            x * m[c * k..(c + 1) * k]
                .iter()
                .zip(v)
                .map(|(a, b)| a * b)
                .sum::<f64>()
        })
        .sum()
}

/// (b u . beta u, |b u|, |beta u|) for one error vector u.
fn parts(s: &Snapshot, u: &[f64]) -> (f64, f64, f64) {
    (
        form(u, &s.cross_gram, u),
        form(u, &s.feedback_gram, u),
        form(u, &s.output_gram, u),
    )
}

fn cosine((cross, b, beta): (f64, f64, f64)) -> f64 {
    let norms = b.sqrt() * beta.sqrt();
    if norms == 0.0 {
        f64::NAN
    } else {
        cross / norms
    }
}

/// cos(b, beta) for k = 1, which the errors drop out of; else the mean over samples.
pub(crate) fn per_sample(s: &Seen<'_>) -> f64 {
    let (s, k) = (s.snapshot, s.problem.outputs());
    if k == 1 {
        return cosine((s.cross_gram[0], s.feedback_gram[0], s.output_gram[0]));
    }
    let cosines: Vec<f64> = s
        .residual
        .chunks(k)
        .map(|e| cosine(parts(s, e)))
        .filter(|c| !c.is_nan())
        .collect();
    cosines.iter().sum::<f64>() / cosines.len() as f64
}

/// The cosine of the signals of all samples as two long vectors.
pub(crate) fn flattened(s: &Seen<'_>) -> f64 {
    let k = s.problem.outputs();
    if k == 1 {
        return per_sample(s);
    }
    let errors = s.snapshot.residual.chunks(k);
    let sum = errors
        .map(|e| parts(s.snapshot, e))
        .fold((0.0, 0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
    cosine(sum)
}

/// The cosine of the signals of the summed errors.
pub(crate) fn summed(s: &Seen<'_>) -> f64 {
    let k = s.problem.outputs();
    if k == 1 {
        return per_sample(s);
    }
    let mut sum = vec![0.0; k];
    for e in s.snapshot.residual.chunks(k) {
        for (total, x) in sum.iter_mut().zip(e) {
            *total += x;
        }
    }
    cosine(parts(s.snapshot, &sum))
}
