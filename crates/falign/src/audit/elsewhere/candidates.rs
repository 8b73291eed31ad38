//! Ways in which hidden layers may have been taught: the claim, the other rules, and usual mistakes.

use ndarray::{Array2, Zip};

use super::Updates;
use super::rounding::{Rounding, Spread, of_signals, squares};
use crate::audit::definition::{is_unit, shapes, sign};
use crate::audit::plain::{self, Pass};
use crate::rule::{Composition, FeedbackWeights, Magnitude, Sent, SignalPath};

/// Signals times psi' of every hidden layer, in one of these ways.
pub(super) struct Candidate {
    /// The rule, if it is one with a name and no mistake.
    pub(super) name: Option<&'static str>,
    /// A clause that says what is found, where the rule has no name.
    pub(super) words: &'static str,
    /// Whether hidden layers are taught nothing.
    pub(super) is_silent: bool,
    deltas: Vec<Array2<f64>>,
    /// Variances of them, in squared units of rounding.
    spreads: Vec<Array2<f64>>,
    residual: Array2<f64>,
}

impl Candidate {
    /// Signals times psi' of a layer, (batch, units): the residual at the output.
    pub(super) fn deltas(&self, layer: usize) -> &Array2<f64> {
        self.deltas.get(layer).unwrap_or(&self.residual)
    }

    /// Variances of those of a hidden layer.
    pub(super) fn spreads(&self, layer: usize) -> Option<&Array2<f64>> {
        self.spreads.get(layer)
    }
}

/// The family's rules whose step of the forward weights is not that of another one before.
const NAMED: [&str; 7] = [
    "backpropagation",
    "feedback_alignment",
    "direct_feedback_alignment",
    "sign_direct_feedback_alignment",
    "direct_random_target_projection",
    "uniform_sign_symmetry",
    "fixed_random_sign_symmetry",
];
const SILENT: &str = "last_layer_only";

/// The claim first, then the other rules that the file's arrays allow, then mistakes with the claimed one.
pub(super) fn candidates(
    updates: &Updates,
    pass: &Pass,
    spread: &Spread,
    rounding: &Rounding,
) -> Vec<Candidate> {
    let maker = Maker {
        updates,
        spread,
        rounding,
        residual: plain::residual(
            updates.loss,
            pass.outputs(),
            &updates.targets,
            updates.reduction.factor(updates.inputs.nrows()),
        ),
        slopes: pass.slopes(&updates.layers),
    };
    let claimed = updates.rule.composition();
    let name = updates.rule.name();
    let claim = claimed.map_or_else(
        || maker.silent(),
        |claimed| {
            let b = maker.carriers(claimed, &updates.feedback);
            let b = b.expect("shapes were compared as the file was read");
            maker.taught(claimed, &b, &maker.slopes, "")
        },
    );
    let mut all = vec![claim];
    let has_unit_sizes = updates.feedback.iter().all(is_unit);
    let named = NAMED
        .iter()
        .filter_map(|&known| Some((known, Composition::named(known)?)));
    for (known, composition) in named.filter(|(known, _)| *known != name) {
        let is_same = claimed.is_some_and(|claimed| has_same_signals(claimed, composition));
        let is_other_sign = match composition.feedback {
            FeedbackWeights::Sign(magnitude) => (magnitude == Magnitude::Unit) != has_unit_sizes,
            _ => false,
        };
        let b = maker.carriers(composition, &updates.feedback);
        let Some(b) = b.filter(|_| !is_same && !is_other_sign) else {
            continue;
        };
        all.push(Candidate {
            name: Some(known),
            ..maker.taught(composition, &b, &maker.slopes, "")
        });
    }
    if name != SILENT && updates.layers.len() > 1 {
        all.push(Candidate {
            name: Some(SILENT),
            ..maker.silent()
        });
    }
    if let Some(claimed) = claimed {
        all.extend(maker.mistakes(claimed));
    }
    all
}

/// Whether two rules send the same through the same weights in one step.
fn has_same_signals(a: Composition, b: Composition) -> bool {
    let is_sign = |one: Composition| matches!(one.feedback, FeedbackWeights::Sign(_));
    let is_transpose = |one: Composition| one.feedback == FeedbackWeights::Transpose;
    (a.path, a.sent) == (b.path, b.sent)
        && is_sign(a) == is_sign(b)
        && is_transpose(a) == is_transpose(b)
}

struct Maker<'a> {
    updates: &'a Updates,
    spread: &'a Spread,
    rounding: &'a Rounding,
    residual: Array2<f64>,
    slopes: Vec<Array2<f64>>,
}

impl Maker<'_> {
    /// The weights that signals go through, if the arrays `b` have the shapes for it.
    fn carriers(&self, composition: Composition, b: &[Array2<f64>]) -> Option<Vec<Array2<f64>>> {
        let above = self.updates.layers[1..].iter().map(|layer| &layer.weights);
        if composition.feedback == FeedbackWeights::Transpose {
            return Some(above.cloned().collect());
        }
        let found: Vec<_> = b.iter().map(Array2::dim).collect();
        if found != shapes(composition.path, composition.direct, &self.updates.layers) {
            return None;
        }
        let FeedbackWeights::Sign(_) = composition.feedback else {
            return Some(b.to_vec());
        };
        let signed = b.iter().zip(above);
        let signed =
            signed.map(|(b, w)| Zip::from(b).and(w).map_collect(|b, w| b.abs() * sign(*w)));
        Some(signed.collect())
    }

    /// The signal that the output sends, and its variances.
    fn sent(&self, sent: Sent) -> (Array2<f64>, Array2<f64>) {
        let factor = self.updates.reduction.factor(self.updates.inputs.nrows());
        match sent {
            Sent::Error => (self.residual.clone(), self.spread.residual.clone()),
            Sent::Target => {
                let sent = factor * &self.updates.targets;
                let spread = squares(&sent);
                (sent, spread)
            }
            Sent::SignOfError => {
                let reach = self.rounding.reach();
                let spread = Zip::from(&self.residual).and(&self.spread.residual);
                let spread = spread.map_collect(|e, variance| {
                    // Either sign, where the residual is all rounding.
                    let is_unsure = e.abs() <= reach * variance.sqrt();
                    if is_unsure {
                        (2.0 * factor / reach).powi(2)
                    } else {
                        0.0
                    }
                });
                (self.residual.mapv(|e| factor * sign(e)), spread)
            }
        }
    }

    fn taught(
        &self,
        composition: Composition,
        b: &[Array2<f64>],
        slopes: &[Array2<f64>],
        words: &'static str,
    ) -> Candidate {
        let layers = &self.updates.layers;
        let last = layers.len() - 1;
        let (sent, sent_spread) = self.sent(composition.sent);
        let signals = plain::signals(composition.path, &sent, b, layers, slopes);
        let pairs = signals.iter().zip(slopes);
        let deltas: Vec<Array2<f64>> = pairs.map(|(s, slope)| s * slope).collect();
        let mut spreads: Vec<Array2<f64>> = Vec::new();
        for l in (0..b.len()).rev() {
            // What is above was pushed last.
            let is_from_output = l + 1 == last || composition.path == SignalPath::Direct;
            let (told, spread, factor) = match spreads.last() {
                Some(spread) if !is_from_output => (&deltas[l + 1], spread, layers[l + 1].factor),
                _ => (&sent, &sent_spread, layers[last].factor),
            };
            let of_signals = of_signals(factor, told, spread, &b[l]);
            let own = &of_signals * &squares(&slopes[l])
                + squares(&signals[l]) * &self.spread.slopes[l]
                + squares(&deltas[l]);
            spreads.push(own);
        }
        spreads.reverse();
        Candidate {
            name: None,
            words,
            is_silent: false,
            deltas,
            spreads,
            residual: self.residual.clone(),
        }
    }

    /// No signal at all.
    fn silent(&self) -> Candidate {
        let zeros: Vec<Array2<f64>> = self.slopes.iter().map(|slope| 0.0 * slope).collect();
        Candidate {
            name: None,
            words: "",
            is_silent: true,
            deltas: zeros.clone(),
            spreads: zeros,
            residual: self.residual.clone(),
        }
    }

    /// Mistakes that are easily made with a rule.
    fn mistakes(&self, claimed: Composition) -> Vec<Candidate> {
        let mut found = Vec::new();
        let feedback = &self.updates.feedback;
        if claimed.feedback == FeedbackWeights::Transpose {
            let above = self.updates.after.iter().skip(1);
            let above: Vec<_> = above.map(|(weights, _)| weights.clone()).collect();
            let words = "the errors come back through the weights after the step";
            found.push(self.taught(claimed, &above, &self.slopes, words));
        } else {
            // Those that can be, without another shape.
            let turn = |b: &Array2<f64>| match b.dim() {
                (rows, columns) if rows == columns => b.t().as_standard_layout().into_owned(),
                _ => b.clone(),
            };
            let turned: Vec<_> = feedback.iter().map(turn).collect();
            if let Some(b) = self
                .carriers(claimed, &turned)
                .filter(|_| turned != *feedback)
            {
                let words = "the feedback weights are transposed";
                found.push(self.taught(claimed, &b, &self.slopes, words));
            }
        }
        let flat: Vec<_> = self
            .slopes
            .iter()
            .map(|slope| Array2::ones(slope.dim()))
            .collect();
        if let Some(b) = self.carriers(claimed, feedback) {
            let words = "psi' is missing";
            found.push(self.taught(claimed, &b, &flat, words));
        }
        found
    }
}

impl Updates {
    /// Signal that hidden layer `at` gets by the claimed rule, before its feedback weights: the residual, or the
    /// signal times psi' of the layer above, and the factor that it is told with.
    pub(super) fn told<'a>(&self, claim: &'a Candidate, at: usize) -> (&'a Array2<f64>, f64) {
        let last = self.layers.len() - 1;
        let path = self.rule.composition().map(|one| one.path);
        if path == Some(SignalPath::Direct) || at + 1 == last {
            (&claim.residual, self.layers[last].factor)
        } else {
            (&claim.deltas[at + 1], self.layers[at + 1].factor)
        }
    }
}
