//! Output of `falign audit`, for two-layer and for deep experiments.

use serde_json::Value;

use crate::support::Lab;

const IMAGES: &str = r#"
name = "images"
[data]
labelled = "generated_images"
samples = 60
input_dim = 16
outputs = 3
[network]
hidden_widths = [30, 8]
activation = "relu"
initialisation = "he"
[learning]
batch = 20
step_size = 0.05
ridge = 0.1
[sweep]
"learning.rule" = ["feedback_alignment", "kolen_pollack", "backpropagation"]
"#;

#[test]
fn a_table_for_every_rule_says_what_was_found() {
    let lab = Lab::new();
    lab.file("images.toml", IMAGES);
    let text = lab
        .falign(&["audit", "images.toml", "--width", "10"])
        .succeeds()
        .out;
    for head in [
        "feedback_alignment: 16-10-8-3 network, 32 samples",
        "kolen_pollack: ",
        "backpropagation: ",
    ] {
        assert!(text.contains(head), "{text}");
    }
    assert!(
        text.contains("gradient") && text.contains("conservation"),
        "{text}"
    );
    assert!(!text.contains("FAIL"), "{text}");
}

#[test]
fn two_layer_engines_are_held_to_the_audited_network() {
    let lab = Lab::new();
    let text = lab
        .falign(&["audit", "learned_feedback", "--json"])
        .succeeds()
        .out;
    let report: Value = serde_json::from_str(&text).unwrap();
    let audits = report["audits"].as_array().unwrap();
    let rules: Vec<&str> = audits.iter().map(|a| a["rule"].as_str().unwrap()).collect();
    assert!(
        rules.contains(&"kolen_pollack") && rules.contains(&"oja_feedback"),
        "{rules:?}"
    );
    for audit in audits {
        let checks = audit["checks"].as_array().unwrap();
        let engine = checks.iter().find(|c| c["check"] == "engine").unwrap();
        assert_eq!(engine["verdict"], "pass", "{audit:#}");
    }
}

#[test]
fn an_experiment_that_is_not_there_is_named() {
    Lab::new()
        .falign(&["audit", "figure33"])
        .refuses(&["figure33", "did you mean"]);
}

#[test]
fn settings_that_overflow_are_refused_as_such() {
    let lab = Lab::new();
    lab.file("huge.csv", "x,y\n1e200,1\n-1e200,2\n");
    let two = "name = \"two\"\n[data]\nsamples = 4\ninput_dim = 3\n[network]\nwidth = 5\n\
               [learning]\nstep_size = 0.01\nridge = 1.7976931348623157e308\n";
    lab.file("two.toml", two);
    lab.file("deep.toml", format!("{two}batch = 2\n[run]\nsteps = 5\n"));
    let data = "name = \"data\"\n[data]\ntrain_data = \"huge.csv\"\n[learning]\nstep_size = 0.01\n";
    lab.file("data.toml", data);
    for file in ["two.toml", "deep.toml", "data.toml"] {
        lab.falign(&["audit", file]).refuses(&[
            "learning.step_size = 0.01",
            "overflow",
            "learning.ridge",
            "scale the data",
        ]);
    }
}
