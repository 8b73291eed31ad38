//! Rules that are almost right, and what must see that they are not.

use falign::audit::{Claim, Report, Verdict};
use falign::internal::network::Initialisation;
use falign::internal::rule::Composed;
use falign::math::{Activation, Stream, StreamName, Streams};
use falign::rule::{Adaptation, Layer, LearningRule, Plasticity, Trace};
use ndarray::Array2;

use super::{Case, Rule, named};

type Lesson = Box<dyn FnMut(&[Layer<f64>], &Trace<f64>, &mut [Array2<f64>]) + Send>;
type Adapt = Box<dyn FnMut(&mut dyn LearningRule<f64>) + Send>;

/// A rule with something done after its lessons and after its adaptations.
pub(super) struct Mutant {
    rule: Rule,
    /// Changes the signals.
    lesson: Lesson,
    /// Changes the rule.
    adaptation: Adapt,
    /// Feedback weights it shows instead of its own.
    pub(super) shown: Option<Vec<Array2<f64>>>,
    /// Writes zero gradients instead of teaching.
    pub(super) is_idle: bool,
}

impl Mutant {
    pub(super) fn of(rule: impl LearningRule<f64> + 'static) -> Self {
        Self {
            rule: Box::new(rule),
            lesson: Box::new(|_, _, _| {}),
            adaptation: Box::new(|_| {}),
            shown: None,
            is_idle: false,
        }
    }

    pub(super) fn lesson(
        mut self,
        lesson: impl FnMut(&[Layer<f64>], &Trace<f64>, &mut [Array2<f64>]) + Send + 'static,
    ) -> Rule {
        self.lesson = Box::new(lesson);
        Box::new(self)
    }

    pub(super) fn adaptation(
        mut self,
        adaptation: impl FnMut(&mut dyn LearningRule<f64>) + Send + 'static,
    ) -> Rule {
        self.adaptation = Box::new(adaptation);
        Box::new(self)
    }
}

impl LearningRule<f64> for Mutant {
    fn teach(
        &mut self,
        layers: &[Layer<f64>],
        trace: &Trace<f64>,
        signals: &mut [Array2<f64>],
        noise: &mut Stream,
    ) {
        self.rule.teach(layers, trace, signals, noise);
        (self.lesson)(layers, trace, signals);
    }

    fn plasticity(&mut self, step: &mut Plasticity<'_, f64>, noise: &mut Stream) -> bool {
        if !self.is_idle {
            return self.rule.plasticity(step, noise);
        }
        for g in &mut *step.gradients {
            g.fill(0.0);
        }
        for g in &mut *step.bias_gradients {
            g.fill(0.0);
        }
        true
    }

    fn adapt(&mut self, step: &mut Adaptation<'_, f64>) {
        self.rule.adapt(step);
        (self.adaptation)(self.rule.as_mut());
    }

    fn feedback(&self) -> Option<&[Array2<f64>]> {
        self.shown.as_deref().or(self.rule.feedback())
    }

    fn feedback_mut(&mut self) -> Option<&mut [Array2<f64>]> {
        self.rule.feedback_mut()
    }
}

pub(super) fn exact_signals(layers: &[Layer<f64>], trace: &Trace<f64>) -> Vec<Array2<f64>> {
    let mut signals = trace.activities.clone();
    let mut noise = Streams::new(0, 0).open(StreamName::Dropout);
    Composed::backpropagation().teach(layers, trace, &mut signals, &mut noise);
    signals
}

pub(super) fn doubled(_: &[Layer<f64>], _: &Trace<f64>, signals: &mut [Array2<f64>]) {
    for s in signals {
        s.mapv_inplace(|s| 2.0 * s);
    }
}

/// A network whose two hidden layers and mean reduction hide no factor.
pub(super) fn mutant_case() -> Case {
    Case::new(&[7, 6], Activation::Relu, Initialisation::UniformFanIn)
}

pub(super) fn inner_random(case: &Case) -> Composed<f64> {
    named(case, "feedback_alignment")
}

pub(super) fn failed(report: &Report) -> Vec<&'static str> {
    let failed = report
        .checks
        .iter()
        .filter(|c| c.verdict == Verdict::Failed);
    failed.map(|c| c.name).collect()
}

/// The mutant claims to be `name`, and at least these checks see that it is not; `passing` are
/// blind to it, as they should be.
#[track_caller]
pub(super) fn is_caught(
    case: &Case,
    claim: Claim,
    rule: &dyn Fn() -> Rule,
    by: &[&str],
    passing: &[&str],
) {
    let report = case.audit(claim, rule);
    let failed = failed(&report);
    for check in by {
        assert!(failed.contains(check), "{check} is blind: {report:#?}");
    }
    for check in passing {
        assert!(
            !failed.contains(check),
            "{check} sees too much: {report:#?}"
        );
    }
}
