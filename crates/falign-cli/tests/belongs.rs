//! A run folder is an experiment's if their plans have the same jobs, whatever else has changed.

use std::fs;

use crate::support::{Answer, Lab, assert_same, files, names};

const EXPERIMENT: &str = r#"
name = "grows"
title = "Before"
[data]
samples = 5
input_dim = 4
[network]
width = 6
[run]
runs = 7
steps = 10
save_weights = "both"
per_run_table = true
[sweep]
"learning.ridge" = [0, 0.5]
"#;

fn finished() -> Lab {
    let lab = Lab::new();
    lab.file("grows.toml", EXPERIMENT);
    lab.run(&["grows.toml", "--out", "run"]);
    lab
}

fn resume(lab: &Lab, more: &[&str]) -> Answer {
    let words = [
        "run",
        "grows.toml",
        "--quiet",
        "--json",
        "--out",
        "run",
        "--resume",
    ];
    lab.falign(&[&words[..], more].concat())
}

fn jobs_kept(answer: &Answer) -> u64 {
    let report: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    report["jobs_kept"].as_u64().unwrap()
}

#[test]
fn titles_figures_claims_and_spelling_do_not_count() {
    let lab = finished();
    let before = files(&lab.path("run"));
    let text = EXPERIMENT
        .replace("\"Before\"", "\"After\"")
        .replace(
            "steps = 10",
            "# as many as before\nsteps = 1e1\nengine = \"linear\"\nseed = 0",
        )
        .replace("width = 6", "width = 6\nactivation = \"linear\"");
    let more = r#"
[[figure.panel]]
x = "step"
y = "loss"
series = "ridge"
[[claim]]
id = "ridge_aligns"
text = "Alignment grows with ridge."
source = "a guess"
quantity = "alignment"
kind = "increasing_in"
over = "ridge"
"#;
    for text in [text.clone(), format!("{text}{more}")] {
        lab.file("grows.toml", &text);
        let answer = resume(&lab, &[]);
        // Whether the claim holds is another matter.
        assert!(matches!(answer.code, Some(0 | 3)), "{}", answer.err);
        assert_eq!(jobs_kept(&answer), 4, "{}", answer.err);
        for (name, bytes) in files(&lab.path("run")) {
            if name.starts_with("results") || name == "summary.csv" {
                assert!(before[&name] == bytes, "{name}");
            }
        }
    }
    assert!(lab.text("run/experiment.toml").contains("\"After\""));
}

#[test]
fn more_runs_are_added_to_a_finished_folder() {
    let lab = finished();
    let stale = names(&lab.path("run/results"), ".bin");
    let more = ["--set", "run.runs=12"];
    lab.run(&[&["grows.toml", "--out", "expected"], &more[..]].concat());
    let answer = resume(&lab, &more).succeeds();
    // Runs 0 to 4 of both settings; 5 and 6 are part of a longer job now.
    assert_eq!(jobs_kept(&answer), 2);
    assert_eq!(answer.err, "");
    assert_same(&lab.path("run"), &lab.path("expected"));
    let now = names(&lab.path("run/results"), ".bin");
    assert_eq!(now.iter().filter(|name| stale.contains(name)).count(), 2);
    // And as they are, without a word about runs.
    assert_eq!(jobs_kept(&resume(&lab, &more).succeeds()), 6);
}

#[test]
fn more_runs_survive_an_interruption() {
    let lab = finished();
    let more = ["--set", "run.runs=12"];
    lab.run(&[&["grows.toml", "--out", "expected"], &more[..]].concat());
    // What a kill leaves after the new plan was written, and some of its jobs.
    for name in ["plan.jsonl", "experiment.toml", "origin.json"] {
        fs::copy(lab.path("expected").join(name), lab.path("run").join(name)).unwrap();
    }
    resume(&lab, &more).succeeds();
    let (found, expected) = (files(&lab.path("run")), files(&lab.path("expected")));
    for (name, bytes) in &expected {
        assert!(found.get(name) == Some(bytes), "{name}");
    }
}

#[test]
fn what_would_leave_runs_out_or_make_all_again_is_refused() {
    let lab = finished();
    let before = files(&lab.path("run"));
    for (set, parts) in [
        ("run.runs=6", ["has 7 runs", "run.runs = 6"]),
        ("run.runs_per_job=1", ["jobs of 5 runs", "run.runs_per_job"]),
        (
            "run.steps=11",
            [
                "belongs to another experiment",
                "run.steps = 10 there, 11 here",
            ],
        ),
        (
            "learning.ridge=[0, 0.5, 1]",
            ["belongs to another experiment", "settings: 2 there, 3 here"],
        ),
    ] {
        resume(&lab, &["--set", set]).refuses(&parts);
    }
    assert_eq!(files(&lab.path("run")), before);
}

#[test]
fn data_that_have_changed_are_named() {
    let lab = Lab::new();
    lab.file("a.csv", "x,z,y\n1,2,3\n4,5,6\n7,8,10\n");
    let words = [
        "--train-data",
        "a.csv",
        "--set",
        "run.steps=5",
        "--out",
        "run",
    ];
    lab.run(&words);
    lab.file("a.csv", "x,z,y\n1,2,3\n4,5,6\n7,8,11\n");
    let resume = [&["run", "--quiet", "--resume"], &words[..]].concat();
    lab.falign(&resume).refuses(&[
        "run was made of other data",
        "a.csv has changed since",
        "--out",
    ]);
    lab.falign(&["check", "run"]).fails(
        1,
        &["run: was made of other data", "a.csv has changed since"],
    );
    // The same numbers under another name are the same data.
    lab.file("a.csv", "x,z,y\n1,2,3\n4,5,6\n7,8,10\n");
    fs::rename(lab.path("a.csv"), lab.path("b.csv")).unwrap();
    let words = ["run", "--quiet", "--resume", "--train-data", "b.csv"];
    lab.falign(&[&words[..], &["--set", "run.steps=5", "--out", "run"]].concat())
        .succeeds();
}

#[test]
fn a_folder_of_another_numerics_version_is_named_as_such() {
    let lab = finished();
    let origin = lab.text("run/origin.json");
    let this = falign::internal::simulate::EngineFamily::TwoLayer.numerics_version();
    let ours = format!("\"two_layer\": {this}");
    assert!(origin.contains(&ours), "{origin}");
    lab.file("run/origin.json", origin.replace(&ours, "\"two_layer\": 1"));
    let plan = lab.text("run/plan.jsonl");
    lab.file("run/plan.jsonl", plan.replace("\"id\":\"", "\"id\":\"0"));
    let says = format!("has results of numerics version 1 (two_layer), this program's is {this}");
    resume(&lab, &[]).refuses(&[&says, "--out"]);
    lab.falign(&["check", "run"]).fails(1, &[&says]);
    lab.falign(&["theory", "--run", "run"]).fails(1, &[&says]);
    // Unfinished folders of early programs say it in their results only.
    fs::remove_file(lab.path("run/origin.json")).unwrap();
    fs::remove_file(lab.path("run/meta.json")).unwrap();
    resume(&lab, &[]).refuses(&["has results of another version of falign"]);
    for name in names(&lab.path("run/results"), ".bin") {
        let path = lab.path("run/results").join(name);
        let (mut header, values) = falign::internal::file::sealed::unseal(&path).unwrap();
        header["numerics_version"] = 1.into();
        fs::write(
            &path,
            falign::internal::file::sealed::seal(&header, &values),
        )
        .unwrap();
    }
    resume(&lab, &[]).refuses(&[&says]);
}

#[test]
fn a_plan_that_is_damaged_is_made_again() {
    let lab = finished();
    for damage in [Some("{\"id\":"), None] {
        match damage {
            Some(text) => drop(lab.file("run/plan.jsonl", text)),
            None => fs::remove_file(lab.path("run/plan.jsonl")).unwrap(),
        }
        assert_eq!(jobs_kept(&resume(&lab, &[]).succeeds()), 4);
        assert_eq!(lab.text("run/plan.jsonl").lines().count(), 4);
    }
}
