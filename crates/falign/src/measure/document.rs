//! The table of quantities in `docs/config.md`.

use std::fmt::Write as _;

use super::Quantity;
use super::cost::Cost;

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
