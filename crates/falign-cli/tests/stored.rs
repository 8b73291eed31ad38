//! `check` with stored results: what need not be run again, and what must be.

use falign::internal::simulate::EngineFamily;

use crate::support::Lab;

const EXPERIMENT: &str = r#"
name = "long"
title = "A long one"
expected_time = "a day"
[data]
samples = 5
input_dim = 6
[network]
width = 20
[run]
runs = 4
runs_per_job = 1
steps = 100
record = { every = 1 }
quantities = ["loss", "alignment"]
[[claim]]
id = "small_loss"
text = "The loss ends below a billion."
source = "here"
quantity = "loss"
kind = "between"
max = 1e9
"#;

/// An experiment, its complete folder `run`, and what is stored of it.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.file("long.toml", EXPERIMENT);
    lab.run(&["long.toml", "--out", "run"]);
    let stored = lab
        .falign(&["check", "run", "--store", "long.csv"])
        .succeeds();
    assert!(
        stored.err.contains("stored in long.csv: 4 jobs"),
        "{}",
        stored.err
    );
    lab
}

const CHECK: [&str; 5] = ["check", "long.toml", "--quiet", "--stored", "long.csv"];

#[test]
fn stored_runs_are_not_carried_out_again() {
    let lab = lab();
    let words = [&CHECK[..], &["--out", "made"]].concat();
    let checked = lab.falign(&words).succeeds();
    let version = EngineFamily::TwoLayer.numerics_version();
    let line = format!(
        "4 of 4 runs from stored results (falign 0.1.0, numerics version {version}), at 26 of 101 recorded steps"
    );
    assert!(checked.out.lines().any(|l| l == line), "{}", checked.out);
    assert!(checked.out.contains("pass      small_loss"));
    assert_eq!(checked.err, "");
    assert!(!lab.path("made").exists());
    let json = lab.falign(&[&CHECK[..], &["--json"]].concat()).succeeds();
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["stored"]["runs"], 4);
    assert_eq!(report["claims"][0]["passed"], true);
    // The same claim, measured the same, with and without.
    let measured = |out: &str| {
        out.lines()
            .filter(|l| l.contains("measured"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let fresh = lab
        .falign(&["check", "long.toml", "--quiet", "--fresh", "--out", "made"])
        .succeeds();
    assert_eq!(measured(&fresh.out), measured(&checked.out));
    assert!(!fresh.out.contains("stored results"), "{}", fresh.out);
    assert!(lab.path("made/summary.csv").exists());
}

#[test]
fn runs_that_are_not_stored_are_carried_out_beside_the_others() {
    let lab = lab();
    let words = [&CHECK[..], &["--set", "run.runs=6", "--out", "made"]].concat();
    let checked = lab.falign(&words).succeeds();
    assert!(
        checked.out.contains("4 of 6 runs from stored results"),
        "{}",
        checked.out
    );
    let says = "2 of 6 runs are not stored and are carried out (of all of them: a day)";
    assert!(checked.err.contains(says), "{}", checked.err);
    let results = std::fs::read_dir(lab.path("made/results")).unwrap();
    assert_eq!(results.count(), 2);
    // What was made goes on to a whole folder.
    lab.run(&[
        "long.toml",
        "--set",
        "run.runs=6",
        "--out",
        "made",
        "--resume",
    ]);
    let whole = lab.falign(&["check", "made"]).succeeds();
    let measured = |out: &str| {
        out.lines()
            .find(|l| l.contains("measured"))
            .map(str::to_owned)
    };
    assert_eq!(measured(&whole.out), measured(&checked.out));
}

#[test]
fn other_settings_and_other_versions_are_run() {
    let lab = lab();
    let checked = lab
        .falign(&[&CHECK[..], &["--set", "run.seed=9"]].concat())
        .succeeds();
    assert!(
        checked
            .err
            .contains("no stored result is of this experiment's settings"),
        "{}",
        checked.err
    );
    assert!(!checked.out.contains("stored results"), "{}", checked.out);
}

#[test]
fn folders_of_another_numerics_version_are_refused_as_such() {
    let lab = lab();
    let meta = lab.text("run/meta.json");
    let this = EngineFamily::TwoLayer.numerics_version();
    let ours = format!("\"numerics_version\": {{\n    \"two_layer\": {this}\n  }}");
    assert!(meta.contains(&ours), "{meta}");
    // Folders of early programs say it at their end only; their jobs have other ids.
    std::fs::remove_file(lab.path("run/origin.json")).unwrap();
    let plan = lab.text("run/plan.jsonl");
    for (version, other) in [
        ("7", Some(7)),
        ("{ \"two_layer\": 8 }", Some(8)),
        ("{ \"mini_batch\": 8 }", None),
        (&this.to_string(), None),
    ] {
        let text = meta.replace(&ours, &format!("\"numerics_version\": {version}"));
        lab.file("run/meta.json", text);
        let ids = if other.is_some() {
            "\"id\":\"-"
        } else {
            "\"id\":\""
        };
        lab.file("run/plan.jsonl", plan.replace("\"id\":\"", ids));
        let checked = lab.falign(&["check", "run"]);
        match other {
            Some(other) => {
                let says =
                    format!("numerics version {other} (two_layer), this program's is {this}");
                checked.fails(1, &["run: ", &says]);
            }
            None => {
                checked.succeeds();
            }
        }
    }
}

#[test]
fn damaged_files_and_misplaced_options_are_refused() {
    let lab = lab();
    let text = lab.text("long.csv");
    lab.file("long.csv", text.replace("finished", "Finished"));
    lab.falign(&CHECK)
        .fails(1, &["long.csv: truncated or altered"]);
    lab.falign(&["check", "run", "--store", "long.csv"])
        .fails(1, &["long.csv"]);
    lab.file("long.csv", text);
    lab.falign(&["check", "run", "--fresh"])
        .refuses(&["run is a run folder", "--fresh"]);
    lab.falign(&["check", "run", "--stored", "long.csv"])
        .refuses(&["run is a run folder"]);
    lab.falign(&["check", "figure*", "--store", "x.csv"])
        .refuses(&["figure*", "--store"]);
    lab.falign(&["check", "long.toml", "--stored", "none.csv"])
        .fails(1, &["none.csv: No such file"]);
}

#[test]
fn storing_again_replaces_the_same_jobs_and_adds_others() {
    let lab = lab();
    let first = lab.text("long.csv");
    lab.falign(&["check", "run", "--store", "long.csv"])
        .succeeds();
    assert_eq!(lab.text("long.csv"), first);
    let words = [
        "check",
        "long.toml",
        "--quiet",
        "--set",
        "run.seed=9",
        "--store",
        "long.csv",
    ];
    let more = lab.falign(&words).succeeds();
    assert!(more.err.contains("8 jobs"), "{}", more.err);
    for seed in ["run.seed=0", "run.seed=9"] {
        let checked = lab
            .falign(&[&CHECK[..], &["--set", seed]].concat())
            .succeeds();
        assert!(checked.out.contains("4 of 4 runs"), "{}", checked.out);
    }
}
