//! Output of `falign audit`, for two-layer and for deep experiments.

use serde_json::Value;

use crate::support::Lab;
use crate::support::numpy::{npy, npz};

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
    // Each ends in words, and checks without a meaning are counted only.
    let verdicts = text.matches("\n  is ").count();
    assert_eq!(verdicts, 3, "{text}");
    assert!(
        text.contains("\n  is kolen pollack: all 10 checks pass\n"),
        "{text}"
    );
    assert!(text.contains("do not apply (--all shows why)"), "{text}");
    assert!(!text.contains("unbiased"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    let all = lab.falign(&["audit", "images.toml", "--width", "10", "--all"]);
    let all = all.succeeds().out;
    assert!(all.contains("unbiased") && !all.contains("--all"), "{all}");
}

#[test]
fn a_list_of_layers_is_audited_as_it_is() {
    let lab = Lab::new();
    lab.falign(&["new", "net.toml", "--kind", "layers"])
        .succeeds();
    let page = lab.falign(&["audit", "net.toml"]).succeeds().out;
    assert!(
        page.contains("feedback_alignment: 64-216-48-10 network, 32 samples"),
        "{page}"
    );
    let rows = |name: &str| {
        let row = |line: &&str| line.trim_start().starts_with(name) && line.ends_with("pass");
        page.lines().filter(row).count()
    };
    assert_eq!(
        [rows("operators"), rows("maps"), rows("definition")],
        [3; 3],
        "{page}"
    );
    assert!(!page.contains("FAIL"), "{page}");
}

/// A text as NumPy stores it in an array without axes.
fn text(text: &str) -> Vec<u8> {
    let letters: Vec<u32> = text.chars().map(u32::from).collect();
    let mut bytes = npy("()", &[]);
    let descr = format!("<U{}", letters.len());
    // In the place of the type of numbers, with as many spaces less behind.
    let header = String::from_utf8_lossy(&bytes[10..]).into_owned();
    let spaces = " ".repeat(descr.len() - 3);
    let header = header.replacen("<f8", &descr, 1).replacen(&spaces, "", 1);
    bytes.truncate(10);
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    bytes[8..10].copy_from_slice(&length);
    bytes.extend(header.as_bytes());
    bytes.extend(letters.iter().flat_map(|letter| letter.to_le_bytes()));
    bytes
}

/// The step of a linear 2-2-1 network on one sample, by hand: h = W x, e = f - y, and hidden weights
/// that move by -eta (e b) x'.
fn updates(lab: &Lab, b: [f64; 2], after: [f64; 4]) {
    let (w, beta) = ([1.0, 0.5, -0.5, 2.0], [2.0, -1.0]);
    // x = (1, 2), so that h = (2, 3.5), f = 0.5 and, with y = -0.5, e = 1.
    let output = [2.0 - 0.1 * 2.0, -1.0 - 0.1 * 3.5];
    let npz = npz(&[
        ("X", npy("(1, 2)", &[1.0, 2.0])),
        ("y", npy("(1,)", &[-0.5])),
        ("before.0.weight", npy("(2, 2)", &w)),
        ("after.0.weight", npy("(2, 2)", &after)),
        ("before.1.weight", npy("(1, 2)", &beta)),
        ("after.1.weight", npy("(1, 2)", &output)),
        ("feedback.0", npy("(1, 2)", &b)),
        ("rule", text("feedback_alignment")),
        ("activation", text("linear")),
        ("step_size", npy("()", &[0.1])),
    ]);
    lab.file("mine.npz", npz);
}

#[test]
fn updates_of_another_program_are_proved_or_told_by_what_they_are() {
    let lab = Lab::new();
    let b = [0.5, 3.0];
    let moved = |b: [f64; 2]| {
        [
            1.0 - 0.1 * b[0],
            0.5 - 0.2 * b[0],
            -0.5 - 0.1 * b[1],
            2.0 - 0.2 * b[1],
        ]
    };
    updates(&lab, b, moved(b));
    let page = lab
        .falign(&["audit", "--updates", "mine.npz"])
        .succeeds()
        .out;
    assert!(
        page.starts_with("mine.npz: feedback_alignment, 2-2-1 network, 1 sample, f64\n"),
        "{page}"
    );
    assert!(
        page.contains("\n  is feedback alignment: all 2 layers change as it says, to "),
        "{page}"
    );
    // Through beta.
    updates(&lab, b, moved([2.0, -1.0]));
    let page = lab
        .falign(&["audit", "--updates", "mine.npz"])
        .ends_with(3)
        .out;
    assert!(
        page.contains("\n  is not feedback alignment: it is backpropagation, to "),
        "{page}"
    );
    assert!(
        page.lines()
            .any(|line| line.starts_with("  layer 1 ") && line.ends_with("  FAIL")),
        "{page}"
    );
    let json = lab
        .falign(&["audit", "--updates", "mine.npz", "--json"])
        .ends_with(3)
        .out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["explained_by"], &json["passed"]),
        (&"backpropagation".into(), &false.into())
    );
    assert_eq!(json["changes"][0]["verdict"], "FAIL");
}

#[test]
fn updates_that_cannot_be_read_are_named() {
    let lab = Lab::new();
    lab.file("empty.npz", npz(&[("X", npy("(1, 1)", &[1.0]))]));
    lab.falign(&["audit", "--updates", "empty.npz"])
        .refuses(&["empty.npz", "no array `rule`"]);
    lab.falign(&["audit", "--updates", "empty.npz", "--tolerance", "2"])
        .refuses(&["--tolerance 2"]);
    lab.falign(&["audit", "--updates", "none.npz"])
        .fails(1, &["none.npz"]);
    lab.falign(&["audit", "quickstart", "--updates", "empty.npz"])
        .ends_with(2);
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
