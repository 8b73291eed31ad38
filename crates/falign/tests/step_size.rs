//! `step_size = "auto"` of deep networks.

use falign::internal::config::setting::Setting;
use falign::internal::simulate::{Outcome, RunResult};

use crate::support::deep::{IMAGES, bits, run, setting};

/// Run 0 of the images with these overrides, its step unknown.
fn auto(sets: &[&str]) -> (Setting, RunResult) {
    let setting = setting(IMAGES, &[&["learning.step_size=auto"], sets].concat());
    let result = run(&setting, 0);
    (setting, result)
}

#[test]
fn it_is_half_a_step_over_the_curvature_and_is_recorded() {
    let (_, result) = auto(&["learning.ridge=0"]);
    let [eta, curvature] = [
        result.resolved.step_size,
        result.resolved.kernel_max.unwrap(),
    ];
    assert!((eta * curvature - 0.5).abs() < 1e-15, "{eta} {curvature}");
    let typed = format!("learning.step_size={eta:e}");
    let typed = run(&setting(IMAGES, &["learning.ridge=0", &typed]), 0);
    assert!(bits(&typed) == bits(&result));
    assert_eq!(typed.resolved.kernel_max, None);
    let over = "learning.step_size={ over_M = 0.5 }";
    assert!(bits(&run(&setting(IMAGES, &["learning.ridge=0", over]), 0)) == bits(&result));
    let largest = auto(&["learning.ridge=3"]).1.resolved;
    assert!((largest.step_size * (curvature + 3.0) - 0.5).abs() < 1e-15);
    let same = largest.kernel_max.map(f64::to_bits);
    assert_eq!(same, Some(curvature.to_bits()));
}

#[test]
fn optimisers_and_trials_have_steps_of_their_own() {
    let plain = auto(&["learning.ridge=0"]).1.resolved.step_size;
    let with = |sets: &[&str]| auto(&[&["learning.ridge=0"], sets].concat()).1.resolved;
    for optimiser in ["momentum", "nesterov"] {
        let optimiser = format!("learning.optimiser={optimiser}");
        let eta = with(&[&optimiser, "learning.momentum=0.75"]).step_size;
        assert!((eta / plain - 0.25).abs() < 1e-15, "{optimiser} {eta}");
    }
    for optimiser in ["adam", "rmsprop"] {
        let found = with(&[&format!("learning.optimiser={optimiser}")]);
        assert_eq!(found.step_size.to_bits(), 1e-3f64.to_bits());
        assert_eq!(found.kernel_max, None);
    }
    // 16-7-6-4: 178 weights, 17 biases; 13 hidden units in batches of 8.
    let weights = with(&["learning.rule=weight_perturbation"]).step_size;
    assert!((weights * 197.0 / plain - 1.0).abs() < 1e-14, "{weights}");
    let units = with(&["learning.rule=node_perturbation"]).step_size;
    assert!((units * 2.75 / plain - 1.0).abs() < 1e-14, "{units}");
    // What does not learn is not steep.
    assert!(with(&["learning.rule=last_layer_only"]).step_size > plain);
}

#[test]
fn feedback_that_learns_with_the_step_of_the_weights_has_it() {
    let sets = [
        "learning.rule=weight_mirror",
        "learning.feedback_step_size=step_size",
    ];
    let (_, result) = auto(&sets);
    let eta = result.resolved.step_size;
    let typed = [
        &format!("learning.step_size={eta:e}"),
        "learning.rule=weight_mirror",
        &format!("learning.feedback_step_size={eta:e}"),
    ];
    assert!(bits(&run(&setting(IMAGES, &typed), 0)) == bits(&result));
}

#[test]
fn every_rule_learns_with_it() {
    for rule in [
        "backpropagation",
        "feedback_alignment",
        "direct_feedback_alignment",
        "sign_direct_feedback_alignment",
        "direct_random_target_projection",
        "uniform_sign_symmetry",
        "fixed_random_sign_symmetry",
        "batch_random_sign_symmetry",
        "kolen_pollack",
        "weight_mirror",
        "hebbian_feedback",
        "last_layer_only",
        "node_perturbation",
        "weight_perturbation",
    ] {
        let rule_is = format!("learning.rule={rule}");
        let (setting, result) = auto(&[&rule_is, "run.epochs=30", "learning.ridge=0"]);
        assert_eq!(result.rows.outcome, Outcome::Finished, "{rule}");
        let at = setting.quantities.iter().position(|q| q.name() == "loss");
        let losses: Vec<f64> = result
            .rows
            .values
            .iter()
            .map(|row| row[at.unwrap()])
            .collect();
        let (first, last) = (losses[1], losses[losses.len() - 1]);
        assert!(last < first, "{rule}: {first} {last}");
    }
}

#[test]
fn a_start_without_curvature_is_refused_by_key() {
    use falign::internal::simulate::sources::Sources;
    use falign::internal::simulate::{Context, simulate};
    let sets = [
        "learning.step_size=auto",
        "network.initialisation=zero",
        "network.biases=false",
    ];
    let setting = setting(IMAGES, &sets);
    let sources = Sources::default();
    let error = simulate(&setting, 0, Context::new(&sources), &mut |_| true).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("learning.step_size"), "{message}");
    assert!(message.contains("give a number"), "{message}");
}
