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
        "theory/proposition_*",
        "--quiet",
        "--out",
        "all",
        "--json",
        "--set",
        "run.runs=2",
    ];
    let checked = lab.falign(&words).ends_with(3);
    let names: Vec<String> = checked
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|report| report["experiment"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["theory/proposition_3_3", "theory/proposition_4_5"]);
    for name in ["proposition_3_3", "proposition_4_5"] {
        assert!(lab.path("all").join(name).join("figure.svg").exists());
    }
    // Done already: checked again without work.
    lab.falign(&[&words[..], &["--resume"]].concat())
        .ends_with(3);
}

#[test]
fn a_check_by_name_uses_the_finished_folder_and_says_so() {
    let lab = lab("1e9");
    let check = ["check", "claimed.toml", "--quiet"];
    let dry = [&check[..], &["--dry-run", "--threads", "1"]].concat();
    let foretold = lab.falign(&dry).succeeds().out;
    assert!(
        foretold.starts_with("claimed: 1 claim; no runs are there: 4 runs would be carried out\n"),
        "{foretold}"
    );
    assert!(
        foretold.contains("kind of setting") && !lab.path("runs").exists(),
        "{foretold}"
    );
    let now = lab.falign(&check).succeeds().out;
    assert!(now.contains("4 runs carried out for this check"), "{now}");
    assert!(now.ends_with("\n1 of 1 claim holds\n"), "{now}");

    lab.run(&["claimed.toml"]);
    let found = lab.falign(&check).succeeds();
    assert!(
        found.out.contains("4 runs from runs/claimed\n"),
        "{}",
        found.out
    );
    let measured = |out: &str| {
        out.lines()
            .find(|l| l.contains("measured"))
            .map(str::to_owned)
    };
    assert_eq!(measured(&found.out), measured(&now));
    let foretold = lab.falign(&dry).succeeds().out;
    assert_eq!(
        foretold,
        "claimed: 1 claim; runs from runs/claimed: nothing is carried out\n"
    );
    let json = lab
        .falign(&[&check[..], &["--json"]].concat())
        .succeeds()
        .out;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["folder"], "runs/claimed");
    // Asked to, it runs all the same; a folder of other settings, or one that is not finished, is named.
    let fresh = lab.falign(&[&check[..], &["--fresh"]].concat()).succeeds();
    assert!(
        fresh.out.contains("carried out for this check"),
        "{}",
        fresh.out
    );
    let other = lab
        .falign(&[&check[..], &["--set", "run.seed=3"]].concat())
        .succeeds();
    assert!(
        other.err.contains("runs in runs/claimed are not used") && other.err.contains("run.seed"),
        "{}",
        other.err
    );
    std::fs::remove_dir_all(lab.path("runs/claimed/results")).unwrap();
    let left = lab.falign(&check).succeeds();
    assert!(left.err.contains("it has 0 of 4 runs"), "{}", left.err);
}

/// Far beyond any bound.
const FAR: [&str; 6] = [
    "run",
    "claimed.toml",
    "--quiet",
    "--set",
    "learning.step_size=1e4",
    "--out",
];

#[test]
fn where_all_runs_diverge_the_bound_is_said_and_the_claims_count_as_failed() {
    let lab = lab("1e9");
    let ran = lab.falign(&[&FAR[..], &["far"]].concat()).ends_with(3);
    let warned = "falign: warning: runs are likely to diverge: the step size 10000 is ";
    assert!(
        ran.err.starts_with(warned) && ran.err.contains("lower learning.step_size"),
        "{}",
        ran.err
    );
    assert!(
        ran.out
            .contains("diverged  4 of 4 runs, the first at step "),
        "{}",
        ran.out
    );
    let why = ran
        .out
        .lines()
        .find(|line| line.starts_with("All runs diverged, the first at step "));
    let why = why.unwrap_or_else(|| panic!("{}", ran.out));
    // The bound is the certificate's.
    let theory = [
        "theory",
        "claimed.toml",
        "--set",
        "learning.step_size=1e4",
        "--json",
    ];
    let theory: serde_json::Value =
        serde_json::from_str(&lab.falign(&theory).succeeds().out).unwrap();
    let of = |key: &str| {
        theory["certificates"][0]["numbers"]["step_size"][key]["value"]
            .as_f64()
            .unwrap()
    };
    let number = |before: &str| -> f64 {
        let rest = why
            .split(before)
            .nth(1)
            .unwrap_or_else(|| panic!("{before}: {why}"));
        let end = rest.find([',', ' ', ';']).unwrap();
        rest[..end].parse().unwrap()
    };
    for (is, wanted) in [
        (number("the bound 2/M = "), of("divergence_bound")),
        (number("the step size 10000 is "), 0.5 * of("step_share")),
    ] {
        assert!(
            (is / wanted - 1.0).abs() < 0.006,
            "{is} for {wanted}: {why}"
        );
    }
    // Overrides that leave no claim change nothing of that.
    let left_out = [&FAR[..], &["none", "--set", "run.quantities=[alignment]"]].concat();
    lab.falign(&left_out).ends_with(3);
    let json = lab
        .falign(&[&FAR[..], &["json", "--json"]].concat())
        .ends_with(3);
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["diverged"][0]["diverged"], 4);
    let stays = lab
        .falign(&["run", "claimed.toml", "--quiet", "--out", "near"])
        .succeeds();
    assert_eq!(stays.err, "");
    assert!(!stays.out.contains("diverged"), "{}", stays.out);
}

#[test]
fn settings_of_which_some_runs_diverge_are_named_each() {
    let lab = lab("1e9");
    let words = [
        &FAR[..4],
        &["learning.step_size=[1e-3, 1e4]", "--out", "some"],
    ]
    .concat();
    let ran = lab.falign(&words).ends_with(3);
    assert!(
        ran.err.contains("likely to diverge in 1 of 2 settings"),
        "{}",
        ran.err
    );
    assert!(
        ran.out
            .contains("diverged  step_size = 10000: 4 of 4 runs, the first at step "),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("All runs of step_size = 10000 diverged"),
        "{}",
        ran.out
    );
    let shown = lab.falign(&["show", "some"]).succeeds().out;
    let rows: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("4 of 4"))
        .collect();
    assert_eq!(rows.len(), 1, "{shown}");
    assert!(rows[0].contains("diverged"), "{shown}");
}
