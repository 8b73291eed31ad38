//! Tables of another program's means, for claims of the kind `near_reference`.

use std::path::Path;

use toml::Table;

use super::ReferenceRow;
use super::read::row as read_row;
use crate::config::value::parse_value;

/// A CSV file with a header; fields hold no commas.
pub(super) fn load(path: &Path) -> Result<Vec<ReferenceRow>, String> {
    let named = |reason: String| format!("{}: {reason}", path.display());
    let text = crate::file::read_text(path).map_err(|error| error.to_string())?;
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let (_, header) = lines.next().ok_or_else(|| named("is empty".to_owned()))?;
    let header: Vec<&str> = header.split(',').map(str::trim).collect();
    let mut rows = Vec::new();
    for (index, line) in lines {
        let at = |reason: String| named(format!("line {}: {reason}", index + 1));
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if fields.len() != header.len() {
            let counts = format!("{} fields, the header has {}", fields.len(), header.len());
            return Err(at(counts));
        }
        let table: Table = header
            .iter()
            .zip(fields)
            .map(|(name, field)| {
                let value =
                    parse_value(field).unwrap_or_else(|| toml::Value::String(field.to_owned()));
                ((*name).to_owned(), value)
            })
            .collect();
        rows.push(read_row(&table, None).map_err(at)?);
    }
    Ok(rows)
}
