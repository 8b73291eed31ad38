//! The start of a linear network as m = n + h + 2k columns: [Z(0) | Z*(0) | beta(0) | b].
//!
//! Only the Gram matrix of these columns matters. It comes from the weights themselves, or,
//! for any width, from Bartlett's decomposition of a Wishart matrix.

use crate::Result;
use crate::math::{StreamName, Streams, fused};
use crate::stage::{DRAW, Work, rows_at_once};
use crate::two_layer::start::correlate;
use crate::two_layer::{Problem, Start};

/// A p x m matrix (or, by Bartlett, an upper-trapezoidal one with the same Gram matrix).
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// Row-major rows.
    pub(super) rows: Vec<f64>,
    /// m.
    pub(super) count: usize,
}

/// Rows made at once while W(0) is drawn.
const DRAWN_ROWS: usize = 512;

/// Relative size below which an eigen-direction of the inputs' Gram matrix is rounding.
const RANK_TOLERANCE: f64 = 1e-12;

impl Columns {
    /// Start from W(0), beta(0) and b.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop, as everything here.
    pub(super) fn from_weights(
        problem: &Problem,
        start: &Start,
        inputs: &[f64],
        work: &Work<'_>,
    ) -> Result<Self> {
        let p = usize::try_from(problem.width).expect("a width that fits in memory");
        let (d, k) = (problem.input_dim(), problem.outputs());
        let samples = inputs.len() / d;
        let count = samples + 2 * k;
        let (beta, b) = start.output_and_feedback_of(p, k, work)?;
        let mut rows = Vec::with_capacity(p * count);
        let together = DRAWN_ROWS.min(rows_at_once(inputs.len()));
        for first in (0..p).step_by(together) {
            let held = together.min(p - first);
            let drawn = start.hidden_rows_of(first, held, d, work)?;
            let z = work.products(&drawn, inputs, d)?;
            for r in 0..held {
                rows.extend_from_slice(&z[r * samples..(r + 1) * samples]);
                rows.extend_from_slice(&beta[(first + r) * k..(first + r + 1) * k]);
                rows.extend_from_slice(&b[(first + r) * k..(first + r + 1) * k]);
            }
        }
        Ok(Self { rows, count })
    }

    /// Rows with the law of the Gram matrix of `from_weights`, at a cost independent of p.
    ///
    /// With K = F F' (F of rank q), [W(0) X' | beta | b] = N [F' + I] for a p x (q + 2k)
    /// Gaussian N, whose triangular QR factor has chi-distributed diagonal and N(0, 1) above.
    ///
    /// Source: Bartlett (1933); `numerics` of the project's notes.
    pub(super) fn from_gram(
        problem: &Problem,
        streams: Streams,
        correlation: f64,
        inputs: &[f64],
        work: &Work<'_>,
    ) -> Result<Self> {
        let (d, k) = (problem.input_dim(), problem.outputs());
        let samples = inputs.len() / d;
        let factor = gram_factor(&work.products(inputs, inputs, d)?, samples, work)?;
        let rank = factor.len() / samples;
        let m = rank + 2 * k;
        let mut stream = streams.open(StreamName::Gram);
        let height = usize::try_from(problem.width).map_or(m, |p| p.min(m));
        let full = problem.width >= m as u64;
        let count = samples + 2 * k;
        let mut rows = vec![0.0; height * count];
        for (i, row) in rows.chunks_mut(count).enumerate() {
            let mut gaussian = vec![0.0; m];
            if full {
                gaussian[i] = stream.chi_squared((problem.width - i as u64) as f64).sqrt();
                stream.fill_normal(&mut gaussian[i + 1..]);
            } else {
                stream.fill_normal(&mut gaussian);
            }
            for (sample, z) in row[..samples].iter_mut().enumerate() {
                *z = (0..rank).fold(0.0, |sum, j| {
                    fused(gaussian[j], factor[sample * rank + j], sum)
                });
            }
            let (beta, b) = gaussian[rank..].split_at_mut(k);
            correlate(beta, b, correlation);
            row[samples..samples + k].copy_from_slice(beta);
            row[samples + k..].copy_from_slice(b);
            work.did(DRAW * m as f64 + (samples * rank) as f64)?;
        }
        Ok(Self { rows, count })
    }

    /// The m x m Gram matrix.
    pub(super) fn gram(&self, work: &Work<'_>) -> Result<Vec<f64>> {
        let m = self.count;
        let mut total = vec![0.0; m * m];
        // Partial sums over blocks of rows keep rounding small at large widths.
        for block in self.rows.chunks(DRAWN_ROWS * m) {
            let height = block.len() / m;
            let mut columns = vec![0.0; block.len()];
            for (r, row) in block.chunks(m).enumerate() {
                for (j, &x) in row.iter().enumerate() {
                    columns[j * height + r] = x;
                }
            }
            for (total, part) in total
                .iter_mut()
                .zip(work.products(&columns, &columns, height)?)
            {
                *total += part;
            }
        }
        Ok(total)
    }

    /// Reduces to at most m rows with the same Gram matrix: the triangular factor of Householder's QR.
    pub(super) fn rotated(mut self, work: &Work<'_>) -> Result<Self> {
        let m = self.count;
        let p = self.rows.len() / m;
        if p <= m {
            return Ok(self);
        }
        for j in 0..m {
            work.did((p - j) as f64 * (m - j) as f64 * 2.0)?;
            let norm = (j..p)
                .map(|r| self.rows[r * m + j].powi(2))
                .sum::<f64>()
                .sqrt();
            if norm == 0.0 {
                continue;
            }
            let alpha = if self.rows[j * m + j] > 0.0 {
                -norm
            } else {
                norm
            };
            let mut v: Vec<f64> = (j..p).map(|r| self.rows[r * m + j]).collect();
            v[0] -= alpha;
            let square: f64 = v.iter().map(|x| x * x).sum();
            let mut along = vec![0.0; m];
            for (r, &x) in v.iter().enumerate() {
                let row = &self.rows[(j + r) * m + j..(j + r + 1) * m];
                for (sum, value) in along[j..].iter_mut().zip(row) {
                    *sum += x * value;
                }
            }
            for (r, &x) in v.iter().enumerate() {
                let step = 2.0 * x / square;
                let row = &mut self.rows[(j + r) * m + j..(j + r + 1) * m];
                for (value, sum) in row.iter_mut().zip(&along[j..]) {
                    *value -= step * sum;
                }
            }
        }
        self.rows.truncate(m * m);
        for r in 0..m {
            self.rows[r * m..r * m + r].fill(0.0);
        }
        Ok(self)
    }
}

/// F (samples x rank, row-major) with F F' = `gram`: a pivoted Cholesky factor, stopped
/// where the rest is rounding.
fn gram_factor(gram: &[f64], n: usize, work: &Work<'_>) -> Result<Vec<f64>> {
    let mut rest: Vec<f64> = (0..n).map(|i| gram[i * n + i]).collect();
    let limit = RANK_TOLERANCE * rest.iter().copied().fold(0.0, f64::max);
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut done = vec![false; n];
    while columns.len() < n {
        let Some(pivot) = (0..n)
            .filter(|&i| !done[i] && rest[i] > limit)
            .max_by(|&a, &b| rest[a].total_cmp(&rest[b]))
        else {
            break;
        };
        let root = rest[pivot].sqrt();
        let mut column = vec![0.0; n];
        for i in (0..n).filter(|&i| !done[i]) {
            let known: f64 = columns.iter().map(|c| c[i] * c[pivot]).sum();
            column[i] = (gram[i * n + pivot] - known) / root;
        }
        column[pivot] = root;
        done[pivot] = true;
        for i in (0..n).filter(|&i| !done[i]) {
            rest[i] -= column[i] * column[i];
        }
        work.did(columns.len() as f64 * (n - columns.len()) as f64)?;
        columns.push(column);
    }
    Ok((0..n)
        .flat_map(|i| columns.iter().map(move |c| c[i]))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::row_products;
    use crate::stage::{Listener, Stage};

    #[test]
    fn the_factor_reproduces_a_rank_deficient_gram_matrix() {
        let (n, d) = (6, 3);
        let x: Vec<f64> = (0..n * d).map(|i| ((i * i) as f64 * 1.7).sin()).collect();
        let gram = row_products(&x, &x, d);
        let work = Work::new(Listener::NOBODY, 1.0, &Stage::weights);
        let factor = gram_factor(&gram, n, &work).unwrap();
        assert_eq!(factor.len(), n * d, "rank 3");
        let back = row_products(&factor, &factor, d);
        assert!(gram.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-13));
    }

    #[test]
    fn rotation_keeps_the_gram_matrix() {
        let rows: Vec<f64> = (0..40 * 5).map(|i| (f64::from(i) * 0.77).sin()).collect();
        let columns = Columns { rows, count: 5 };
        let work = Work::new(Listener::NOBODY, 1.0, &Stage::weights);
        let before = columns.gram(&work).unwrap();
        let after = columns.rotated(&work).unwrap();
        assert_eq!(after.rows.len(), 25);
        assert!(
            before
                .iter()
                .zip(after.gram(&work).unwrap())
                .all(|(a, b)| (a - b).abs() < 1e-13 * before[0])
        );
    }
}
