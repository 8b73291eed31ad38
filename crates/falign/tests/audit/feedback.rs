//! Feedback weights that drift, stay or learn where they should not are caught.

use falign::audit::{Claim, Verdict};
use falign::internal::network::Initialisation;
use falign::internal::rule::{
    Composed, Composition, FeedbackDecay, FeedbackLearning, MirrorResponse,
};
use falign::math::{Activation, Loss, Reduction};
use falign::rule::LearningRule;

use super::mutant::{Mutant, inner_random, is_caught, mutant_case};
use super::{Case, Rule, family, named, verdict};

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

#[test]
fn wrong_feedback_learning_is_caught() {
    let case = mutant_case().with_ridge();
    for (name, decay, step_size) in [
        ("kolen_pollack", FeedbackDecay::Number(0.001), 0.05),
        ("hebbian_feedback", FeedbackDecay::Ridge, 0.051),
        ("hebbian_feedback", FeedbackDecay::Number(0.001), 0.05),
        ("hebbian_feedback", FeedbackDecay::Auto, 0.05),
        ("weight_mirror", FeedbackDecay::Ridge, 0.08),
        ("weight_mirror", FeedbackDecay::Auto, 0.05),
    ] {
        let inner = || {
            let composition = Composition::named(name).unwrap();
            let feedback = named(&case, name).feedback().unwrap().to_vec();
            let step_size = Some(step_size);
            let learning = FeedbackLearning {
                step_size,
                decay,
                ..FeedbackLearning::default()
            };
            Composed::new(composition, feedback, learning)
        };
        let rule = || -> Rule { Box::new(inner()) };
        let passing = ["definition", "updates", "fixed_feedback"];
        is_caught(&case, family(name), &rule, &["feedback_learning"], &passing);
    }
}

/// An audit tells two mirrors with different responses apart, and one with other noise too.
#[test]
fn uncentred_mirrors_are_what_they_say() {
    let mirror = |response| FeedbackLearning {
        step_size: Some(0.05),
        decay: FeedbackDecay::Number(0.01),
        mirror_response: response,
    };
    let uncentred = |noise| mirror(MirrorResponse::Activation { noise });
    let composition = Composition::named("weight_mirror").unwrap();
    let start = Initialisation::Xavier;
    for (activation, loss) in [
        (Activation::Sigmoid, Loss::Logistic),
        (Activation::Tanh, Loss::SoftmaxCrossEntropy),
        (Activation::Relu, Loss::SquaredError),
    ] {
        let case = Case::new(&[7, 6], activation, start).with_loss(loss, Reduction::Mean);
        let learns = |claimed, real| {
            let feedback = named(&case, "weight_mirror").feedback().unwrap().to_vec();
            let rule = || -> Rule { Box::new(Composed::new(composition, feedback.clone(), real)) };
            let claim = Claim::Family {
                composition,
                learning: claimed,
            };
            let report = case.audit(claim, &rule);
            for check in &report.checks {
                let is_asked = check.name == "feedback_learning";
                assert!(is_asked || check.verdict != Verdict::Failed, "{check:?}");
            }
            verdict(&report, "feedback_learning")
        };
        let linear = mirror(MirrorResponse::Linear);
        assert_eq!(learns(linear, linear), Verdict::Passed, "{activation:?}");
        assert_eq!(learns(uncentred(0.8), uncentred(0.8)), Verdict::Passed);
        for (claimed, real) in [
            (linear, uncentred(0.8)),
            (uncentred(0.8), linear),
            (uncentred(0.8), uncentred(0.3)),
        ] {
            assert_eq!(learns(claimed, real), Verdict::Failed, "{activation:?}");
        }
        if loss == Loss::Logistic {
            // All slopes are 1/4 where noise is weak. Responses that are centred then have the
            // same mean product, a^2/4 W, and hardly any scatter.
            let a = 0.05;
            let centred = FeedbackLearning {
                step_size: Some(0.05 * a * a / 4.0),
                ..linear
            };
            assert_eq!(learns(uncentred(a), uncentred(a)), Verdict::Passed);
            assert_eq!(learns(uncentred(a), centred), Verdict::Failed);
        }
    }
}
