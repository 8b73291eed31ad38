//! Recipes of containers: each instruction is one that there is, and the commands in them run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{Answer, Lab};

fn recipe(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../release")
        .join(name);
    fs::read_to_string(path).unwrap()
}

/// Lines of a recipe without comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
}

/// Place of the program in a container.
const PLACE: &str = "/usr/bin/falign";

#[test]
fn the_recipe_for_docker_has_known_instructions_and_commands_that_run() {
    let text = recipe("Dockerfile");
    let mut found: BTreeMap<&str, &str> = BTreeMap::new();
    for line in lines(&text) {
        let (word, rest) = line.split_once(' ').unwrap();
        assert!(found.insert(word, rest).is_none(), "{word} twice");
    }
    let words: Vec<&str> = found.keys().copied().collect();
    assert_eq!(
        words,
        [
            "CMD",
            "COPY",
            "ENTRYPOINT",
            "ENV",
            "FROM",
            "VOLUME",
            "WORKDIR"
        ]
    );
    assert_eq!(found["FROM"], "scratch");
    assert_eq!(found["COPY"], format!("falign {PLACE}"));
    let list = |word: &str| -> Vec<String> { serde_json::from_str(found[word]).unwrap() };
    assert_eq!(list("ENTRYPOINT"), ["falign"]);
    assert_eq!(list("VOLUME"), ["/work", "/data"]);
    assert_eq!(found["WORKDIR"], "/work");

    // Nothing of a system: no home, no variable but those of the recipe.
    let lab = Lab::new();
    let command = list("CMD");
    let mut run = lab.command(&command.iter().map(String::as_str).collect::<Vec<_>>());
    run.env_clear();
    for pair in found["ENV"].split(' ') {
        let (name, value) = pair.split_once('=').unwrap();
        // Folders of the container are those of the lab.
        let here = lab.path(value.trim_start_matches('/'));
        run.env(
            name,
            if name == "PATH" {
                Path::new(value)
            } else {
                here.as_path()
            },
        );
        assert!(name != "PATH" || Path::new(PLACE).parent() == Some(Path::new(value)));
    }
    let said = Answer::of(run.output().unwrap()).succeeds().out;
    assert!(said.contains("instruction path"), "{said}");
}

#[cfg(unix)]
#[test]
fn the_recipe_for_apptainer_has_known_sections_and_commands_that_run() {
    let text = recipe("falign.def");
    let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut now = "";
    for line in lines(&text) {
        match line.strip_prefix('%') {
            Some(name) => now = name,
            None => sections.entry(now).or_default().push(line.trim()),
        }
    }
    let names: Vec<&str> = sections.keys().copied().collect();
    assert_eq!(names, ["", "environment", "files", "runscript", "test"]);
    assert!(sections[""][0].starts_with("Bootstrap: ") && sections[""][1].starts_with("From: "));
    assert_eq!(sections["files"], [format!("falign {PLACE}")]);
    let lab = Lab::new();
    let program = env!("CARGO_BIN_EXE_falign");
    for (section, words) in [("runscript", &["cite"][..]), ("test", &[])] {
        let script = sections[section].join("\n").replace(PLACE, program);
        let mut shell = std::process::Command::new("/bin/sh");
        shell
            .args(["-euc", &script, "sh"])
            .args(words)
            .current_dir(lab.path(""));
        let said = Answer::of(shell.output().unwrap()).succeeds().out;
        let part = if section == "test" {
            "instruction path"
        } else {
            "@software{falign,"
        };
        assert!(said.contains(part), "{section}: {said}");
    }
}
