//! The verdict on updates, in a sentence.

use std::fmt::Write as _;

use super::explain::in_words;
use super::{Findings, Kind, PartFinding};
use crate::audit::compare::largest;
use crate::audit::report::Verdict;

/// A sentence without its subject. `same` is a rule that explains all updates, with the accuracy.
pub(super) fn verdict(
    found: &Findings,
    same: Option<(&'static str, f64)>,
    lacks_feedback: bool,
) -> String {
    let rule = in_words(found.rule.name());
    let failed = of(found, Verdict::Failed);
    if found.passed() {
        let layers = found.sizes.len() - 1;
        let all = if layers == 1 {
            "its layer changes".to_owned()
        } else {
            format!("all {layers} layers change")
        };
        let error = largest(found.parts.iter().map(|one| one.error));
        let mut text = format!("is {rule}: {all} as it says, to {}", accuracy(error));
        if !found.also.is_empty() {
            let others: Vec<String> = found.also.iter().map(|name| in_words(name)).collect();
            let _ = write!(text, "; {} would do the same here", joined(&others));
        }
        if lacks_feedback {
            text += "; how its feedback weights learn is not in the file";
        }
        return text;
    }
    if failed.is_empty() {
        let hidden = of(found, Verdict::NotApplicable);
        return format!(
            "cannot be told from these numbers: in {} the change is lost in rounding",
            places(&hidden)
        );
    }
    if let Some((name, error)) = same {
        return format!(
            "is not {rule}: it is {}, to {}",
            in_words(name),
            accuracy(error)
        );
    }
    let mut clauses: Vec<(String, Vec<&PartFinding>)> = Vec::new();
    for part in failed {
        let clause = part.instead.clone().unwrap_or_default();
        match clauses.iter_mut().find(|(known, _)| *known == clause) {
            Some((_, parts)) => parts.push(part),
            None => clauses.push((clause, vec![part])),
        }
    }
    let clauses = clauses.iter().map(|(clause, parts)| {
        // Feedback weights are named by the clause itself.
        let what = parts.iter().filter(|part| part.kind != Kind::Feedback);
        let what: Vec<&PartFinding> = what.copied().collect();
        if what.is_empty() {
            let layers = parts.iter().map(|part| part.layer.to_string());
            let layers: Vec<String> = layers.collect();
            format!("in layer {} {clause}", joined(&layers))
        } else {
            format!("in {} {clause}", places(&what))
        }
    });
    format!("is not {rule}: {}", clauses.collect::<Vec<_>>().join("; "))
}

fn of(found: &Findings, verdict: Verdict) -> Vec<&PartFinding> {
    found
        .parts
        .iter()
        .filter(|part| part.verdict == verdict)
        .collect()
}

/// `2e-16 of the largest change`.
fn accuracy(error: f64) -> String {
    if error == 0.0 {
        "the last bit".to_owned()
    } else {
        format!("{error:.0e} of the largest change")
    }
}

/// `layers 1 and 2 and the biases of layer 3`.
fn places(parts: &[&PartFinding]) -> String {
    let of_kind = |kind: Kind| -> Vec<usize> {
        let parts = parts.iter().filter(|part| part.kind == kind);
        parts.map(|part| part.layer).collect()
    };
    let weights = of_kind(Kind::Weights);
    let biases = of_kind(Kind::Biases)
        .into_iter()
        .filter(|layer| !weights.contains(layer));
    let biases: Vec<usize> = biases.collect();
    let named = |layers: &[usize]| {
        let list: Vec<String> = layers.iter().map(usize::to_string).collect();
        let plural = if layers.len() == 1 { "" } else { "s" };
        format!("layer{plural} {}", joined(&list))
    };
    let mut said = Vec::new();
    if !weights.is_empty() {
        said.push(named(&weights));
    }
    if !biases.is_empty() {
        said.push(format!("the biases of {}", named(&biases)));
    }
    said.join(" and ")
}

/// `a`, `a and b`, `a, b and c`.
fn joined(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
