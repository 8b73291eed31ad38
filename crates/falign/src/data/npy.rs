//! The NPY format of NumPy, versions 1 to 3: real numbers only.
//!
//! Written here rather than taken from a crate: the crates for it parse the header with a
//! parser of Python literals that needs a C compiler, and reserve memory for the shape that a
//! damaged header claims before they look whether the numbers are there.
//!
//! Source: NumPy, `numpy.lib.format`.

mod header;

use std::path::Path;

use ndarray::{Array2, ArrayView2, ShapeBuilder as _, s};

use self::header::Header;
use crate::{Error, Result};

/// Whole numbers beyond this are not all representable as `f64`.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Where an array stands, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    /// Its key in an NPZ file.
    pub(super) key: Option<&'a str>,
}

impl Place<'_> {
    pub(super) fn error(self, reason: impl std::fmt::Display) -> Error {
        match self.key {
            None => Error::data(self.path, reason.to_string()),
            Some(key) => Error::data(self.path, format!("array `{key}`: {reason}")),
        }
    }
}

/// An array as stored.
#[derive(Debug)]
pub(super) struct Array {
    shape: Vec<usize>,
    is_fortran: bool,
    values: Vec<f64>,
}

impl Array {
    /// Reads a whole NPY file.
    pub(super) fn parse(bytes: &[u8], place: Place) -> Result<Self> {
        let (header, data) = Header::split(bytes).map_err(|reason| place.error(reason))?;
        let (size, decode) = decoder(&header.descr).ok_or_else(|| {
            place.error(format!(
                "numbers of type '{}' cannot be used; save it as float64 (`.astype(\"float64\")`)",
                header.descr
            ))
        })?;
        let count = header
            .shape
            .iter()
            .try_fold(1usize, |n, &m| n.checked_mul(m));
        let needed = count.and_then(|n| n.checked_mul(size));
        if needed != Some(data.len()) {
            let state = if needed.is_none_or(|needed| data.len() < needed) {
                "truncated"
            } else {
                "damaged"
            };
            return Err(place.error(format!(
                "{state}: {} bytes of numbers, but shape {} and type '{}' need {}; save it again",
                data.len(),
                shown(&header.shape),
                header.descr,
                needed.map_or_else(|| "more than can be counted".to_owned(), |n| n.to_string()),
            )));
        }
        let values: Vec<f64> = data.chunks_exact(size).map(decode).collect();
        if !header.descr.contains('f') && values.iter().any(|x| x.abs() > LARGEST_EXACT) {
            return Err(place.error("whole numbers beyond 2^53 are not exact as float64"));
        }
        Ok(Self {
            shape: header.shape,
            is_fortran: header.is_fortran,
            values,
        })
    }

    /// As a matrix; one dimension is a column if `is_column_allowed`.
    pub(super) fn matrix(self, is_column_allowed: bool, place: Place) -> Result<Array2<f64>> {
        let (rows, columns) = match self.shape[..] {
            [rows, columns] => (rows, columns),
            [rows] if is_column_allowed => (rows, 1),
            [rows] => {
                return Err(place.error(format!(
                    "has shape ({rows},), expected two dimensions, samples in rows; \
                     for a single column use `.reshape(-1, 1)`"
                )));
            }
            _ => {
                return Err(place.error(format!(
                    "has shape {}, expected two dimensions; use `.reshape(rows, -1)`",
                    shown(&self.shape)
                )));
            }
        };
        let shape = (rows, columns).set_f(self.is_fortran);
        let array = Array2::from_shape_vec(shape, self.values)
            .expect("the number of values was compared with the shape");
        // Engines expect rows that lie together.
        Ok(array.as_standard_layout().into_owned())
    }
}

/// Size in bytes of a number, and how to read one.
type Decoder = (usize, fn(&[u8]) -> f64);

/// How to read numbers of this type.
fn decoder(descr: &str) -> Option<Decoder> {
    macro_rules! number {
        ($from:ident, $type:ty) => {
            (size_of::<$type>(), |bytes: &[u8]| {
                #[allow(
                    clippy::allow_attributes,
                    clippy::cast_lossless,
                    reason = "one line for all types; the range of integers is checked after"
                )]
                {
                    <$type>::$from(bytes.try_into().expect("chunks have the type's size")) as f64
                }
            })
        };
    }
    let (order, kind) = descr.split_at_checked(1)?;
    Some(match (order, kind) {
        ("|" | "<" | ">" | "=", "b1") => (1, |bytes| f64::from(u8::from(bytes[0] != 0))),
        ("|" | "<" | ">" | "=", "u1") => number!(from_ne_bytes, u8),
        ("|" | "<" | ">" | "=", "i1") => number!(from_ne_bytes, i8),
        ("<", "f4") => number!(from_le_bytes, f32),
        ("<", "f8") => number!(from_le_bytes, f64),
        ("<", "u2") => number!(from_le_bytes, u16),
        ("<", "u4") => number!(from_le_bytes, u32),
        ("<", "u8") => number!(from_le_bytes, u64),
        ("<", "i2") => number!(from_le_bytes, i16),
        ("<", "i4") => number!(from_le_bytes, i32),
        ("<", "i8") => number!(from_le_bytes, i64),
        (">", "f4") => number!(from_be_bytes, f32),
        (">", "f8") => number!(from_be_bytes, f64),
        (">", "u2") => number!(from_be_bytes, u16),
        (">", "u4") => number!(from_be_bytes, u32),
        (">", "u8") => number!(from_be_bytes, u64),
        (">", "i2") => number!(from_be_bytes, i16),
        (">", "i4") => number!(from_be_bytes, i32),
        (">", "i8") => number!(from_be_bytes, i64),
        _ => return None,
    })
}

/// A shape as Python shows it.
fn shown(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    format!("({}{comma})", sizes.join(", "))
}

/// A matrix as an NPY file, `float64` in C order.
pub(super) fn write(array: &ArrayView2<f64>) -> Vec<u8> {
    let mut bytes = header::write(array.dim());
    for x in array {
        bytes.extend_from_slice(&x.to_le_bytes());
    }
    bytes
}

/// Inputs and targets from one array whose last column is the target.
pub(super) fn read_dataset(path: &Path, bytes: &[u8]) -> Result<(Array2<f64>, Array2<f64>)> {
    let place = Place { path, key: None };
    let array = Array::parse(bytes, place)?.matrix(false, place)?;
    let columns = array.ncols();
    if columns < 2 {
        return Err(place.error(format!(
            "has {columns} column(s), expected inputs and, as the last column, the target; \
             to keep X and y apart use `numpy.savez(\"data.npz\", X=X, y=y)`"
        )));
    }
    Ok((
        array.slice(s![.., ..columns - 1]).to_owned(),
        array.slice(s![.., columns - 1..]).to_owned(),
    ))
}

#[cfg(test)]
mod tests;
