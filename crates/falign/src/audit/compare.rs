//! Differences of arrays, in which a NaN is never lost.

use ndarray::{ArrayBase, Data, Dimension};

/// Rounding of a number that was subtracted from another, relative to the tolerance of `f64`
/// sums: a difference is compared to itself plus this share of what was subtracted.
pub(super) const ROUNDING: f64 = 1e-3;

/// Largest difference between a delivered number and its definition, relative to the sum of
/// the absolute terms: sums of a thousand terms in another order differ by about 1e-14 of it.
pub(super) const EXACT: f64 = 1e-12;

/// The largest value, or NaN if there is one; 0 for none.
pub(super) fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |worst: f64, x| {
        if worst.is_nan() || x <= worst {
            worst
        } else {
            x
        }
    })
}

/// Whether a value passes its bound; a NaN does not.
pub(super) fn is_within(value: f64, bound: f64) -> bool {
    value <= bound
}

/// max |x|.
pub(super) fn size<S: Data<Elem = f64>, D: Dimension>(x: &ArrayBase<S, D>) -> f64 {
    largest(x.iter().map(|x| x.abs()))
}

/// max |found - expected| / max |expected|; exact agreement is 0, even with zeros.
pub(super) fn difference<S, R, D>(found: &ArrayBase<S, D>, expected: &ArrayBase<R, D>) -> f64
where
    S: Data<Elem = f64>,
    R: Data<Elem = f64>,
    D: Dimension,
{
    ratio(distance(found, expected), size(expected))
}

/// Difference relative to a scale: the largest sum of absolute terms.
pub(super) fn scaled_difference<S, R, D>(
    found: &ArrayBase<S, D>,
    expected: &ArrayBase<R, D>,
    scale: f64,
) -> f64
where
    S: Data<Elem = f64>,
    R: Data<Elem = f64>,
    D: Dimension,
{
    ratio(distance(found, expected), scale)
}

/// Difference of weights that should have moved from `start` to `expected`, relative to the
/// move (or the terms it was made of, if their sum is larger), as far as the rounding of the
/// weights themselves allows.
pub(super) fn move_difference<S, D>(
    found: &ArrayBase<S, D>,
    expected: &ArrayBase<S, D>,
    start: &ArrayBase<S, D>,
    terms: f64,
) -> f64
where
    S: Data<Elem = f64>,
    D: Dimension,
{
    let scale = largest([distance(expected, start), terms]) + ROUNDING * size(start);
    ratio(distance(found, expected), scale)
}

/// max |a - b|.
fn distance<S, R, D>(a: &ArrayBase<S, D>, b: &ArrayBase<R, D>) -> f64
where
    S: Data<Elem = f64>,
    R: Data<Elem = f64>,
    D: Dimension,
{
    if a.shape() != b.shape() {
        return f64::NAN;
    }
    largest(a.iter().zip(b.iter()).map(|(a, b)| (a - b).abs()))
}

/// `distance / scale`, where no distance is 0 at any scale.
pub(super) fn ratio(distance: f64, scale: f64) -> f64 {
    if distance == 0.0 {
        0.0
    } else {
        distance / scale
    }
}

/// Whether two arrays hold the same bits.
pub(super) fn is_same<S: Data<Elem = f64>, D: Dimension>(
    a: &ArrayBase<S, D>,
    b: &ArrayBase<S, D>,
) -> bool {
    a.shape() == b.shape()
        && a.iter()
            .zip(b.iter())
            .all(|(a, b)| a.to_bits() == b.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn nan_is_never_lost() {
        assert!(largest([1.0, f64::NAN, 2.0]).is_nan());
        assert!(difference(&array![f64::NAN, 1.0], &array![1.0, 1.0]).is_nan());
        assert!(difference(&array![1.0], &array![1.0, 1.0]).is_nan());
    }

    #[test]
    fn zeros_agree_with_zeros_only() {
        assert!(difference(&array![0.0], &array![0.0]) == 0.0);
        assert!(difference(&array![1e-300], &array![0.0]).is_infinite());
    }
}
