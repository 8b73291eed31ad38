//! The `falign` program: experiments, tables and figures from the command line.
//!
//! Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 failed, 2 usage
//! or configuration, 3 some claims failed, 4 stopped and resumable, 130 second Ctrl-C.

mod commands;
mod figure;
mod progress;
mod signals;

use std::process::ExitCode;

use clap::Parser as _;

use commands::{Cli, Ended};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match commands::dispatch(cli) {
        Ok(ended) => ExitCode::from(match ended {
            Ended::Done => 0,
            Ended::ClaimsFailed => 3,
            Ended::Stopped => 4,
        }),
        Err(error) => {
            eprintln!("falign: {error:#}");
            let usage = error.chain().any(|cause| {
                cause.is::<commands::Usage>()
                    || matches!(
                        cause.downcast_ref::<falign::Error>(),
                        Some(falign::Error::Config { .. } | falign::Error::Shape { .. })
                    )
            });
            ExitCode::from(if usage { 2 } else { 1 })
        }
    }
}
