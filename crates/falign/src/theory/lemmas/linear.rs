//! Inequalities about a run of a linear network: the proofs of Theorems 4.3 and 4.6.

use ndarray::Array2;

use super::start::gram_distance;
use super::{DELTA, Inequality, LemmaSetup, dot, larger, norm};
use crate::Result;
use crate::rule::Schedule;
use crate::stage::Work;
use crate::theory::matrix::{product, products, transposed};
use crate::theory::{LinearNetwork, LinearRecurrence, spectral_norm};

/// Times at which the norms of J1, J2 and J3 are looked at.
const LOOKS: u64 = 100;

/// `C_tau` of Lemma B.4: from eta lambda t = 8 on, where exp(-8) of the start is left.
const SETTLED: f64 = 8.0;

/// (B.10) to (B.13); with a ridge that is at first constant and above gamma also (B.14), (B.15), (B.21).
pub(super) fn inequalities(setup: &LemmaSetup<'_>, work: &Work<'_>) -> Result<Vec<Inequality>> {
    let mut run = Run::new(setup)?;
    let every = (setup.steps / LOOKS).max(1);
    for t in 0..setup.steps {
        work.did(1.0 / setup.steps as f64)?;
        run.step(setup, t, t % every == 0)?;
    }
    let (n, d) = setup.inputs.dim();
    let (n, d, p) = (n as f64, d as f64, setup.hidden_weights.nrows() as f64);
    let (gamma, max) = (setup.spectrum.gamma, setup.spectrum.max);
    let eta = setup.step_size;
    let sum = (1.0 / eta + setup.schedule.sum(setup.steps)) / gamma;
    let mut rows = vec![
        Inequality::at_most(
            "B.10",
            "|J1(t)| <= c M sqrt(log(1/delta)/p)",
            run.norms[0],
            max * (libm::log(1.0 / DELTA) / p).sqrt(),
        ),
        Inequality::at_most(
            "B.11",
            "|J2(t)| <= c eta/p M^(3/2) sqrt(n d log(d/delta))/gamma (1/eta + S)",
            run.norms[1],
            eta / p * libm::pow(max, 1.5) * (n * d * libm::log(d / DELTA)).sqrt() * sum,
        ),
        Inequality::at_most(
            "B.12",
            "|J3(t)| <= c eta^2/p M^2 n/gamma^2 (1/eta + S)^2",
            run.norms[2],
            eta * eta / p * max * max * n * sum * sum,
        ),
    ];
    rows.push(feature_distance(setup)?);
    rows.extend(run.aligned(setup));
    Ok(rows)
}

/// (B.13), with eps = M/gamma - 1 and `eps_0` measured: one that holds for every start.
fn feature_distance(setup: &LemmaSetup<'_>) -> Result<Inequality> {
    let z = products(setup.inputs, setup.hidden_weights);
    let (gamma, max) = (setup.spectrum.gamma, setup.spectrum.max);
    let features = products(&z, &z) / z.ncols() as f64;
    let left = spectral_norm(&(features - Array2::<f64>::eye(setup.inputs.nrows()) * gamma))?;
    let right = max * gram_distance(setup.hidden_weights)? + (max - gamma);
    let says = "|X W(0)'W(0) X'/p - gamma I| <= (1 + eps) eps_0 gamma + eps gamma";
    Ok(Inequality::at_most("B.13", says, left, right))
}

/// The recurrence and the sums that its terms are made of, by Lemma B.1.
struct Run {
    recurrence: LinearRecurrence,
    kernel: Array2<f64>,
    /// X v = X W(0)'b / sqrt(p).
    v: Array2<f64>,
    b_beta: f64,
    b_b: f64,
    /// s(t-1), s^(t-1), S^(t-1).
    s: Array2<f64>,
    s_hat: Array2<f64>,
    sum_hat: f64,
    /// |J1|, |J2|, |J3| at their largest.
    norms: [f64; 3],
    /// a(t)/|y| at its least and |xi(t)|/|y| at its largest while the ridge acts.
    along: f64,
    across: f64,
    /// alpha(T)/|e(T)|.
    cosine: Option<f64>,
}

impl Run {
    fn new(setup: &LemmaSetup<'_>) -> Result<Self> {
        let start = LinearNetwork {
            inputs: setup.inputs,
            targets: setup.targets,
            hidden_weights: setup.hidden_weights,
            output_weights: setup.output_weights,
            feedback_weights: setup.feedback_weights,
        };
        let b = setup.feedback_weights;
        let z = products(setup.inputs, setup.hidden_weights);
        let zeros = Array2::zeros(setup.targets.dim());
        Ok(Self {
            recurrence: LinearRecurrence::new(start, setup.step_size, setup.schedule.clone())?,
            kernel: products(setup.inputs, setup.inputs),
            v: product(&z, b) / (b.len() as f64).sqrt(),
            b_beta: dot(b, setup.output_weights),
            b_b: dot(b, b),
            s: zeros.clone(),
            s_hat: zeros,
            sum_hat: 0.0,
            norms: [0.0; 3],
            along: f64::INFINITY,
            across: 0.0,
            cosine: None,
        })
    }

    /// Step t: its norms where they are looked at, then the sums up to it.
    fn step(&mut self, setup: &LemmaSetup<'_>, t: u64, is_look: bool) -> Result<()> {
        let (eta, lambda) = (setup.step_size, setup.schedule.value(t));
        let e = self.recurrence.residual().clone();
        let ks = product(&self.kernel, &self.s);
        if lambda > 0.0 {
            self.compare_with_targets(setup, t, &e, &ks);
        }
        let factor = 1.0 - eta * lambda;
        self.s_hat = &self.s_hat * factor + &e;
        self.sum_hat = self.sum_hat * factor + dot(&e, &ks);
        self.recurrence.step();
        if is_look && e.iter().all(|e| e.is_finite()) {
            self.look(setup, &ks)?;
        }
        if e.iter().any(|e| !e.is_finite()) {
            self.norms = [f64::NAN; 3];
        }
        self.s = &self.s + &e;
        Ok(())
    }

    /// The norms of `J1`, `J2` and `J3` of this step.
    fn look(&mut self, setup: &LemmaSetup<'_>, ks: &Array2<f64>) -> Result<()> {
        let terms = self.terms(setup, ks);
        for (norm, term) in self.norms.iter_mut().zip(&terms) {
            *norm = larger(*norm, spectral_norm(term)?);
        }
        Ok(())
    }

    /// `J1`, `J2`, `J3` of the step whose e is the last in s^ and S^, K s(t-1) being `ks`. The
    /// first term of `J2` is a number times K.
    fn terms(&self, setup: &LemmaSetup<'_>, ks: &Array2<f64>) -> [Array2<f64>; 3] {
        let (eta, p) = (setup.step_size, setup.hidden_weights.nrows() as f64);
        let (kernel, v) = (&self.kernel, &self.v);
        let outer = |a: &Array2<f64>, b: &Array2<f64>| product(a, &transposed(b));
        [
            kernel * (self.recurrence.initial_factor() * self.b_beta / p),
            (kernel * dot(v, &self.s_hat) + outer(ks, v) + outer(v, ks)) * (-eta / p),
            (kernel * self.sum_hat + outer(ks, ks)) * (eta * eta * self.b_b / (p * p)),
        ]
    }

    /// e = a ybar + xi with ybar = -y/|y|, and its cosine with g = K s(t-1).
    fn compare_with_targets(
        &mut self,
        setup: &LemmaSetup<'_>,
        t: u64,
        e: &Array2<f64>,
        ks: &Array2<f64>,
    ) {
        let y = setup.targets;
        let a = -dot(e, y) / dot(y, y);
        let across = norm(&(e + &(y * a))) / norm(y);
        if setup.step_size * setup.schedule.sum(t) >= SETTLED {
            self.along = self.along.min(a);
            self.across = larger(self.across, across);
            self.cosine = Some(dot(ks, e) / (norm(ks) * norm(e)));
        }
    }

    /// (B.14), (B.15) and (B.21), which need a settled ridge above gamma.
    fn aligned(&self, setup: &LemmaSetup<'_>) -> Vec<Inequality> {
        let (lambda, gamma) = (setup.schedule.value(0), setup.spectrum.gamma);
        let is_constant = matches!(
            setup.schedule,
            Schedule::Constant { .. } | Schedule::Cutoff { .. }
        );
        let Some(cosine) = self.cosine.filter(|_| is_constant && lambda > gamma) else {
            return Vec::new();
        };
        vec![
            Inequality::at_least(
                "B.14",
                "a(t) >= (lambda - gamma)/(lambda + gamma) |y|; in units of |y|",
                self.along,
                (lambda - gamma) / (lambda + gamma),
            ),
            Inequality::at_most(
                "B.15",
                "|xi(t)| <= gamma/(lambda + gamma) |y|; in units of |y|",
                self.across,
                gamma / (lambda + gamma),
            ),
            Inequality::at_least("B.21", "alpha(T)/|e(T)| >= 3/4", cosine, 0.75),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Activation;
    use crate::theory::Spectrum;
    use ndarray::array;

    /// (B.3) with these terms is the step that W and beta themselves take.
    #[test]
    fn the_terms_add_up_to_a_step() {
        let x = array![[1.0, 0.5, -0.2], [0.3, -1.0, 0.4]];
        let y = array![[1.0], [-0.7]];
        let w0 = array![
            [0.4, -1.2, 0.3],
            [1.1, 0.2, -0.5],
            [-0.3, 0.8, 0.9],
            [0.6, 0.1, 1.4]
        ];
        let beta0 = array![[0.7], [-0.4], [1.3], [0.2]];
        let b = array![[-0.9], [0.5], [0.8], [1.6]];
        let (eta, lambda) = (0.1, 0.5);
        let setup = LemmaSetup {
            activation: Activation::Linear,
            inputs: &x,
            targets: &y,
            hidden_weights: &w0,
            output_weights: &beta0,
            feedback_weights: &b,
            step_size: eta,
            schedule: &Schedule::Constant { ridge: lambda },
            steps: 6,
            spectrum: Spectrum {
                gamma: 1.0,
                max: 2.0,
            },
        };
        let mut run = Run::new(&setup).unwrap();
        let (mut w, mut beta) = (w0.clone(), beta0.clone());
        let start = w0.dot(&x.t());
        for t in 0..6 {
            let e = x.dot(&w.t()).dot(&beta) / 2.0 - &y; // sqrt(p) = 2
            let ks = product(&run.kernel, &run.s);
            run.step(&setup, t, false).unwrap();
            let [j1, j2, j3] = run.terms(&setup, &ks);
            let expected = &e * (1.0 - eta * lambda)
                - (start.t().dot(&start).dot(&e) / 4.0 + (j1 + j2 + j3).dot(&e)) * eta
                - &y * (eta * lambda);
            let next_w = &w - &(b.dot(&e.t()).dot(&x) * (eta / 2.0));
            beta = &beta * (1.0 - eta * lambda) - w.dot(&x.t()).dot(&e) * (eta / 2.0);
            w = next_w;
            let next = x.dot(&w.t()).dot(&beta) / 2.0 - &y;
            assert!(norm(&(next - expected)) < 1e-13, "step {t}");
        }
    }
}
