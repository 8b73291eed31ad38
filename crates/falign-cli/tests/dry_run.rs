//! What `falign run --dry-run` says, and that it does nothing else.

use serde_json::Value;

use crate::support::Lab;

const FILE: &str = "name = \"mine\"\n[data]\nsamples = 12\n[network]\nactivation = \"tanh\"\n\
    [learning]\nstep_size = 0.01\n[run]\nsteps = 120\nruns = 3\nrecord = { every = 40 }\n\
    [sweep]\n\"network.width\" = [30, 60]\n\"learning.ridge\" = [0, 0.1]\n";

#[test]
fn it_says_what_a_run_will_cost_and_leaves_nothing_behind() {
    let lab = Lab::new();
    lab.file("mine.toml", FILE);
    let dry = [
        "run",
        "mine.toml",
        "--dry-run",
        "--threads",
        "2",
        "--out",
        "here",
    ];
    let page = lab.falign(&dry).succeeds().out;
    assert!(page.contains("tanh, FA, p = 60"), "{page}");
    // Ridge levels cost the same, widths do not.
    assert_eq!(page.matches("tanh, FA").count(), 2, "{page}");
    assert!(
        page.contains("4 jobs: about") && page.contains("on 2 threads"),
        "{page}"
    );
    assert!(!lab.path("here").exists() && !lab.path("runs").exists());
    lab.falign(&["run", "mine.toml", "--dry-run", "--resume"])
        .ends_with(2);
    // Bad files are refused as by a run.
    lab.falign(&["run", "mine.toml", "--dry-run", "--set", "network.width=0"])
        .refuses(&["network.width"]);
}

#[test]
fn its_json_adds_up() {
    let lab = Lab::new();
    lab.file("mine.toml", FILE);
    let text = lab
        .falign(&["run", "mine.toml", "--dry-run", "--json", "--threads", "1"])
        .succeeds()
        .out;
    let json: Value = serde_json::from_str(&text).unwrap();
    let settings = json["settings"].as_array().unwrap();
    assert_eq!(settings.len(), 4);
    let number = |value: &Value| value.as_f64().unwrap();
    let all: f64 = settings
        .iter()
        .map(|one| {
            assert_eq!(
                (one["steps"].as_u64(), one["records"].as_u64()),
                (Some(120), Some(4))
            );
            number(&one["runs"]) * number(&one["run_seconds"])
        })
        .sum();
    assert!((all / number(&json["thread_seconds"]) - 1.0).abs() < 1e-9);
    // One thread does one after the other.
    assert!((all / number(&json["seconds"]) - 1.0).abs() < 1e-9);
}
