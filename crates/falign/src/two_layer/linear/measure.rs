//! Measures on the Gram matrix of the start: every quantity is a bilinear form in the
//! recursion's coefficients; single units only where their columns are kept.

use super::Fixed;
use crate::two_layer::kernels::place;
use crate::two_layer::snapshot::{Movement, Shares};

impl Fixed {
    /// Multiply-adds of a bilinear form, of which a snapshot has several.
    pub(super) fn measuring_work(&self) -> f64 {
        let k = self.problem.outputs();
        let m = (self.problem.samples() + self.held_out + 2 * k) as f64;
        m * m * k as f64
    }

    /// beta(t) as coefficients (m, k) of the start's columns, with `start` times beta(0).
    pub(super) fn beta_coefficients(&self, start: f64) -> Vec<f64> {
        let (n, k) = (self.problem.samples(), self.problem.outputs());
        let r = &self.recursion;
        let mut out = vec![0.0; (n + self.held_out + 2 * k) * k];
        out[..n * k].copy_from_slice(&r.v());
        let beta = (n + self.held_out) * k;
        for c in 0..k {
            out[beta + c * k + c] = start;
        }
        out[beta + k * k..].copy_from_slice(&r.along_b);
        out
    }

    /// a' Gram b for (m, k) coefficients.
    pub(super) fn form(&self, a: &[f64], b: &[f64]) -> Vec<f64> {
        let k = self.problem.outputs();
        let m = a.len() / k;
        let mut out = vec![0.0; k * k];
        let mut product = vec![0.0; m];
        for c in 0..k {
            // Gram b column by column: entries side by side, which no sum makes wait.
            product.fill(0.0);
            for (column, b) in self.gram.chunks_exact(m).zip(b[c..].iter().step_by(k)) {
                for (sum, entry) in product.iter_mut().zip(column) {
                    *sum += entry * b;
                }
            }
            for (a, product) in a.chunks_exact(k).zip(&product) {
                for (g, a) in a.iter().enumerate() {
                    out[g * k + c] += a * product;
                }
            }
        }
        out
    }

    /// Shares of beta(t), given by its coefficients, in the span of beta(0), Z(0) and b.
    pub(super) fn output_shares(&self, beta: &[f64]) -> Shares {
        let (n, k) = (self.problem.samples(), self.problem.outputs());
        let first = (n + self.held_out) * k;
        let trace = |m: &[f64]| (0..k).map(|c| m[c * k + c]).sum::<f64>();
        let square = trace(&self.form(beta, beta));
        let share = |range: std::ops::Range<usize>| {
            let mut part = vec![0.0; beta.len()];
            part[range.clone()].copy_from_slice(&beta[range]);
            trace(&self.form(&part, beta)) / square
        };
        Shares {
            initial: share(first..first + k * k),
            hidden: share(0..n * k),
            feedback: share(first + k * k..beta.len()),
        }
    }

    /// S' K S, (k, k): |`w_r(t)` - `w_r(0)|^2` = `b_r`' (S'KS) `b_r`.
    pub(super) fn movement_form(&self) -> Vec<f64> {
        let (n, k) = (self.problem.samples(), self.problem.outputs());
        let s = self.recursion.s();
        let mut out = vec![0.0; k * k];
        for i in 0..n {
            for c in 0..k {
                let ks: f64 = (0..n).map(|j| self.kernel[i * n + j] * s[j * k + c]).sum();
                for g in 0..k {
                    out[g * k + c] += s[i * k + g] * ks;
                }
            }
        }
        out
    }

    /// G = Z'Z/p with Z = Z(0) - b U', U = K S: (samples, samples).
    pub(super) fn feature_kernel(&self) -> Vec<f64> {
        let (n, k) = (self.problem.samples(), self.problem.outputs());
        let m = n + self.held_out + 2 * k;
        let (b, s) = (self.feedback_gram(), self.recursion.s());
        let u: Vec<f64> = (0..n * k)
            .map(|at| {
                let row = &self.kernel[at / k * n..(at / k + 1) * n];
                let s = s.iter().skip(at % k).step_by(k);
                row.iter().zip(s).map(|(x, s)| x * s).sum()
            })
            .collect();
        let z_b = |i: usize, c: usize| self.gram[i * m + m - k + c];
        let mut g = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let mut sum = self.gram[i * m + j];
                for c in 0..k {
                    sum -= z_b(i, c) * u[j * k + c] + u[i * k + c] * z_b(j, c);
                    for e in 0..k {
                        sum += u[i * k + c] * b[c * k + e] * u[j * k + e];
                    }
                }
                g[i * n + j] = sum / self.problem.width as f64;
                g[j * n + i] = g[i * n + j];
            }
        }
        g
    }

    /// `H_(ia)(jc)` = `K_ij` `beta_a`'`b_c`/p, (samples outputs, samples outputs).
    pub(super) fn feedback_kernel(&self) -> Vec<f64> {
        let (n, k) = (self.problem.samples(), self.problem.outputs());
        let mut h = vec![0.0; n * k * n * k];
        for (a, c) in (0..k).flat_map(|a| (0..k).map(move |c| (a, c))) {
            let block = vec![self.recursion.cross[c * k + a]; n * n];
            let p = self.problem.width as f64;
            place(&mut h, &block, &self.kernel, [a, c, k], p);
        }
        h
    }

    /// b' b.
    pub(super) fn feedback_gram(&self) -> Vec<f64> {
        let k = self.problem.outputs();
        let m = self.problem.samples() + self.held_out + 2 * k;
        (0..k * k)
            .map(|i| self.gram[(m - k + i / k) * m + m - k + i % k])
            .collect()
    }

    /// Outputs at the held-out inputs, (samples, outputs).
    pub(super) fn held_out_outputs(&self) -> Vec<f64> {
        let (n, k, h) = (
            self.problem.samples(),
            self.problem.outputs(),
            self.held_out,
        );
        let m = n + h + 2 * k;
        let beta = self.beta_coefficients(self.recursion.shrink);
        let (s, cross) = (self.recursion.s(), &self.recursion.cross);
        let mut f = vec![0.0; h * k];
        for j in 0..h {
            for c in 0..k {
                let mut sum: f64 = (0..m)
                    .map(|i| self.gram[(n + j) * m + i] * beta[i * k + c])
                    .sum();
                for g in 0..k {
                    let u: f64 = (0..n)
                        .map(|i| self.cross_kernel[j * n + i] * s[i * k + g])
                        .sum();
                    sum -= u * cross[g * k + c];
                }
                f[j * k + c] = sum * self.problem.scale();
            }
        }
        f
    }

    /// Movement of beta against `start` times beta(0); maxima where the units are kept.
    pub(super) fn output_movement(&self, start: f64) -> Movement {
        let k = self.problem.outputs();
        let coefficients = self.beta_coefficients(start);
        if let Some(columns) = &self.columns {
            let mut movement = Movement::default();
            for row in columns.rows.chunks(columns.count) {
                let square = (0..k)
                    .map(|c| {
                        let x: f64 = row
                            .iter()
                            .enumerate()
                            .map(|(i, x)| x * coefficients[i * k + c])
                            .sum();
                        x * x
                    })
                    .sum();
                movement.include(square);
            }
            return movement;
        }
        let form = self.form(&coefficients, &coefficients);
        let sum_squares = (0..k).map(|c| form[c * k + c]).sum::<f64>().max(0.0);
        Movement {
            max: f64::NAN,
            sum_squares,
        }
    }

    /// Movement of W and drift of the conservation law.
    pub(super) fn hidden_measures(&self) -> (Movement, Option<f64>) {
        let k = self.problem.outputs();
        let form = self.movement_form();
        let Some(columns) = &self.columns else {
            let b_b = self.feedback_gram();
            let sum_squares = form.iter().zip(&b_b).map(|(f, b)| f * b).sum();
            return (
                Movement {
                    max: f64::NAN,
                    sum_squares,
                },
                None,
            );
        };
        let n = self.problem.samples();
        let coefficients = self.beta_coefficients(self.recursion.shrink);
        let s = self.recursion.s();
        let (mut moved, mut drift) = (Movement::default(), 0.0);
        for row in columns.rows.chunks(columns.count) {
            let m = columns.count;
            let (beta0, b) = (&row[m - 2 * k..m - k], &row[m - k..]);
            let mut square = 0.0;
            let mut change = 0.0;
            for c in 0..k {
                for g in 0..k {
                    square += b[c] * form[c * k + g] * b[g];
                }
                let beta: f64 = row
                    .iter()
                    .enumerate()
                    .map(|(i, x)| x * coefficients[i * k + c])
                    .sum();
                change += b[c] * (beta - beta0[c]);
                // C_r z_r(0) with C_r = -S b_r
                let along: f64 = (0..n).map(|i| s[i * k + c] * row[i]).sum();
                change += b[c] * along;
            }
            change -= 0.5 * square;
            moved.include(square.max(0.0));
            drift += change * change;
        }
        (moved, Some(drift))
    }
}
