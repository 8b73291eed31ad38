//! Measures through the coefficients C, W(t) = W(0) + C X: predictions at new inputs,
//! movement of W, the conservation law.

use super::SampleSpace;
use super::layout::Field;
use crate::Result;
use crate::math::simd::Element;
use crate::stage::Work;
use crate::two_layer::kernels::Units;
use crate::two_layer::snapshot::{Movement, Needs, Snapshot};

/// Arrays for predictions at new inputs.
#[derive(Debug, Clone)]
pub(super) struct HeldOut {
    /// W(0) X*', (units, held-out samples).
    pub(super) z0: Vec<f64>,
    /// X* X', (held-out samples, samples).
    pub(super) cross: Vec<f64>,
    pub(super) targets: Vec<f64>,
    pub(super) f0: Option<Vec<f64>>,
}

impl<T: Element> SampleSpace<T> {
    /// Outputs at the held-out inputs, (samples, outputs), as a part of some work.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn held_out_outputs(&self, work: &Work<'_>) -> Result<Vec<f64>> {
        let Some(held_out) = &self.held_out else {
            return Ok(Vec::new());
        };
        let (n, k) = (self.numbers.samples, self.numbers.outputs);
        let m = held_out.targets.len() / k;
        let coefficients = self.hidden.gather(Field::Coefficients);
        let beta = self.output_weights();
        let mut f = vec![0.0; m * k];
        let parts = work.parts(m * n);
        for r in 0..self.units {
            parts.look()?;
            let row = &coefficients[r * n..(r + 1) * n];
            for j in 0..m {
                let cross = &held_out.cross[j * n..(j + 1) * n];
                let moved: f64 = row.iter().zip(cross).map(|(c, x)| c.to_f64() * x).sum();
                let h = self
                    .problem
                    .activation
                    .value(held_out.z0[r * m + j] + moved);
                for c in 0..k {
                    f[j * k + c] += beta[r * k + c].to_f64() * h;
                }
            }
        }
        for f in &mut f {
            *f *= self.problem.scale();
        }
        parts.end()?;
        Ok(f)
    }

    /// The wanted kernels of the present units, as a part of some work.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn kernels(
        &self,
        needs: Needs,
        [beta, b]: [&[T]; 2],
        snapshot: &mut Snapshot,
        work: &Work<'_>,
    ) -> Result<()> {
        if !needs.feature_kernel && !needs.feedback_kernel {
            return Ok(());
        }
        let plain = |values: &[T]| -> Vec<f64> { values.iter().map(|x| x.to_f64()).collect() };
        let units = Units {
            z: plain(&self.hidden.gather(Field::Preactivations)),
            beta: &plain(beta),
            b: &plain(b),
            inner: &self.kernel,
        };
        units.fill(&self.problem, needs, snapshot, work)
    }

    /// Movement of W and drift of the conservation law, from C and Z, as a part of some work.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn hidden_measures(
        &self,
        beta: &[T],
        b: &[T],
        work: &Work<'_>,
    ) -> Result<(Movement, f64)> {
        let (n, k) = (self.numbers.samples, self.numbers.outputs);
        let coefficients = self.hidden.gather(Field::Coefficients);
        let z = self.hidden.gather(Field::Preactivations);
        let b0 = self.initial_feedback();
        let (mut moved, mut drift) = (Movement::default(), 0.0);
        let parts = work.parts(n * n);
        for r in 0..self.units {
            parts.look()?;
            let c = &coefficients[r * n..(r + 1) * n];
            let (mut square, mut along) = (0.0, 0.0);
            for (i, ci) in c.iter().enumerate() {
                let row = &self.kernel[i * n..(i + 1) * n];
                let kc: f64 = row.iter().zip(c).map(|(x, c)| x * c.to_f64()).sum();
                square += ci.to_f64() * kc;
                along += ci.to_f64() * z[r * n + i].to_f64();
            }
            moved.include(square.max(0.0));
            // |w|^2 - |w0|^2 = 2 C_r z_r(t) - C_r K C_r'
            let mut change = -0.5 * (2.0 * along - square);
            for j in r * k..(r + 1) * k {
                change += b[j].to_f64() * beta[j].to_f64();
                change -= b0.as_ref().map_or(b[j].to_f64(), |b0| b0[j]) * self.beta0[j].to_f64();
            }
            drift += change * change;
        }
        parts.end()?;
        Ok((moved, drift))
    }

    /// b(0), where it may differ from b now.
    fn initial_feedback(&self) -> Option<Vec<f64>> {
        let start = self.start.as_ref()?;
        if !self.problem.feedback.is_learned() {
            return None;
        }
        Some(
            start
                .output_and_feedback(self.units, self.numbers.outputs)
                .1,
        )
    }
}
