//! Rooms in reading order: a room imports only rooms before it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Rooms of `src`, as CONTRIBUTING.md lists them.
const ROOMS: [&str; 23] = [
    "error",
    "memory",
    "file",
    "fault",
    "math",
    "stage",
    "data",
    "layer",
    "rule",
    "theory",
    "two_layer",
    "network",
    "measure",
    "audit",
    "config",
    "simulate",
    "plan",
    "claim",
    "study",
    "experiment",
    "front",
    "archive",
    "doctor",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

pub(crate) fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// A file's code: without comments, and without unit tests, which may look at later rooms.
fn code(text: &str) -> String {
    let tests = text.find("#[cfg(test)]\nmod tests {");
    let lines = text[..tests.unwrap_or(text.len())].lines();
    let code = lines.filter(|line| !line.trim_start().starts_with("//"));
    code.collect::<Vec<_>>().join("\n")
}

/// Rooms that code names behind `crate::`, alone or in braces.
fn imported(code: &str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for (at, marker) in code.match_indices("crate::") {
        let rest = &code[at + marker.len()..];
        let mut depth = 0;
        let mut word = String::new();
        // Each word at the first level of braces begins the path of an import.
        let mut begins = true;
        for character in rest.chars() {
            if character.is_alphanumeric() || character == '_' {
                if begins {
                    word.push(character);
                }
                continue;
            }
            if begins {
                found.extend(ROOMS.into_iter().find(|room| *room == word));
                if ["Error", "Result"].contains(&word.as_str()) {
                    found.insert("error");
                }
            }
            word.clear();
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            begins = depth == 1
                && (character == '{' || character == ',' || (begins && character.is_whitespace()));
            if depth == 0 {
                break;
            }
        }
    }
    found
}

#[test]
fn imports_are_found_alone_and_in_braces() {
    let text = "use crate::math::{data, Loss};\nuse crate::{Error, rule::{a, theory}, file};\nlet x = crate::plan::y();";
    let found: Vec<&str> = imported(text).into_iter().collect();
    assert_eq!(found, ["error", "file", "math", "plan", "rule"]);
}

#[test]
fn a_room_imports_only_rooms_before_it() {
    let mut all = Vec::new();
    files(&source(), &mut all);
    let (mut wrong, mut imports) = (Vec::new(), 0);
    for path in all {
        let inside = path.strip_prefix(source()).unwrap();
        let first = inside.iter().next().unwrap().to_string_lossy();
        let room = first.trim_end_matches(".rs");
        if ["internal", "lib"].contains(&room)
            || inside.components().any(|part| part.as_os_str() == "tests")
            || inside.ends_with("tests.rs")
        {
            continue;
        }
        let Some(order) = ROOMS.iter().position(|name| *name == room) else {
            wrong.push(format!("{room} is no room of the list"));
            continue;
        };
        let text = std::fs::read_to_string(&path).unwrap();
        for name in imported(&code(&text)) {
            imports += 1;
            if ROOMS[order + 1..].contains(&name) {
                wrong.push(format!("{} imports {name}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(imports > 300, "only {imports} imports were found");
}

#[test]
fn contributing_lists_the_rooms() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../CONTRIBUTING.md");
    let text = std::fs::read_to_string(path).unwrap();
    let list = ROOMS.map(|room| format!("`{room}`")).join(", ");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words(&text).contains(&words(&list)),
        "CONTRIBUTING.md: {list}"
    );
}
