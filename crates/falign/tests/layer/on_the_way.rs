//! Gradients made while signals come down are those of the signals that rules are asked for.

use falign::internal::layer::Wiring;
use falign::internal::network::{FeedbackShape, Network, OptimiserKind, draw_feedback};
use falign::internal::rule::{Composed, Composition, DirectFeedback, FeedbackLearning, Gate};
use falign::layer::Layout;
use falign::math::Streams;
use falign::rule::Layer;

use super::direct::normed;
use super::networks::*;

/// Rules of the family, among them all kinds of direct feedback and functions in the place of psi'.
fn compositions() -> Vec<(String, Composition)> {
    let named = Composition::all().map(|(name, rule)| (name.to_owned(), rule));
    let direct = Composition::named("direct_feedback_alignment").unwrap();
    let kinds = [DirectFeedback::Kernel, DirectFeedback::Shared];
    let kinds = kinds.map(|kind| {
        (
            format!("{kind:?}"),
            Composition {
                direct: kind,
                ..direct
            },
        )
    });
    let gates = [Gate::Step, Gate::Sin, Gate::Identity];
    let gates = gates.map(|gate| (format!("{gate:?}"), Composition { gate, ..direct }));
    named.chain(kinds).chain(gates).collect()
}

/// Losses of training where the step is kept to be looked at, and where it is not.
fn both_ways(
    composition: Composition,
    make: impl Fn() -> (Vec<Layer<f64>>, Wiring<f64>),
    dropout: f64,
) -> [Vec<f64>; 2] {
    [true, false].map(|is_kept| {
        let (layers, wiring) = make();
        let shape = FeedbackShape::default();
        let feedback = draw_feedback(composition, &layers, START, shape, Streams::new(3, 0));
        let rule = Composed::new(composition, feedback, FeedbackLearning::default());
        let kind = OptimiserKind::Momentum { momentum: 0.9 };
        let mut network = Network::wired(layers, wiring, Box::new(rule), kind);
        network.keep_first_changes(is_kept);
        let mut options = options(&NO_RIDGE);
        options.step_size = 0.02;
        options.dropout = dropout;
        train(&mut network, 12, options)
    })
}

#[test]
fn gradients_on_the_way_are_those_of_the_signals() {
    for (name, composition) in compositions() {
        for layout in [Layout::Rows, Layout::Lanes(16)] {
            let blocks = || (layers(1), wiring(layout, false));
            let noisy = || (layers(1), wiring(layout, true));
            let found = [
                both_ways(composition, blocks, 0.0),
                both_ways(composition, noisy, 0.3),
                both_ways(composition, || normed(layout), 0.0),
            ];
            for [kept, not_kept] in found {
                assert_eq!(kept, not_kept, "{name} {layout:?}");
                assert!((kept[11] - kept[0]).abs() > 1e-6, "{name}");
            }
        }
    }
}
