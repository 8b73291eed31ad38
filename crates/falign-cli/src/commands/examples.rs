//! Examples of every command: in its help, on its man page, and run by a test as they stand here.

use clap::Command;

/// A command line behind `falign`, and what it is for.
type Example = (&'static str, &'static str);

/// Examples by command.
const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "run",
        &[
            (
                "run quickstart",
                "tables, picture and verdicts in runs/quickstart",
            ),
            ("run figure2 --dry-run", "only say how long it would take"),
            (
                "run quickstart --resume --set runs=20",
                "add runs to a finished folder",
            ),
            ("run --train-data mine.csv", "your own inputs and targets"),
        ],
    ),
    (
        "new",
        &[
            (
                "new mine.toml",
                "a two-layer network, swept over width and ridge",
            ),
            (
                "new images.toml --kind deep",
                "layers, mini-batches, classes",
            ),
            ("new wine.toml --kind own-data", "your own table of numbers"),
        ],
    ),
    (
        "list",
        &[("list", "all of them"), ("list mnist", "those about MNIST")],
    ),
    (
        "show",
        &[
            (
                "show runs/quickstart",
                "the last recorded step of every setting",
            ),
            (
                "show runs/quickstart --where ridge=0 --sort alignment",
                "some rows, in an order",
            ),
            ("show runs/quickstart --csv", "the rows, for other programs"),
            ("show runs", "the run folders that there are"),
        ],
    ),
    (
        "diff",
        &[(
            "diff runs/quickstart runs/quickstart",
            "settings, values with their standard errors, bytes",
        )],
    ),
    (
        "check",
        &[
            (
                "check runs/quickstart",
                "the claims, on what a folder holds",
            ),
            (
                "check quickstart",
                "on its folder in runs, on stored runs, or on new ones",
            ),
        ],
    ),
    (
        "audit",
        &[
            ("audit quickstart", "every rule of an experiment"),
            (
                "audit quickstart --set rule=kolen_pollack",
                "another rule in its place",
            ),
        ],
    ),
    (
        "theory",
        &[
            ("theory quickstart", "what theory says before any run"),
            ("theory --run runs/quickstart", "and what the first run did"),
        ],
    ),
    (
        "plot",
        &[
            (
                "plot runs/quickstart",
                "the figure again, from the stored tables",
            ),
            (
                "plot runs/quickstart --panel b --format pdf --width 3.25in",
                "one panel for a paper",
            ),
        ],
    ),
    (
        "config",
        &[
            ("config quickstart", "the file, with its comments"),
            ("config quickstart --resolved", "every key written out"),
        ],
    ),
    (
        "data",
        &[("data list", "which data sets there are, and where")],
    ),
    (
        "keys",
        &[
            ("keys", "all of them, by section"),
            ("keys ridge", "those about ridge"),
        ],
    ),
    (
        "explain",
        &[
            ("explain alignment", "a measured quantity"),
            ("explain DFA", "a learning rule"),
            ("explain learning.step_size", "a key"),
        ],
    ),
    (
        "cite",
        &[
            ("cite", "the paper and falign"),
            ("cite published/drtp2021", "and the source of an experiment"),
            ("cite --run runs/quickstart", "and what a run folder used"),
        ],
    ),
    (
        "archive",
        &[(
            "archive runs/quickstart",
            "runs/quickstart.zip, the same bytes each time",
        )],
    ),
    (
        "doctor",
        &[
            ("doctor", "what is here, what is missing, and how to get it"),
            ("doctor --json", "what a report of a fault should hold"),
        ],
    ),
    (
        "schema",
        &[(
            "schema",
            "for an editor: falign schema > falign.schema.json",
        )],
    ),
    (
        "completions",
        &[
            (
                "completions bash",
                "falign completions bash >> ~/.bash_completion",
            ),
            (
                "completions zsh",
                "to a folder of $fpath, as _falign, before compinit",
            ),
            (
                "completions fish",
                "to ~/.config/fish/completions/falign.fish",
            ),
        ],
    ),
    (
        "man",
        &[
            ("man run", "one page: falign man run | man -l -"),
            ("man --out man/man1", "all pages, as files"),
        ],
    ),
];

/// The examples of a command.
pub(super) fn of(command: &str) -> &'static [Example] {
    let found = EXAMPLES.iter().find(|(name, _)| *name == command);
    found.map_or(&[], |(_, examples)| examples)
}

/// Adds to the help of each command its examples.
pub(super) fn in_help(mut command: Command) -> Command {
    for (name, examples) in EXAMPLES {
        command = command.mut_subcommand(name, |one| one.after_help(text(examples)));
    }
    command
}

/// Columns of a help text that a terminal of 80 columns does not break.
const NARROW: usize = 80;

/// Examples below a heading; what each is for stands beside it where that is short enough.
fn text(examples: &[Example]) -> String {
    let longest = examples.iter().map(|(line, _)| line.len()).max();
    let width = longest.unwrap_or(0);
    let beside = |(line, about): &Example| format!("  falign {line:width$}  {about}");
    let is_narrow = |example: &Example| beside(example).len() <= NARROW;
    let below = |(line, about): &Example| format!("  falign {line}\n      {about}");
    let lines: Vec<String> = if examples.iter().all(is_narrow) {
        examples.iter().map(beside).collect()
    } else {
        examples.iter().map(below).collect()
    };
    format!("Examples:\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::Cli;
    use super::*;

    #[test]
    fn every_command_has_examples_and_every_example_is_of_a_command() {
        let command = Cli::command();
        let names: Vec<&str> = command
            .get_subcommands()
            .filter(|one| !one.is_hide_set())
            .map(Command::get_name)
            .collect();
        for name in &names {
            assert!(!of(name).is_empty(), "no example of `falign {name}`");
        }
        for (name, examples) in EXAMPLES {
            assert!(names.contains(name), "{name} is no command");
            let start = format!("{name} ");
            let begins = |(line, _): &Example| line == name || line.starts_with(&start);
            assert!(examples.iter().all(begins), "{name}");
        }
    }

    #[test]
    fn every_example_is_a_command_line() {
        let all = EXAMPLES.iter().flat_map(|(_, examples)| *examples);
        for (line, _) in all {
            let words = std::iter::once("falign").chain(line.split(' '));
            let parsed = Cli::command().try_get_matches_from(words);
            assert!(parsed.is_ok(), "{line}");
        }
    }
}
