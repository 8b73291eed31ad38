//! Teaching signals that are almost right are caught.

use falign::audit::Claim;
use falign::internal::network::Initialisation;
use falign::internal::rule::{Composed, Composition, NodePerturbation};
use falign::math::Activation;
use falign::rule::{Layer, LearningRule};

use super::mutant::{Mutant, doubled, exact_signals, inner_random, is_caught, mutant_case};
use super::{Case, Rule, family, named};

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
    for (name, composition) in Composition::all() {
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
                let slope = &*trace.derivatives(1);
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
