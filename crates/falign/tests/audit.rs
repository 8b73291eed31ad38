//! The audit passes every rule of the library, and fails rules that are almost right.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use falign::Error;
use falign::audit::{Claim, Report, Subject, Verdict, audit};
use falign::math::{Activation, Loss, Reduction, Stream, StreamName, Streams};
use falign::mlp::{
    Architecture, DenseInput, FeedbackShape, Initialisation, draw_feedback, draw_layers,
};
use falign::rule::{
    Adaptation, Composed, Composition, FeedbackLearning, FeedbackWeights, LastLayerOnly, Layer,
    LearningRule, Magnitude, NodePerturbation, Trace, Trials, WeightPerturbation,
};
use ndarray::Array2;

type Rule = Box<dyn LearningRule<f64>>;
/// A name, what is claimed, and what makes the rule.
type Named = (String, Claim, Box<dyn Fn() -> Rule>);
type Lesson = Box<dyn FnMut(&[Layer<f64>], &Trace<f64>, &mut [Array2<f64>]) + Send>;
type Adapt = Box<dyn FnMut(&mut dyn LearningRule<f64>) + Send>;

const BATCH: usize = 12;
const DIM: usize = 5;
const OUTPUTS: usize = 3;

const LEARNING: FeedbackLearning = FeedbackLearning {
    step_size: 0.05,
    decay: None,
};

/// A network and a batch; what is not set is the same for all.
#[derive(Clone)]
struct Case {
    layers: Vec<Layer<f64>>,
    loss: Loss,
    reduction: Reduction,
    step_size: f64,
    factors: Vec<f64>,
    input: DenseInput<f64>,
    targets: Array2<f64>,
}

impl Case {
    fn new(hidden: &[usize], activation: Activation, start: Initialisation) -> Self {
        let mut architecture = Architecture::new(DIM, hidden, OUTPUTS, activation).unwrap();
        architecture.has_biases = start != Initialisation::Paper;
        let streams = Streams::new(4, 0);
        let mut data = streams.open(StreamName::Data);
        let input = Array2::from_shape_simple_fn((BATCH, DIM), || data.normal());
        let one_hot = |(i, c)| f64::from(u8::from(i % OUTPUTS == c));
        Self {
            layers: draw_layers(&architecture, start, streams),
            loss: Loss::SoftmaxCrossEntropy,
            reduction: Reduction::Mean,
            step_size: 0.2,
            factors: vec![1.0; hidden.len() + 1],
            input: DenseInput(input),
            targets: Array2::from_shape_fn((BATCH, OUTPUTS), one_hot),
        }
    }

    fn with_loss(mut self, loss: Loss, reduction: Reduction) -> Self {
        (self.loss, self.reduction) = (loss, reduction);
        if reduction == Reduction::Sum {
            self.step_size /= BATCH as f64;
        }
        self
    }

    /// Another ridge in every layer.
    fn with_ridge(mut self) -> Self {
        let factors = (0..self.layers.len()).map(|l| 0.99 - 0.02 * l as f64);
        self.factors = factors.collect();
        self
    }

    fn audit(&self, claim: Claim, rule: &dyn Fn() -> Rule) -> Report {
        let subject = Subject {
            layers: self.layers.clone(),
            rule,
            claim,
            input: self.input.clone(),
            targets: self.targets.clone(),
            loss: self.loss,
            reduction: self.reduction,
            step_size: self.step_size,
            factors: self.factors.clone(),
        };
        audit(&subject).unwrap()
    }

    /// A rule of the family with feedback weights of the usual law.
    fn composed(&self, composition: Composition) -> Composed<f64> {
        let shape = FeedbackShape {
            signs_only: composition.feedback == FeedbackWeights::Sign(Magnitude::Unit),
            ..FeedbackShape::default()
        };
        let (start, streams) = (Initialisation::UniformFanIn, Streams::new(4, 0));
        let feedback = draw_feedback(composition, &self.layers, start, shape, streams);
        Composed::new(composition, feedback, LEARNING)
    }
}

fn family(name: &str) -> Claim {
    Claim::Family {
        composition: Composition::named(name).unwrap(),
        learning: LEARNING,
    }
}

fn failed(report: &Report) -> Vec<&'static str> {
    let failed = report
        .checks
        .iter()
        .filter(|c| c.verdict == Verdict::Failed);
    failed.map(|c| c.name).collect()
}

fn verdict(report: &Report, name: &str) -> Verdict {
    report.check(name).unwrap().verdict
}

const ALL_CASES: [(&[usize], Activation, Loss, Reduction); 6] = {
    use Activation::{Relu, Tanh};
    use Loss::{Logistic, SoftmaxCrossEntropy, SquaredError};
    use Reduction::{Mean, Sum};
    [
        (&[7], Tanh, SoftmaxCrossEntropy, Mean),
        (&[7], Relu, SquaredError, Sum),
        (&[7, 6], Relu, SoftmaxCrossEntropy, Mean),
        (&[7, 6], Tanh, Logistic, Sum),
        (&[7, 6, 5], Relu, Logistic, Mean),
        (&[7, 6, 5], Tanh, SquaredError, Sum),
    ]
};

/// All rules with a claim of their own, on this network.
fn all_rules(case: &Case) -> Vec<Named> {
    let mut rules: Vec<Named> = Vec::new();
    for (name, composition) in Composition::NAMED {
        let case = case.clone();
        let make = move || -> Rule { Box::new(case.composed(composition)) };
        rules.push((name.to_owned(), family(name), Box::new(make)));
    }
    let sigma = 0.01;
    let mut baseline = |name: &str, claim, make: fn() -> Rule| {
        rules.push((name.to_owned(), claim, Box::new(make)));
    };
    baseline("last_layer_only", Claim::LastLayerOnly, || {
        Box::new(LastLayerOnly)
    });
    baseline(
        "node_perturbation",
        Claim::NodePerturbation { sigma },
        || Box::new(NodePerturbation::new(0.01)),
    );
    baseline(
        "weight_perturbation",
        Claim::WeightPerturbation { sigma },
        || Box::new(WeightPerturbation::new(0.01)),
    );
    rules
}

#[test]
fn every_rule_is_what_it_claims() {
    for (hidden, activation, loss, reduction) in ALL_CASES {
        let start = Initialisation::UniformFanIn;
        let case = Case::new(hidden, activation, start).with_loss(loss, reduction);
        for (name, claim, rule) in all_rules(&case) {
            let report = case.audit(claim, &rule);
            assert!(report.passed(), "{name} {hidden:?}: {report:#?}");
        }
    }
}

/// Other factors, no biases, and a ridge per layer.
#[test]
fn every_rule_is_what_it_claims_in_the_papers_scaling() {
    for activation in [Activation::LeakyRelu, Activation::Softplus] {
        let case = Case::new(&[8, 6], activation, Initialisation::Paper).with_ridge();
        for (name, claim, rule) in all_rules(&case) {
            let report = case.audit(claim, &rule);
            assert!(report.passed(), "{name}: {report:#?}");
        }
    }
}

/// A rule is not to blame for a step size at which its loss explodes.
#[test]
fn an_exploding_step_is_halved_until_it_does_not() {
    let mut case = Case::new(&[7, 6], Activation::Relu, Initialisation::He).with_ridge();
    case.loss = Loss::SquaredError;
    for (step_size, is_calm) in [(0.01, true), (30.0, false)] {
        case.step_size = step_size;
        for name in ["backpropagation", "feedback_alignment", "hebbian_feedback"] {
            let report = case.audit(family(name), &|| Box::new(named(&case, name)));
            assert!(report.passed(), "{name}: {report:#?}");
            assert_eq!(report.step_size.to_bits() == step_size.to_bits(), is_calm);
        }
    }
}

/// The checks that matter most do apply, and say what they found.
#[test]
fn checks_apply_where_they_have_a_meaning() {
    let applies = |name: &str, hidden: &[usize], activation, checks: &[(&str, bool)]| {
        let case = Case::new(hidden, activation, Initialisation::UniformFanIn);
        let composition = Composition::named(name).unwrap();
        let report = case.audit(family(name), &|| Box::new(case.composed(composition)));
        for (check, wanted) in checks {
            let found = verdict(&report, check) != Verdict::NotApplicable;
            assert_eq!(found, *wanted, "{name}: {:?}", report.check(check));
        }
        report
    };
    let (relu, tanh) = (Activation::Relu, Activation::Tanh);
    let all: &[_] = &[
        ("definition", true),
        ("transpose", true),
        ("conservation", true),
    ];
    for name in ["feedback_alignment", "direct_feedback_alignment"] {
        let report = applies(name, &[7], relu, all);
        let note = &report.check("transpose").unwrap().note;
        assert!(note.starts_with("bit for bit"), "{note}");
        applies(name, &[7, 6], relu, all);
        applies(name, &[7], tanh, &[("conservation", false)]);
    }
    let exact = applies("backpropagation", &[7], relu, &[("conservation", true)]);
    assert!(exact.check("locality").unwrap().note.contains("not local"));
    for name in [
        "kolen_pollack",
        "weight_mirror",
        "hebbian_feedback",
        "uniform_sign_symmetry",
        "fixed_random_sign_symmetry",
    ] {
        let report = applies(name, &[7, 6], tanh, &[("transpose", true)]);
        let note = &report.check("transpose").unwrap().note;
        assert!(note.starts_with("bit for bit"), "{name}: {note}");
    }
    let sent = [
        ("transpose", false),
        ("conservation", false),
        ("definition", true),
    ];
    applies("direct_random_target_projection", &[7], relu, &sent);
    applies("sign_direct_feedback_alignment", &[7], relu, &sent);
    let redrawn = [("transpose", false), ("fixed_feedback", true)];
    applies("batch_random_sign_symmetry", &[7], relu, &redrawn);
}

#[test]
fn an_audit_gives_the_same_report_twice() {
    let case = Case::new(&[7, 6], Activation::Tanh, Initialisation::UniformFanIn);
    let rule = || -> Rule { Box::new(WeightPerturbation::new(0.1)) };
    let claim = Claim::WeightPerturbation { sigma: 0.1 };
    assert_eq!(case.audit(claim, &rule), case.audit(claim, &rule));
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let case = Case::new(&[7], Activation::Tanh, Initialisation::UniformFanIn);
    let refused = |change: &dyn Fn(&mut Subject<'_>)| {
        let mut subject = Subject {
            layers: case.layers.clone(),
            rule: &|| Box::new(LastLayerOnly),
            claim: Claim::LastLayerOnly,
            input: case.input.clone(),
            targets: case.targets.clone(),
            loss: case.loss,
            reduction: case.reduction,
            step_size: case.step_size,
            factors: case.factors.clone(),
        };
        change(&mut subject);
        audit(&subject).unwrap_err()
    };
    let shape = |error| matches!(error, Error::Shape { .. });
    assert!(shape(refused(&|s| s.layers.clear())));
    assert!(shape(refused(&|s| s.layers.swap(0, 1))));
    assert!(shape(refused(&|s| s.factors.clear())));
    assert!(shape(refused(&|s| s.targets = Array2::zeros((BATCH, 1)))));
    let error = refused(&|s| s.step_size = 0.0);
    assert!(error.to_string().contains("step_size"), "{error}");
}

/// A rule with something done after its lessons and after its adaptations.
struct Mutant {
    rule: Rule,
    /// Changes the signals.
    lesson: Lesson,
    /// Changes the rule.
    adaptation: Adapt,
    /// Feedback weights it shows instead of its own.
    shown: Option<Vec<Array2<f64>>>,
    /// Writes zero gradients instead of teaching.
    is_idle: bool,
}

impl Mutant {
    fn of(rule: impl LearningRule<f64> + 'static) -> Self {
        Self {
            rule: Box::new(rule),
            lesson: Box::new(|_, _, _| {}),
            adaptation: Box::new(|_| {}),
            shown: None,
            is_idle: false,
        }
    }

    fn lesson(
        mut self,
        lesson: impl FnMut(&[Layer<f64>], &Trace<f64>, &mut [Array2<f64>]) + Send + 'static,
    ) -> Rule {
        self.lesson = Box::new(lesson);
        Box::new(self)
    }

    fn adaptation(
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

    fn estimate(&mut self, trials: &mut Trials<'_, f64>, noise: &mut Stream) -> bool {
        if !self.is_idle {
            return self.rule.estimate(trials, noise);
        }
        for g in &mut *trials.gradients {
            g.fill(0.0);
        }
        for g in &mut *trials.bias_gradients {
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

fn exact_signals(layers: &[Layer<f64>], trace: &Trace<f64>) -> Vec<Array2<f64>> {
    let mut signals = trace.activities.clone();
    let mut noise = Streams::new(0, 0).open(StreamName::Dropout);
    Composed::backpropagation().teach(layers, trace, &mut signals, &mut noise);
    signals
}

fn doubled(_: &[Layer<f64>], _: &Trace<f64>, signals: &mut [Array2<f64>]) {
    for s in signals {
        s.mapv_inplace(|s| 2.0 * s);
    }
}

/// A network whose two hidden layers and mean reduction hide no factor.
fn mutant_case() -> Case {
    Case::new(&[7, 6], Activation::Relu, Initialisation::UniformFanIn)
}

/// The mutant claims to be `name`, and at least these checks see that it is not; `passing` are
/// blind to it, as they should be.
#[track_caller]
fn is_caught(case: &Case, claim: Claim, rule: &dyn Fn() -> Rule, by: &[&str], passing: &[&str]) {
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

fn named(case: &Case, name: &str) -> Composed<f64> {
    case.composed(Composition::named(name).unwrap())
}

#[test]
fn forward_weights_in_the_place_of_feedback_are_caught() {
    let case = mutant_case();
    let rule = || -> Rule {
        let mut mutant = Mutant::of(Composed::backpropagation());
        mutant.shown = Some(
            named(&case, "feedback_alignment")
                .feedback()
                .unwrap()
                .to_vec(),
        );
        Box::new(mutant)
    };
    let by = ["definition", "locality", "conservation"];
    let claim = family("feedback_alignment");
    is_caught(&case, claim, &rule, &by, &["updates", "determinism"]);
}

#[test]
fn one_per_cent_of_the_transpose_is_caught() {
    for name in [
        "feedback_alignment",
        "direct_feedback_alignment",
        "kolen_pollack",
    ] {
        let case = mutant_case();
        let rule = || {
            Mutant::of(named(&case, name)).lesson(|layers, trace, signals| {
                for (s, exact) in signals.iter_mut().zip(exact_signals(layers, trace)) {
                    *s += &(0.01 * exact);
                }
            })
        };
        let by = ["definition", "locality"];
        is_caught(&case, family(name), &rule, &by, &["updates", "gradient"]);
    }
    let case = mutant_case();
    let rule = || {
        Mutant::of(named(&case, "feedback_alignment")).lesson(|layers, trace, signals| {
            signals[1] += &(0.01 * &exact_signals(layers, trace)[1]);
        })
    };
    let by = ["conservation"];
    is_caught(&case, family("feedback_alignment"), &rule, &by, &[]);
}

#[test]
fn doubled_signals_are_caught() {
    let case = mutant_case();
    for (name, composition) in Composition::NAMED {
        let rule = || Mutant::of(case.composed(composition)).lesson(doubled);
        let passing = ["updates", "locality", "determinism", "fixed_feedback"];
        is_caught(&case, family(name), &rule, &["definition"], &passing);
    }
    let rule = || Mutant::of(Composed::backpropagation()).lesson(doubled);
    is_caught(
        &case,
        family("backpropagation"),
        &rule,
        &["gradient", "conservation"],
        &[],
    );
    let rule = || Mutant::of(named(&case, "kolen_pollack")).lesson(doubled);
    is_caught(&case, family("kolen_pollack"), &rule, &["transpose"], &[]);
    let claim = Claim::NodePerturbation { sigma: 0.01 };
    let rule = || Mutant::of(NodePerturbation::new(0.01)).lesson(doubled);
    is_caught(&case, claim, &rule, &["unbiased"], &["updates"]);
}

/// The lower layer is taught as if the upper one were linear, or through psi' twice.
#[test]
fn a_forgotten_or_repeated_slope_is_caught() {
    let case = Case::new(&[7, 6], Activation::Tanh, Initialisation::UniformFanIn);
    for is_repeated in [false, true] {
        let b = named(&case, "feedback_alignment")
            .feedback()
            .unwrap()
            .to_vec();
        let rule = || {
            let b = b.clone();
            let inner = named(&case, "feedback_alignment");
            Mutant::of(inner).lesson(move |layers, trace, signals| {
                let slope = &trace.derivatives[1];
                let above = if is_repeated {
                    &signals[1] * slope * slope
                } else {
                    signals[1].clone()
                };
                signals[0] = layers[1].factor * above.dot(&b[0]);
            })
        };
        let passing = ["updates", "locality"];
        let by = ["definition", "transpose"];
        is_caught(&case, family("feedback_alignment"), &rule, &by, &passing);
    }
}

#[test]
fn drifting_feedback_is_caught() {
    fn drift(rule: &mut dyn LearningRule<f64>) {
        for b in rule.feedback_mut().into_iter().flatten() {
            b.mapv_inplace(|b| 0.9999 * b);
        }
    }
    let case = mutant_case();
    let claim = family("direct_feedback_alignment");
    let inner = || named(&case, "direct_feedback_alignment");
    let open = || Mutant::of(inner()).adaptation(drift);
    is_caught(
        &case,
        claim,
        &open,
        &["fixed_feedback"],
        &["definition", "locality"],
    );
    let hidden = || {
        let mut mutant = Mutant::of(inner());
        mutant.shown = inner().feedback().map(<[_]>::to_vec);
        mutant.adaptation(drift)
    };
    is_caught(
        &case,
        claim,
        &hidden,
        &["definition"],
        &["fixed_feedback", "locality"],
    );
    // The reverse: feedback that should learn, and does not.
    let frozen = || -> Rule { Box::new(inner_random(&case)) };
    let by = ["fixed_feedback", "feedback_learning"];
    for name in ["kolen_pollack", "hebbian_feedback", "weight_mirror"] {
        is_caught(&case, family(name), &frozen, &by, &["definition"]);
    }
}

fn inner_random(case: &Case) -> Composed<f64> {
    named(case, "feedback_alignment")
}

/// Backpropagation through the weights of the step before.
#[test]
fn stale_weights_are_caught() {
    let case = mutant_case();
    let rule = || {
        let mut stale: Option<Vec<Layer<f64>>> = None;
        Mutant::of(Composed::backpropagation()).lesson(move |layers, trace, signals| {
            let used = stale.replace(layers.to_vec()).unwrap_or(layers.to_vec());
            signals.clone_from_slice(&exact_signals(&used, trace));
        })
    };
    let by = ["definition", "gradient"];
    is_caught(&case, family("backpropagation"), &rule, &by, &["updates"]);
    // Random feedback that remembers the forward weights of the lesson before.
    let rule = || {
        let mut stale: Option<Vec<Layer<f64>>> = None;
        Mutant::of(inner_random(&case)).lesson(move |layers, trace, signals| {
            if let Some(stale) = stale.replace(layers.to_vec()) {
                signals[1] += &(0.01 * &exact_signals(&stale, trace)[1]);
            }
        })
    };
    let by = ["definition", "locality"];
    is_caught(&case, family("feedback_alignment"), &rule, &by, &[]);
}

/// Only a rule that writes gradients itself reaches the output layer.
#[test]
fn a_wrong_output_update_is_caught() {
    let case = mutant_case();
    let rule = || -> Rule {
        let mut mutant = Mutant::of(inner_random(&case));
        mutant.is_idle = true;
        Box::new(mutant)
    };
    let by = ["gradient", "updates"];
    is_caught(
        &case,
        family("feedback_alignment"),
        &rule,
        &by,
        &["definition"],
    );
    let rule = || -> Rule {
        let mut mutant = Mutant::of(WeightPerturbation::new(0.01));
        mutant.is_idle = true;
        Box::new(mutant)
    };
    let claim = Claim::WeightPerturbation { sigma: 0.01 };
    is_caught(&case, claim, &rule, &["unbiased"], &[]);
}

/// A rule under another rule's name.
#[test]
fn false_names_are_caught() {
    let case = mutant_case();
    for (name, other) in [
        ("feedback_alignment", "direct_feedback_alignment"),
        ("backpropagation", "feedback_alignment"),
        (
            "direct_feedback_alignment",
            "sign_direct_feedback_alignment",
        ),
        (
            "direct_random_target_projection",
            "direct_feedback_alignment",
        ),
        ("uniform_sign_symmetry", "fixed_random_sign_symmetry"),
        ("batch_random_sign_symmetry", "fixed_random_sign_symmetry"),
        ("fixed_random_sign_symmetry", "feedback_alignment"),
        ("kolen_pollack", "hebbian_feedback"),
        ("weight_mirror", "kolen_pollack"),
    ] {
        let report = case.audit(family(name), &|| Box::new(named(&case, other)));
        assert!(!report.passed(), "{other} passes as {name}");
    }
    let report = case.audit(Claim::LastLayerOnly, &|| Box::new(inner_random(&case)));
    assert_eq!(failed(&report), ["definition"], "{report:#?}");
    // A claim of feedback weights that are not shown cannot be proven.
    let report = case.audit(family("feedback_alignment"), &|| Box::new(LastLayerOnly));
    assert!(failed(&report).contains(&"definition"));
}

#[test]
fn wrong_feedback_learning_is_caught() {
    let case = mutant_case().with_ridge();
    for (name, decay, step_size) in [
        ("kolen_pollack", Some(0.001), 0.05),
        ("hebbian_feedback", None, 0.051),
        ("hebbian_feedback", Some(0.001), 0.05),
        ("weight_mirror", None, 0.08),
    ] {
        let inner = || {
            let composition = Composition::named(name).unwrap();
            let feedback = named(&case, name).feedback().unwrap().to_vec();
            Composed::new(composition, feedback, FeedbackLearning { step_size, decay })
        };
        let rule = || -> Rule { Box::new(inner()) };
        let passing = ["definition", "updates", "fixed_feedback"];
        is_caught(&case, family(name), &rule, &["feedback_learning"], &passing);
    }
}

/// A rule that draws from a source of its own differs from copy to copy.
#[test]
fn hidden_state_is_caught() {
    let case = mutant_case();
    let calls = Arc::new(AtomicU64::new(0));
    let rule = || {
        let calls = Arc::clone(&calls);
        Mutant::of(inner_random(&case)).lesson(move |_, _, signals| {
            let age = calls.fetch_add(1, Ordering::Relaxed);
            signals[0].mapv_inplace(|s| s * (1.0 + 1e-3 * age as f64));
        })
    };
    is_caught(&case, Claim::Private, &rule, &["determinism"], &["updates"]);
}

#[test]
fn a_private_rule_is_held_to_what_needs_no_definition() {
    let case = mutant_case();
    let report = case.audit(Claim::Private, &|| Box::new(inner_random(&case)));
    assert!(report.passed(), "{report:#?}");
    for check in ["gradient", "updates", "locality", "determinism"] {
        assert_eq!(verdict(&report, check), Verdict::Passed, "{check}");
    }
    assert_eq!(verdict(&report, "definition"), Verdict::NotApplicable);
    let report = case.audit(Claim::Private, &|| Box::new(Composed::backpropagation()));
    assert_eq!(failed(&report), ["locality"], "{report:#?}");
    let sign = || -> Rule { Box::new(named(&case, "fixed_random_sign_symmetry")) };
    let report = case.audit(Claim::Private, &sign);
    assert!(report.passed() && report.check("locality").unwrap().note.contains("signs"));
    let report = case.audit(Claim::Private, &|| Box::new(WeightPerturbation::new(0.1)));
    assert_eq!(verdict(&report, "gradient"), Verdict::NotApplicable);
}
