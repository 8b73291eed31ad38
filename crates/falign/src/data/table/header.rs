//! Whether a first line names the columns or is a sample.
//!
//! It names them if none of its cells is a number and one is a name, or if a cell is a name that the
//! caller knows. A line of numbers is a sample, but for one that may well be names of numbers, which
//! only the user can tell: whole numbers in equal steps (`0,1,2`, as pandas writes columns without
//! names; years), unless the second line goes on alike, where
//!
//! - there are at least 8 of them, or at least 3 that begin `0,1,2` or are years, or
//! - every column has decimals below, or one has nothing but decimals (of two columns: steps of 1).

use ::csv::StringRecord;

use super::number::{is_missing, is_number, whole};

/// Number of whole numbers in equal steps that are no sample by chance.
const MANY: usize = 8;

/// How a first line is taken.
#[derive(Debug)]
pub(super) enum First {
    Names,
    Sample,
    /// A sample, unless what is below shows that it may be names.
    Watched(Below),
}

/// How the first line is to be taken, where nobody says it.
///
/// # Errors
/// That it cannot be told, or that the line has missing values only, and the fix.
pub(super) fn first(
    (line, first): (u64, &StringRecord),
    second: Option<&StringRecord>,
    is_name: impl Fn(&str) -> bool,
) -> Result<First, String> {
    let any = |is: fn(&str) -> bool| first.iter().any(is);
    let is_word = |cell: &str| !is_number(cell) && !is_missing(cell);
    if first.iter().any(is_name) || (!any(is_number) && any(is_word)) {
        return Ok(First::Names);
    }
    if first.iter().all(is_missing) {
        return Err(format!(
            "line {line} has missing values only (`{}`); fill them in, or take the line out",
            first.get(0).unwrap_or_default()
        ));
    }
    let Some(second) = second else {
        return Ok(First::Sample);
    };
    let number_below = |at: usize| second.get(at).is_some_and(is_number);
    let word = first
        .iter()
        .enumerate()
        .find(|(at, cell)| is_word(cell) && number_below(*at));
    if let Some((at, cell)) = word {
        return Err(format!(
            "line {line}, column {}: `{}` is not a number, and the line below has one there; \
             if this line names the columns, set data.header = true",
            at + 1,
            crate::error::shown(cell)
        ));
    }
    let Some((start, step)) = steps(first) else {
        return Ok(First::Sample);
    };
    if steps(second).is_some_and(|(_, other)| other == step) {
        return Ok(First::Sample);
    }
    let columns = first.len();
    let end = start + step * (columns as i128 - 1);
    let years = 1000..3000;
    let are_years = years.contains(&start) && years.contains(&end);
    let is_index = start == 0 && step == 1;
    if columns >= MANY || (columns >= 3 && (is_index || are_years)) {
        return Err(ambiguous(line, first));
    }
    if columns == 2 && step != 1 {
        return Ok(First::Sample);
    }
    Ok(First::Watched(Below {
        reason: ambiguous(line, first),
        decimals: vec![0; columns],
        lines: 0,
    }))
}

/// The first of whole numbers in equal steps, and the step.
fn steps(record: &StringRecord) -> Option<(i128, i128)> {
    let numbers: Vec<i128> = record.iter().map(whole).collect::<Option<_>>()?;
    let [start, second, ..] = numbers[..] else {
        return None;
    };
    let step = second.checked_sub(start)?;
    let is_even = numbers
        .windows(2)
        .all(|pair| pair[1].checked_sub(pair[0]) == Some(step));
    let is_small = |number: &i128| number.unsigned_abs() < 1 << 53;
    (step != 0 && is_even && numbers.iter().all(is_small)).then_some((start, step))
}

fn ambiguous(line: u64, first: &StringRecord) -> String {
    let cells: Vec<&str> = first.iter().collect();
    format!(
        "line {line}, `{}`: whole numbers in equal steps, which may name the columns or be a sample; \
         say it with data.header = true or data.header = false",
        crate::error::shown(&cells.join(","))
    )
}

/// Evidence from the lines below a first line that may be names.
#[derive(Debug)]
pub(super) struct Below {
    reason: String,
    /// Cells of each column that are not written as whole numbers.
    decimals: Vec<usize>,
    lines: usize,
}

impl Below {
    pub(super) fn see(&mut self, record: &StringRecord) {
        self.lines += 1;
        for (count, cell) in self.decimals.iter_mut().zip(record) {
            *count += usize::from(whole(cell).is_none());
        }
    }

    /// Decides, at the end of the table, whether the first line was names.
    pub(super) fn finish(self) -> Result<(), String> {
        let every = self.decimals.iter().all(|count| *count > 0);
        let one = self.lines > 1 && self.decimals.contains(&self.lines);
        if every || one {
            Err(self.reason)
        } else {
            Ok(())
        }
    }
}
