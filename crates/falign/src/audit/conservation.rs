//! The conservation law of every hidden unit.
//!
//! Let unit r of hidden layer l have incoming weights `w_r` and bias `a_r`, outgoing weights
//! `v_kr` and feedback weights `B_kr` from the units k above, with the factor c of the layer above
//! in both directions, and let psi be positively homogeneous, psi'(z) z = psi(z) = h. With d
//! the signals (times psi') of the layer above, gradient flow with ridges `lambda_l` says
//!
//! - `dv_kr/dt = -c sum_i d_ik h_ir - lambda_{l+1} v_kr`,
//! - `w_r . dw_r/dt + a_r da_r/dt = -sum_i s_ir psi'(z_ir) z_ir - lambda_l |w_r|^2`
//!   `= -c sum_i sum_k d_ik B_kr h_ir - lambda_l |w_r|^2`.
//!
//! The layer's own factor is part of z and drops out. The sums over samples are the same, so
//!
//! `d/dt (sum_k B_kr v_kr - (|w_r|^2 + a_r^2)/2) = -lambda_{l+1} sum_k B_kr v_kr + lambda_l |w_r|^2`
//!
//! for fixed feedback weights, at every depth of the layerwise path and at the last hidden
//! layer of the direct one; for backpropagation, `B = v` makes the first term `|v_r|^2/2`. The
//! loss plays no part.
//!
//! With steps of size eta the law has a drift, of first order in eta: halving the step halves
//! it, at least.
//! Before any limit, every single step balances: the change of v without ridge, times B, is
//! the change of `w_r` without ridge, times `w_r` (and the same of the bias).
//!
//! Source: derived above; for backpropagation, Du, Hu & Lee (2018); compare Robertson & Koyejo
//! (2023), arXiv 2306.01870, for feedback alignment.

use ndarray::Array2;

use super::compare::{is_within, largest, ratio};
use super::report::{Check, Question, Verdict};
use super::subject::{Audited, Purpose};
use crate::network::Network;
use crate::rule::{Composition, FeedbackWeights, Gate, Layer, Sent, SignalPath};

const QUESTION: Question = Question {
    name: "conservation",
    meaning: "feedback weights times outgoing weights, less half the squared incoming weights, \
              of every hidden unit drift only by the finite step: half the step, half the drift",
};

/// Time of the comparison, in steps of the subject's size.
const TIME: usize = 8;

/// The coarsest step is this part of the subject's, so that it is far from unstable; where the
/// drift does not halve there, finer ones are tried, down to the second.
const COARSEST: usize = 4;
const FINEST: usize = 32;

/// Shortfall from 2, the limit of first order, that is allowed to the drift of a step over the drift of
/// half that step. A broken law tends to 1. More than 2 is no breach: near the end of
/// limit of first order. A broken law tends to 1. More than 2 is no breach: near the end of
/// stability, or where hidden weights start at 0, the drift falls faster.
const SLACK: f64 = 0.5;

/// Drift below this share of the conserved numbers is rounding.
const ROUNDING: f64 = 1e-13;

/// Largest imbalance of one step: rounding of weights against changes as small as 1e-6 of
/// them.
const IMBALANCE: f64 = 1e-9;

pub(super) fn check(subject: &Audited<'_>) -> Check {
    let Some(composition) = subject.claim.composition() else {
        return QUESTION.not_applicable("the law needs signals through feedback weights");
    };
    if composition.sent != Sent::Error {
        return QUESTION.not_applicable("the law needs the derivative of the loss to be sent");
    }
    if composition.gate != Gate::Derivative {
        return QUESTION
            .not_applicable("the law needs psi', and another function stands in its place");
    }
    match composition.feedback {
        FeedbackWeights::Random | FeedbackWeights::Transpose => {}
        FeedbackWeights::Sign(_) => {
            return QUESTION.not_applicable("feedback weights jump with the forward signs");
        }
        _ => return QUESTION.not_applicable("the law needs feedback weights that do not learn"),
    }
    if subject.is_wired {
        return QUESTION.not_applicable(
            "it is a law of units with weights of their own, in layers one above the other",
        );
    }
    let held = held_layers(subject, composition);
    if held.is_empty() {
        return QUESTION.not_applicable(
            "no hidden layer has a positively homogeneous activation (linear, relu, leaky_relu)",
        );
    }
    let run = |parts| Drift::new(subject, composition, &held, parts);
    let mut coarsest = COARSEST;
    loop {
        let runs = [run(coarsest), run(2 * coarsest), run(4 * coarsest)];
        let runs: Vec<Drift> = match runs.into_iter().collect() {
            Ok(runs) => runs,
            Err(reason) => return QUESTION.decided(false, reason),
        };
        let check = judge(&held, &runs, coarsest);
        if check.verdict == Verdict::Passed || coarsest >= FINEST {
            return check;
        }
        coarsest *= 2;
    }
}

/// Whether the drifts of a step, its half and its quarter are those of the law.
fn judge(held: &[usize], runs: &[Drift], parts: usize) -> Check {
    let imbalance = largest(runs.iter().map(|run| run.imbalance));
    let [coarse, middle, fine] = [0, 1, 2].map(|run| runs[run].norm);
    let ratios = [coarse / middle, middle / fine];
    let layers: Vec<String> = held.iter().map(|l| (l + 1).to_string()).collect();
    let note = format!(
        "hidden layers {}: drift {coarse:.3e}, {middle:.3e}, {fine:.3e} at 1/{parts}, 1/{}, 1/{} \
         of the step size, ratios {:.3} and {:.3}; imbalance of a step {imbalance:.1e}, at most \
         {IMBALANCE:.0e}",
        layers.join(", "),
        2 * parts,
        4 * parts,
        ratios[0],
        ratios[1],
    );
    if !is_within(imbalance, IMBALANCE) {
        return QUESTION.within(imbalance, IMBALANCE, note);
    }
    let value = if is_within(fine, ROUNDING * runs[2].scale) {
        0.0
    } else {
        largest(ratios.map(|ratio| 2.0 - ratio))
    };
    QUESTION.within(value, SLACK, note)
}

/// Hidden layers for which the law holds.
fn held_layers(subject: &Audited<'_>, composition: Composition) -> Vec<usize> {
    let hidden = subject.hidden();
    let from = match composition.path {
        SignalPath::Layerwise => 0,
        SignalPath::Direct => hidden.saturating_sub(1),
    };
    (from..hidden)
        .filter(|&l| subject.layers[l].activation.facts().is_homogeneous)
        .collect()
}

/// How far the conserved numbers of all units moved in a fixed time.
struct Drift {
    /// Euclidean norm over units.
    norm: f64,
    /// Largest size of the terms of a conserved number.
    scale: f64,
    /// Largest imbalance of one step, relative to its terms.
    imbalance: f64,
}

impl Drift {
    /// Drift at the subject's step size over `parts`.
    fn new(
        subject: &Audited<'_>,
        composition: Composition,
        held: &[usize],
        parts: usize,
    ) -> Result<Self, String> {
        let eta = subject.step_size / parts as f64;
        let ridges: Vec<f64> = (subject.factors.iter())
            .map(|factor| (1.0 - factor) / subject.step_size)
            .collect();
        let factors: Vec<f64> = ridges.iter().map(|lambda| 1.0 - eta * lambda).collect();
        let mut network = subject.network();
        let mut noise = Purpose::Steps.open();
        let units = held.iter().map(|&l| subject.layers[l].units()).sum();
        let (mut drift, mut imbalance) = (vec![0.0; units], 0.0);
        for _ in 0..TIME * parts {
            let before = network.layers().to_vec();
            let b = carriers(&network, composition, held)?;
            subject.step_of(&mut network, eta, &factors, &mut noise);
            let after = network.layers();
            let mut drift = drift.iter_mut();
            for (&l, b) in held.iter().zip(&b) {
                for r in 0..before[l].units() {
                    let unit = |layers: &[Layer<f64>]| Unit::new(layers, l, r);
                    let (old, new) = (unit(&before), unit(after));
                    let b: Vec<f64> = b.column(r).to_vec();
                    let is_exact = composition.feedback == FeedbackWeights::Transpose;
                    let flow = -ridges[l + 1] * dot(&b, &old.out)
                        + ridges[l] * dot(&old.weights, &old.weights);
                    let moved = new.conserved(&b, is_exact) - old.conserved(&b, is_exact);
                    *drift.next().expect("a place per unit") += moved - eta * flow;
                    let found = old.imbalance(&new, &b, [factors[l], factors[l + 1]]);
                    imbalance = largest([imbalance, found]);
                }
            }
        }
        let layers = network.layers();
        let sizes = held.iter().flat_map(|&l| {
            (0..layers[l].units()).map(move |r| {
                let unit = Unit::new(layers, l, r);
                dot(&unit.weights, &unit.weights) + dot(&unit.out, &unit.out)
            })
        });
        Ok(Self {
            norm: dot(&drift, &drift).sqrt(),
            scale: largest(sizes),
            imbalance,
        })
    }
}

/// The weights signals travel through to the layers `held`, (units above, units).
fn carriers(
    network: &Network<f64>,
    composition: Composition,
    held: &[usize],
) -> Result<Vec<Array2<f64>>, String> {
    let layers = network.layers();
    let is_exact = composition.feedback == FeedbackWeights::Transpose;
    let of = |l: usize| {
        let forward = &layers[l + 1].weights;
        let b = if is_exact {
            Some(forward)
        } else {
            network.rule().feedback().and_then(|b| b.get(l))
        };
        let b = b.filter(|b| b.dim() == forward.dim());
        b.cloned()
            .ok_or_else(|| "it shows no feedback weights of the right shapes".to_owned())
    };
    held.iter().map(|&l| of(l)).collect()
}

/// The weights at both ends of a hidden unit.
struct Unit {
    /// `w_r`.
    weights: Vec<f64>,
    bias: f64,
    /// `v_r`, the outgoing weights.
    out: Vec<f64>,
}

impl Unit {
    fn new(layers: &[Layer<f64>], l: usize, r: usize) -> Self {
        Self {
            weights: layers[l].weights.row(r).to_vec(),
            bias: layers[l].bias.as_ref().map_or(0.0, |bias| bias[r]),
            out: layers[l + 1].weights.column(r).to_vec(),
        }
    }

    fn conserved(&self, b: &[f64], is_exact: bool) -> f64 {
        let incoming = dot(&self.weights, &self.weights) + self.bias * self.bias;
        let outgoing = if is_exact {
            dot(&self.out, &self.out) / 2.0
        } else {
            dot(b, &self.out)
        };
        outgoing - incoming / 2.0
    }

    /// B . (change of v) - `w_r` . (change of `w_r`), ridge left out of the changes.
    fn imbalance(&self, new: &Self, b: &[f64], [keep, keep_above]: [f64; 2]) -> f64 {
        let gain = |along: &[f64], new: &[f64], old: &[f64], keep: f64| -> f64 {
            let changes = new.iter().zip(old).map(|(new, old)| new - keep * old);
            along
                .iter()
                .zip(changes)
                .map(|(x, change)| x * change)
                .sum()
        };
        let up = gain(b, &new.out, &self.out, keep_above);
        let down = gain(&self.weights, &new.weights, &self.weights, keep)
            + self.bias * (new.bias - self.bias);
        let sizes = dot(&self.weights, &self.weights) + self.bias * self.bias;
        let carried = dot(b, b) + dot(&self.out, &self.out);
        ratio(
            (up - down).abs(),
            up.abs() + down.abs() + 1e-6 * (sizes + carried),
        )
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
