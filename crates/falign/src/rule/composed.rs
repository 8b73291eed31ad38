//! The whole random-feedback family as one implementation of the trait.

use std::borrow::Cow;

use ndarray::{Array2, ArrayView2, Zip};

use super::algebra::{Composition, DirectFeedback, FeedbackWeights, Magnitude, Sent, SignalPath};
use super::feedback_learning::{FeedbackLearning, FeedbackPlace};
use super::gate::Gate;
use super::layer::Layer;
use super::learning_rule::{Adaptation, LearningRule};
use super::mirror::{Mirrored, Phase, mirror};
use super::passage::{Hear, Passage, Space};
use super::trace::Trace;
use crate::layer::Dense;
use crate::math::simd::Element;
use crate::math::{DeferredProduct, Scalar, Slopes, Stream, set_rows};

/// A rule of the family with its feedback weights. See [`Composition`] for the choices.
#[derive(Debug)]
pub struct Composed<T> {
    composition: Composition,
    learning: FeedbackLearning,
    /// B, one matrix per hidden layer; magnitudes for sign feedback; empty for the transpose.
    feedback: Vec<Array2<T>>,
    /// Sign feedback as it is used in this step.
    signed: Vec<Array2<T>>,
    /// Signal times psi' on its way down.
    deltas: Vec<Array2<T>>,
    /// Signal that is sent from the output.
    sent: Array2<T>,
    /// Memory for signals on their way down a wiring.
    space: Space<T>,
    /// Root mean squares of magnitudes that are drawn again for every batch, |N(0, 1)| times
    /// these; empty for other rules.
    redrawn: Vec<f64>,
}

impl<T: Element> Composed<T> {
    /// A rule with these feedback weights: for each hidden layer (units above, units) on the
    /// layerwise path, (outputs, units) on the direct one; none for backpropagation. Sign
    /// feedback takes their magnitudes. Where signals would cross the [gains](crate::layer::Operator::is_gain) of a
    /// norm, or be sent to them, the matrix is empty.
    pub fn new(
        composition: Composition,
        feedback: Vec<Array2<T>>,
        learning: FeedbackLearning,
    ) -> Self {
        let is_sign = matches!(composition.feedback, FeedbackWeights::Sign(_));
        let is_redrawn = composition.feedback == FeedbackWeights::Sign(Magnitude::BatchRandom);
        let root_mean_square = |b: &Array2<T>| {
            let sum: f64 = b.iter().map(|x| x.to_f64() * x.to_f64()).sum();
            (sum / b.len().max(1) as f64).sqrt()
        };
        Self {
            composition,
            learning,
            signed: if is_sign {
                feedback.clone()
            } else {
                Vec::new()
            },
            redrawn: if is_redrawn {
                feedback.iter().map(root_mean_square).collect()
            } else {
                Vec::new()
            },
            feedback,
            deltas: Vec::new(),
            sent: Array2::default((0, 0)),
            space: Space::default(),
        }
    }

    /// Backpropagation, which has no feedback weights and draws nothing.
    pub fn backpropagation() -> Self {
        let composition = Composition {
            path: SignalPath::Layerwise,
            sent: Sent::Error,
            feedback: FeedbackWeights::Transpose,
            direct: DirectFeedback::Dense,
            gate: Gate::Derivative,
        };
        Self::new(composition, Vec::new(), FeedbackLearning::default())
    }

    /// The choices it was made of.
    pub fn composition(&self) -> Composition {
        self.composition
    }

    /// B = |magnitude| x sign(W) for every hidden layer.
    fn sign_weights(&mut self, layers: &[Layer<T>], noise: &mut Stream) {
        for (b, scale) in self.feedback.iter_mut().zip(&self.redrawn) {
            b.mapv_inplace(|_| T::from_f64(scale * noise.normal()));
        }
        for (at, signed) in self.signed.iter_mut().enumerate() {
            with_signs(&self.feedback[at], &layers[at + 1], signed);
        }
    }

    fn fill_sent(&mut self, trace: &Trace<T>) {
        match self.composition.sent {
            Sent::Error => self.sent.assign(&trace.residual),
            Sent::Target => self.sent.assign(&trace.targets),
            Sent::SignOfError => {
                // Reduced as the residual is.
                let scale = T::from_f64(trace.reduction.factor(trace.batch()));
                Zip::from(&mut self.sent)
                    .and(&trace.residual)
                    .for_each(|s, &e| {
                        *s = if e > T::ZERO {
                            scale
                        } else if e < T::ZERO {
                            -scale
                        } else {
                            T::ZERO
                        };
                    });
            }
        }
    }

    fn fit(&mut self, trace: &Trace<T>) {
        let outputs = trace.residual.ncols();
        if self.deltas.len() != trace.activities.len() || self.sent.ncols() != outputs {
            self.sent.clone_from(&trace.residual);
            self.deltas.clone_from(&trace.activities);
        }
        set_rows(&mut self.sent, trace.batch());
        for delta in &mut self.deltas {
            set_rows(delta, trace.batch());
        }
    }

    /// Prepares the products: the signal that is sent, and weights that are made anew.
    pub(super) fn prepare(&mut self, layers: &[Layer<T>], trace: &Trace<T>, noise: &mut Stream) {
        self.fit(trace);
        self.fill_sent(trace);
        if matches!(self.composition.feedback, FeedbackWeights::Sign(_)) {
            self.sign_weights(layers, noise);
        }
    }

    /// Sends what was [prepared](Self::prepare) down a wiring.
    pub(super) fn send(&mut self, layers: &[Layer<T>], passage: &Passage<T>, hear: Hear<'_, T>) {
        // Taken out so that the rule's weights can be read.
        let mut space = std::mem::take(&mut self.space);
        let (feedback, sent) = (&self.feedback, &self.sent);
        match (self.composition.path, self.composition.direct) {
            (SignalPath::Layerwise, _) => {
                let through = |layer| self.weights(layers, layer - 1);
                passage.pull_back(layers, through, sent, hear, &mut space);
            }
            (SignalPath::Direct, DirectFeedback::Kernel) => {
                passage.land_below(layers, feedback, sent, hear, &mut space);
            }
            (SignalPath::Direct, _) => passage.land(layers, feedback, sent, hear, &mut space),
        }
        self.space = space;
    }

    /// Factors of its signals at hidden layer `at`.
    pub(super) fn gates<'a>(&self, trace: &'a Trace<T>, at: usize) -> Slopes<'a, T> {
        match self.composition.gate {
            Gate::Derivative => trace.slopes(at),
            _ => trace.gates(at),
        }
    }

    /// The weights through which hidden layer `at` is taught.
    fn weights<'a>(&'a self, layers: &'a [Layer<T>], at: usize) -> ArrayView2<'a, T> {
        match self.composition.feedback {
            FeedbackWeights::Transpose => layers[at + 1].weights.view(),
            FeedbackWeights::Sign(_) => self.signed[at].view(),
            _ => self.feedback[at].view(),
        }
    }

    /// The teaching signal of hidden layer `at`, from the deltas of the hidden layers above it: what an
    /// operator pulls back through the rule's weights. Times psi' if `slopes` are given.
    pub(super) fn signal<'a>(
        &'a self,
        layers: &'a [Layer<T>],
        trace: &Trace<T>,
        at: usize,
        above: &'a [Array2<T>],
        slopes: Option<Slopes<'a, T>>,
    ) -> DeferredProduct<'a, T> {
        let hidden = trace.activities.len();
        let through = self.weights(layers, at);
        // What comes straight from the output has the output layer's factor, as on the way up.
        let is_from_output = at + 1 == hidden || self.composition.path == SignalPath::Direct;
        let (delta, factor) = if is_from_output {
            (&self.sent, layers[hidden].factor)
        } else {
            (&above[0], layers[at + 1].factor)
        };
        let (units, inputs) = through.dim();
        Dense::new(inputs, units, factor).deferred(&through, &delta.view(), slopes)
    }
}

impl<T: Element> LearningRule<T> for Composed<T> {
    fn teach(
        &mut self,
        layers: &[Layer<T>],
        trace: &Trace<T>,
        signals: &mut [Array2<T>],
        noise: &mut Stream,
    ) {
        self.prepare(layers, trace, noise);
        if let Some(passage) = trace.passage() {
            // Gains that no signal passes hear nothing.
            for signal in signals.iter_mut() {
                signal.fill(T::ZERO);
            }
            let mut tell = |at: usize, signal: &[T]| {
                if let Some(rows) = signals.get_mut(at) {
                    passage.write_rows(signal, rows);
                }
            };
            let hear = Hear {
                as_deltas: false,
                tell: &mut tell,
            };
            self.send(layers, passage, hear);
            return;
        }
        if self.composition.path == SignalPath::Direct {
            for (at, signal) in signals.iter_mut().enumerate() {
                let product = self.signal(layers, trace, at, &[], None);
                product.write(&mut signal.view_mut());
            }
            return;
        }
        // Taken out so that the rule's weights can be read.
        let mut deltas = std::mem::take(&mut self.deltas);
        let through = |layer| self.weights(layers, layer - 1);
        trace.pull_back_in(layers, through, &self.sent, signals, &mut deltas);
        self.deltas = deltas;
    }

    fn adapt(&mut self, step: &mut Adaptation<'_, T>) {
        let (learning, feedback) = (self.learning, self.composition.feedback);
        let samples = step.trace.batch();
        let reduction = step.trace.reduction.factor(samples);
        let (layers, factors) = (step.layers, step.factors);
        // eta_b of the feedback weights at `at`, and what one step keeps of them.
        let numbers = |at: usize, activity: f64| {
            let above = &layers[at + 1];
            let place = FeedbackPlace {
                units: above.weight().fan_in,
                factor: above.factor.to_f64(),
                samples: samples * above.places(),
                reduction,
                activity,
            };
            let numbers = learning.numbers(feedback, place);
            let keep = |decay| T::from_f64(1.0 - decay);
            (
                T::from_f64(numbers.step_size),
                numbers.decay.map_or(factors[at + 1], keep),
            )
        };
        match feedback {
            FeedbackWeights::KolenPollack => {
                for (at, b) in self.feedback.iter_mut().enumerate() {
                    if layers[at + 1].is_gain() {
                        continue;
                    }
                    let (_, keep) = numbers(at, 0.0);
                    Zip::from(b)
                        .and(&*step.changes(at + 1))
                        .for_each(|b, &change| *b = keep * *b + change);
                }
            }
            FeedbackWeights::Hebbian => {
                for (at, b) in self.feedback.iter_mut().enumerate() {
                    if layers[at + 1].is_gain() || !step.trace.hands_down(at + 1) {
                        continue;
                    }
                    let above = step.trace.activities.get(at + 1);
                    let above = above.unwrap_or(&step.trace.outputs);
                    let below = step.trace.read_by(at + 1);
                    let activity = (mean_square(above) * mean_square(&below)).sqrt();
                    let (eta, keep) = numbers(at, activity);
                    let layer = &layers[at + 1];
                    let factor = eta * layer.factor * T::from_f64(reduction);
                    layer.correlate(keep, b, factor, above, &below);
                }
            }
            FeedbackWeights::WeightMirror => {
                for (at, b) in self.feedback.iter_mut().enumerate() {
                    if layers[at + 1].is_gain() || !step.trace.hands_down(at + 1) {
                        continue;
                    }
                    let (step_size, keep) = numbers(at, 0.0);
                    let of = Mirrored {
                        layer: &layers[at + 1],
                        loss: (at + 2 == layers.len()).then_some(step.trace.loss),
                    };
                    let phase = Phase {
                        response: learning.mirror_response,
                        samples,
                        keep,
                        step_size,
                    };
                    mirror(b, &of, &phase, step.noise);
                }
            }
            FeedbackWeights::Transpose | FeedbackWeights::Random | FeedbackWeights::Sign(_) => {}
        }
    }

    fn feedback(&self) -> Option<&[Array2<T>]> {
        (self.composition.feedback != FeedbackWeights::Transpose).then_some(&self.feedback)
    }

    fn feedback_mut(&mut self) -> Option<&mut [Array2<T>]> {
        (self.composition.feedback != FeedbackWeights::Transpose).then_some(&mut self.feedback)
    }

    fn feedback_in_use(&self, layers: &[Layer<T>]) -> Option<Cow<'_, [Array2<T>]>> {
        Some(match self.composition.feedback {
            FeedbackWeights::Transpose => {
                Cow::Owned(layers[1..].iter().map(|l| l.weights.clone()).collect())
            }
            FeedbackWeights::Sign(_) => {
                let mut signed = self.feedback.clone();
                for (at, signed) in signed.iter_mut().enumerate() {
                    with_signs(&self.feedback[at], &layers[at + 1], signed);
                }
                Cow::Owned(signed)
            }
            _ => Cow::Borrowed(&self.feedback),
        })
    }

    fn path(&self) -> SignalPath {
        self.composition.path
    }
}

/// Mean square of the whole matrix, in the order of memory.
fn mean_square<T: Scalar>(matrix: &Array2<T>) -> f64 {
    let sum: f64 = matrix.iter().map(|x| x.to_f64() * x.to_f64()).sum();
    sum / matrix.len().max(1) as f64
}

/// signed := |magnitude| x sign(weight), but of gains, which have no feedback weights.
fn with_signs<T: Scalar>(magnitudes: &Array2<T>, layer: &Layer<T>, signed: &mut Array2<T>) {
    if layer.is_gain() {
        return;
    }
    Zip::from(signed)
        .and(magnitudes)
        .and(&layer.weights)
        .for_each(|s, &m, &w| {
            let m = if m < T::ZERO { -m } else { m };
            *s = if w > T::ZERO {
                m
            } else if w < T::ZERO {
                -m
            } else {
                T::ZERO
            };
        });
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::math::{Activation, Reduction, StreamName, Streams};

    /// An error of zero sends nothing, and a weight of zero carries nothing: zeros have no sign.
    #[test]
    fn zeros_have_no_sign() {
        let layer =
            |weights: Array2<f64>| Layer::dense(weights, Activation::Linear).with_factor(0.5);
        let layers = [layer(array![[1.0]]), layer(array![[0.0], [-2.0], [3.0]])];
        let mut trace = Trace::new(&layers, 2);
        trace.residual = array![[0.0, -7.0, 0.3], [2.0, 0.0, -0.0]];
        trace.reduction = Reduction::Mean;
        let noise = &mut Streams::new(1, 0).open(StreamName::Dropout);
        let learning = FeedbackLearning::default();
        let mut signals = |name: &str| {
            let composition = Composition::named(name).unwrap();
            let feedback = vec![array![[11.0], [13.0], [-17.0]]];
            let mut signals = [array![[0.7], [0.7]]];
            let mut rule = Composed::new(composition, feedback, learning);
            rule.teach(&layers, &trace, &mut signals, noise);
            signals[0].clone()
        };
        // Signs over the batch of 2, times B, times the factor.
        let expected = array![[0.25 * (-13.0 - 17.0)], [0.25 * 11.0]];
        assert_eq!(signals("sign_direct_feedback_alignment"), expected);
        // Magnitudes with the signs of the forward weights: 0, -13 and 17.
        let expected = array![[0.5 * (7.0 * 13.0 + 0.3 * 17.0)], [0.0]];
        let found = signals("fixed_random_sign_symmetry");
        assert!((found - expected).iter().all(|x| x.abs() < 1e-13));
    }
}
