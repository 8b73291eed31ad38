//! The NPY format of NumPy, versions 1 to 3: real numbers only.
//!
//! Written here rather than taken from a crate: the crates for it parse the header with a
//! parser of Python literals that needs a C compiler, and reserve memory for the shape that a
//! damaged header claims before they look whether the numbers are there.
//!
//! Source: NumPy, `numpy.lib.format`.

mod header;

use std::path::Path;

use ndarray::{Array2, ArrayD, ArrayView2, IxDyn, ShapeBuilder as _, s};

use self::header::Header;
use super::labelled::shown;
use super::{dataset, in_file};
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

/// An array as stored, its length compared with its shape.
#[derive(Debug)]
pub(super) struct Array<'a> {
    shape: Vec<usize>,
    is_fortran: bool,
    descr: String,
    decoder: Decoder,
    data: &'a [u8],
}

impl<'a> Array<'a> {
    /// Reads a whole NPY file.
    pub(super) fn parse(bytes: &'a [u8], place: Place) -> Result<Self> {
        let (header, data) = Header::split(bytes).map_err(|reason| place.error(reason))?;
        let decoder = decoder(&header.descr).ok_or_else(|| {
            place.error(format!(
                "numbers of type '{}' cannot be used; save it as float64 (`.astype(\"float64\")`)",
                header.descr
            ))
        })?;
        let count = header
            .shape
            .iter()
            .try_fold(1usize, |n, &m| n.checked_mul(m));
        let needed = count.and_then(|n| n.checked_mul(decoder.0));
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
        Ok(Self {
            shape: header.shape,
            is_fortran: header.is_fortran,
            descr: header.descr,
            decoder,
            data,
        })
    }

    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Unsigned bytes as they stand, if it is made of them.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        self.descr.ends_with("u1").then(|| self.data.to_vec())
    }

    /// The numbers in the order of the file.
    pub(super) fn values(&self, place: Place) -> Result<Vec<f64>> {
        let (size, decode) = self.decoder;
        let values: Vec<f64> = self.data.chunks_exact(size).map(decode).collect();
        if !self.descr.contains('f') && values.iter().any(|x| x.abs() > LARGEST_EXACT) {
            return Err(place.error("whole numbers beyond 2^53 are not exact as float64"));
        }
        Ok(values)
    }

    /// Values of this array in rows, the dimensions after the first flattened in C order.
    ///
    /// # Panics
    /// If there is no dimension, or not one value for each element.
    pub(super) fn rows<T: Clone>(&self, values: Vec<T>) -> Array2<T> {
        let rows = self.shape[0];
        let columns: usize = self.shape[1..].iter().product();
        let shape = IxDyn(&self.shape).set_f(self.is_fortran);
        let array = ArrayD::from_shape_vec(shape, values)
            .expect("the number of values was compared with the shape");
        // Engines expect rows that lie together.
        let array = array.as_standard_layout().into_owned();
        array
            .into_shape_with_order((rows, columns))
            .expect("the same number of values in standard order")
    }

    /// As a matrix; one dimension is a column if `is_column_allowed`.
    pub(super) fn matrix(&self, is_column_allowed: bool, place: Place) -> Result<Array2<f64>> {
        match self.shape[..] {
            [_, _] => {}
            [_] if is_column_allowed => {}
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
        }
        Ok(self.rows(self.values(place)?))
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
    // Here, where a place is one in the file, and not in the inputs or the targets alone.
    dataset::check("the array", &array).map_err(|error| in_file(path, error))?;
    Ok((
        array.slice(s![.., ..columns - 1]).to_owned(),
        array.slice(s![.., columns - 1..]).to_owned(),
    ))
}

#[cfg(test)]
pub(super) mod tests;
