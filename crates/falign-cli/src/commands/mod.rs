//! One file per subcommand; this one parses and hands over.

mod archive;
mod audit;
mod check;
mod cite;
mod complete;
mod config;
mod data;
mod diff;
mod diverged;
mod doctor;
mod dry_run;
mod examples;
mod explain;
mod fields;
mod keys;
mod list;
mod man;
mod meant;
mod new;
mod plot;
mod rows;
mod run;
mod selection;
mod shell;
mod show;
mod source;
mod stored;
mod stored_table;
mod theory;
mod verdicts;
mod words;

use std::ffi::OsString;
use std::num::NonZero;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use falign::rule::Registry;

use crate::ended::Ended;

pub(crate) use self::meant::meant;

/// Train and analyse networks that learn through random feedback weights.
#[derive(Debug, Parser)]
#[command(
    name = "falign",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an experiment: tables, picture and checked claims in one folder
    Run(RunArgs),
    /// Write a commented template of an experiment file
    New {
        /// File to write
        file: PathBuf,
        /// Kind of experiment
        #[arg(long, value_enum, default_value_t)]
        kind: new::Kind,
    },
    /// List the built-in experiments
    List {
        /// Only those whose name, title, prose or source has this word
        word: Option<String>,
    },
    /// Show results of run folders as a table, or list the run folders in a folder
    Show(show::ShowArgs),
    /// Compare two run folders: settings, values with their standard errors, bytes
    Diff(diff::DiffArgs),
    /// Check every claim of a run folder or of an experiment: on its finished folder in runs, on stored results, or on runs carried out first (into --out or a temporary folder)
    Check(check::CheckArgs),
    /// Prove that every rule of an experiment is the rule it is called: a table of checks
    Audit(audit::AuditArgs),
    /// Say what theory tells of an experiment's data and settings, and what its runs did
    Theory(theory::TheoryArgs),
    /// Draw a run folder's figure from its stored tables
    Plot(plot::PlotArgs),
    /// Print an experiment's file
    Config {
        /// Name of a built-in experiment, or a file (may be left out with --train-data)
        #[arg(required_unless_present = "train_data")]
        experiment: Option<PathBuf>,
        /// Write out every key
        #[arg(long)]
        resolved: bool,
        #[command(flatten)]
        overrides: OverrideArgs,
    },
    /// List, fetch and verify data sets such as MNIST
    Data {
        #[command(flatten)]
        options: data::DataOptions,
        #[command(subcommand)]
        command: data::DataCommand,
    },
    /// List the keys of experiment files, by section
    Keys {
        /// Only those whose section, name, meaning or values have this word
        word: Option<String>,
        /// Print docs/config.md: all that is known of keys and quantities
        #[arg(long, conflicts_with = "word")]
        markdown: bool,
    },
    /// Explain a quantity, a learning rule or a key: formula, source, unit, values, cost
    Explain {
        /// Name, such as alignment, DFA or width [default: say what there is]
        name: Option<String>,
    },
    /// Print BibTeX of the paper, of an experiment's or rule's source, and of falign
    Cite {
        /// Name of a built-in experiment or of a learning rule, or a file
        #[arg(value_name = "NAME", conflicts_with = "run")]
        cited: Option<PathBuf>,
        /// Cite what this run folder used: its experiment, rules and data sets, and the version of falign that made it
        #[arg(long, value_name = "DIR")]
        run: Option<PathBuf>,
    },
    /// Put a finished run folder into one file: results, claims, checksums, citations
    Archive(archive::ArchiveArgs),
    /// Say what this machine and this build are, and what is missing or wrong
    Doctor {
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of experiment files, for editors
    Schema,
    /// Print shell completions
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Print the man page of a command, or write all of them
    Man {
        /// Command, such as run or data fetch [default: the program]
        #[arg(value_name = "COMMAND")]
        commands: Vec<String>,
        /// Write all pages to this folder
        #[arg(long, value_name = "DIR", conflicts_with = "commands")]
        out: Option<PathBuf>,
    },
    /// Print what may stand in the place of the last word (what shells ask)
    #[command(hide = true)]
    Complete {
        /// Words behind the program's name
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Name of a built-in experiment, or a file (may be left out with --train-data)
    #[arg(required_unless_present = "train_data")]
    experiment: Option<PathBuf>,
    /// Only say how long it will take and how much memory, after a short calibration
    #[arg(long, conflicts_with = "resume")]
    dry_run: bool,
    #[command(flatten)]
    options: RunOptions,
}

#[derive(Debug, Args, Clone, Default)]
pub(crate) struct OverrideArgs {
    /// Override a key, such as network.width=400 or runs=3
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Run only this case (repeatable; `all` for all of an experiment that has a default)
    #[arg(long = "case", value_name = "NAME")]
    cases: Vec<String>,
    #[arg(
        long,
        value_name = "FILE",
        help = "Train on this data set (.npz, .npy, .csv), with default settings where no experiment is named"
    )]
    train_data: Option<PathBuf>,
    #[arg(
        long,
        value_name = "DIR",
        help = "Look for data sets such as MNIST here before FALIGN_DATA and the user's cache"
    )]
    data_dir: Option<PathBuf>,
    #[arg(
        long,
        value_name = "PATH",
        help = "Start from the last weights of this run folder (run r from its run r) or from this weights file"
    )]
    init_from: Option<PathBuf>,
    #[arg(
        long,
        value_name = "BYTES",
        value_parser = falign::internal::memory::parse,
        help = "Memory that may be used, such as 64G [default: what is free here]"
    )]
    memory: Option<u64>,
}

#[derive(Debug, Args, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct RunOptions {
    #[command(flatten)]
    overrides: OverrideArgs,
    /// Folder of the run [default: runs/NAME, or a temporary one for check]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads, 1 to 1024 [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Go on with a run folder, keeping its finished jobs
    #[arg(long)]
    resume: bool,
    /// Go on with deep networks of a machine that rounds products in another way
    #[arg(long)]
    mix: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

impl RunOptions {
    /// Number of threads: as many as are asked for, or as there are cores.
    fn thread_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
        self.threads.map_or_else(cores, usize::from)
    }
}

impl OverrideArgs {
    /// Heeds `--memory` from now on.
    fn allow_memory(&self) {
        if let Some(bytes) = self.memory {
            falign::internal::memory::set_limit(bytes);
        }
    }

    pub(crate) fn overrides(&self) -> falign::internal::config::Overrides {
        let mut set = self.set.clone();
        for (key, path) in [
            ("data.data_dir", &self.data_dir),
            ("network.initial_weights", &self.init_from),
            ("data.train_data", &self.train_data),
        ] {
            if let Some(path) = path {
                let text = toml::Value::String(falign::internal::file::path_text(path));
                set.push(format!("{key}={text}"));
            }
        }
        falign::internal::config::Overrides {
            set,
            cases: self.cases.clone(),
        }
    }
}

/// The program whose command line is carried out.
#[derive(Debug)]
pub(crate) struct Program<'a> {
    /// The name, as it is typed.
    pub(crate) name: OsString,
    /// The learning rules that experiments may name.
    pub(crate) rules: &'a Registry,
}

/// The program's command line, with examples in its help.
fn command_line() -> clap::Command {
    examples::in_help(Cli::command())
}

/// A command line in typed values.
pub(crate) fn parsed(args: &[OsString]) -> Result<Cli, clap::Error> {
    let matches = command_line().try_get_matches_from(args)?;
    Cli::from_arg_matches(&matches)
}

/// Carries out a command line of `program`.
pub(crate) fn dispatch(cli: Cli, program: &Program<'_>) -> Result<Ended> {
    match cli.command {
        Command::Run(args) => run::command(&args, program),
        Command::New { file, kind } => new::command(&file, kind),
        Command::List { word } => list::command(word.as_deref()),
        Command::Show(args) => show::command(&args, program.rules),
        Command::Diff(args) => diff::command(&args, program.rules),
        Command::Audit(args) => audit::command(&args, program),
        Command::Check(args) => check::command(&args, program),
        Command::Theory(args) => theory::command(&args, program),
        Command::Plot(args) => plot::command(&args, program.rules),
        Command::Config {
            experiment,
            resolved,
            overrides,
        } => config::command(experiment.as_deref(), resolved, &overrides, program.rules),
        Command::Data { options, command } => data::command(&command, &options),
        Command::Keys { word, markdown } => keys::command(word.as_deref(), markdown),
        Command::Explain { name } => explain::command(name.as_deref(), program.rules),
        Command::Cite { cited, run } => {
            cite::command(cited.as_deref(), run.as_deref(), program.rules)
        }
        Command::Archive(args) => archive::command(&args, program.rules),
        Command::Doctor { json } => doctor::command(json),
        Command::Schema => shell::schema(),
        Command::Completions { shell } => shell::completions(shell, &program.name),
        Command::Man { commands, out } => man::command(&commands, out.as_deref()),
        Command::Complete { words } => complete::command(&words, program),
    }
}
