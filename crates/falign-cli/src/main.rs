//! The `falign` program.

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the `plot` subcommand will call it")
)]
mod figure;

fn main() {}
