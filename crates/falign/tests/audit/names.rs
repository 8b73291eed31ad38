//! Rules under another rule's name, with hidden state, or without a name.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use falign::audit::{Claim, Verdict};
use falign::internal::rule::{Composed, LastLayerOnly, WeightPerturbation};

use super::mutant::{Mutant, failed, inner_random, is_caught, mutant_case};
use super::{Rule, family, named, verdict};

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

/// A rule that draws from a separate source differs from copy to copy.
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
