//! Completion: the words that a shell may put in the place of the last one of a command line.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;
use clap::{Arg, ArgAction, Command};
use falign::internal::config::builtin::BUILTIN;
use falign::internal::config::explain;
use falign::internal::config::keys::{KEYS, Key};
use falign::internal::data::catalogue;
use falign::measure::Quantity;
use falign::rule::Registry;

use super::{Program, source};
use crate::ended::Ended;
use crate::output;

/// Prints, line by line, what may stand in the place of the last of these words behind the program's
/// name.
pub(super) fn command(words: &[OsString], program: &Program<'_>) -> Result<Ended> {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    for candidate in candidates(&words, program.rules) {
        output::line(candidate)?;
    }
    Ok(Ended::Done)
}

/// Words that begin as the last of `words` does.
fn candidates(words: &[String], rules: &Registry) -> Vec<String> {
    let Some((typed, before)) = words.split_last() else {
        return Vec::new();
    };
    let mut program = super::command_line();
    program.build();
    let place = Place::of(&program, before);
    let mut found = Vec::new();
    let mut start = "";
    match (place.option, typed.split_once('=')) {
        (Some(option), _) => found = values(place.command, option, before, rules),
        // `--case=linear`.
        (None, Some((flag, _))) if flag.starts_with("--") => {
            start = flag;
            found = place
                .flag(flag)
                .map(|option| values(place.command, option, before, rules))
                .unwrap_or_default();
        }
        (None, _) if typed.starts_with('-') => found = place.flags(),
        (None, _) => {
            let commands = place.command.get_subcommands();
            let commands = commands.filter(|one| !one.is_hide_set());
            found.extend(commands.map(|one| one.get_name().to_owned()));
            if let Some(positional) = place.positional() {
                found.extend(values(place.command, positional, before, rules));
            }
        }
    }
    if !start.is_empty() {
        found = found.iter().map(|one| format!("{start}={one}")).collect();
    }
    found.retain(|one| one.starts_with(typed.as_str()));
    // Keys first, and the words of one of them when it is there.
    if !typed.contains('=') && found.iter().any(|one| one.ends_with('=')) {
        found.retain(|one| one.ends_with('='));
    }
    found
}

/// Place of the next word in a command line.
struct Place<'a> {
    command: &'a Command,
    /// The option whose value the word is.
    option: Option<&'a Arg>,
    /// Positional values before it.
    given: usize,
}

impl<'a> Place<'a> {
    fn of(program: &'a Command, before: &[String]) -> Self {
        let mut place = Self {
            command: program,
            option: None,
            given: 0,
        };
        for word in before {
            if place.option.take().is_some() {
                continue;
            }
            if word.starts_with('-') {
                let takes = |option: &&Arg| takes_value(option) && !word.contains('=');
                place.option = place.flag(word).filter(takes);
            } else if let Some(below) = place.command.find_subcommand(word) {
                place.command = below;
                place.given = 0;
            } else {
                place.given += 1;
            }
        }
        place
    }

    fn flag(&self, word: &str) -> Option<&'a Arg> {
        let is_meant = |arg: &&Arg| {
            let long = arg
                .get_long()
                .is_some_and(|long| word == format!("--{long}"));
            long || arg
                .get_short()
                .is_some_and(|short| word == format!("-{short}"))
        };
        self.command.get_arguments().find(is_meant)
    }

    fn flags(&self) -> Vec<String> {
        let shown = self
            .command
            .get_arguments()
            .filter(|arg| !arg.is_hide_set());
        let longs = shown.filter_map(Arg::get_long);
        longs.map(|long| format!("--{long}")).collect()
    }

    fn positional(&self) -> Option<&'a Arg> {
        let all: Vec<&Arg> = self.command.get_positionals().collect();
        let is_many = |arg: &&&Arg| matches!(arg.get_action(), ArgAction::Append);
        let next = all.get(self.given).copied();
        next.or_else(|| all.last().filter(is_many).copied())
    }
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

/// Values of an argument that have names. Where there are none, shells offer files.
fn values(command: &Command, arg: &Arg, before: &[String], rules: &Registry) -> Vec<String> {
    match (command.get_name(), arg.get_id().as_str()) {
        (_, "experiment" | "network") => experiments(),
        ("cite", "cited") => [experiments(), names(rules)].concat(),
        ("check", "target") => [run_folders(), experiments()].concat(),
        ("show" | "plot" | "archive", "dir" | "dirs")
        | ("diff", "a" | "b")
        | ("theory" | "cite", "run") => run_folders(),
        (_, "set") => assignments(rules),
        (_, "cases") => cases(before),
        (_, "quantities" | "y") => Quantity::names().map(str::to_owned).collect(),
        ("fetch" | "verify" | "path", _) => {
            let all = catalogue::entries().into_iter();
            all.map(|entry| entry.name).collect()
        }
        ("explain", _) => explain::names(rules),
        ("man", "commands") => {
            let program = super::command_line();
            let commands = program.get_subcommands();
            let shown = commands.filter(|one| !one.is_hide_set());
            shown.map(|one| one.get_name().to_owned()).collect()
        }
        _ => {
            let values = arg.get_possible_values().into_iter();
            values.map(|value| value.get_name().to_owned()).collect()
        }
    }
}

fn experiments() -> Vec<String> {
    let all = BUILTIN.iter();
    all.map(|builtin| builtin.name.to_owned()).collect()
}

/// Names of the rules.
fn names(rules: &Registry) -> Vec<String> {
    let [_, rules] = explain::overview(rules);
    rules.into_iter().map(|(name, _)| name).collect()
}

/// `KEY=` of every key, and `KEY=WORD` of each of its words.
fn assignments(rules: &Registry) -> Vec<String> {
    let of_key = |key: &&'static Key| {
        let dotted = key.dotted();
        // The rules of this program's own too, which the table does not know.
        let words = match key.leaf {
            "rule" => names(rules),
            _ => key.words(),
        };
        let words = words.into_iter().map(|word| format!("{dotted}={word}"));
        std::iter::once(format!("{dotted}="))
            .chain(words.collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    KEYS.iter().flat_map(of_key).collect()
}

/// The cases of the experiment that a command line names, and `all`.
fn cases(before: &[String]) -> Vec<String> {
    let text = before
        .iter()
        .skip(1)
        .find_map(|word| source::text(Path::new(word)).ok());
    let table = text.and_then(|text| text.parse::<toml::Table>().ok());
    let cases = table.as_ref().and_then(|table| table.get("case"));
    let cases = cases.and_then(toml::Value::as_array).into_iter().flatten();
    let names = cases.filter_map(|case| case.get("name")?.as_str());
    names.chain(["all"]).map(str::to_owned).collect()
}

/// Run folders where runs are unless `--out` says otherwise.
fn run_folders() -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(RUNS) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let folders = names.map(|name| format!("{RUNS}/{name}"));
    let mut folders: Vec<String> = folders
        .filter(|folder| source::is_run_folder(Path::new(folder)))
        .collect();
    folders.sort();
    folders
}

/// Folder of run folders.
const RUNS: &str = "runs";

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(line: &str) -> Vec<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        candidates(&words, &Registry::built_in())
    }

    #[test]
    fn every_kind_of_word_is_completed() {
        for (line, expected) in [
            ("expl", &["explain"][..]),
            ("run quick", &["quickstart"]),
            ("run theory/coll", &["theory/collapse"]),
            ("run quickstart --ca", &["--case"]),
            ("run quickstart --case re", &["relu"]),
            (
                "run --case re quickstart --set run.record=la",
                &["run.record=last"],
            ),
            ("run quickstart --case=li", &["--case=linear"]),
            ("run quickstart --set network.wid", &["network.width="]),
            (
                "run --set learning.rule=oja",
                &["learning.rule=oja_feedback"],
            ),
            ("check quick", &["quickstart"]),
            ("explain momen", &["momentum"]),
            ("cite kolen", &["kolen_pollack"]),
            ("new x.toml --kind o", &["own-data"]),
            ("data fetch fash", &["fashion_mnist"]),
            ("data fetch mnist kmn", &["kmnist"]),
            ("completions ba", &["bash"]),
            ("man aud", &["audit"]),
            ("show --quantities validation_l", &["validation_loss"]),
        ] {
            assert_eq!(complete(line), expected, "{line}");
        }
    }

    #[test]
    fn where_files_are_meant_nothing_is_in_their_way() {
        for line in ["run --train-data ", "new ", "run quickstart --out r"] {
            assert_eq!(complete(line), Vec::<String>::new(), "{line}");
        }
    }

    #[test]
    fn every_experiment_key_and_command_can_be_completed() {
        assert_eq!(complete("run "), experiments());
        let assignments = complete("run --set ");
        for key in KEYS.iter() {
            assert!(assignments.contains(&format!("{}=", key.dotted())));
        }
        let commands = complete("");
        assert!(
            commands.contains(&"cite".to_owned()) && !commands.contains(&"complete".to_owned())
        );
    }
}
