//! The table of quantities in `docs/config.md`.

use std::fmt::Write as _;

use super::Quantity;
use super::cost::Cost;

/// Facts of a quantity, in labelled parts.
pub(crate) fn parts(quantity: Quantity) -> Vec<(&'static str, String)> {
    let row = quantity.row();
    let mut parts = vec![("what", quantity.meaning().to_owned())];
    if let (Some(deep), None) = (row.in_networks, quantity.layer()) {
        parts.push(("in deep nets", deep.to_owned()));
    }
    parts.push(("unit", row.unit.sentence()));
    let cost = |cost: Option<Cost>| match cost {
        Some(cost) => cost.text().1.to_owned(),
        None => "does not have it".to_owned(),
    };
    parts.push(("two-layer", cost(Cost::in_two_layer(quantity))));
    // One layer's has the cost of the mean over layers.
    let plain = Quantity::from_name(row.name).unwrap_or(quantity);
    let mut deep = cost(Cost::in_networks(plain));
    if row.network.is_some_and(|network| network.needs_classes) {
        deep += "; needs data with classes";
    }
    parts.push(("mini-batch", deep));
    if quantity.is_of_layers() && quantity.layer().is_none() {
        let name = row.name;
        let text = format!(
            "{name}_layer_1, {name}_layer_2, ... are those of one hidden layer, from the input up"
        );
        parts.push(("layers", text));
    }
    if quantity.is_prediction() {
        let text = "a heuristic limit, not a theorem, and no measurement";
        parts.push(("prediction", text.to_owned()));
    }
    if row.is_positive {
        let text = format!("tables also have {}_log10_mean and _log10_std", row.name);
        parts.push(("logarithm", text));
    }
    parts.push(("measure it", format!("run.quantities = [\"{quantity}\"]")));
    let read = "docs/config.md, Measured quantities; docs/notation.md";
    parts.push(("read on", read.to_owned()));
    parts
}

/// The table and what it needs to be read, as Markdown.
pub(crate) fn markdown() -> String {
    let mut text = String::from(HEAD);
    let cost = |cost: Option<Cost>| cost.map_or("", |cost| cost.text().0);
    for quantity in Quantity::ALL {
        let row = quantity.row();
        let mut meaning = row.meaning.to_owned();
        if let Some(deep) = row.in_networks {
            let _ = write!(meaning, ". Mini-batch engine: {deep}");
        }
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | {} |",
            row.name,
            row.unit.name(),
            cost(Cost::in_two_layer(quantity)),
            cost(Cost::in_networks(quantity)),
            if quantity.is_of_layers() { "yes" } else { "" },
            if row.is_positive { "yes" } else { "" },
            meaning.replace('|', "\\|"),
        );
    }
    text.push_str("\nWhat they cost:\n\n| | |\n|---|---|\n");
    for cost in Cost::ALL {
        let (name, sentence) = cost.text();
        let _ = writeln!(text, "| {name} | {sentence} |");
    }
    text.push_str(TAIL);
    text
}

const HEAD: &str = "\
With k > 1 outputs, norms are Frobenius norms and \\|v_r\\| is the norm of a unit's k weights; other letters are those of
[notation.md](notation.md). Each column of an engine has what the quantity costs there; an empty cell: the engine does not
measure it. The mini-batch engine measures on the test set, or on the training set where there is none, unless the meaning
says otherwise. Quantities with *layers* are means over the hidden layers where they have a meaning (`update_angle`: of the
whole network); with `_layer_1`, `_layer_2`, ... (hidden layers from the input up) behind the name they are those of one
layer. The logarithm of quantities with *log10*, which are positive by nature, is summarised too. Values without a meaning,
such as the cosine of a vanishing vector, are empty.

| name | unit | two-layer engines | mini-batch engine | layers | log10 | meaning |
|---|---|---|---|---|---|---|
";

const TAIL: &str = "
The *delivered signal* is what the rule sends to a hidden layer, for a sample of residual e (the derivative of its loss by
the outputs); *backpropagation's* is the true derivative of the loss by the layer's activity, in the same network and for
the same sample.

Predictions are heuristic limits, not theorems, and are computed by `falign::theory` without the run's later steps. The
lazy limit holds for t << sqrt(p)/eta, under feedback alignment and backpropagation; the slow-time limit needs feedback
alignment, ridge, and eta lambda t well above (1/2) log p.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_explained_by_its_row() {
        let of = |name| parts(Quantity::from_name(name).unwrap());
        let has = |name, label, text: &str| {
            let parts = of(name);
            let found = parts.iter().find(|(known, _)| *known == label);
            assert!(found.unwrap().1.contains(text), "{parts:?}");
        };
        has("alignment", "what", "cos(b, beta)");
        has("alignment", "layers", "alignment_layer_2");
        has("alignment_layer_2", "what", "mean over samples");
        has("alignment_layer_2", "mini-batch", "signals of the rule");
        has("alignment_layer_2", "two-layer", "does not have it");
        has("test_accuracy", "mini-batch", "needs data with classes");
        has("test_accuracy", "unit", "from 0 to 1");
        has("slow_time_alignment", "prediction", "not a theorem");
        has("loss", "logarithm", "loss_log10_mean");
        let labels = |name| {
            of(name)
                .into_iter()
                .map(|(label, _)| label)
                .collect::<Vec<_>>()
        };
        assert!(!labels("tau").contains(&"logarithm"));
        assert!(!labels("alignment_layer_2").contains(&"layers"));
    }
}
