//! Completion, asked of the shells themselves.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::Lab;

/// Lines that are typed, each with the one word to which its last is completed.
const LINES: [(&str, &str); 9] = [
    ("falign expl", "explain"),
    ("falign run quick", "quickstart"),
    ("falign run theory/colla", "theory/collapse"),
    ("falign run quickstart --case re", "relu"),
    ("falign run quickstart --case=re", "--case=relu"),
    ("falign run --set network.activ", "network.activation="),
    (
        "falign run --set learning.rule=kol",
        "learning.rule=kolen_pollack",
    ),
    ("falign explain momen", "momentum"),
    // Nothing of the program's: a file of the folder.
    ("falign run --train-data win", "wine.csv"),
];

/// Zsh, in a terminal of its own: loads the script as its users do, types each argument with a tab, and
/// prints a line of what it is then.
const ZSH: &str = r#"
zmodload zsh/zpty
zpty typist 'TMOUT=60 TERM=dumb zsh -f -i'
zpty -w typist 'fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; PS1=; bindkey "^I" complete-word
    say() { print -r -- "<<$BUFFER>>"; BUFFER=; zle accept-line }; zle -N say; bindkey "^X" say; print ready"."'
zpty -r typist heard '*ready.*' || exit 1
for line in "$@"; do
    zpty -w -n typist "$line"$'\t\x18'
    zpty -r typist heard '*>>*' || exit 1
    print -r -- ${${heard##*<<}%%>>*}
done
zpty -d typist
"#;

/// A folder with `wine.csv` and a shell's script, named `file`.
fn lab(shell: &str, file: &str) -> Lab {
    let lab = Lab::new();
    lab.file("wine.csv", "1,2\n3,4\n");
    lab.file(file, lab.falign(&["completions", shell]).succeeds().out);
    lab
}

/// The shell's output in the lab, with the program on its path; `None`, loudly, where there is no such
/// shell.
fn said(lab: &Lab, shell: &str, arguments: &[&str]) -> Option<String> {
    let bin = Path::new(env!("CARGO_BIN_EXE_falign")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new(shell)
        .args(arguments)
        .current_dir(lab.path(""))
        .env("HOME", lab.path(""))
        .env("PATH", format!("{}:{path}", bin.display()))
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        // Not by `eprintln`, which a passing test swallows.
        let text = format!("SKIPPED: completion in {shell}, which is not installed\n");
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        return None;
    };
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shell}: {error}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Bash, driven as it drives the script: words come split at `=`, and what follows it is replaced. Where
/// nothing is found it offers files itself.
#[test]
fn bash_completes_what_the_program_knows() {
    let lab = lab("bash", "falign.bash");
    for (line, expected) in LINES {
        let split = line.replace('=', " = ");
        let words: Vec<String> = split.split(' ').map(|word| format!("'{word}'")).collect();
        let typed = format!(
            "source falign.bash; COMP_WORDS=({}); COMP_CWORD={}; _falign; echo \"${{COMPREPLY[*]}}\"",
            words.join(" "),
            words.len() - 1
        );
        let Some(said) = said(&lab, "bash", &["-c", &typed]) else {
            return;
        };
        let expected = match (line.contains('='), expected) {
            (true, word) => word.rsplit('=').next().unwrap(),
            (_, "wine.csv") => "",
            (_, word) => word,
        };
        assert_eq!(said.trim(), expected, "{line}");
    }
}

#[test]
fn fish_completes_what_the_program_knows() {
    let lab = lab("fish", "falign.fish");
    for (line, expected) in LINES {
        let typed = format!("source falign.fish; complete -C '{line}'");
        let Some(said) = said(&lab, "fish", &["--no-config", "-c", &typed]) else {
            return;
        };
        assert_eq!(said.trim(), expected, "{line}");
    }
}

#[test]
fn zsh_completes_what_the_program_knows() {
    let lab = lab("zsh", "_falign");
    let lines = LINES.map(|(line, _)| line);
    let arguments = [&["-f", "-c", ZSH, "zsh"][..], &lines].concat();
    let Some(said) = said(&lab, "zsh", &arguments) else {
        return;
    };
    let said: Vec<&str> = said.lines().collect();
    let expected = LINES.map(|(line, word)| {
        let (before, _) = line.rsplit_once(' ').unwrap();
        // A key's value comes next, without a space.
        let space = if word.ends_with('=') { "" } else { " " };
        format!("{before} {word}{space}")
    });
    assert_eq!(said, expected);
}
