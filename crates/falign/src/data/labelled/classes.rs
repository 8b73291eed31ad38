//! Numbers and names as classes.

use std::collections::BTreeSet;

/// Largest number of classes of a data set whose file does not say how many: a column of
/// measurements taken for labels would otherwise ask for a network with a million outputs.
pub(super) const MOST_CLASSES: usize = 10_000;

/// A number as a class below `classes`, or below [`MOST_CLASSES`].
pub(super) fn class(value: f64, classes: Option<usize>) -> Result<usize, String> {
    let bound = classes.unwrap_or(MOST_CLASSES);
    // Zero or more, whole, and far below 2^53: the cast is exact.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked on the same line"
    )]
    if value >= 0.0 && value < bound as f64 && value.fract() == 0.0 {
        return Ok(value as usize);
    }
    let last = bound.saturating_sub(1);
    Err(format!(
        "label {value} is not a class, a whole number from 0 to {last}"
    ))
}

/// The names of classes that are no numbers, sorted: a name's place is its class.
pub(super) fn names<'a>(
    labels: impl Iterator<Item = &'a str>,
    classes: Option<usize>,
) -> Result<Vec<String>, String> {
    let names: BTreeSet<&str> = labels.collect();
    let most = classes.unwrap_or(MOST_CLASSES);
    if names.len() > most {
        return Err(format!(
            "{} names of classes, and {most} is the most; say which column has the labels",
            names.len()
        ));
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// The number of classes: as told, or one more than the largest label.
pub(super) fn count(labels: &[usize], classes: Option<usize>) -> usize {
    classes.unwrap_or_else(|| labels.iter().max().map_or(0, |largest| largest + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_below_the_number_of_classes_are_classes() {
        assert_eq!(class(0.0, Some(1)), Ok(0));
        assert_eq!(class(-0.0, Some(1)), Ok(0));
        assert_eq!(class(9999.0, None), Ok(9999));
        for (value, classes) in [
            (10.0, Some(10)),
            (-1.0, Some(10)),
            (1.5, Some(10)),
            (f64::NAN, None),
            (f64::INFINITY, None),
            (10_000.0, None),
        ] {
            let text = class(value, classes).unwrap_err();
            assert!(text.contains(&format!("label {value}")), "{text}");
        }
        assert_eq!((count(&[0, 4], None), count(&[0, 4], Some(9))), (5, 9));
    }
}
