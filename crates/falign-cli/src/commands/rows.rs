//! Rows of a name and a text, the texts one below another.

use anyhow::Result;

/// Space between a name and its text.
const GAP: &str = "  ";

/// Writes the rows behind an indent, each by `write`, [`output::row`](crate::output::row) or
/// [`output::sentence`](crate::output::sentence), which breaks texts, never names.
pub(super) fn print<'a>(
    indent: &str,
    rows: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    write: fn(&str, &str) -> Result<()>,
) -> Result<()> {
    let lengths = rows.clone().map(|(name, _)| name.chars().count());
    let width = lengths.max().unwrap_or(0);
    for (name, text) in rows {
        write(&format!("{indent}{name:width$}{GAP}"), text)?;
    }
    Ok(())
}
