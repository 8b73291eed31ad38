//! A value that cannot be used is refused in one line, with its key and what would be accepted.

use falign::config::keys::{KEYS, Key};

use crate::support::Lab;

/// Values that no key of a kind accepts.
fn wrong_types(key: &Key) -> &'static [&'static str] {
    match key.leaf {
        "target" | "ignore" => &["true", "1.5", "\"\"", "[]", "[[true]]"],
        "center_outputs" | "per_run_table" | "biases" | "feedback_signs" | "header" => {
            &["\"yes\"", "1", "{}", "1979-05-27"]
        }
        "train_data" | "held_out_data" | "initial_weights" | "labelled_data" | "data_dir" => {
            &["true", "1", "\"\"", "[1]"]
        }
        "hidden_widths" => &["true", "5", "\"a\"", "[\"a\"]", "[[true]]"],
        "ridge_layers" => &["true", "1", "\"top\"", "[\"a\"]", "{}"],
        "ridge_table" => &["true", "0.5", "\"a\"", "[\"a\"]", "[[1]]"],
        "quantities" => &["true", "\"loss\"", "[1]", "[]"],
        _ => &[
            "true",
            "\"\"",
            "{}",
            "{ a = 1, b = 2 }",
            "[[1]]",
            "1979-05-27",
            "nan",
        ],
    }
}

/// Values of the right type that are outside the range, for every key that has one.
fn out_of_range(leaf: &str) -> &'static [&'static str] {
    match leaf {
        "samples" => &["0", "-1", "1000001", "1.5"],
        "input_dim" => &["0", "10000001"],
        "outputs" => &["0", "10001"],
        "teacher_width" => &["0", "1e16", "\"wide\""],
        "held_out" => &["-1", "1000001"],
        "width" => &["0", "-1", "1e16", "1.5"],
        "output_scale" => &["0", "-1.0", "inf"],
        "step_size" => &[
            "0",
            "-0.1",
            "inf",
            "\"fast\"",
            "{ over_M = 0 }",
            "{ over_N = 1 }",
        ],
        "ridge" => &["-0.1", "inf", "{ gamma = -1 }", "{ gama = 1 }"],
        "cutoff" => &["-1", "1.5", "1e16", "{ c_s = 0 }"],
        "decay_steps" => &["0", "-1", "{ c_s = 0 }"],
        "ridge_table" => &["[]", "[-1]", "[1, inf]"],
        "dropout" | "feedback_sparsity" | "momentum" | "rmsprop_decay" | "adam_beta_1"
        | "adam_beta_2" => &["-0.1", "1", "1.5"],
        "input_factor" | "init_scale" | "epsilon" | "step_size_decay" | "perturbation" => {
            &["0", "-1", "inf"]
        }
        "weight_sparsity" => &["-0.1", "1", "[]", "[0.5, 1]"],
        "feedback_scale" | "init_gain" => &["-0.1", "inf"],
        "train_limit" | "test_limit" | "batch" | "feedback_rank" => {
            &["0", "-1", "1000000001", "1.5"]
        }
        "validation" | "epochs" => &["-1", "1000000001", "1.5"],
        "hidden_layers" => &["0", "101", "1.5"],
        "hidden_widths" => &["[]", "[0]", "[3, -1]", "[1000000001]", "[1.5]"],
        "ridge_layers" => &["[]", "[0]", "[1.5]"],
        "target" | "ignore" => &["0", "[1, 0]"],
        "top_k" => &["0", "10001", "1.5"],
        "feedback_correlation" | "alignment_threshold" => &["-1.1", "1.1"],
        "feedback_step_size" => &["0", "-1"],
        "feedback_decay" => &["-0.1", "1.1"],
        "mirror_response" => &[
            "{ activation = 0 }",
            "{ activation = inf }",
            "{ noise = 1 }",
        ],
        "seed" => &["-1", "1.5"],
        "runs" | "runs_per_job" => &["0", "1000000001"],
        "steps" => &["-1", "1e16", "1.5", "{ tau = 0 }", "{ eta_lambda_t = -1 }"],
        "record" => &[
            "{ every = 0 }",
            "{ per_decade = 0 }",
            "{ count = 0 }",
            "{ at = [] }",
            "{ at = [2, 1] }",
            "{ at = [1, 1] }",
            "\"first\"",
        ],
        "stop_tolerance" => &["-1", "inf"],
        "stop_window" => &["0", "1e16"],
        _ => &[],
    }
}

fn has_range(key: &Key) -> bool {
    ["from ", "above ", "at least ", "below "]
        .iter()
        .any(|word| key.allowed.contains(word))
}

/// Keys whose values are single words.
fn is_name(key: &Key) -> bool {
    key.allowed.starts_with('"') && !key.allowed.contains("number")
}

/// The text of a value as a message may show it: TOML spells 1e16 as 10000000000000000.
fn shown(value: &str) -> String {
    let value: toml::Table = format!("x = {value}").parse().unwrap();
    value["x"].to_string()
}

#[test]
fn every_key_refuses_wrong_types_and_values_out_of_range_by_name() {
    let lab = Lab::new();
    for key in KEYS {
        let mut wrong: Vec<&str> = wrong_types(key).to_vec();
        wrong.extend(out_of_range(key.leaf));
        assert_eq!(
            has_range(key),
            !out_of_range(key.leaf).is_empty(),
            "values out of the range of {}",
            key.leaf
        );
        if is_name(key) {
            wrong.push("\"nonsense\"");
        }
        for value in wrong {
            let Key { section, leaf, .. } = key;
            lab.file(
                "bad.toml",
                format!("name = \"bad\"\n[{section}]\n{leaf} = {value}\n"),
            );
            let given = format!("{} = {}", key.dotted(), shown(value));
            // An unknown quantity has its own "did you mean".
            lab.falign(&["run", "bad.toml", "--out", "run"]).refuses(&[
                "experiment bad.toml",
                &given,
                key.allowed,
            ]);
            assert!(!lab.path("run").exists(), "{given}");
        }
    }
}

#[test]
fn set_refuses_what_the_file_would() {
    let lab = Lab::new();
    lab.file("good.toml", "name = \"good\"\n");
    for key in KEYS {
        let mut wrong = vec![wrong_types(key)[0]];
        wrong.extend(out_of_range(key.leaf).first());
        for value in wrong {
            let set = format!("{}={value}", key.dotted());
            lab.falign(&["run", "good.toml", "--out", "run", "--set", &set])
                .refuses(&["experiment good.toml", &key.dotted(), key.allowed]);
        }
    }
}

/// Values within the range of their keys may still be too large to carry out.
#[test]
fn wishes_that_no_machine_could_hold_are_refused_at_once() {
    for (set, parts) in [
        (
            &["run.steps=1e15", "run.record={ every = 1 }"][..],
            &["run.record = every=1", "record fewer"][..],
        ),
        (
            &["run.record={ per_decade = 1e15 }"],
            &["run.record", "record fewer"],
        ),
        (
            &["run.record={ count = 1e15 }"],
            &["run.record", "record fewer"],
        ),
        (
            &["run.steps={ tau = 1e9 }", "run.record={ every = 1 }"],
            &["run.record = every=1", "record fewer"],
        ),
        (
            &["run.steps={ tau = 3 }", "run.record={ at = [0, 1e9] }"],
            &["run.record", "1000000000", "beyond the last step"],
        ),
        (
            &["run.steps={ eta_lambda_t = 3 }", "learning.ridge=1e-300"],
            &["run.steps = ", "nearly zero"],
        ),
        (
            &["run.runs=1e9"],
            &["run.runs_per_job = 5", "200000000 jobs", "raise it"],
        ),
        (
            &["network.width=1e12", "network.draw=weights"],
            &["network.width = 1000000000000", "memory"],
        ),
        (
            &["network.width=1e9", "network.draw=weights"],
            &["network.width = 1000000000", "memory"],
        ),
        (&["data.samples=1e6"], &["data.samples = 1000000", "memory"]),
        (
            &["data.samples=1e5", "data.input_dim=1e7"],
            &["data.input_dim = 10000000", "memory"],
        ),
    ] {
        let lab = Lab::new();
        lab.file("good.toml", "name = \"good\"\n");
        let sets = set.iter().flat_map(|set| ["--set", set]);
        let words: Vec<&str> = ["run", "good.toml", "--quiet"]
            .into_iter()
            .chain(sets)
            .collect();
        lab.falign(&words).refuses(parts);
    }
}
