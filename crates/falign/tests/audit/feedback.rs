//! Feedback weights that drift, stay or learn where they should not are caught.

use falign::rule::{Composed, Composition, FeedbackDecay, FeedbackLearning, LearningRule};

use super::mutant::{Mutant, inner_random, is_caught, mutant_case};
use super::{Rule, family, named};

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
            Composed::new(composition, feedback, FeedbackLearning { step_size, decay })
        };
        let rule = || -> Rule { Box::new(inner()) };
        let passing = ["definition", "updates", "fixed_feedback"];
        is_caught(&case, family(name), &rule, &["feedback_learning"], &passing);
    }
}
