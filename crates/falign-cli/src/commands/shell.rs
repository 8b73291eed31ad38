//! Completions, the man page, the key table and the schema: what a shell, a reader and an editor ask
//! of the program.

use anyhow::Result;
use clap::CommandFactory as _;

use super::Cli;
use crate::ended::Ended;
use crate::output;

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Ended> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "falign", &mut script);
    output::bytes(&script)?;
    Ok(Ended::Done)
}

pub(super) fn man() -> Result<Ended> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    output::bytes(&page)?;
    Ok(Ended::Done)
}

pub(super) fn keys() -> Result<Ended> {
    output::bytes(falign::internal::config::keys::config_markdown().as_bytes())?;
    Ok(Ended::Done)
}

pub(super) fn schema() -> Result<Ended> {
    output::bytes(falign::internal::config::schema_json().as_bytes())?;
    Ok(Ended::Done)
}
