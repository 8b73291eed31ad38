//! The key table: every key of an experiment file, its default and its range, in one place.
//!
//! Parsing, "did you mean", `--set` and `docs/config.md` all read this table, so they cannot
//! disagree.

use std::fmt::Write as _;

/// One key of `[data] [network] [learning] [run]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The section, `network`.
    pub section: &'static str,
    /// The name within the section, unique across all sections: `width`.
    pub leaf: &'static str,
    /// The default as TOML text; empty if the key is unset by default.
    pub default: &'static str,
    /// What is accepted: type, range, names.
    pub allowed: &'static str,
    /// What the key means.
    pub meaning: &'static str,
}

impl Key {
    /// The dotted key, `network.width`.
    pub fn dotted(&self) -> String {
        format!("{}.{}", self.section, self.leaf)
    }
}

/// The sections of an experiment file, in order, each with what it describes.
pub const SECTIONS: [(&str, &str); 4] = [
    ("data", "the training data"),
    ("network", "the network and its start"),
    ("learning", "the learning rule, its step and its ridge"),
    ("run", "how long, how often, and what is measured"),
];

/// The keys at the top of an experiment file, each with its meaning.
pub const TOP_KEYS: [(&str, &str); 5] = [
    ("name", "short name; also the default folder, `runs/NAME`"),
    ("title", "one line"),
    (
        "about",
        "prose: what the experiment shows and how firmly it is known",
    ),
    ("source", "where the claim comes from"),
    ("expected_time", "time on a stated machine"),
];

const fn key(
    section: &'static str,
    leaf: &'static str,
    default: &'static str,
    allowed: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        section,
        leaf,
        default,
        allowed,
        meaning,
    }
}

/// Every key, in the order of the documentation.
pub const KEYS: &[Key] = &[
    key(
        "data",
        "samples",
        "50",
        "a whole number from 1 to 10^6",
        "n, training samples",
    ),
    key(
        "data",
        "input_dim",
        "150",
        "a whole number from 1 to 10^7",
        "d, inputs per sample",
    ),
    key(
        "data",
        "outputs",
        "1",
        "a whole number from 1 to 10^4",
        "k, outputs of the network",
    ),
    key(
        "data",
        "inputs",
        "\"normal\"",
        "\"normal\", \"normal_over_dim\" or \"orthonormal\"",
        "law of the generated inputs: N(0, 1) entries (Figure 2), N(0, 1/d) entries (the propositions), or orthonormal rows",
    ),
    key(
        "data",
        "targets",
        "\"teacher\"",
        "\"teacher\" or \"signs\"",
        "generated targets: a network of the same architecture with fresh Gaussian weights, or independent fair signs",
    ),
    key(
        "data",
        "teacher_width",
        "\"width\"",
        "\"width\" or a whole number from 1 to 10^15",
        "hidden units of the teacher; \"width\" is the network's own",
    ),
    key(
        "data",
        "dataset",
        "\"per_run\"",
        "\"per_run\" or \"shared\"",
        "whether every run draws its own data or all use those of run 0",
    ),
    key(
        "data",
        "held_out",
        "0",
        "a whole number from 0 to 10^6",
        "generated held-out samples, for `held_out_loss`",
    ),
    key(
        "data",
        "train_data",
        "",
        "the path of an NPZ, NPY or CSV file",
        "X and y to train on, instead of generated data; relative to the experiment file",
    ),
    key(
        "data",
        "held_out_data",
        "",
        "the path of an NPZ, NPY or CSV file",
        "held-out X and y; relative to the experiment file",
    ),
    key(
        "network",
        "width",
        "3200",
        "a whole number from 1 to 10^15",
        "p, hidden units",
    ),
    key(
        "network",
        "activation",
        "\"linear\"",
        "\"linear\", \"relu\", \"tanh\", \"sigmoid\", \"erf\", \"softplus\" or \"leaky_relu\"",
        "psi, the activation of the hidden layer",
    ),
    key(
        "network",
        "draw",
        "\"auto\"",
        "\"auto\", \"weights\" or \"gram\"",
        "how the start is drawn: the weights themselves, or only their Gram matrix (linear engine; the same law at any width); auto: gram for the linear engine above a width of 10^5",
    ),
    key(
        "network",
        "output_scale",
        "1.0",
        "a number above 0",
        "alpha in f = alpha beta' psi(W x)/sqrt(p)",
    ),
    key(
        "network",
        "center_outputs",
        "\"auto\"",
        "\"auto\", true or false",
        "whether the initial outputs are subtracted; auto: exactly when `output_scale` is not 1",
    ),
    key(
        "network",
        "initial_weights",
        "",
        "the path of an NPZ file",
        "W, beta, b to start from; relative to the experiment file",
    ),
    key(
        "learning",
        "rule",
        "\"feedback_alignment\"",
        "\"backpropagation\", \"feedback_alignment\", \"kolen_pollack\", \"hebbian_feedback\" or \"oja_feedback\"",
        "which weights carry the error backward, and whether they learn",
    ),
    key(
        "learning",
        "step_size",
        "\"auto\"",
        "a number above 0, \"auto\" or { over_M = number above 0 }",
        "eta; auto is 0.5/(M + max lambda), over_M = a is a/M, with M the largest eigenvalue of the infinite-width kernel",
    ),
    key(
        "learning",
        "ridge",
        "0.0",
        "a number of at least 0 or { gamma = number of at least 0 }",
        "lambda, the ridge on beta; gamma = L is L times the least non-zero eigenvalue of the infinite-width kernel",
    ),
    key(
        "learning",
        "ridge_form",
        "\"step_scaled\"",
        "\"step_scaled\" or \"per_step\"",
        "beta shrinks by 1 - eta lambda(t) (appendix of the paper), or by 1 - lambda(t) (as its Section 4.1 prints)",
    ),
    key(
        "learning",
        "schedule",
        "\"constant\"",
        "\"constant\", \"cutoff\", \"inverse_square\", \"exponential\" or \"table\"",
        "lambda(t): constant; until `cutoff`; lambda/(1 + t/t0)^2 or lambda exp(-t/t0) with t0 = `decay_steps`; or `ridge_table`",
    ),
    key(
        "learning",
        "cutoff",
        "",
        "a whole number of steps of at least 0 or { c_s = number above 0 }",
        "T, the last step with ridge (inclusive); c_s = c is S/lambda with S = c gamma sqrt(gamma p)/(eta sqrt(n) M)",
    ),
    key(
        "learning",
        "decay_steps",
        "",
        "a number of steps above 0 or { c_s = number above 0 }",
        "t0 of the decaying schedules, in steps or as for `cutoff`",
    ),
    key(
        "learning",
        "ridge_table",
        "",
        "a list of numbers of at least 0, not empty",
        "lambda(0), lambda(1), ...; the last value holds from there on",
    ),
    key(
        "learning",
        "dropout",
        "0.0",
        "a number of at least 0 and below 1",
        "probability that a hidden unit is dropped, per step and sample (inverted dropout)",
    ),
    key(
        "learning",
        "feedback_correlation",
        "0.0",
        "a number from -1 to 1",
        "rho, initial correlation of b with beta",
    ),
    key(
        "learning",
        "feedback_step_size",
        "\"step_size\"",
        "\"step_size\" or a number above 0",
        "eta_b of the rules whose feedback weights learn",
    ),
    key(
        "learning",
        "feedback_decay",
        "\"ridge\"",
        "\"ridge\" or a number from 0 to 1",
        "kappa, decay of learned feedback weights per step; \"ridge\" is the decay of beta",
    ),
    key(
        "run",
        "seed",
        "0",
        "a whole number from 0 to 2^63 - 1",
        "root of every random stream",
    ),
    key(
        "run",
        "runs",
        "10",
        "a whole number from 1 to 10^9",
        "independent runs of each setting",
    ),
    key(
        "run",
        "steps",
        "1000",
        "a whole number from 0 to 10^15, { tau = number above 0 } or { eta_lambda_t = number above 0 }",
        "training steps, or until eta t/sqrt(p) = tau, or until eta lambda t has a value (lambda the largest ridge)",
    ),
    key(
        "run",
        "engine",
        "\"auto\"",
        "\"auto\", \"reference\", \"sample_space\" or \"linear\"",
        "implementation of the dynamics; auto: linear for the linear activation without dropout (but not where single hidden units are asked of a rule other than feedback_alignment), sample_space otherwise",
    ),
    key(
        "run",
        "precision",
        "\"f64\"",
        "\"f64\" or \"f32\"",
        "precision of the dynamics; with f32 the loss has a floor near 1e-10",
    ),
    key(
        "run",
        "record",
        "{ count = 100 }",
        "{ every = k }, { per_decade = k }, { count = k } with k of at least 1, { at = [ascending steps] } or \"last\"",
        "steps at which quantities are measured; all but `at` include the last, all but `at` and \"last\" step 0",
    ),
    key(
        "run",
        "quantities",
        "[\"loss\", \"regularised_loss\", \"residual_norm\", \"alignment\", \"output_norm\", \"tau\", \"eta_lambda_t\"]",
        "a list of distinct names of measured quantities, not empty",
        "what is measured",
    ),
    key(
        "run",
        "alignment_threshold",
        "0.1",
        "a number from -1 to 1",
        "c of Definition 4.1, for `aligned` and `aligned_since`",
    ),
    key(
        "run",
        "stop_tolerance",
        "0.0",
        "a number of at least 0",
        "a run has converged when the loss changes by less than this part over `stop_window` steps; 0 never stops",
    ),
    key(
        "run",
        "stop_window",
        "100",
        "a whole number from 1 to 10^15",
        "steps over which `stop_tolerance` compares",
    ),
    key(
        "run",
        "save_weights",
        "\"none\"",
        "\"none\", \"initial\", \"final\" or \"both\"",
        "which W, beta, b are saved for each run",
    ),
    key(
        "run",
        "per_run_table",
        "false",
        "true or false",
        "whether `runs.csv`, one row per setting, run and step, is written too",
    ),
    key(
        "run",
        "runs_per_job",
        "5",
        "a whole number from 1 to 10^9",
        "runs in one resumable job",
    ),
];

/// The key with that leaf name.
pub fn leaf(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.leaf == name)
}

/// The key with that dotted name.
pub fn dotted(name: &str) -> Option<&'static Key> {
    let (section, leaf) = name.split_once('.')?;
    KEYS.iter()
        .find(|key| key.section == section && key.leaf == leaf)
}

/// The candidate nearest to `name` in spelling, if any is near.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or the list of what exists when nothing is near.
pub fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    if let Some(near) = nearest(name, candidates.clone()) {
        return format!("did you mean `{near}`?");
    }
    let all: Vec<&str> = candidates.into_iter().collect();
    if all.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are {}", all.join(", "))
    }
}

/// What to write instead of an unknown dotted key.
pub(crate) fn suggest_dotted(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    if let Some(key) = leaf(last) {
        return format!("unknown key; did you mean `{}`?", key.dotted());
    }
    match nearest(last, KEYS.iter().map(|key| key.leaf)).and_then(leaf) {
        Some(key) => format!("unknown key; did you mean `{}`?", key.dotted()),
        None => "unknown key; docs/config.md lists all keys".to_owned(),
    }
}

/// The text of `docs/config.md`.
pub fn config_markdown() -> String {
    let mut text = String::from(include_str!("config_head.md"));
    text.push_str("\n## Top of the file\n\n| key | meaning |\n|---|---|\n");
    for (name, meaning) in TOP_KEYS {
        let _ = writeln!(text, "| `{name}` | {meaning} |");
    }
    for (section, about) in SECTIONS {
        let _ = write!(
            text,
            "\n## `[{section}]`: {about}\n\n| key | default | accepted | meaning |\n|---|---|---|---|\n"
        );
        for key in KEYS.iter().filter(|key| key.section == section) {
            let default = if key.default.is_empty() {
                "unset".to_owned()
            } else {
                format!("`{}`", key.default)
            };
            let _ = writeln!(
                text,
                "| `{}` | {default} | {} | {} |",
                key.leaf, key.allowed, key.meaning
            );
        }
    }
    text.push_str("\n## Measured quantities (`run.quantities`)\n\n");
    for quantity in crate::observe::Quantity::ALL {
        let _ = writeln!(text, "- `{}`", quantity.name());
    }
    text.push_str(include_str!("config_tail.md"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaf_names_are_unique_and_sections_known() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(
                SECTIONS.iter().any(|(name, _)| *name == key.section),
                "{key:?}"
            );
            assert!(
                KEYS[..index].iter().all(|other| other.leaf != key.leaf),
                "{key:?}"
            );
        }
    }

    #[test]
    fn the_committed_key_table_is_the_generated_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/config.md");
        if std::env::var_os("FALIGN_WRITE_DOCS").is_some() {
            std::fs::write(path, config_markdown()).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap();
        assert!(
            committed == config_markdown(),
            "docs/config.md is stale: run `FALIGN_WRITE_DOCS=1 cargo test -p falign key_table`"
        );
    }

    #[test]
    fn a_misspelt_key_is_recognised() {
        assert!(suggest_dotted("network.activaton").contains("`network.activation`"));
        assert!(suggest_dotted("run.width").contains("`network.width`"));
        assert!(suggest_dotted("width").contains("`network.width`"));
    }
}
