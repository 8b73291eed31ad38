//! A full disk is an error that names the path, and loses nothing that is finished.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Answer, Lab, assert_same, files};

/// Results of about 50 kB each, so that small disks are full after some.
const EXPERIMENT: &str = r#"
name = "large"
[data]
samples = 3
input_dim = 3
[network]
width = 5
[run]
runs = 6
runs_per_job = 1
steps = 800
record = { every = 1 }
save_weights = "final"
"#;

struct Disk(PathBuf);

impl Disk {
    /// A disk of so many kilobytes at `path`; `None` where a test may not mount one.
    fn new(path: PathBuf, kilobytes: u32) -> Option<Self> {
        std::fs::create_dir(&path).unwrap();
        let size = format!("size={kilobytes}k");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(&path)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(path))
    }

    fn grow(&self) {
        let status = Command::new("mount")
            .args(["-o", "remount,size=32m"])
            .arg(&self.0)
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// The finished results on the disk are those of an undisturbed run; how many there are.
fn finished(folder: &Path, expected: &Path) -> usize {
    let (found, expected) = (files(folder), files(expected));
    let mut count = 0;
    for (name, bytes) in found {
        // Among the rest, temporary files are not expected.
        assert!(expected.get(&name) == Some(&bytes), "{name}");
        count += usize::from(name.starts_with("results/"));
    }
    count
}

#[test]
fn a_full_disk_names_the_path_and_a_larger_one_goes_on() {
    let lab = Lab::new();
    lab.file("large.toml", EXPERIMENT);
    lab.run(&["large.toml", "--out", "expected"]);
    let total = finished(&lab.path("expected"), &lab.path("expected"));
    assert_eq!(total, 6);
    let mut counts = Vec::new();
    // Full at the first file, among the results, and at the tables and pictures.
    for kilobytes in [4, 160, 256, 400, 900] {
        let name = format!("disk{kilobytes}");
        let Some(disk) = Disk::new(lab.path(&name), kilobytes) else {
            eprintln!("SKIPPED: a small disk cannot be mounted here (needs root)");
            return;
        };
        let out = format!("{name}/run");
        let words = ["run", "large.toml", "--out", &out, "--quiet"];
        lab.falign(&words).fails(1, &[&out, "No space left"]);
        counts.push(finished(&lab.path(&out), &lab.path("expected")));
        disk.grow();
        lab.run(&["large.toml", "--out", &out, "--resume"]);
        assert_same(&lab.path(&out), &lab.path("expected"));
    }
    assert_eq!(counts[0], 0);
    assert!(counts.iter().any(|count| (1..total).contains(count)));
    assert_eq!(counts.last(), Some(&total));
}

#[test]
fn a_folder_that_cannot_be_removed_is_named_and_costs_nothing() {
    let lab = Lab::new();
    lab.file("large.toml", EXPERIMENT);
    for out in ["expected", "run"] {
        lab.run(&["large.toml", "--out", out]);
    }
    // What is mounted is busy.
    let Some(disk) = Disk::new(lab.path("run/checkpoints"), 64) else {
        eprintln!("SKIPPED: a small disk cannot be mounted here (needs root)");
        return;
    };
    let answer = lab.run(&["large.toml", "--out", "run", "--resume"]);
    let says = "falign: not removed, though no longer needed: run/checkpoints: ";
    assert!(answer.err.starts_with(says), "{}", answer.err);
    drop(disk);
    let answer = lab.run(&["large.toml", "--out", "run", "--resume"]);
    assert_eq!(answer.err, "");
    assert_same(&lab.path("run"), &lab.path("expected"));
}

/// Batch systems limit the size of files so; the signal that comes with it would end the process.
#[test]
fn a_file_beyond_the_systems_limit_is_an_error_that_names_it() {
    let lab = Lab::new();
    lab.file("large.toml", EXPERIMENT);
    lab.run(&["large.toml", "--out", "expected"]);
    let program = env!("CARGO_BIN_EXE_falign");
    let script = format!("ulimit -f 16; exec '{program}' run large.toml --out run --quiet");
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(lab.path(""))
        .output();
    Answer::of(output.unwrap()).fails(1, &["run/results/", "File too large", "kept for --resume"]);
    lab.run(&["large.toml", "--out", "run", "--resume"]);
    assert_same(&lab.path("run"), &lab.path("expected"));
}

#[test]
fn results_that_cannot_be_printed_are_an_error_and_no_panic() {
    let lab = Lab::new();
    for command in [
        &["list"][..],
        &["keys"],
        &["man"],
        &["completions", "bash"],
        &["config", "quickstart"],
        &["new", "mine.toml"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let output = lab.command(command).stdout(full.unwrap()).output();
        Answer::of(output.unwrap()).fails(1, &["stdout", "No space left"]);
        // Nor does it matter where messages cannot be printed.
        let full = std::fs::File::options().write(true).open("/dev/full");
        let output = lab
            .command(&["run", "nothing"])
            .stderr(full.unwrap())
            .output();
        Answer::of(output.unwrap()).ends_with(2);
    }
}
