//! The `falign` program: experiments, tables and figures from the command line.
//!
//! [`run`](fn@run) is all of it; `main` only hands it the words of its command line. A program of a
//! user's own calls [`run_with`] with the learning rules that its experiments may name.
//!
//! Results go to stdout, progress and errors to stderr; `ended.rs` has the exit codes.

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "tests may use the system's functions"
    )
)]

mod commands;
mod duration;
mod ended;
mod faults;
mod fetch;
mod output;
mod progress;
mod signals;
mod table;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use falign::internal::fault::caught;
use falign::rule::Registry;

use commands::Program;
use ended::Usage;

/// Carries out a command line, whose first word is the program's name, and gives the exit code.
///
/// Handlers of the whole process are installed first: the program itself reports panics, and on
/// Unix the calling thread gets an error in place of a signal where a file becomes too large. Commands
/// that run experiments listen for Ctrl-C and SIGTERM. A second signal, and work that does not stop,
/// end the process.
///
/// ```
/// use std::process::ExitCode;
/// assert_eq!(falign_cli::run(["falign", "config", "quickstart"]), ExitCode::SUCCESS);
/// assert_ne!(falign_cli::run(["falign", "config", "no_such_experiment"]), ExitCode::SUCCESS);
/// ```
pub fn run(args: impl IntoIterator<Item: Into<OsString> + Clone>) -> ExitCode {
    run_with(args, &Registry::built_in())
}

/// Carries out a command line as [`run`](fn@run) does, with experiments that may name any of `rules`.
/// A program with a learning rule of its own is a `main` that registers it and hands over
/// `std::env::args_os()`:
///
/// ```
/// use std::process::ExitCode;
/// use falign::internal::rule::LastLayerOnly;
/// use falign::rule::{CustomRule, Registry};
/// let lazy = CustomRule::new("lazy", |_| Box::new(LastLayerOnly), |_| Box::new(LastLayerOnly));
/// let mut rules = Registry::built_in();
/// rules.register(lazy.with_version("1"))?;
/// let args = ["mine", "config", "quickstart", "--set", "learning.rule=lazy"];
/// assert_eq!(falign_cli::run_with(args, &rules), ExitCode::SUCCESS);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn run_with(
    args: impl IntoIterator<Item: Into<OsString> + Clone>,
    rules: &Registry,
) -> ExitCode {
    ExitCode::from(code(args, rules))
}

/// Carries out a command line as [`run_with`] does, and gives the exit code as a number: for a caller
/// that is not a `main`, such as an extension module.
///
/// ```
/// use falign::rule::Registry;
/// assert_eq!(falign_cli::code(["falign", "no_such_command"], &Registry::built_in()), 2);
/// ```
pub fn code(args: impl IntoIterator<Item: Into<OsString> + Clone>, rules: &Registry) -> u8 {
    faults::listen();
    signals::refuse_large_files();
    let mut args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let name = args.first().and_then(|path| Path::new(path).file_stem());
    let program = Program {
        name: name.map_or_else(|| "falign".into(), OsString::from),
        rules,
    };
    // Help names the program as people type it: not by its folder, nor `.exe`.
    if let Some(first) = args.first_mut() {
        first.clone_from(&program.name);
    }
    let cli = match commands::parsed(&args) {
        Ok(cli) => cli,
        Err(help) => {
            if let Some(answer) = commands::meant(&help, &args, &program) {
                output::note(format!("falign: {answer}"));
                return 2;
            }
            // Where nobody reads what is wrong with the command line, the exit code says it.
            let _ = help.print();
            return u8::try_from(help.exit_code()).unwrap_or(1);
        }
    };
    let ended = caught(
        || "falign".to_owned(),
        || Ok(commands::dispatch(cli, &program)),
    );
    match ended.unwrap_or_else(|fault| Err(fault.into())) {
        Ok(ended) => ended.into(),
        Err(error) => {
            output::note(format!("falign: {}", message(&error)));
            if is_usage(&error) { 2 } else { 1 }
        }
    }
}

/// Whether what was asked is at fault: the command line, the experiment, or a file it reads.
fn is_usage(error: &anyhow::Error) -> bool {
    use falign::Error::{Config, Data, Shape};
    error.chain().any(|cause| {
        cause.is::<Usage>()
            || matches!(
                cause.downcast_ref(),
                Some(Config { .. } | Shape { .. } | Data { .. })
            )
    })
}

/// One cause; of a fault with the place in the source.
fn said(cause: &(dyn std::error::Error + 'static)) -> String {
    let place = match cause.downcast_ref() {
        Some(falign::Error::Fault { .. }) => faults::place(),
        _ => String::new(),
    };
    format!("{cause}{place}")
}

/// The causes on one line, each said once: some tell their own cause.
fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(said) {
        if text.ends_with(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    text
}
