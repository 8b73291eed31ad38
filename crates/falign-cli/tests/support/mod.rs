//! The program run in a separate folder, and what it leaves there.

pub(crate) mod chance;
pub(crate) mod numpy;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A folder in which the program is run.
pub(crate) struct Lab(TempDir);

impl Lab {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A path as [`Answer`] has what the program says of it.
    pub(crate) fn shown(&self, name: &str) -> String {
        told(self.path(name).display().to_string().into_bytes())
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A command line of the program, without a terminal and without the caller's wishes for
    /// colours, in lines as long as they are.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_falign"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        // Sentences stay whole, so that tests find their parts.
        command.env("COLUMNS", "10000");
        // There the user's folders have other names than HOME, which tests set.
        if cfg!(windows) {
            command.env("USERPROFILE", self.0.path());
            command.env_remove("LOCALAPPDATA").env_remove("APPDATA");
        }
        command
    }

    pub(crate) fn falign(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments).output().unwrap())
    }

    /// A run that must succeed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        let arguments = [&["run", "--quiet"], arguments].concat();
        self.falign(&arguments).succeeds()
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }
}

/// Text that the program said, on Windows with slashes and Unix's words for a file that is not there, so
/// that one test serves every system.
fn told(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap();
    if !cfg!(windows) {
        return text;
    }
    let gone = "No such file or directory";
    // In JSON each is written twice.
    text.replace("\\\\", "/")
        .replace('\\', "/")
        .replace("The system cannot find the file specified.", gone)
        .replace("The system cannot find the path specified.", gone)
        .replace("File not found.", gone)
        .replace("Path not found.", gone)
}

/// How the program ended and what it said.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    pub(crate) fn of(output: Output) -> Self {
        let answer = Self {
            code: output.status.code(),
            out: told(output.stdout),
            err: told(output.stderr),
        };
        assert!(!answer.err.contains("panicked"), "{}", answer.err);
        answer
    }

    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "\nstdout: {}\nstderr: {}",
            self.out,
            self.err
        );
        self
    }

    pub(crate) fn succeeds(self) -> Self {
        self.ends_with(0)
    }

    /// Exit code 2 and one line on stderr that has every one of `parts`.
    pub(crate) fn refuses(self, parts: &[&str]) -> Self {
        self.fails(2, parts)
    }

    /// Checks for that exit code and one line on stderr that has every one of `parts`; lines below it
    /// may show the place in the file.
    pub(crate) fn fails(self, code: i32, parts: &[&str]) -> Self {
        let answer = self.ends_with(code);
        let err = &answer.err;
        assert!(err.starts_with("falign: "), "{err}");
        let below = err.lines().skip(1);
        let is_place = |line: &str| line.trim_start().starts_with("--> ") || line.contains(" | ");
        assert!(below.clone().count() <= 4, "one message: {err}");
        assert!(
            below
                .map(|line| format!("{line} "))
                .all(|line| is_place(&line)),
            "{err}"
        );
        for part in parts {
            assert!(err.contains(part), "{err}\n  lacks: {part}");
        }
        assert_eq!(answer.out, "");
        answer
    }
}

/// Files of a run folder but those that may differ: the lock, and `meta.json` with its times.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if name != "meta.json" && name != ".lock" {
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Two run folders hold the same files with the same bytes, and they are complete.
pub(crate) fn assert_same(folder: &Path, expected: &Path) {
    let (found, expected) = (files(folder), files(expected));
    for name in [
        "experiment.toml",
        "plan.jsonl",
        "summary.csv",
        "figure.csv",
        "figure.svg",
        "figure.png",
    ] {
        assert!(expected.contains_key(name), "no {name}");
    }
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

/// The names in a folder that match an ending, sorted.
pub(crate) fn names(folder: &Path, ending: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(ending))
        .collect();
    names.sort();
    names
}

/// A CSV table as rows of cells, the header first.
pub(crate) fn table(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let row = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    reader.records().map(|r| row(r.unwrap())).collect()
}

/// The cells of a column.
pub(crate) fn column(table: &[Vec<String>], name: &str) -> Vec<String> {
    let at = table[0].iter().position(|cell| cell == name);
    let at = at.unwrap_or_else(|| panic!("no column {name}"));
    table[1..].iter().map(|row| row[at].clone()).collect()
}
