//! One file per subcommand; this one parses and hands over.

mod assignment;
mod audit;
mod check;
mod config;
mod data;
mod diff;
mod diverged;
mod dry_run;
mod list;
mod new;
mod plot;
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
use clap::{Args, Parser, Subcommand};
use falign::rule::Registry;

use crate::ended::Ended;

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
    },
    /// List the built-in experiments
    List,
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
    /// Print the key table of experiment files
    Keys,
    /// Print the JSON Schema of experiment files, for editors
    Schema,
    /// Print shell completions
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
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

#[derive(Debug, Args, Clone)]
pub(crate) struct OverrideArgs {
    /// Override a key, such as network.width=400 or run.runs=3
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment::Assignment, hide_possible_values = true)]
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

/// Carries out a command line of `program`.
pub(crate) fn dispatch(cli: Cli, program: &Program<'_>) -> Result<Ended> {
    match cli.command {
        Command::Run(args) => run::command(&args, program),
        Command::New { file } => new::command(&file),
        Command::List => list::command(),
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
        Command::Keys => shell::keys(),
        Command::Schema => shell::schema(),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man => shell::man(),
    }
}
