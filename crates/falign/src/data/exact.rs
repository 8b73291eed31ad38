//! Whole numbers that `f64` holds exactly, the same in every format.

/// Largest whole number, 2^53, up to which all are numbers of `f64`.
const LARGEST: u128 = 1 << 53;

/// A whole number as it is.
///
/// # Errors
/// That it is beyond 2^53, and the fix.
pub(super) fn exact(number: i128) -> Result<f64, String> {
    if number.unsigned_abs() <= LARGEST {
        return Ok(number as f64);
    }
    Err(format!(
        "the whole number {} is beyond 2^53, not exact as float64; leave it out if it is an id, \
         else write it as a float",
        if number == i128::MAX {
            "of so many digits".to_owned()
        } else {
            number.to_string()
        }
    ))
}
