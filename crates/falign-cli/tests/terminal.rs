//! Every command in a terminal of 80 columns and 24 rows: no line is longer, and no number is broken.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;

use nix::pty::{Winsize, openpty};

use crate::support::{Answer, Lab};

const COLUMNS: usize = 80;

/// A terminal so wide that nothing is broken in it.
const WIDE: usize = 400;

/// Commands that print a file for another program, whose lines are as long as it wants them.
const FILES: [&str; 6] = [
    "config",
    "schema",
    "completions",
    "man",
    "data mirrors",
    "keys --markdown",
];

/// Output of a command in a terminal of so many columns, without colours, and its exit code.
fn typed(lab: &Lab, words: &[&str], columns: usize) -> (String, i32) {
    let size = Winsize {
        ws_row: 24,
        ws_col: u16::try_from(columns).unwrap(),
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = openpty(Some(&size), None).unwrap();
    let mut command = lab.command(words);
    let slave = || Stdio::from(pty.slave.try_clone().unwrap());
    command
        .stdin(slave())
        .stdout(slave())
        .stderr(slave())
        .env_remove("COLUMNS")
        .env("TERM", "xterm-256color")
        .env("HOME", lab.path("home"));
    let mut child = command.spawn().unwrap();
    // The terminal ends for its reader when nobody holds its other end any more.
    drop(command);
    drop(pty.slave);
    let mut bytes = Vec::new();
    let mut screen = File::from(pty.master);
    let mut buffer = [0; 4096];
    // Linux tells of the end by an error.
    while let Ok(count @ 1..) = screen.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..count]);
    }
    let code = child.wait().unwrap().code().unwrap();
    (plain(&String::from_utf8(bytes).unwrap()), code)
}

/// A text without the sequences that colour it or move the cursor.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\u{1b}' {
            out.push(letter);
            continue;
        }
        if letters.next_if_eq(&'[').is_some() {
            while letters.next().is_some_and(|one| !one.is_ascii_alphabetic()) {}
        }
    }
    out
}

/// Lines of a terminal: a carriage return begins one anew.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).map(str::trim_end)
}

/// Lines that a terminal of 80 columns would break. One word alone, such as a long path, cannot be
/// shortened.
fn too_long(text: &str) -> Vec<&str> {
    let is_too_long = |line: &&str| {
        let is_one_word = !line.trim_start().contains(' ');
        // A bar is filled up with spaces, behind which the next line of the screen begins.
        let is_bar = line.contains(['█', '░']);
        line.chars().count() > COLUMNS && !is_one_word && !is_bar
    };
    lines(text).filter(is_too_long).collect()
}

/// The numbers in a text; a broken one would be two others.
fn numbers(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    text.split(|c| !is_part(c))
        .map(|number| number.trim_matches('.').to_owned())
        .filter(|number| !number.is_empty())
        .collect()
}

fn prints_a_file(line: &str) -> bool {
    let forms = ["--json", "--csv", "--latex"];
    FILES.iter().any(|file| line.starts_with(file)) || forms.iter().any(|form| line.contains(form))
}

/// Names of all commands, those below others too: `data fetch`.
fn commands(lab: &Lab) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = vec![String::new()];
    while let Some(command) = next.pop() {
        let words = command.split_whitespace().chain(["--help"]);
        let help = lab.falign(&words.collect::<Vec<_>>()).succeeds().out;
        let below = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let below = below.take_while(|line| !line.is_empty());
        let names = below.filter_map(|line| line.strip_prefix("  "));
        let names = names.filter(|line| !line.starts_with(' '));
        let names = names.filter_map(|line| line.split_whitespace().next());
        next.extend(
            names
                .filter(|name| *name != "help")
                .map(|name| format!("{command} {name}").trim().to_owned()),
        );
        found.push(command);
    }
    found
}

/// The examples in a command's help.
fn examples(help: &str) -> Vec<String> {
    let below = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let lines = below.filter_map(|line| line.strip_prefix("  falign "));
    // Behind two spaces stands what it is for.
    let commands = lines.map(|line| line.split("  ").next().unwrap_or(line));
    commands.map(str::to_owned).collect()
}

#[test]
fn every_help_text_fits_80_columns() {
    let lab = Lab::new();
    let all = commands(&lab);
    assert!(all.contains(&"data fetch".to_owned()), "{all:?}");
    for command in all {
        for flag in ["--help", "-h"] {
            let words: Vec<&str> = command.split_whitespace().chain([flag]).collect();
            let (text, code) = typed(&lab, &words, COLUMNS);
            assert_eq!(code, 0, "{command} {flag}");
            assert_eq!(too_long(&text), Vec::<&str>::new(), "{command} {flag}");
            let (wide, _) = typed(&lab, &words, WIDE);
            assert!(
                numbers(&text).is_subset(&numbers(&wide)),
                "{command} {flag}: {text}"
            );
        }
    }
}

/// Settings that shorten a training command, so that its output has everything but significance.
const SHORT: [&str; 4] = ["--set", "run.runs=3", "--set", "run.steps=20"];

#[test]
fn every_example_of_a_help_text_runs_and_fits_80_columns() {
    let lab = Lab::new();
    lab.file("mine.csv", "a,b,y\n1,2.5,3\n4.5,5,6\n7,8.5,9\n0,1.5,2\n");
    // `run` first: others look at what it leaves.
    let mut all = commands(&lab);
    all.sort_by_key(|command| (command != "run", command.clone()));
    let mut seen = 0;
    for command in all.iter().filter(|command| !command.is_empty()) {
        let words = command.split_whitespace().chain(["--help"]);
        let help = lab.falign(&words.collect::<Vec<_>>()).succeeds().out;
        for example in examples(&help) {
            let mut words: Vec<&str> = example.split_whitespace().collect();
            let trains = ["run", "check"].contains(&words[0]);
            if trains && !words.contains(&"--dry-run") && !words.contains(&"runs/quickstart") {
                words.extend(SHORT);
            }
            let (text, code) = typed(&lab, &words, COLUMNS);
            // Too few runs for claims.
            assert!(
                code == 0 || (trains && code == 3),
                "{example}: {code}\n{text}"
            );
            seen += 1;
            if prints_a_file(&example) {
                continue;
            }
            assert_eq!(
                too_long(&text),
                Vec::<&str>::new(),
                "falign {example}\n{text}"
            );
        }
    }
    assert!(seen > 25, "{seen}");
}

#[test]
fn lists_and_explanations_break_no_number() {
    let lab = Lab::new();
    for words in [
        &["list"][..],
        &["keys"],
        &["explain"],
        &["explain", "step_size"],
        &["explain", "weight_mirror"],
        &["explain", "loss"],
    ] {
        let (text, code) = typed(&lab, words, COLUMNS);
        let (wide, _) = typed(&lab, words, WIDE);
        assert_eq!(code, 0);
        assert_eq!(too_long(&text), Vec::<&str>::new(), "{words:?}");
        assert_eq!(numbers(&text), numbers(&wide), "{words:?}");
        let piped = piped(&lab, words);
        assert_eq!(numbers(&piped), numbers(&wide), "{words:?}");
    }
}

/// Output of a command in a pipe.
fn piped(lab: &Lab, words: &[&str]) -> String {
    let mut command = lab.command(words);
    Answer::of(command.env_remove("COLUMNS").output().unwrap())
        .succeeds()
        .out
}

/// Rows for other programs, prose for people who look at the end of a pipe.
#[test]
fn in_a_pipe_a_row_is_one_line_and_prose_fits_80_columns() {
    let lab = Lab::new();
    let listed = piped(&lab, &["list"]);
    assert!(listed.lines().all(|line| line.ends_with(')')), "{listed}");
    assert!(!too_long(&listed).is_empty(), "{listed}");
    for name in ["record", "step_size", "weight_mirror", "loss"] {
        let explained = piped(&lab, &["explain", name]);
        assert_eq!(too_long(&explained), Vec::<&str>::new(), "{explained}");
        let whole = lab.falign(&["explain", name]).succeeds().out;
        assert!(!too_long(&whole).is_empty(), "{name} has long texts");
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(words(&explained), words(&whole));
    }
    // Too few runs for its claims.
    let words = [&["run", "quickstart", "--out", "run"][..], &SHORT].concat();
    lab.falign(&words).ends_with(3);
    let mut command = lab.command(&["check", "run"]);
    let checked = Answer::of(command.env_remove("COLUMNS").output().unwrap());
    assert_eq!(
        too_long(&checked.out),
        Vec::<&str>::new(),
        "{}",
        checked.out
    );
}

#[test]
fn mistakes_fit_80_columns_too() {
    let lab = Lab::new();
    for words in [
        &["figure2", "--dry-run"][..],
        &["explain", "algnment"],
        &["list", "xyzzy"],
        &["rnu", "quickstart"],
    ] {
        let (text, code) = typed(&lab, words, COLUMNS);
        assert_eq!(code, 2, "{text}");
        assert_eq!(too_long(&text), Vec::<&str>::new(), "{words:?}");
    }
}
