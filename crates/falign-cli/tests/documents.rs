//! README and guide: every command as written works, in a fresh folder, one after another.
//!
//! A comment before a block says how its commands are shortened here, and which may be is checked:
//! `<!-- test: dry run -->` adds `--dry-run`; `<!-- test: run.runs=3 run.steps=50 -->` sets keys, of built-in
//! experiments alone; `<!-- test: parse -->` only reads the command line, of commands that need a data set
//! or the network.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::numpy::{npy, npz};
use crate::support::{Answer, Lab};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A block of code, with its language and the mark before it.
#[derive(Debug)]
struct Block {
    language: String,
    mark: String,
    lines: Vec<String>,
}

fn blocks(document: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut mark = String::new();
    let mut is_inside = false;
    for line in document.lines() {
        if let Some(language) = line.strip_prefix("```") {
            if !is_inside {
                found.push(Block {
                    language: language.to_owned(),
                    mark: std::mem::take(&mut mark),
                    lines: Vec::new(),
                });
            }
            is_inside = !is_inside;
        } else if is_inside {
            found.last_mut().unwrap().lines.push(line.to_owned());
        } else {
            let inside = line.strip_prefix("<!-- test: ");
            mark = inside.map_or_else(String::new, |mark| mark.trim_end_matches(" -->").to_owned());
        }
    }
    found
}

/// Ways to run a command in a test.
enum Way {
    Whole,
    Dry,
    Parsed,
    Short(String),
}

impl Way {
    fn of(mark: &str, command: &str) -> Self {
        let words: Vec<&str> = command.split_whitespace().collect();
        let is_built_in = words
            .iter()
            .any(|word| falign::internal::config::builtin::find(word).is_some());
        match mark {
            "" => Self::Whole,
            "dry run" => {
                assert!(words.contains(&"run"), "no run: {command}");
                Self::Dry
            }
            "parse" => {
                let needs = ["path/to/", "data fetch"];
                let needs_more = needs.iter().any(|part| command.contains(part));
                assert!(needs_more, "can be run: {command}");
                Self::Parsed
            }
            sets => {
                assert!(is_built_in, "runs in seconds as it is: {command}");
                let sets = sets.split(' ').map(|set| format!(" --set {set}"));
                Self::Short(sets.collect())
            }
        }
    }
}

/// A folder with the files that a reader brings, `falign` on the path, and what it said last.
struct Reader(Lab, RefCell<String>);

impl Reader {
    fn new() -> Self {
        let lab = Lab::new();
        std::fs::create_dir(lab.path("bin")).unwrap();
        let program = env!("CARGO_BIN_EXE_falign");
        std::os::unix::fs::symlink(program, lab.path("bin/falign")).unwrap();
        // Numbers without a pattern that are exact in decimal.
        let number = |at: usize| ((at * 37 + 11) % 101) as f64 / 16.0 - 3.0;
        let row = |row: usize| (0..4).map(move |column| number(4 * row + column).to_string());
        let rows = (0..30).map(|at| format!("{at},{}\n", row(at).collect::<Vec<_>>().join(",")));
        let table = rows.collect::<String>();
        lab.file(
            "wine.csv",
            format!("id,acidity,sugar,alcohol,quality\n{table}"),
        );
        let numbers: Vec<f64> = (0..12 * 5).map(number).collect();
        let arrays = [
            ("X", npy("(12, 4)", &numbers[..48])),
            ("y", npy("(12,)", &numbers[48..])),
        ];
        lab.file("mine.npz", npz(&arrays));
        Self(lab, RefCell::default())
    }

    /// A line of a shell.
    fn types(&self, line: &str) -> Answer {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.0.path("bin").display());
        let mut command = Command::new("sh");
        command
            .args(["-c", line])
            .current_dir(self.0.path(""))
            .env("PATH", path);
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "FALIGN_DATA"] {
            command.env_remove(name);
        }
        Answer::of(command.env("HOME", self.0.path("")).output().unwrap())
    }

    fn carries_out(&self, document: &str, block: &Block) {
        match block.language.as_str() {
            "sh" => {
                for line in &block.lines {
                    self.runs(document, &block.mark, line);
                }
            }
            "toml" => {
                let name = block.lines[0].strip_prefix("# ");
                let name =
                    name.unwrap_or_else(|| panic!("{document}: no `# FILE.toml`: {block:?}"));
                self.0.file(name, block.lines.join("\n") + "\n");
            }
            // What the command before prints, or parts of it.
            "text" => {
                let said = self.1.borrow();
                let is_said = |line: &&String| said.lines().any(|other| other == line.as_str());
                for line in block.lines.iter().filter(|line| *line != "...") {
                    assert!(is_said(&line), "{document}: {line}\nis not in\n{said}");
                }
            }
            // Run by `bindings/python/tests/test_documents.py`, and as an example of the library by `lib.rs`.
            "python" | "rust" => assert_eq!(block.mark, ""),
            other => panic!("{document}: a block of {other:?}"),
        }
    }

    fn runs(&self, document: &str, mark: &str, line: &str) {
        let command = line.split("  #").next().unwrap().trim();
        let command = command.replace("cargo run --release --", "falign");
        let Some(rest) = command.strip_prefix("falign ") else {
            return is_in_the_clone(document, &command);
        };
        let typed = match Way::of(mark, rest) {
            Way::Whole => command.clone(),
            Way::Dry => format!("{command} --dry-run"),
            Way::Parsed => format!("{command} --help"),
            Way::Short(sets) => format!("{command}{sets}"),
        };
        let answer = self.types(&typed);
        let is_short = matches!(Way::of(mark, rest), Way::Short(_));
        let is_good = answer.code == Some(0) || (is_short && answer.code == Some(3));
        assert!(
            is_good,
            "{document}: `{typed}` ends with {:?}\n{}\n{}",
            answer.code, answer.out, answer.err
        );
        *self.1.borrow_mut() = answer.out;
    }
}

/// Commands that are no `falign`: what they name is there.
fn is_in_the_clone(document: &str, command: &str) {
    let mut words = command.split_whitespace();
    let known = match words.next() {
        None => return,
        Some("./check.sh") => vec!["check.sh"],
        Some("cargo") => words.filter(|word| word.contains('/')).collect(),
        Some("pip") => words.filter(|word| word.starts_with("./")).collect(),
        _ => panic!("{document}: what is `{command}`?"),
    };
    for file in known {
        assert!(root().join(file).exists(), "{document}: {file}");
    }
}

fn every_command_works(document: &str) {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let blocks = blocks(&text);
    assert!(blocks.iter().any(|block| block.language == "sh"));
    let reader = Reader::new();
    for block in &blocks {
        reader.carries_out(document, block);
    }
}

#[test]
fn every_command_of_the_readme_works() {
    every_command_works("README.md");
}

#[test]
fn every_command_of_the_guide_works() {
    every_command_works("docs/guide.md");
}

/// Commands in the middle of a sentence have words in capitals where a reader's own stand.
#[test]
fn commands_in_sentences_have_options_that_exist() {
    let lab = Lab::new();
    for document in [
        "README.md",
        "docs/guide.md",
        "docs/theory.md",
        "docs/figure3.md",
        "CONTRIBUTING.md",
    ] {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        for code in text.split('`').skip(1).step_by(2) {
            let Some(rest) = code.strip_prefix("falign ") else {
                continue;
            };
            let words: Vec<&str> = rest.split_whitespace().collect();
            let nested = words[0] == "data" && words.len() > 1;
            let start = &words[..if nested { 2 } else { 1 }];
            if start[0].starts_with('-') || start[0] == "..." {
                continue;
            }
            let help = lab.falign(&[start, &["--help"]].concat()).succeeds().out;
            for flag in words.iter().filter(|word| word.starts_with("--")) {
                let flag = flag.split('=').next().unwrap();
                assert!(help.contains(flag), "{document}: `{code}`: no {flag}");
            }
        }
    }
}
