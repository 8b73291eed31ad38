//! Inequalities about a run of a network that is not linear: Lemmas A.4 to A.7.

use ndarray::Array2;

use super::{Inequality, LemmaSetup, larger, norm};
use crate::Result;
use crate::stage::Work;
use crate::theory::kernel::units;
use crate::theory::matrix::{product, products, transposed};
use crate::theory::{feature_kernel, feedback_kernel, kernel_drift};

/// Steps between two at which the drift of the kernels is looked at, as a share of the run.
const LOOKS: u64 = 20;

/// The largest values that the run reached.
#[derive(Default)]
struct Extremes {
    hidden: f64,
    output: f64,
    feature: f64,
    feedback: f64,
    /// |v(t)| / |e(t)|.
    remainder: f64,
}

/// (A.14), and (A.16) to (A.18) with ridge or (A.11) to (A.13) without, which are the same with S = 0.
pub(super) fn inequalities(setup: &LemmaSetup<'_>, work: &Work<'_>) -> Result<Vec<Inequality>> {
    let (n, p) = (
        setup.inputs.nrows() as f64,
        setup.hidden_weights.nrows() as f64,
    );
    let (eta, gamma) = (setup.step_size, setup.spectrum.gamma);
    let spent = 1.0 + eta * setup.schedule.sum(setup.steps);
    let log = libm::log(p).sqrt();
    let scale = n / (gamma * p.sqrt());
    let run = extremes(setup, work)?;
    let rows = if setup.schedule.max() > 0.0 {
        [
            (
                "A.16",
                "|G(t) - G(0)| <= c n^2 sqrt(log p)/(gamma sqrt p) (1 + eta S)",
                n * scale * log * spent,
            ),
            (
                "A.17",
                "|H(t) - H(0)| <= c n^2 sqrt(log p)/(gamma sqrt p) (1 + eta S)",
                n * scale * log * spent,
            ),
            (
                "A.18",
                "|v(t)| <= c eta^2 n^2/sqrt(p) |e(t)|",
                eta * eta * n * n / p.sqrt(),
            ),
        ]
    } else {
        [
            (
                "A.11",
                "|G(t) - G(0)| <= c n^2 sqrt(log p)/(gamma sqrt p)",
                n * scale * log,
            ),
            (
                "A.12",
                "|H(t) - H(0)| <= c n^2 (1 + sqrt(log p))/(gamma sqrt p)",
                n * scale * (1.0 + log),
            ),
            (
                "A.13",
                "|v(t)| <= c eta^2 n^2/sqrt(p) |e(t)|",
                eta * eta * n * n / p.sqrt(),
            ),
        ]
    };
    let lefts = [run.feature, run.feedback, run.remainder];
    let mut all: Vec<Inequality> = rows
        .into_iter()
        .zip(lefts)
        .map(|((key, says, right), left)| Inequality::at_most(key, says, left, right))
        .collect();
    all.push(Inequality::at_most(
        "A.14w",
        "|w_r(t) - w_r(0)| <= c n sqrt(log p)/(gamma sqrt p) (1 + eta S)",
        run.hidden,
        scale * log * spent,
    ));
    all.push(Inequality::at_most(
        "A.14beta",
        "|beta_r(t) - P_t beta_r(0)| <= c n/(gamma sqrt p) (1 + eta S)",
        run.output,
        scale * spent,
    ));
    Ok(all)
}

/// Trains by (A.3), with ridge on beta, and keeps what was largest.
fn extremes(setup: &LemmaSetup<'_>, work: &Work<'_>) -> Result<Extremes> {
    let LemmaSetup {
        activation,
        inputs,
        targets,
        feedback_weights: b,
        ..
    } = *setup;
    let (mut w, mut beta) = (setup.hidden_weights.clone(), setup.output_weights.clone());
    let p = w.nrows() as f64;
    let gain = setup.step_size / p.sqrt();
    let gram = products(inputs, inputs);
    let feature_start = feature_kernel(&w, activation, inputs)?;
    let feedback_start = feedback_kernel(&w, &beta, b, activation, inputs)?;
    let residual = |psi: &Array2<f64>, beta: &Array2<f64>| product(psi, beta) / p.sqrt() - targets;
    let (mut psi, mut slopes) = units(&w, activation, inputs);
    let mut e = residual(&psi, &beta);
    let (mut found, mut left) = (Extremes::default(), 1.0);
    let every = (setup.steps / LOOKS).max(1);
    let input_columns = transposed(inputs);
    for t in 0..setup.steps {
        work.did(1.0 / setup.steps as f64)?;
        let decay = setup.step_size * setup.schedule.value(t);
        left *= 1.0 - decay;
        // psi'(z_ri) b_r e_i, (width, samples).
        let mut back = transposed(&slopes);
        for ((r, i), x) in back.indexed_iter_mut() {
            *x *= b[(r, 0)] * e[(i, 0)];
        }
        w = w - products(&back, &input_columns) * gain;
        beta = beta * (1.0 - decay) - product(&transposed(&psi), &e) * gain;
        // G(t) e(t) and H(t) e(t), whose H has beta(t + 1) and the slopes of step t.
        let feature = product(&psi, &product(&transposed(&psi), &e)) / p;
        let mut weighted = slopes.clone();
        for (mut column, (b, beta)) in weighted.columns_mut().into_iter().zip(b.iter().zip(&beta)) {
            column *= b * beta;
        }
        let feedback = &gram * &products(&weighted, &slopes) / p;
        if t % every == 0 {
            let feedback_now = kernel_drift(&feedback, &feedback_start);
            let feature_now = kernel_drift(&(products(&psi, &psi) / p), &feature_start);
            // Eigenvalues are asked only of finite numbers.
            found.feedback = larger(found.feedback, feedback_now.unwrap_or(f64::NAN));
            found.feature = larger(found.feature, feature_now.unwrap_or(f64::NAN));
        }
        let expected = &e * (1.0 - decay)
            - (feature + product(&feedback, &e)) * setup.step_size
            - targets * decay;
        (psi, slopes) = units(&w, activation, inputs);
        let next = residual(&psi, &beta);
        found.remainder = larger(found.remainder, norm(&(&next - &expected)) / norm(&e));
        e = next;
        let moved = w.rows().into_iter().zip(setup.hidden_weights.rows());
        for (now, start) in moved {
            let square: f64 = now.iter().zip(start).map(|(a, b)| (a - b).powi(2)).sum();
            found.hidden = larger(found.hidden, square.sqrt());
        }
        for (now, start) in beta.iter().zip(setup.output_weights) {
            found.output = larger(found.output, (now - left * start).abs());
        }
    }
    Ok(found)
}
