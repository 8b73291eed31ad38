//! Widths of columns, and which of them stand beside each other.

use std::collections::BTreeMap;

use super::wrap::{least, length};
use super::{GAP, Kind, Table};

/// Columns to which words are narrowed, unless they have longer pieces.
const NARROW: usize = 10;

/// A column in a part of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    /// Index of the column.
    pub(super) column: usize,
    pub(super) width: usize,
}

/// Columns of each part of a table on a page: all of them, or the keys with as many others as fit,
/// but with one at least. Keys that are `spared` are in none.
pub(super) fn parts(table: &Table, page: usize, spared: &[usize]) -> Vec<Vec<Placed>> {
    let all: Vec<usize> = (0..table.columns.len())
        .filter(|column| !spared.contains(column))
        .collect();
    if let Some(part) = fitted(table, &all, page) {
        return vec![part];
    }
    let keys = table.keys.saturating_sub(spared.len()).min(all.len());
    let (keys, others) = all.split_at(keys);
    let mut parts: Vec<Vec<Placed>> = Vec::new();
    let mut rest = others;
    while !rest.is_empty() {
        let with = |count: usize| [keys, &rest[..count]].concat();
        // Natural widths as far as they go: a further part is better than many broken names.
        let wide = (1..=rest.len()).rev().find(|&count| {
            let part = natural(table, &with(count));
            total(&part) <= page
        });
        let count = wide
            .or_else(|| {
                let mut counts = (1..=rest.len()).rev();
                counts.find(|&count| fitted(table, &with(count), page).is_some())
            })
            .unwrap_or(1);
        let columns = with(count);
        parts.push(fitted(table, &columns, page).unwrap_or_else(|| narrowest(table, &columns)));
        rest = &rest[count..];
    }
    if parts.is_empty() {
        parts.push(narrowest(table, keys));
    }
    parts
}

/// Keys to leave out where all of them with one other column have no room: the widest names that follow
/// from the first key, as an activation may from the case. Numbers stay.
pub(super) fn spared(table: &Table, page: usize) -> Vec<usize> {
    let keys = table.keys.min(table.columns.len());
    let width = |spared: &[usize]| {
        let kept: Vec<usize> = (0..keys).filter(|key| !spared.contains(key)).collect();
        let others = keys..table.columns.len();
        let with = others.map(|other| total(&narrowest(table, &[&kept[..], &[other]].concat())));
        with.max()
            .unwrap_or_else(|| total(&narrowest(table, &kept)))
    };
    let is_name = |key: &usize| table.columns[*key].kind == Kind::Words;
    let can = (1..keys).filter(is_name);
    let mut can: Vec<usize> = can.filter(|&key| follows(table, key)).collect();
    can.sort_by_key(|&key| floor(table, key));
    let mut spared = Vec::new();
    while width(&spared) > page
        && let Some(key) = can.pop()
    {
        spared.push(key);
    }
    spared.sort_unstable();
    spared
}

/// Whether rows with the same first key have the same value in a column.
fn follows(table: &Table, column: usize) -> bool {
    let mut values: BTreeMap<&str, &str> = BTreeMap::new();
    table.rows.iter().all(|row| {
        let value = row[column].text.as_str();
        *values.entry(&row[0].text).or_insert(value) == value
    })
}

/// Part of these columns, words narrowed as far as need be; `None` where that is not enough.
fn fitted(table: &Table, columns: &[usize], page: usize) -> Option<Vec<Placed>> {
    let mut part = natural(table, columns);
    while total(&part) > page {
        let can = part
            .iter_mut()
            .filter(|placed| placed.width > floor(table, placed.column));
        can.max_by_key(|placed| placed.width)?.width -= 1;
    }
    Some(part)
}

fn natural(table: &Table, columns: &[usize]) -> Vec<Placed> {
    let placed = columns.iter().map(|&column| Placed {
        column,
        width: widest(table, column, length),
    });
    placed.collect()
}

fn narrowest(table: &Table, columns: &[usize]) -> Vec<Placed> {
    let placed = columns.iter().map(|&column| Placed {
        column,
        width: floor(table, column),
    });
    placed.collect()
}

fn total(part: &[Placed]) -> usize {
    let widths: usize = part.iter().map(|placed| placed.width).sum();
    widths + length(GAP) * part.len().saturating_sub(1)
}

/// The least width of a column.
fn floor(table: &Table, column: usize) -> usize {
    let natural = widest(table, column, length);
    match table.columns[column].kind {
        Kind::Number => natural,
        Kind::Words => natural.min(widest(table, column, least).max(NARROW)),
    }
}

fn widest(table: &Table, column: usize, of: fn(&str) -> usize) -> usize {
    let cells = table.rows.iter().map(|row| of(&row[column].text));
    let head = of(&table.columns[column].head);
    cells.max().unwrap_or(0).max(head)
}
