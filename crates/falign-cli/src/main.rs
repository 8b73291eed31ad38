//! The program `falign`: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    falign_cli::run(std::env::args_os())
}
