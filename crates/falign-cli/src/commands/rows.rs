//! Rows of a name and a text, the texts one below another.

use anyhow::Result;

use crate::output;

/// Space between a name and its text.
const GAP: &str = "  ";

/// Writes the rows behind an indent; the terminal's width breaks texts, never names.
pub(super) fn print<'a>(
    indent: &str,
    rows: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> Result<()> {
    let lengths = rows.clone().map(|(name, _)| name.chars().count());
    let width = lengths.max().unwrap_or(0);
    for (name, text) in rows {
        output::sentence(&format!("{indent}{name:width$}{GAP}"), text)?;
    }
    Ok(())
}
