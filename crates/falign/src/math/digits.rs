//! Numbers as people read them: as many digits as say something.

/// Powers of ten that are written out; beyond them a number has an exponent.
const PLAIN: std::ops::Range<i32> = -4..6;

/// Digits of a mean beyond the first of them, at most.
const MOST: i32 = 4;

/// The power of ten of a number's first digit, once it is rounded to `count` of them.
fn power(x: f64, count: usize) -> i32 {
    let text = format!("{x:.*e}", count.saturating_sub(1));
    text.split_once('e')
        .and_then(|(_, power)| power.parse().ok())
        .unwrap_or(0)
}

/// Decimals that show all digits down to a power of ten.
fn decimals(lowest: i32) -> usize {
    usize::try_from(-lowest).unwrap_or(0)
}

/// A number of so many significant digits: `0.0411`, `1235`, `-2.5e-7`. Whole numbers stay whole as far
/// as they are written out.
///
/// ```
/// use falign::internal::math::digits;
/// let shown = [0.041_143, 1234.56, 20.0, 3.0e-9, 123_456.7].map(|x| digits(x, 3));
/// assert_eq!(shown, ["0.0411", "1235", "20", "3e-9", "123457"]);
/// ```
pub fn digits(x: f64, count: usize) -> String {
    if x.is_nan() {
        return "none".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let power = power(x, count);
    if x == 0.0 || (PLAIN.contains(&power) && x.fract() == 0.0) {
        // No sign of zero.
        return format!("{:.0}", x + 0.0);
    }
    if PLAIN.contains(&power) {
        let lowest = power + 1 - i32::try_from(count).unwrap_or(i32::MAX);
        return format!("{x:.*}", decimals(lowest));
    }
    let text = format!("{x:.*e}", count.saturating_sub(1));
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    format!("{mantissa}e{power}")
}

/// A number with its sign, of which zero has none: `+0.0411`.
pub(crate) fn signed(x: f64, count: usize) -> String {
    let sign = if x > 0.0 { "+" } else { "" };
    format!("{sign}{}", digits(x, count))
}

/// A mean with its spread, which has two digits: `0.0411 ± 0.0032`, `(4.10 ± 0.32)e-8`. Without a
/// spread, as one run leaves it, the mean alone.
///
/// ```
/// use falign::internal::math::with_spread;
/// assert_eq!(with_spread(0.041_143, 0.003_21), "0.0411 ± 0.0032");
/// assert_eq!(with_spread(0.041_143, f64::NAN), "0.04114");
/// assert_eq!(with_spread(4.1e-8, 3.21e-9), "(4.10 ± 0.32)e-8");
/// assert_eq!(with_spread(12.0, 1.3e-15), "12 ± 1e-15");
/// ```
pub fn with_spread(mean: f64, spread: f64) -> String {
    if !(mean.is_finite() && spread.is_finite()) {
        return digits(mean, 4);
    }
    let of_spread = power(spread, 2);
    let top = if mean == 0.0 {
        of_spread
    } else {
        power(mean, 4).max(if spread > 0.0 { of_spread } else { i32::MIN })
    };
    // A spread beyond the digits of its mean says only how small it is.
    if spread == 0.0 || of_spread < top - MOST {
        return format!("{} ± {}", digits(mean, 4), digits(spread, 1));
    }
    let lowest = (of_spread - 1).max(top - MOST);
    if (PLAIN.start + 1..PLAIN.end).contains(&top) {
        let after = decimals(lowest);
        return format!("{mean:.after$} ± {spread:.after$}");
    }
    // One power of ten for both.
    let unit = 10f64.powi(top);
    let after = decimals(lowest - top);
    format!(
        "({:.after$} ± {:.after$})e{top}",
        mean / unit,
        spread / unit
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_digits_that_are_asked_for() {
        for (x, count, text) in [
            (0.0, 4, "0"),
            (-0.0, 4, "0"),
            (20.0, 4, "20"),
            (0.001_234_56, 4, "0.001235"),
            (0.123_456, 4, "0.1235"),
            (12.3456, 4, "12.35"),
            (1234.56, 4, "1235"),
            (999.96, 4, "1000"),
            (123_456.7, 3, "123457"),
            (1e9, 4, "1e9"),
            (-2.5e-7, 4, "-2.5e-7"),
            (0.000_041_143, 4, "4.114e-5"),
            (-0.5, 2, "-0.50"),
            (f64::INFINITY, 4, "inf"),
            (f64::NEG_INFINITY, 4, "-inf"),
            (f64::NAN, 4, "none"),
        ] {
            assert_eq!(digits(x, count), text, "{x:e}");
        }
    }

    #[test]
    fn a_mean_has_as_many_decimals_as_its_spread() {
        for (mean, spread, text) in [
            (0.831_234, 0.021_3, "0.831 ± 0.021"),
            (0.831_234, 0.9, "0.83 ± 0.90"),
            (0.000_3, 0.2, "0.00 ± 0.20"),
            (-12.345, 0.67, "-12.35 ± 0.67"),
            (12_345.0, 678.0, "12345 ± 678"),
            (0.0, 0.0, "0 ± 0"),
            (0.0, 0.0213, "0.000 ± 0.021"),
            (1.5, 0.0, "1.500 ± 0"),
            (0.999_99, 0.000_2, "1.0000 ± 0.0002"),
            (1.0, 4e-9, "1 ± 4e-9"),
            (2.5e7, 1.2e6, "(2.50 ± 0.12)e7"),
            (4.1e-8, 9e-6, "(0.0 ± 9.0)e-6"),
            (f64::INFINITY, 1.0, "inf"),
        ] {
            assert_eq!(with_spread(mean, spread), text, "{mean:e} {spread:e}");
        }
    }
}
