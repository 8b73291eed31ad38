//! A cell as a number.

use crate::data::exact::exact;
use crate::error::shown;

/// How programs write that a number is not there, in any case; an empty cell too.
const MISSING: [&str; 12] = [
    "?", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil", "-", ".", "missing",
];

/// Whether a cell says that its value is not there.
pub(in crate::data) fn is_missing(cell: &str) -> bool {
    cell.is_empty() || MISSING.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Whether a cell is a number, finite or not, with a decimal point or comma.
pub(super) fn is_number(cell: &str) -> bool {
    if is_missing(cell) {
        return false;
    }
    cell.parse::<f64>().is_ok() || with_point(cell).is_some_and(|cell| cell.parse::<f64>().is_ok())
}

/// A whole number written without decimals or exponent: its digits, with a sign.
pub(super) fn whole(cell: &str) -> Option<i128> {
    let digits = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Longer ones are beyond all that is exact, whatever they are.
    is_whole.then(|| cell.parse().unwrap_or(i128::MAX))
}

/// A cell with one comma, as one with a point.
fn with_point(cell: &str) -> Option<String> {
    let (before, after) = cell.split_once(',')?;
    (!after.contains([',', '.']) && !before.contains('.')).then(|| format!("{before}.{after}"))
}

/// A comma that may part thousands as well as decimals: `1,234`.
fn is_ambiguous(cell: &str) -> bool {
    let cell = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    cell.split_once(',').is_some_and(|(before, after)| {
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        after.len() == 3
            && all_digits(after)
            && (1..=3).contains(&before.len())
            && all_digits(before)
            && !before.starts_with('0')
    })
}

/// Reads the numbers of one table: all of them have a decimal point, or all a comma.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// Semicolons part the columns, as they do where commas are decimal.
    has_semicolons: bool,
    /// The first number with a decimal point, and the first with a comma.
    seen: [Option<String>; 2],
    /// The first number whose comma may part thousands, while none certainly is decimal.
    thousands: Option<String>,
}

impl Numbers {
    pub(super) fn new(has_semicolons: bool) -> Self {
        Self {
            has_semicolons,
            ..Self::default()
        }
    }

    /// A cell as a finite number.
    ///
    /// # Errors
    /// What is wrong with it, and the fix where there is one.
    pub(super) fn read(&mut self, cell: &str) -> Result<f64, String> {
        if is_missing(cell) {
            let what = if cell.is_empty() {
                "the cell is empty".to_owned()
            } else {
                format!("`{cell}` is a missing value")
            };
            return Err(format!("{what}; fill it in, or take the line out"));
        }
        if let Some(number) = whole(cell) {
            return exact(number);
        }
        let text = shown(cell);
        let number = if cell.contains(',') {
            self.with_comma(cell)?
        } else {
            self.note(0, cell, cell.contains('.'))?;
            cell.parse::<f64>()
                .map_err(|_| format!("`{text}` is not a number"))?
        };
        if number.is_finite() {
            return Ok(number);
        }
        Err(format!("`{text}` is not a finite number"))
    }

    fn with_comma(&mut self, cell: &str) -> Result<f64, String> {
        let text = shown(cell);
        let number = with_point(cell).and_then(|cell| cell.parse::<f64>().ok());
        let Some(number) = number else {
            let digits: String = cell.chars().filter(|c| *c != ',').collect();
            return Err(if digits.parse::<f64>().is_ok() {
                format!(
                    "`{text}` has commas between its thousands; write {}",
                    shown(&digits)
                )
            } else {
                format!("`{text}` is not a number")
            });
        };
        self.note(1, cell, true)?;
        if self.has_semicolons || !is_ambiguous(cell) {
            self.has_semicolons = true;
            self.thousands = None;
        } else {
            self.thousands.get_or_insert(text);
        }
        Ok(number)
    }

    /// One table has one kind of decimals.
    fn note(&mut self, kind: usize, cell: &str, is_seen: bool) -> Result<(), String> {
        if !is_seen {
            return Ok(());
        }
        if self.seen[kind].is_none() {
            self.seen[kind] = Some(shown(cell));
        }
        match &self.seen[1 - kind] {
            None => Ok(()),
            Some(other) => Err(format!(
                "`{}` and, before it, `{other}`: numbers of one table all have decimal points, or all \
                 decimal commas; write points",
                shown(cell)
            )),
        }
    }

    /// Checks, at the end of the table, whether commas can be told from those between thousands.
    pub(super) fn finish(self) -> Result<(), String> {
        match self.thousands {
            None => Ok(()),
            Some(cell) => Err(format!(
                "`{cell}` may have a decimal comma, or one between its thousands; \
                 write decimals with a point, thousands without anything"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_points_or_commas() {
        let mut numbers = Numbers::default();
        for (cell, number) in [
            ("1,5", 1.5),
            ("-0,132", -0.132),
            ("2", 2.0),
            ("1,234", 1.234),
        ] {
            assert_eq!(numbers.read(cell), Ok(number));
        }
        let text = numbers.read("1.5").unwrap_err();
        assert!(text.contains("`1.5` and, before it, `1,5`"), "{text}");
        let mut numbers = Numbers::default();
        for (cell, number) in [("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("+1e-3", 1e-3)] {
            assert_eq!(numbers.read(cell), Ok(number));
        }
        assert!(numbers.read("1,5").unwrap_err().contains("write points"));
    }

    #[test]
    fn commas_that_may_part_thousands_are_not_guessed() {
        let read = |has_semicolons, cells: &[&str]| {
            let mut numbers = Numbers::new(has_semicolons);
            for cell in cells {
                numbers.read(cell)?;
            }
            numbers.finish()
        };
        assert_eq!(read(true, &["1,234", "5,678"]), Ok(()));
        // One of them tells for all.
        assert_eq!(read(false, &["1,234", "0,678"]), Ok(()));
        assert_eq!(read(false, &["0,678", "1,234"]), Ok(()));
        let text = read(false, &["1,234", "5,678"]).unwrap_err();
        assert!(text.contains("`1,234` may have a decimal comma"), "{text}");
        let text = read(false, &["1,234,567"]).unwrap_err();
        assert!(text.ends_with("write 1234567"), "{text}");
        let text = read(false, &["1,234.5"]).unwrap_err();
        assert!(text.ends_with("write 1234.5"), "{text}");
    }

    #[test]
    fn whole_numbers_that_are_rounded_are_refused() {
        let mut numbers = Numbers::default();
        assert_eq!(
            numbers.read("9007199254740992"),
            Ok(9_007_199_254_740_992.0)
        );
        for cell in ["9007199254740993", "-9007199254740993", &"9".repeat(60)] {
            let text = numbers.read(cell).unwrap_err();
            assert!(text.contains("2^53"), "{text}");
        }
        // Said to be rounded.
        assert_eq!(
            numbers.read("9007199254740993.0"),
            Ok(9_007_199_254_740_992.0)
        );
    }

    #[test]
    fn missing_values_are_named() {
        let mut numbers = Numbers::default();
        for cell in ["?", "NA", "nan", "NULL", "#N/A", "-"] {
            let text = numbers.read(cell).unwrap_err();
            assert!(
                text.contains(&format!("`{cell}` is a missing value")),
                "{text}"
            );
        }
        assert!(
            numbers
                .read("")
                .unwrap_err()
                .starts_with("the cell is empty")
        );
        let text = numbers.read("inf").unwrap_err();
        assert!(text.contains("`inf` is not a finite number"), "{text}");
    }
}
