//! Links and pipes that somebody planted where the program writes are refused by name.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

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
