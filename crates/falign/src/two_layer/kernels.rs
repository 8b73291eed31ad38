//! The two kernels of an engine's own units, for the quantities that describe them.

use super::Problem;
use super::snapshot::{Needs, Snapshot};
use crate::Result;
use crate::math::activate;
use crate::rule::Feedback;
use crate::stage::Work;

/// Activations between two looks at whether anybody still waits.
const ACTIVATED: usize = 1 << 20;

/// Units as the kernels see them.
pub(super) struct Units<'a> {
    /// Z, (units, samples) row-major.
    pub(super) z: Vec<f64>,
    /// beta, (units, outputs).
    pub(super) beta: &'a [f64],
    /// b; under backpropagation beta is taken in its place.
    pub(super) b: &'a [f64],
    /// K = X X', (samples, samples).
    pub(super) inner: &'a [f64],
}

impl Units<'_> {
    /// Adds the wanted kernels to a snapshot, as a part of some work. Cost: O(p n^2), k^2 + 1 times with
    /// feedback.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn fill(
        &self,
        problem: &Problem,
        needs: Needs,
        snapshot: &mut Snapshot,
        work: &Work<'_>,
    ) -> Result<()> {
        if !needs.feature_kernel && !needs.feedback_kernel {
            return Ok(());
        }
        let (n, k) = (problem.samples(), problem.outputs());
        let units = self.z.len() / n;
        let mut psi = columns(&self.z, n);
        let mut dpsi = vec![0.0; psi.len()];
        for (psi, dpsi) in psi.chunks_mut(ACTIVATED).zip(dpsi.chunks_mut(ACTIVATED)) {
            work.did(0.0)?;
            activate(problem.activation, psi, dpsi);
        }
        let p = problem.width as f64;
        if needs.feature_kernel {
            let mut g = work.products(&psi, &psi, units)?;
            for g in &mut g {
                *g /= p;
            }
            snapshot.feature_kernel = Some(g);
        }
        let b = match problem.feedback {
            Feedback::Transpose => self.beta,
            _ => self.b,
        };
        if needs.feedback_kernel {
            let weighted = |weights: &[f64], c: usize| -> Vec<f64> {
                let slopes = dpsi.iter().enumerate();
                slopes
                    .map(|(at, slope)| slope * weights[at % units * k + c])
                    .collect()
            };
            let mut h = vec![0.0; n * k * n * k];
            let received: Vec<_> = (0..k).map(|c| weighted(b, c)).collect();
            for a in 0..k {
                let sent = weighted(self.beta, a);
                for (c, received) in received.iter().enumerate() {
                    let block = work.products(&sent, received, units)?;
                    place(&mut h, &block, self.inner, [a, c, k], p);
                }
            }
            snapshot.feedback_kernel = Some(h);
        }
        Ok(())
    }
}

/// Puts one pair of outputs, (a, c) of k, into H: `block` times K over p, sample by sample.
pub(super) fn place(h: &mut [f64], block: &[f64], inner: &[f64], at: [usize; 3], p: f64) {
    let [a, c, k] = at;
    let n = block.len().isqrt();
    for i in 0..n {
        for j in 0..n {
            let value = block[i * n + j] * inner[i * n + j] / p;
            h[(i * k + a) * n * k + j * k + c] = value;
        }
    }
}

/// (units, samples) row-major as (samples, units).
fn columns(z: &[f64], samples: usize) -> Vec<f64> {
    let units = z.len() / samples;
    (0..z.len())
        .map(|at| z[at % units * samples + at / units])
        .collect()
}
