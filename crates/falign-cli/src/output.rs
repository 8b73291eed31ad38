//! Output of the program: results on stdout, everything else on stderr, and never a panic.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _, stderr, stdout};

use anyhow::{Context as _, Result};

/// Writes a line of results to stdout.
///
/// # Errors
/// If it cannot be written, for instance because the disk is full. A reader that has gone away
/// (`falign keys | head`) is no error: it has what it wanted.
pub(crate) fn line(text: impl Display) -> Result<()> {
    bytes(format!("{text}\n").as_bytes())
}

/// [`line()`] for a text that ends its own lines.
pub(crate) fn bytes(text: &[u8]) -> Result<()> {
    let mut out = stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to stdout"),
    }
}

/// Writes a line to stderr. Where even that fails there is nobody to tell.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(stderr(), "{text}");
}
