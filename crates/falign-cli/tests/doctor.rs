//! `falign doctor`: every documented fact, and what is missing with its fix.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Answer, Lab};

/// Answer of the doctor in the home of the lab, with these variables.
fn doctor(lab: &Lab, words: &[&str], variables: &[(&str, &str)]) -> Answer {
    let mut command = lab.command(&[&["doctor"], words].concat());
    for name in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "FALIGN_DATA"] {
        command.env_remove(name);
    }
    command
        .env("HOME", lab.path(""))
        .envs(variables.iter().copied());
    Answer::of(command.output().unwrap())
}

fn object(lab: &Lab, variables: &[(&str, &str)]) -> Value {
    let said = doctor(lab, &["--json"], variables).succeeds();
    assert_eq!(said.err, "");
    serde_json::from_str(&said.out).unwrap()
}

/// Findings of a weight: what each says, and its fix.
fn findings(report: &Value, weight: &str) -> Vec<(String, String)> {
    let all = report["findings"].as_array().unwrap().iter();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    all.filter(|one| one["weight"] == weight)
        .map(|one| (text(one, "what"), text(one, "fix")))
        .collect()
}

#[test]
fn the_object_has_the_documented_keys() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/doctor.md");
    let page = fs::read_to_string(path).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let documented: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    let report = object(&Lab::new(), &[]);
    let mut found = BTreeSet::new();
    for (section, facts) in report.as_object().unwrap() {
        if ["environment", "findings"].contains(&section.as_str()) {
            assert!(page.contains(&format!("`{section}`")));
            continue;
        }
        let keys = facts.as_object().unwrap().keys();
        found.extend(keys.map(|key| format!("{section}.{key}")));
    }
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, documented);
}

#[test]
fn facts_are_those_of_this_machine() {
    let lab = Lab::new();
    let report = object(&lab, &[("RAYON_NUM_THREADS", "3"), ("NO_COLOR", "1")]);
    assert_eq!(report["platform"]["system"], std::env::consts::OS);
    assert_eq!(report["platform"]["architecture"], std::env::consts::ARCH);
    let path = falign::internal::math::simd::best_path().name();
    assert_eq!(report["processor"]["instruction_path"], path);
    assert_eq!(report["threads"]["used"], 3);
    assert_eq!(report["numbers"]["two_layer_as_expected"], true);
    assert_eq!(report["environment"]["RAYON_NUM_THREADS"], "3");
    assert_eq!(report["environment"]["NO_COLOR"], "1");
    assert_eq!(report["terminal"]["is_terminal"], false);
    let stored = report["experiments"]["with_stored_runs"]
        .as_array()
        .unwrap();
    assert!(stored.contains(&"figure2".into()));
    assert!(findings(&report, "broken").is_empty());
}

#[test]
fn a_home_and_the_password_of_a_proxy_are_not_told() {
    let lab = Lab::new();
    let report = object(&lab, &[("https_proxy", "http://me:secret@proxy:3128")]);
    assert_eq!(report["folders"]["cache"]["path"], "~/.cache/falign");
    assert_eq!(report["folders"]["working"]["path"], "~/");
    assert_eq!(report["environment"]["https_proxy"], "set");
    let home = lab.path("").display().to_string();
    let text = doctor(&lab, &[], &[]).succeeds().out;
    assert!(!text.contains(home.trim_end_matches('/')), "{text}");
}

#[test]
fn data_sets_that_are_missing_or_damaged_are_told_with_the_command_that_gets_them() {
    let lab = Lab::new();
    let report = object(&lab, &[]);
    assert_eq!(report["data"]["mnist"]["state"], "missing");
    let missing = findings(&report, "missing");
    assert_eq!(missing.len(), 1);
    assert!(
        missing[0]
            .0
            .contains("mnist, fashion_mnist, kmnist, cifar10")
    );
    assert_eq!(missing[0].1, "falign data fetch mnist");

    let folder = lab.path("sets/kmnist");
    fs::create_dir_all(&folder).unwrap();
    let sets = lab.path("sets").display().to_string();
    for (name, bytes) in [
        ("train-images-idx3-ubyte", 16),
        ("train-labels-idx1-ubyte", 60_008),
        ("t10k-images-idx3-ubyte", 7_840_016),
        ("t10k-labels-idx1-ubyte", 10_008),
    ] {
        fs::write(folder.join(name), vec![0; bytes]).unwrap();
    }
    let report = object(&lab, &[("FALIGN_DATA", &sets)]);
    let found = &report["data"]["kmnist"];
    assert_eq!(found["state"], "damaged");
    assert_eq!(found["folder"], "~/sets/kmnist");
    let warnings = findings(&report, "warning");
    let named = warnings
        .iter()
        .find(|(what, _)| what.starts_with("KMNIST: "));
    let (what, fix) = named.unwrap();
    assert!(
        what.contains("holds 16 bytes in place of 47040016"),
        "{what}"
    );
    assert_eq!(fix, "falign data fetch kmnist");
}

#[test]
fn variables_that_nothing_reads_and_folders_that_are_none_are_warned_of() {
    let lab = Lab::new();
    let variables = [
        ("FALIGN_DATE", "x"),
        ("FALIGN_DATA", "/nowhere/at/all"),
        ("FALIGN_NUM_THREADS", "many"),
    ];
    let warnings = findings(&object(&lab, &variables), "warning");
    let has = |part: &str, fix: &str| {
        let found = warnings.iter().find(|(what, _)| what.contains(part));
        let (_, said) = found.unwrap_or_else(|| panic!("no `{part}` in {warnings:?}"));
        assert!(said.contains(fix), "{said}");
    };
    has(
        "nothing reads the variable FALIGN_DATE; did you mean `FALIGN_DATA`?",
        "unset FALIGN_DATE",
    );
    has(
        "FALIGN_DATA names /nowhere/at/all, which is no folder",
        "make the folder",
    );
    has("FALIGN_NUM_THREADS is `many`", "1 to 1024");
}
