//! The `falign` program.

fn main() {}
