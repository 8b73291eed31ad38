//! Links and pipes that somebody planted where the program writes are refused by name.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
#[cfg(target_os = "linux")]
use std::process::Child;
use std::process::Command;

#[cfg(target_os = "linux")]
use crate::interruption::{send, wait_until};
#[cfg(target_os = "linux")]
use crate::support::{Answer, assert_same, names};
use crate::support::{Lab, files};

const EXPERIMENT: &str = r#"
name = "small"
[data]
samples = 3
input_dim = 3
[network]
width = 5
[run]
runs = 2
steps = 5
save_weights = "final"
"#;

#[test]
fn links_in_a_run_folder_are_never_followed() {
    let lab = Lab::new();
    lab.file("small.toml", EXPERIMENT);
    lab.run(&["small.toml", "--out", "expected"]);
    fs::create_dir(lab.path("elsewhere")).unwrap();
    // It would be removed, were the link followed.
    lab.file("elsewhere/.a.bin.1-2.part", "precious");
    lab.file("victim", "precious");
    for (name, target, what) in [
        (".lock", "victim", "a regular file"),
        (".lock", "made", "a regular file"),
        ("results", "elsewhere", "a folder of the program's own"),
        ("weights", "elsewhere", "a folder of the program's own"),
        ("checkpoints", "elsewhere", "a folder of the program's own"),
        ("results", "made", "a folder of the program's own"),
    ] {
        let _ = fs::remove_dir_all(lab.path("run"));
        fs::create_dir(lab.path("run")).unwrap();
        let text = lab.text("expected/experiment.toml");
        lab.file("run/experiment.toml", text);
        symlink(lab.path(target), lab.path("run").join(name)).unwrap();
        let words = ["run", "small.toml", "--out", "run", "--resume", "--quiet"];
        let says = format!("run/{name}: Is a symbolic link, where {what}");
        lab.falign(&words).fails(1, &[&says]);
        assert!(!lab.path("made").exists(), "{name}");
        assert_eq!(lab.text("elsewhere/.a.bin.1-2.part"), "precious");
        assert_eq!(files(&lab.path("elsewhere")).len(), 1, "{name}");
        assert_eq!(lab.text("victim"), "precious");
        // Without the link it goes on.
        fs::remove_file(lab.path("run").join(name)).unwrap();
        lab.falign(&words).succeeds();
    }
}

#[test]
fn a_file_that_is_a_link_is_replaced_and_what_it_leads_to_stays() {
    let lab = Lab::new();
    lab.file("small.toml", EXPERIMENT);
    lab.run(&["small.toml", "--out", "run"]);
    for name in ["summary.csv", "plan.jsonl", "experiment.toml"] {
        let path = lab.path("run").join(name);
        fs::rename(&path, lab.path("kept")).unwrap();
        symlink(lab.path("kept"), &path).unwrap();
        let before = fs::read(lab.path("kept")).unwrap();
        lab.run(&["small.toml", "--out", "run", "--resume"]);
        assert!(!path.is_symlink(), "{name}");
        assert_eq!(fs::read(lab.path("kept")).unwrap(), before, "{name}");
    }
}

#[test]
fn a_pipe_in_the_place_of_the_lock_is_not_waited_for() {
    let lab = Lab::new();
    lab.file("small.toml", EXPERIMENT);
    fs::create_dir(lab.path("run")).unwrap();
    let made = Command::new("mkfifo").arg(lab.path("run/.lock")).status();
    assert!(made.unwrap().success());
    lab.falign(&["run", "small.toml", "--out", "run", "--quiet"])
        .fails(1, &["run/.lock: Is a pipe (FIFO)"]);
}

/// Runs of the two experiments below.
#[cfg(target_os = "linux")]
const RUNS: u64 = 16;

/// Jobs of some tens of milliseconds each, which write results and weights.
#[cfg(target_os = "linux")]
const SHALLOW: &str = r#"
name = "shallow"
[data]
samples = 20
input_dim = 30
[network]
width = 400
activation = "tanh"
[learning]
step_size = 0.01
[run]
runs = 16
runs_per_job = 1
steps = 200
save_weights = "both"
"#;

/// Checkpoints too.
#[cfg(target_os = "linux")]
const DEEP: &str = r#"
name = "deep"
[data]
labelled = "generated_images"
samples = 100
held_out = 10
input_dim = 25
outputs = 3
[network]
activation = "tanh"
hidden_widths = [20, 20]
[learning]
batch = 9
step_size = 0.02
[run]
runs = 16
runs_per_job = 2
epochs = 30
save_weights = "both"
"#;

/// Stops a program, all its threads, until it goes on.
#[cfg(target_os = "linux")]
fn halt(child: &Child) {
    send("STOP", child);
    let threads = format!("/proc/{}/task", child.id());
    wait_until("it to halt", || {
        fs::read_dir(&threads).unwrap().all(|thread| {
            let stat = fs::read_to_string(thread.unwrap().path().join("stat")).unwrap();
            stat.rsplit_once(") ").unwrap().1.starts_with('T')
        })
    });
}

/// Swaps a folder of a run in its middle, which then goes on as far as it may; then back again.
#[cfg(target_os = "linux")]
fn swapped(lab: &Lab, name: &str, first: &str) {
    let ids = names(&lab.path("expected/results"), ".bin");
    // Every name that the program writes or removes in the folder.
    let of_id = |id: &String| {
        let id = id.trim_end_matches(".bin").to_owned();
        (0..RUNS).map(move |run| format!("{id}-run{run:04}.safetensors"))
    };
    let written = match name {
        "checkpoints" => ids.iter().flat_map(of_id).collect(),
        name => names(&lab.path("expected").join(name), ""),
    };
    fs::create_dir(lab.path("victim")).unwrap();
    for file in &written {
        lab.file(&format!("victim/{file}"), "precious");
    }

    let words = ["run", "x.toml", "--out", "run", "--quiet", "--threads", "2"];
    let child = lab.start(&words);
    wait_until("a first file", || !names(&lab.path(first), "").is_empty());
    halt(&child);
    let folder = lab.path("run").join(name);
    fs::rename(&folder, lab.path("moved")).unwrap();
    symlink(lab.path("victim"), &folder).unwrap();
    send("CONT", &child);
    let answer = Answer::of(child.wait_with_output().unwrap());
    let says = format!("run/{name}: Is a symbolic link, where a folder of the program's own");
    answer.fails(1, &[&says, "kept for --resume"]);
    let victim = files(&lab.path("victim"));
    assert!(victim.values().all(|bytes| bytes == b"precious"), "{name}");
    assert_eq!(victim.into_keys().collect::<Vec<_>>(), written, "{name}");

    fs::remove_file(&folder).unwrap();
    fs::rename(lab.path("moved"), &folder).unwrap();
    lab.falign(&[&words[..], &["--resume"]].concat()).succeeds();
    assert_same(&lab.path("run"), &lab.path("expected"));
    assert!(!lab.path("run/checkpoints").exists());
    for name in ["run", "victim"] {
        fs::remove_dir_all(lab.path(name)).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_is_swapped_for_a_link_while_the_program_runs_is_refused() {
    for (experiment, first) in [(SHALLOW, "run/results"), (DEEP, "run/checkpoints")] {
        let lab = Lab::new();
        lab.file("x.toml", experiment);
        lab.run(&["x.toml", "--out", "expected"]);
        swapped(&lab, "results", "run/results");
        swapped(&lab, "weights", "run/results");
        swapped(&lab, "checkpoints", first);
    }
}
