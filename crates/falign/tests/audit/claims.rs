//! Every rule of the library is what it claims to be.

use falign::Error;
use falign::audit::{Claim, Subject, Verdict, audit};
use falign::internal::network::Initialisation;
use falign::internal::rule::{Composition, LastLayerOnly, NodePerturbation, WeightPerturbation};
use falign::math::{Activation, Loss, Reduction};
use ndarray::Array2;

use super::{BATCH, Case, Rule, family, named, verdict};

/// A name, what is claimed, and what makes the rule.
type Named = (String, Claim, Box<dyn Fn() -> Rule>);

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

/// Rules that have a claim, all of them, on this network.
fn all_rules(case: &Case) -> Vec<Named> {
    let mut rules: Vec<Named> = Vec::new();
    for (name, composition) in Composition::all() {
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
