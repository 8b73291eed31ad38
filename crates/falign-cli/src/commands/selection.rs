//! `--where COLUMN=VALUE`: rows of a table that are chosen by what stands in a column.

use anyhow::{Context as _, Result};
use falign_figure::same;
use toml::{Table as Toml, Value};

use crate::ended::Usage;

/// Reads `COLUMN=VALUE`: a value or a list of them as TOML; what is no TOML is a word, as in `step=last`.
pub(super) fn selection(text: &str) -> Result<(String, Value)> {
    let (column, value) = text
        .split_once('=')
        .context("expected COLUMN=VALUE, such as width=3200")?;
    let typed = format!("value = {value}").parse::<Toml>();
    let parsed = typed.ok().and_then(|mut table| table.remove("value"));
    let value = parsed.unwrap_or_else(|| Value::String(value.to_owned()));
    Ok((column.to_owned(), value))
}

/// Refuses two values of a column that are not one list.
pub(super) fn no_column_twice(filter: &[(String, Value)]) -> Result<()> {
    for (at, (column, _)) in filter.iter().enumerate() {
        if filter[..at].iter().any(|(other, _)| other == column) {
            let why = format!(
                "--where {column}: given twice; write a list, as in --where {column}=[1,2]"
            );
            return Err(Usage(why).into());
        }
    }
    Ok(())
}

/// Whether a cell is the value, or one of a list of them.
pub(super) fn accepts(wanted: &Value, cell: &str) -> bool {
    match wanted {
        Value::Array(values) => values.iter().any(|value| accepts(value, cell)),
        Value::String(word) => same(word, cell),
        other => same(&other.to_string(), cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_as_numbers_and_as_words() {
        for (text, cell, is_it) in [
            ("width=3200", "3200", true),
            ("width=3.2e3", "3200", true),
            ("width=[100, 3200]", "3200", true),
            ("width=[100, 200]", "3200", false),
            ("case=linear", "linear", true),
            ("case=[\"linear\", \"relu\"]", "relu", true),
            ("ridge=gamma=3", "gamma=3", true),
            ("ridge=0.1", "0.10", true),
        ] {
            let (_, value) = selection(text).unwrap();
            assert_eq!(accepts(&value, cell), is_it, "{text} {cell}");
        }
        assert!(selection("width").is_err());
    }
}
