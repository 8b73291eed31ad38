//! Completions, the man page and the key table: what a shell and a reader ask of the program.

use anyhow::Result;
use clap::CommandFactory as _;

use super::{Cli, Ended};

pub(super) fn completions(shell: clap_complete::Shell) -> Ended {
    clap_complete::generate(shell, &mut Cli::command(), "falign", &mut std::io::stdout());
    Ended::Done
}

pub(super) fn man() -> Result<Ended> {
    clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout())?;
    Ok(Ended::Done)
}

#[allow(clippy::print_stdout, reason = "the command's result")]
pub(super) fn keys() -> Ended {
    print!("{}", falign::experiment::keys::config_markdown());
    Ended::Done
}
