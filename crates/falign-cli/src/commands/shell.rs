//! Completions and the schema: what a shell and an editor ask of the program.

use std::ffi::OsStr;

use anyhow::Result;
use clap_complete::Shell;

use super::command_line;
use crate::ended::Ended;
use crate::output;

/// Prints the script of a shell. Those of bash, zsh and fish ask the program itself, so that experiments,
/// cases, keys and rules are completed too; others know commands and options.
pub(super) fn completions(shell: Shell, name: &OsStr) -> Result<Ended> {
    let asking = match shell {
        Shell::Bash => include_str!("completions/falign.bash"),
        Shell::Zsh => include_str!("completions/falign.zsh"),
        Shell::Fish => include_str!("completions/falign.fish"),
        _ => {
            let mut script = Vec::new();
            let name = name.to_string_lossy();
            clap_complete::generate(shell, &mut command_line(), name, &mut script);
            output::bytes(&script)?;
            return Ok(Ended::Done);
        }
    };
    let script = asking.replace("falign", &name.to_string_lossy());
    output::bytes(script.as_bytes())?;
    Ok(Ended::Done)
}

pub(super) fn schema() -> Result<Ended> {
    output::bytes(falign::internal::config::schema_json().as_bytes())?;
    Ok(Ended::Done)
}
