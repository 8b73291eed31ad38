//! Learning rules explained: the signal of each as a formula, made from its composition.

use super::OWN;
use crate::rule::{Composition, FeedbackWeights, Magnitude, Rule, RuleKind, Sent, SignalPath};

/// Facts of a rule, in labelled parts.
pub(super) fn parts(rule: &Rule) -> Vec<(&'static str, String)> {
    let name = rule.name();
    let mut parts = vec![
        ("what", rule.about().unwrap_or_else(|| OWN.to_owned())),
        ("in figures", rule.label().into_owned()),
    ];
    if let Some(composition) = rule.composition() {
        let Composition {
            path,
            sent,
            feedback,
            ..
        } = composition;
        let v = sent_letter(sent);
        let signal = match path {
            SignalPath::Layerwise => format!(
                "s_l = c_{{l+1}} B_l (s_{{l+1}} o psi'(z_{{l+1}})), at the last hidden layer c B {v}"
            ),
            SignalPath::Direct => format!("s_l = c B_l {v} at every hidden layer"),
        };
        parts.extend([
            ("signal", signal),
            ("sent", sent_words(sent).to_owned()),
            ("through", feedback_words(feedback).to_owned()),
            (
                "change",
                "of W_l: -eta c_l (s_l o psi'(z_l)) a_{l-1}'; of the output layer: its exact gradient"
                    .to_owned(),
            ),
        ]);
    }
    let networks = match (rule.feedback().is_some(), rule.kind().is_some()) {
        (true, true) => "two-layer and mini-batch engines",
        (true, false) => "two-layer engines",
        (false, _) => "mini-batch engine",
    };
    parts.push(("networks", networks.to_owned()));
    let keys = own_keys(rule);
    if !keys.is_empty() {
        parts.push(("its keys", keys.join(", ")));
    }
    parts.extend([
        ("use it", format!("--set learning.rule={name}")),
        (
            "prove it",
            format!("falign audit FILE --set learning.rule={name}"),
        ),
        (
            "read on",
            "docs/conventions.md, Deep networks; docs/notation.md, Rules; docs/rules.md".to_owned(),
        ),
    ]);
    parts
}

fn sent_letter(sent: Sent) -> &'static str {
    match sent {
        Sent::Error => "e",
        Sent::SignOfError => "sign(e)",
        Sent::Target => "y",
    }
}

fn sent_words(sent: Sent) -> &'static str {
    match sent {
        Sent::Error => "the residual e, the derivative of the loss by the outputs",
        Sent::SignOfError => "the signs of the residual e, entry by entry",
        Sent::Target => "the target y, whatever the outputs are",
    }
}

fn feedback_words(feedback: FeedbackWeights) -> &'static str {
    match feedback {
        FeedbackWeights::Transpose => "B = W', the forward weights of the layer above",
        FeedbackWeights::Random => "B random and fixed",
        FeedbackWeights::Sign(Magnitude::Unit) => "B = sign(W') times one size",
        FeedbackWeights::Sign(Magnitude::FixedRandom) => {
            "B = sign(W') times random sizes, drawn once"
        }
        FeedbackWeights::Sign(Magnitude::BatchRandom) => {
            "B = sign(W') times random sizes, drawn for every batch"
        }
        FeedbackWeights::KolenPollack => "B, which changes and decays as W' does",
        FeedbackWeights::WeightMirror => "B, which learns from responses to noise",
        FeedbackWeights::Hebbian => "B, which learns from the activities at both ends",
    }
}

/// Keys of numbers that only some rules read.
fn own_keys(rule: &Rule) -> Vec<&'static str> {
    let mut keys = Vec::new();
    let feedback = rule.composition().map(|composition| composition.feedback);
    let learns = ["learning.feedback_step_size", "learning.feedback_decay"];
    match feedback {
        Some(FeedbackWeights::KolenPollack | FeedbackWeights::Hebbian) => keys.extend(learns),
        Some(FeedbackWeights::WeightMirror) => {
            keys.extend(learns);
            keys.push("learning.mirror_response");
        }
        None if *rule == Rule::OjaFeedback => keys.extend(learns),
        _ => {}
    }
    let path = rule.composition().map(|composition| composition.path);
    if path == Some(SignalPath::Direct) {
        keys.extend(["learning.feedback_shape", "learning.gate"]);
    }
    if rule.kind().is_some_and(RuleKind::is_trial) {
        keys.push("learning.perturbation");
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rule: &Rule) -> String {
        let lines = parts(rule).into_iter();
        let lines = lines.map(|(label, text)| format!("{label}: {text}"));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_rule_is_explained_by_its_composition_and_its_source() {
        let dfa = text(&Rule::DirectFeedbackAlignment);
        for part in [
            "Nokland 2016",
            "s_l = c B_l e at every",
            "B random and fixed",
            "its keys: learning.feedback_shape, learning.gate",
        ] {
            assert!(dfa.contains(part), "{dfa}");
        }
        assert!(dfa.contains("networks: mini-batch engine"), "{dfa}");
        let target = text(&Rule::DirectRandomTargetProjection);
        assert!(target.contains("c B_l y"), "{target}");
        let mirror = text(&Rule::WeightMirror);
        assert!(mirror.contains("learning.mirror_response"), "{mirror}");
        let shaken = text(&Rule::NodePerturbation);
        assert!(shaken.contains("learning.perturbation"), "{shaken}");
        assert!(!shaken.contains("signal:"), "{shaken}");
    }

    #[test]
    fn every_built_in_rule_is_explained_in_plain_sentences() {
        for rule in &Rule::ALL {
            let about = rule.about().unwrap();
            assert!(about.ends_with('.') && !about.contains("[`"), "{about}");
        }
    }
}
