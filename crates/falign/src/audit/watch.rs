//! A few steps with every number a rule delivered on the way.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::Array2;

use super::net::{Draws, Pass};
use super::subject::{Audited, Purpose};
use crate::math::Stream;
use crate::rule::fused::family;
use crate::rule::{Adaptation, Layer, LearningRule, Plasticity, SignalPath, Trace};

/// One step of the network as it happened.
pub(super) struct Step {
    /// The layers before the step, and after it.
    pub(super) before: Vec<Layer<f64>>,
    pub(super) after: Vec<Layer<f64>>,
    /// States that maps keep, after the step.
    pub(super) states_after: Vec<Vec<f64>>,
    /// Draws of the step's maps.
    pub(super) draws: Draws,
    /// The numbers that the rule was told and shows.
    pub(super) seen: Seen,
    /// The rule's signals times psi': what weights are changed by.
    pub(super) deltas: Vec<Array2<f64>>,
    /// Feedback weights before the step, and after it.
    pub(super) feedback_before: Option<Vec<Array2<f64>>>,
    pub(super) feedback_after: Option<Vec<Array2<f64>>>,
}

/// Numbers exchanged between engine and rule in one step.
#[derive(Default, Clone)]
pub(super) struct Seen {
    /// Feedback weights right after teaching: those of this batch, where they are redrawn.
    pub(super) feedback: Option<Vec<Array2<f64>>>,
    /// The residual the rule was shown.
    pub(super) residual: Array2<f64>,
    /// Whether it wrote gradients itself.
    pub(super) has_estimated: bool,
}

/// A rule, and the numbers it has exchanged.
struct Witness {
    rule: Box<dyn LearningRule<f64>>,
    seen: Arc<Mutex<Seen>>,
}

impl LearningRule<f64> for Witness {
    fn teach(
        &mut self,
        layers: &[Layer<f64>],
        trace: &Trace<f64>,
        signals: &mut [Array2<f64>],
        noise: &mut Stream,
    ) {
        self.rule.teach(layers, trace, signals, noise);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen {
            feedback: self.rule.feedback().map(<[_]>::to_vec),
            residual: trace.residual.clone(),
            has_estimated: false,
        };
    }

    fn plasticity(&mut self, step: &mut Plasticity<'_, f64>, noise: &mut Stream) -> bool {
        let has_estimated = self.rule.plasticity(step, noise);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.has_estimated = has_estimated;
        has_estimated
    }

    fn adapt(&mut self, step: &mut Adaptation<'_, f64>) {
        self.rule.adapt(step);
    }

    fn feedback(&self) -> Option<&[Array2<f64>]> {
        self.rule.feedback()
    }

    fn feedback_mut(&mut self) -> Option<&mut [Array2<f64>]> {
        self.rule.feedback_mut()
    }

    fn feedback_in_use(&self, layers: &[Layer<f64>]) -> Option<Cow<'_, [Array2<f64>]>> {
        self.rule.feedback_in_use(layers)
    }

    fn path(&self) -> SignalPath {
        self.rule.path()
    }
}

impl Step {
    /// The batch on its way through the layers before the step, in plain loops.
    pub(super) fn pass(&self, subject: &Audited<'_>) -> Pass {
        subject.pass(&self.before, self.draws.clone())
    }
}

/// The first `steps` steps of the subject.
pub(super) fn watch(subject: &Audited<'_>, steps: usize) -> Vec<Step> {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let rule = (subject.rule)();
    let gate = family(rule.as_ref()).map(|rule| rule.composition().gate);
    let mut network = subject.network_with(Box::new(Witness {
        rule,
        seen: Arc::clone(&seen),
    }));
    // The network does not see the rule behind its witness.
    network.set_gate(gate.unwrap_or_default());
    let mut noise = Purpose::Steps.open();
    (0..steps)
        .map(|_| {
            let before = network.layers().to_vec();
            let draws = Draws {
                noise: noise.clone(),
                step: network.steps_done(),
            };
            let feedback_before = network.rule().feedback().map(<[_]>::to_vec);
            subject.step(&mut network, &mut noise);
            Step {
                before,
                draws,
                after: network.layers().to_vec(),
                states_after: network.states().map(|(_, state)| state.clone()).collect(),
                deltas: network.deltas().to_vec(),
                seen: seen.lock().unwrap_or_else(PoisonError::into_inner).clone(),
                feedback_before,
                feedback_after: network.rule().feedback().map(<[_]>::to_vec),
            }
        })
        .collect()
}
