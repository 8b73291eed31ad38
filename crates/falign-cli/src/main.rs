//! The `falign` program: experiments, tables and figures from the command line.
//!
//! Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 failed, 2 usage
//! or configuration, 3 some claims failed, 4 stopped and resumable, 130 second Ctrl-C.

mod commands;
mod faults;
mod fetch;
mod figure;
mod output;
mod progress;
mod signals;

use std::process::ExitCode;

use clap::Parser as _;
use falign::fault::caught;

use commands::{Cli, Ended};

fn main() -> ExitCode {
    faults::listen();
    signals::refuse_large_files();
    let cli = Cli::parse();
    let ended = caught(|| "falign".to_owned(), || Ok(commands::dispatch(cli)));
    match ended.unwrap_or_else(|fault| Err(fault.into())) {
        Ok(ended) => ExitCode::from(match ended {
            Ended::Done => 0,
            Ended::ClaimsFailed => 3,
            Ended::Stopped => 4,
        }),
        Err(error) => {
            output::note(format!("falign: {}", message(&error)));
            ExitCode::from(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

/// Whether what was asked is at fault: the command line, the experiment, or a file it reads.
fn is_usage(error: &anyhow::Error) -> bool {
    use falign::Error::{Config, Data, Shape};
    error.chain().any(|cause| {
        cause.is::<commands::Usage>()
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
