//! `check`: what came out against what was claimed.

use crate::support::Lab;

fn lab(max: &str) -> Lab {
    let lab = Lab::new();
    lab.file(
        "claimed.toml",
        format!(
            r#"
name = "claimed"
title = "One claim"
[data]
samples = 5
input_dim = 6
[network]
width = 20
[run]
runs = 4
steps = 50
[[claim]]
id = "small_loss"
text = "The loss ends below {max}."
source = "here"
quantity = "loss"
kind = "between"
max = {max}
"#
        ),
    );
    lab
}

#[test]
fn a_claim_that_holds_ends_with_0_and_one_that_fails_with_3() {
    for (max, code, word) in [("1e9", 0, "pass "), ("-1.0", 3, "FAIL ")] {
        let lab = lab(max);
        let ran = lab.falign(&["run", "claimed.toml", "--quiet", "--out", "run"]);
        assert!(ran.ends_with(code).out.contains(word));
        for target in ["run", "claimed.toml"] {
            let checked = lab.falign(&["check", target, "--quiet"]).ends_with(code);
            assert!(checked.out.contains(word), "{}", checked.out);
            assert!(checked.out.contains("small_loss") && checked.out.contains("measured:"));
            let json = lab
                .falign(&["check", target, "--quiet", "--json"])
                .ends_with(code);
            let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
            assert_eq!(report["claims"][0]["passed"], code == 0);
            assert_eq!(report["claims"][0]["id"], "small_loss");
        }
        // Nothing but what was asked for is left.
        assert!(!lab.path("runs").exists());
        lab.falign(&["check", "claimed.toml", "--quiet", "--out", "kept"])
            .ends_with(code);
        assert!(lab.path("kept/summary.csv").exists());
    }
}

#[test]
fn too_few_runs_are_undecided_which_is_no_pass() {
    let lab = lab("1e9");
    let words = ["check", "claimed.toml", "--quiet", "--set", "run.runs=2"];
    let checked = lab.falign(&words).ends_with(3);
    assert!(checked.out.contains("UNDECIDED"), "{}", checked.out);
    lab.falign(&["run", "claimed.toml", "--quiet", "--out", "run"])
        .succeeds();
    lab.falign(&["check", "run", "--set", "run.runs=2"])
        .refuses(&["run is a run folder", "--set"]);
}

#[test]
fn a_pattern_checks_each_experiment_in_a_folder_of_its_own() {
    let lab = Lab::new();
    let words = [
        "check",
        "figure2*",
        "--quiet",
        "--out",
        "all",
        "--json",
        "--set",
        "network.width=[5, 6, 7]",
        "--set",
        "run.steps=10",
        "--set",
        "run.runs=3",
        "--set",
        "learning.ridge=[0, 1]",
    ];
    let checked = lab.falign(&words).ends_with(3);
    let names: Vec<String> = checked
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|report| report["experiment"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["figure2", "figure2_long"]);
    for name in names {
        assert!(lab.path("all").join(name).join("figure.svg").exists());
    }
    // Done already: checked again without work.
    lab.falign(&[&words[..], &["--resume"]].concat())
        .ends_with(3);
}
