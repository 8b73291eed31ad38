//! Updates that another program made, against the rules of the family.
//!
//! One step of plain gradient descent is enough: with the weights before and after it, the batch and
//! the feedback weights, a rule says what every weight must become. What a step is instead is looked
//! for among the other rules, the usual mistakes and mixtures, each with a step size and a ridge of
//! its own. Numbers are compared one by one, each as far as its own sums round.
//!
//! [`Updates`] says what is in a file.

mod candidates;
mod explain;
mod feedback;
mod fit;
mod read;
mod rounding;
mod words;

use std::path::Path;

use ndarray::{Array1, Array2};

use self::candidates::{Candidate, candidates};
use self::explain::explain;
use self::rounding::{Rounding, Spread, squares};
use super::compare::{largest, ratio};
use super::plain::{self, Pass};
use super::report::Verdict;
use crate::Result;
use crate::data::arrays::load_arrays;
use crate::math::{Loss, Precision, Reduction};
use crate::rule::{Layer, Rule};

/// One step of another program, and the rule that it claims to follow.
///
/// In an NPZ file, with layers counted from 0 at the input:
///
/// | array | shape | meaning |
/// |---|---|---|
/// | `X` | (samples, inputs) | the batch |
/// | `y` | (samples, outputs) or (samples) | its targets; of `softmax_cross_entropy` classes from 0 too |
/// | `before.L.weight`, `after.L.weight` | (units, inputs) | weights before the step and after it |
/// | `before.L.bias`, `after.L.bias` | (units) | biases, where a layer has them |
/// | `feedback.L` | (units of layer L + 1, units of layer L); of a direct rule (outputs, units) | feedback weights of hidden layer L |
/// | `feedback_after.L` | as before | optional: they must stay, or learn as their rule says |
/// | `rule`, `activation` | text | names as in experiment files |
/// | `step_size` | number | eta |
/// | `loss`, `reduction` | text | `squared_error` and `mean` unless given |
/// | `ridge` | number, or one for each layer | lambda: W becomes (1 - eta lambda) W before its change; a number is that of the output layer; 0 unless given |
/// | `factor.L` | number | c of z = c W h + bias; 1 unless given |
#[derive(Debug, Clone)]
pub struct Updates {
    rule: Rule,
    layers: Vec<Layer<f64>>,
    after: Vec<(Array2<f64>, Option<Array1<f64>>)>,
    inputs: Array2<f64>,
    targets: Array2<f64>,
    loss: Loss,
    reduction: Reduction,
    step_size: f64,
    /// lambda of each layer.
    ridge: Vec<f64>,
    /// Empty where the file has none.
    feedback: Vec<Array2<f64>>,
    feedback_after: Vec<Array2<f64>>,
}

/// Numbers of a layer that change together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// W.
    Weights,
    /// Biases.
    Biases,
    /// B, after the step.
    Feedback,
}

/// Weights, biases or feedback weights of one layer, compared.
#[derive(Debug, Clone, PartialEq)]
pub struct PartFinding {
    /// The layer, from 1 at the input.
    pub layer: usize,
    /// Numbers that are compared.
    pub kind: Kind,
    /// Whether they become what the claimed rule says; not applicable where rounding hides it.
    pub verdict: Verdict,
    /// Largest difference from what the rule says, relative to the largest change.
    pub error: f64,
    /// The part of it that rounding explains, where it explains least.
    pub allowed: f64,
    /// A clause that says what is found in place of the claim.
    pub instead: Option<String>,
}

/// Findings on the updates of another program.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// The claimed rule.
    pub rule: Rule,
    /// Units of each layer, from the inputs to the outputs.
    pub sizes: Vec<usize>,
    /// Samples of the batch.
    pub samples: usize,
    /// Precision that the weights have after the step.
    pub precision: Precision,
    /// Comparisons, from the input up.
    pub parts: Vec<PartFinding>,
    /// The rule of the family that explains all updates where the claimed one does not.
    pub explained_by: Option<&'static str>,
    /// Other rules that would have made the same updates.
    pub also: Vec<&'static str>,
    /// The result in a sentence, without its subject: `is feedback alignment: all 2 layers ...`.
    pub verdict: String,
}

impl Findings {
    /// Whether all that could be compared is as claimed.
    pub fn passed(&self) -> bool {
        self.parts.iter().all(|one| one.verdict == Verdict::Passed)
    }
}

impl Updates {
    /// Reads an NPZ file with the arrays of the table above.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if it cannot be read; [`Error::Data`](crate::Error::Data) naming the
    /// array that is missing, of the wrong shape, or read by nothing.
    pub fn load(path: &Path) -> Result<Self> {
        Self::of(load_arrays(path)?, path)
    }

    /// Compares every number with what the claimed rule says, and finds the rule that it is instead.
    /// `tolerance` is the relative rounding of sums where that is not the precision's own, such as
    /// 1e-3 for products of matrices in TF32.
    pub fn audit(&self, tolerance: Option<f64>) -> Findings {
        let rounding = Rounding::new(self, tolerance);
        let pass = Pass::new(&self.layers, &self.inputs);
        let spread = Spread::new(self, &pass, &rounding);
        let candidates = candidates(self, &pass, &spread, &rounding);
        let parts = self.parts();
        // The claim is the first.
        let found: Vec<Vec<Compared>> = candidates
            .iter()
            .map(|one| {
                let compare = |part: &Part| self.compare(part, one, &pass, &spread, &rounding);
                parts.iter().map(compare).collect()
            })
            .collect();
        let is_whole = |found: &[Compared]| found.iter().all(|one| one.verdict == Verdict::Passed);
        let has_passed = is_whole(&found[0]);
        let has_failed = found[0].iter().any(|one| one.verdict == Verdict::Failed);
        let others = candidates.iter().zip(&found).skip(1);
        let same = others.filter(|(_, found)| is_whole(found));
        let same: Vec<(&'static str, f64)> = same
            .filter_map(|(one, found)| {
                let error = largest(found.iter().map(|one| one.error));
                one.name.map(|name| (name, error))
            })
            .collect();
        let mut findings: Vec<PartFinding> = parts
            .iter()
            .zip(&found[0])
            .enumerate()
            .map(|(at, (part, own))| PartFinding {
                layer: part.layer + 1,
                kind: part.kind,
                verdict: own.verdict,
                error: own.error,
                allowed: own.allowed,
                instead: (own.verdict == Verdict::Failed).then(|| {
                    let of_part: Vec<&Compared> = found.iter().map(|found| &found[at]).collect();
                    explain(self, part, &candidates, &of_part, &pass)
                }),
            })
            .collect();
        findings.extend(self.feedback_findings(&rounding));
        let mut all = Findings {
            rule: self.rule.clone(),
            sizes: std::iter::once(self.inputs.ncols())
                .chain(self.layers.iter().map(Layer::units))
                .collect(),
            samples: self.inputs.nrows(),
            precision: rounding.precision,
            parts: findings,
            explained_by: same.first().filter(|_| has_failed).map(|one| one.0),
            also: same
                .iter()
                .filter(|_| has_passed)
                .map(|one| one.0)
                .collect(),
            verdict: String::new(),
        };
        let lacks_feedback = self.learns_feedback() && self.feedback_after.is_empty();
        all.verdict = words::verdict(&all, same.first().copied(), lacks_feedback);
        all
    }

    /// Weights and biases of all layers, from the input up.
    fn parts(&self) -> Vec<Part> {
        let layers = self.layers.iter().enumerate();
        layers
            .flat_map(|(layer, of)| {
                let weights = Part {
                    layer,
                    kind: Kind::Weights,
                };
                let biases = Part {
                    layer,
                    kind: Kind::Biases,
                };
                std::iter::once(weights).chain(of.bias.is_some().then_some(biases))
            })
            .collect()
    }

    /// Numbers before the step and after it, one after the other.
    fn numbers(&self, part: &Part) -> (Vec<f64>, Vec<f64>) {
        let (before, after) = (&self.layers[part.layer], &self.after[part.layer]);
        match part.kind {
            Kind::Biases => {
                let list = |bias: &Option<Array1<f64>>| bias.iter().flatten().copied().collect();
                (list(&before.bias), list(&after.1))
            }
            _ => (
                before.weights.iter().copied().collect(),
                after.0.iter().copied().collect(),
            ),
        }
    }

    /// Share of the numbers that the claimed ridge takes in the step.
    fn shrinkage(&self, part: &Part) -> f64 {
        match part.kind {
            Kind::Weights => self.step_size * self.ridge[part.layer],
            _ => 0.0,
        }
    }

    fn compare(
        &self,
        part: &Part,
        candidate: &Candidate,
        pass: &Pass,
        spread: &Spread,
        rounding: &Rounding,
    ) -> Compared {
        let direction = self.direction(part, candidate.deltas(part.layer), pass);
        let variances = self.variances(part, candidate, pass, spread);
        let (before, after) = self.numbers(part);
        let (eta, shrinkage) = (self.step_size, self.shrinkage(part));
        let allowed: Vec<f64> = before
            .iter()
            .zip(&after)
            .zip(&variances)
            .map(|((before, after), variance)| rounding.of(*before, *after, eta * eta * variance))
            .collect();
        let expected = before.iter().zip(&direction);
        let expected: Vec<f64> = expected
            .map(|(before, g)| -eta * g - shrinkage * before)
            .collect();
        let changes = before
            .iter()
            .zip(&after)
            .map(|(before, after)| after - before);
        let gaps: Vec<f64> = changes
            .clone()
            .zip(&expected)
            .map(|(found, expected)| (found - expected).abs())
            .collect();
        let top = |x: &[f64]| largest(x.iter().map(|x| x.abs()));
        let (wanted, gap) = (top(&expected), top(&gaps));
        let scale = wanted.max(largest(changes.map(f64::abs)));
        let is_same = gaps
            .iter()
            .zip(&allowed)
            .all(|(gap, allowed)| gap <= allowed);
        // Where rounding explains least of the difference.
        let worst = gaps.iter().zip(&allowed);
        let worst = worst.max_by(|a, b| ratio(*a.0, *a.1).total_cmp(&ratio(*b.0, *b.1)));
        let allowed_there = worst.map_or(0.0, |(_, allowed)| *allowed);
        let says_something = wanted > 0.0 || !candidate.is_silent;
        let is_hidden = says_something && wanted < VISIBLE * top(&allowed);
        Compared {
            verdict: match (is_same, is_hidden) {
                (true, true) => Verdict::NotApplicable,
                (true, false) => Verdict::Passed,
                (false, _) => Verdict::Failed,
            },
            error: ratio(gap, scale),
            allowed: if scale > 0.0 {
                allowed_there / scale
            } else {
                0.0
            },
            direction,
            entries: allowed,
        }
    }

    /// Gradient of a part's numbers, by these signals times psi'.
    fn direction(&self, part: &Part, deltas: &Array2<f64>, pass: &Pass) -> Vec<f64> {
        if part.kind == Kind::Biases {
            return deltas.sum_axis(ndarray::Axis(0)).to_vec();
        }
        let below = self.below(part.layer, pass);
        let factor = self.layers[part.layer].factor;
        plain::gradient(factor, deltas, &below)
            .into_iter()
            .collect()
    }

    /// Variances of [`direction`](Self::direction), in squared units of rounding.
    fn variances(
        &self,
        part: &Part,
        candidate: &Candidate,
        pass: &Pass,
        spread: &Spread,
    ) -> Vec<f64> {
        let deltas = candidate.deltas(part.layer);
        let of_deltas = candidate.spreads(part.layer).unwrap_or(&spread.residual);
        let samples = self.inputs.nrows() as f64;
        let squared = squares(deltas);
        if part.kind == Kind::Biases {
            let all = of_deltas + &(samples * &squared);
            return all.sum_axis(ndarray::Axis(0)).to_vec();
        }
        let below = squares(&self.below(part.layer, pass));
        let factor = self.layers[part.layer].factor.powi(2);
        let of_below = &spread.below[part.layer] + &(samples * &below);
        let variances = plain::gradient(factor, of_deltas, &below)
            + plain::gradient(factor, &squared, &of_below);
        variances.into_iter().collect()
    }

    /// Activities that a layer reads.
    fn below(&self, layer: usize, pass: &Pass) -> Array2<f64> {
        match layer.checked_sub(1) {
            None => self.inputs.clone(),
            Some(below) => plain::activity(&self.layers[below], &pass.z[below]),
        }
    }
}

/// Times that a change must be larger than its rounding to be seen.
const VISIBLE: f64 = 4.0;

/// Weights or biases of a layer, counted from 0.
struct Part {
    layer: usize,
    kind: Kind,
}

/// A part against one candidate.
struct Compared {
    verdict: Verdict,
    error: f64,
    allowed: f64,
    /// The candidate's gradient.
    direction: Vec<f64>,
    /// The difference that rounding explains, number by number.
    entries: Vec<f64>,
}
