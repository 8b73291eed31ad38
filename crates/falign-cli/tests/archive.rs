//! `falign archive` and `falign cite --run`: a finished run for a repository of data, and its sources.

use std::fs;
use std::io::{Cursor, Read as _};
use std::path::Path;

use crate::support::{Answer, Lab};

const SMALL: &str = r#"
name = "small"
title = "A small run"
[data]
samples = 7
input_dim = 5
[learning]
step_size = 1e-3
[run]
steps = 30
runs = 3
runs_per_job = 2
[sweep]
"network.width" = [9, 12]
[[claim]]
id = "finite"
text = "The loss stays small."
quantity = "loss"
kind = "between"
max = 1e9
"#;

/// A lab with a finished run.
fn ran() -> Lab {
    let lab = Lab::new();
    lab.file("small.toml", SMALL);
    lab.run(&["small.toml"]);
    lab
}

/// Unpacks an archive as any program would.
fn unpack(archive: &Path, to: &Path) {
    let bytes = fs::read(archive).unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    for index in 0..zip.len() {
        let mut member = zip.by_index(index).unwrap();
        let path = to.join(&*member.name().unwrap());
        let mut content = Vec::new();
        member.read_to_end(&mut content).unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

#[test]
fn an_unpacked_archive_is_shown_checked_drawn_and_repeated() {
    let lab = ran();
    let said = lab.falign(&["archive", "runs/small"]).succeeds().out;
    assert!(
        said.starts_with("runs/small.zip: ") && said.contains("1 of 1 claim holds"),
        "{said}"
    );
    lab.falign(&["archive", "runs/small/", "--out", "again.zip"])
        .succeeds();
    let bytes = fs::read(lab.path("again.zip")).unwrap();
    assert!(bytes == fs::read(lab.path("runs/small.zip")).unwrap());
    unpack(&lab.path("again.zip"), &lab.path("far"));

    let both = |words: &[&str]| {
        let of = |dir: &str| {
            let words: Vec<&str> = words
                .iter()
                .map(|word| if *word == "DIR" { dir } else { word })
                .collect();
            let out = lab.falign(&words).succeeds().out;
            out.replace(dir, "DIR")
        };
        assert_eq!(of("far/small"), of("runs/small"), "{words:?}");
    };
    both(&["show", "DIR"]);
    both(&["show", "DIR", "--csv"]);
    both(&["check", "DIR"]);
    both(&["plot", "DIR", "--name", "drawn"]);
    both(&["cite", "--run", "DIR"]);
    let drawn = |dir: &str| lab.text(&format!("{dir}/drawn.svg"));
    assert!(drawn("far/small") == drawn("runs/small"));

    repeats(&lab, "far/small");
    let rows = |dir: &str| lab.text(&format!("{dir}/summary.csv"));
    assert!(rows("far/small/again") == rows("runs/small"));
}

/// Carries out the command that README.txt gives, in the unpacked folder.
fn repeats(lab: &Lab, dir: &str) {
    let readme = lab.text(&format!("{dir}/README.txt"));
    let mut lines = readme.lines().map(str::trim);
    let command = lines.find(|line| line.starts_with("falign run "));
    let words = command.unwrap().split(' ').skip(1).chain(["--quiet"]);
    let mut again = lab.command(&words.collect::<Vec<_>>());
    let said = Answer::of(again.current_dir(lab.path(dir)).output().unwrap());
    assert!([Some(0), Some(3)].contains(&said.code), "{}", said.err);
}

/// Claims of a shortened run may ask for steps that it does not record.
#[test]
fn a_run_that_was_shortened_can_be_repeated_from_its_archive() {
    let lab = Lab::new();
    let claim = SMALL.replace(
        "kind = \"between\"\nmax = 1e9",
        "kind = \"geometric\"\nfrom_step = 20",
    );
    assert_ne!(claim, SMALL);
    lab.file("small.toml", claim);
    lab.falign(&["run", "small.toml", "--quiet", "--set", "run.steps=9"])
        .ends_with(3);
    lab.falign(&["archive", "runs/small"]).succeeds();
    unpack(&lab.path("runs/small.zip"), &lab.path("far"));
    repeats(&lab, "far/small");
    let rows = |dir: &str| lab.text(&format!("{dir}/summary.csv"));
    assert!(rows("far/small/again") == rows("runs/small"));
}

#[test]
fn what_is_not_finished_is_refused_with_the_command_that_goes_on() {
    let lab = ran();
    let results = lab.path("runs/small/results");
    let first = fs::read_dir(results)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::remove_file(first).unwrap();
    let refused = lab.falign(&["archive", "runs/small"]);
    refused.fails(1, &["runs, and an archive is of finished ones", "--resume"]);
    assert!(!lab.path("runs/small.zip").exists());
    lab.falign(&["archive", "runs"])
        .fails(1, &["is no run folder"]);
}

#[test]
fn data_of_ones_own_are_in_it_where_that_is_asked_for() {
    let lab = Lab::new();
    lab.file("mine.csv", "1,2,3\n4,5.5,6\n7,8,9.5\n0,1,2\n");
    lab.run(&[
        "--train-data",
        "mine.csv",
        "--set",
        "steps=5",
        "--set",
        "width=9",
    ]);
    let bare = lab
        .falign(&["archive", "runs/mine", "--out", "bare.zip"])
        .succeeds();
    assert!(
        bare.err.contains("data/mine.csv is not in it (--with-data"),
        "{}",
        bare.err
    );
    let whole = lab
        .falign(&["archive", "runs/mine", "--with-data"])
        .succeeds();
    assert_eq!(whole.err, "");
    fs::remove_file(lab.path("mine.csv")).unwrap();
    unpack(&lab.path("runs/mine.zip"), &lab.path("far"));
    lab.falign(&["check", "far/mine"]).succeeds();
}

#[test]
fn a_run_is_cited_with_its_sources_and_the_version_that_made_it() {
    let lab = ran();
    let meta = lab.text("runs/small/meta.json");
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(meta.contains(&version));
    let older = meta.replace(&version, "\"version\": \"0.0.9\"");
    lab.file("runs/small/meta.json", older);
    let text = lab.falign(&["cite", "--run", "runs/small"]).succeeds().out;
    assert!(
        text.contains("{song2021,") && text.contains("version   = {0.0.9}"),
        "{text}"
    );
    lab.falign(&["cite", "--run", "runs"])
        .fails(1, &["is no run folder"]);
    lab.falign(&["cite", "quickstart", "--run", "runs/small"])
        .ends_with(2);
    let images = lab.falign(&["cite", "figure3"]).succeeds().out;
    assert!(
        images.contains("% The data set MNIST.\n@misc{lecun1998,"),
        "{images}"
    );
}
