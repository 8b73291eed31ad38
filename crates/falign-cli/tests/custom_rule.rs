//! A program with a learning rule of its own: every command takes experiments that name it.

use std::process::{Command, ExitCode, Stdio};

use falign::internal::rule::LastLayerOnly;
use falign::rule::{CustomRule, Registry};

use crate::support::{Answer, Lab};

/// Words of her command line, one a line.
const WORDS: &str = "FALIGN_TEST_WORDS";
/// Version of her rule; empty for none.
const VERSION: &str = "FALIGN_TEST_VERSION";

const FILE: &str = r#"
name = "hers"
title = "Lazy networks"
[data]
labelled = "generated_images"
samples = 20
held_out = 10
input_dim = 16
outputs = 2
[learning]
rule = "lazy"
batch = 5
step_size = 0.1
[run]
epochs = 2
runs = 3
[[claim]]
id = "finite"
text = "The loss is finite."
source = "here"
quantity = "loss"
kind = "between"
max = 1e9
where = { rule = "lazy" }
"#;

/// The whole of her `main`, which the other tests run as a program.
#[test]
#[ignore = "a program for other tests, with their command line"]
fn her_program() {
    let Ok(words) = std::env::var(WORDS) else {
        return;
    };
    let lazy = CustomRule::new(
        "lazy",
        |_| Box::new(LastLayerOnly),
        |_| Box::new(LastLayerOnly),
    );
    let mut rules = Registry::built_in();
    let version = std::env::var(VERSION).unwrap();
    let lazy = match version.as_str() {
        "" => lazy,
        version => lazy.with_version(version),
    };
    rules.register(lazy).unwrap();
    assert_eq!(
        falign_cli::run_with(words.lines(), &rules),
        ExitCode::SUCCESS
    );
}

/// Her program with this version of her rule, which must succeed.
fn hers(lab: &Lab, version: &str, words: &[&str]) -> Answer {
    let words = [&["path/to/her-falign"], words].concat();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "custom_rule::her_program",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(WORDS, words.join("\n"))
        .env(VERSION, version)
        .current_dir(lab.path(""))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Answer::of(output).succeeds()
}

#[test]
fn her_rule_goes_through_every_command() {
    let lab = Lab::new();
    lab.file("hers.toml", FILE);
    let run = hers(&lab, "1", &["run", "--quiet", "hers.toml"]);
    assert!(run.out.contains("Lazy networks"), "{}", run.out);
    let summary = lab.text("runs/hers/summary.csv");
    assert!(
        lab.text("runs/hers/experiment.toml")
            .contains("rule = \"lazy\"")
    );
    let origin = lab.text("runs/hers/origin.json");
    assert!(origin.contains("\"lazy\": \"1\""), "{origin}");
    let again = hers(
        &lab,
        "1",
        &["run", "--quiet", "hers.toml", "--resume", "--json"],
    );
    assert!(again.out.contains("\"jobs_kept\": 1"), "{}", again.out);
    assert_eq!(lab.text("runs/hers/summary.csv"), summary);
    let audit = hers(&lab, "1", &["audit", "hers.toml"]);
    assert!(audit.out.contains("lazy version 1: "), "{}", audit.out);
    let checked = hers(&lab, "1", &["check", "runs/hers"]);
    assert!(
        checked.out.contains("The loss is finite."),
        "{}",
        checked.out
    );
    hers(&lab, "1", &["check", "hers.toml"]);
    hers(&lab, "1", &["plot", "runs/hers"]);
    hers(&lab, "1", &["show", "runs/hers"]);
    let dry = hers(&lab, "1", &["run", "--dry-run", "hers.toml"]);
    assert!(dry.out.contains("lazy"), "{}", dry.out);
    let resolved = hers(&lab, "1", &["config", "--resolved", "hers.toml"]);
    assert!(resolved.out.contains("rule = \"lazy\""), "{}", resolved.out);
    // The program without it says what there is.
    let known = ["rule = \"lazy\"", "\"backpropagation\""];
    lab.falign(&["run", "hers.toml"]).refuses(&known);
    lab.falign(&["check", "runs/hers"]).refuses(&known);
}

#[test]
fn without_a_version_her_runs_are_made_anew_with_a_sentence() {
    let lab = Lab::new();
    lab.file("hers.toml", FILE);
    hers(&lab, "", &["run", "--quiet", "hers.toml"]);
    let again = hers(
        &lab,
        "",
        &["run", "--quiet", "hers.toml", "--resume", "--json"],
    );
    assert!(again.out.contains("\"jobs_kept\": 0"), "{}", again.out);
    let said = "falign: made again: runs/hers/results: learning.rule \"lazy\" has no version";
    assert!(again.err.contains(said), "{}", again.err);
}
