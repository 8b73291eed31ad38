//! The NPY format of NumPy, versions 1 to 3: real numbers only.
//!
//! Written here rather than taken from a crate: the crates for it parse the header with a
//! parser of Python literals that needs a C compiler, and reserve memory for the shape that a
//! damaged header claims before they look whether the numbers are there.
//!
//! Source: NumPy, `numpy.lib.format`.

mod header;

use std::path::Path;

use ndarray::{Array2, ArrayD, ArrayView2, Axis, IxDyn, ShapeBuilder as _};

use self::header::Header;
use super::kind::{Format, mismatch};
use super::labelled::shown;
use super::table::{self, Column, TableOptions};
use super::{dataset, exact::exact, gzip, in_file};
use crate::{Error, Result};

/// Axes of an array, told by the beginning of its file.
pub(super) fn shape_of(beginning: &[u8]) -> Option<Vec<usize>> {
    Some(Header::split(beginning).ok()?.0.shape)
}

/// Path and key of an array, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    /// The array's key in an NPZ file.
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
        if let Some(reason) = mismatch(bytes, Format::Npy) {
            return Err(place.error(reason));
        }
        let (header, data) = Header::split(bytes).map_err(|reason| place.error(reason))?;
        let decoder = decoder(&header.descr).ok_or_else(|| place.error(unusable(&header.descr)))?;
        if header.shape.contains(&0) {
            return Err(place.error(format!(
                "has shape {}, expected at least one row and one column",
                shown(&header.shape)
            )));
        }
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
        let numbers = self.data.chunks_exact(size);
        if let Some(whole) = whole(&self.descr) {
            let exactly = |bytes| exact(whole(bytes)).map_err(|reason| place.error(reason));
            return numbers.map(exactly).collect();
        }
        Ok(numbers.map(decode).collect())
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

    /// The array in its shape.
    pub(super) fn whole(&self, place: Place) -> Result<ArrayD<f64>> {
        let shape = IxDyn(&self.shape).set_f(self.is_fortran);
        Ok(ArrayD::from_shape_vec(shape, self.values(place)?)
            .expect("the number of values was compared with the shape"))
    }

    /// The array as a matrix; one dimension is a column if `is_column_allowed`.
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

/// The text of an NPY file that holds one, as NumPy stores strings: in UTF-32, or in bytes, filled up with
/// zeros.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let (header, data) = Header::split(bytes).ok()?;
    if header.shape.iter().any(|&size| size != 1) {
        return None;
    }
    let (order, rest) = header.descr.split_at_checked(1)?;
    let (kind, length) = rest.split_at_checked(1)?;
    let length: usize = length.parse().ok()?;
    let letters: String = match kind {
        "U" if data.len() == length.checked_mul(4)? => {
            let letter = |bytes: &[u8]| {
                let bytes = bytes.try_into().ok()?;
                let code = match order {
                    ">" => u32::from_be_bytes(bytes),
                    _ => u32::from_le_bytes(bytes),
                };
                char::from_u32(code)
            };
            data.chunks_exact(4).map(letter).collect::<Option<_>>()?
        }
        "S" if data.len() == length => String::from_utf8(data.to_vec()).ok()?,
        _ => return None,
    };
    Some(letters.trim_end_matches('\0').to_owned())
}

/// The decompressed content of a file, as much of it as its header tells.
pub(super) fn read_content(path: &Path) -> Result<Vec<u8>> {
    gzip::read_measured(path, file_length)
}

/// Bytes of the NPY file that begins like this; `None` if that cannot be told.
pub(super) fn file_length(beginning: &[u8]) -> Option<u64> {
    Header::file_length(beginning, |descr| decoder(descr).map(|(size, _)| size))
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
        ("<", "f2") => (2, |bytes| half(u16::from_le_bytes([bytes[0], bytes[1]]))),
        (">", "f2") => (2, |bytes| half(u16::from_be_bytes([bytes[0], bytes[1]]))),
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

/// How to read whole numbers of the types that reach beyond 2^53.
fn whole(descr: &str) -> Option<fn(&[u8]) -> i128> {
    macro_rules! number {
        ($from:ident, $type:ty) => {
            |bytes: &[u8]| {
                <$type>::$from(bytes.try_into().expect("chunks have the type's size")).into()
            }
        };
    }
    Some(match descr {
        "<u8" => number!(from_le_bytes, u64),
        "<i8" => number!(from_le_bytes, i64),
        ">u8" => number!(from_be_bytes, u64),
        ">i8" => number!(from_be_bytes, i64),
        _ => return None,
    })
}

/// IEEE 754 half precision: a sign, 5 bits of exponent, 10 of fraction.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        0x1f if fraction > 0.0 => f64::NAN,
        0x1f => f64::INFINITY,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// A message on the content of an array whose type has no real numbers, and what to save in its place.
fn unusable(descr: &str) -> String {
    let kind = descr.trim_start_matches(['<', '>', '|', '=']);
    let (what, fix) = match kind.chars().next() {
        Some('O') => (
            "Python objects (dtype object), such as rows of unequal length or numbers among text",
            "make one array of numbers of them: `numpy.array(rows, dtype=\"float64\")`",
        ),
        Some('c') => (
            "complex numbers",
            "save real and imaginary parts as columns of their own",
        ),
        Some('U' | 'S' | 'a' | 'T') => (
            "text",
            "save numbers; of names of classes, `numpy.unique(names, return_inverse=True)[1]`",
        ),
        Some('M') => (
            "dates",
            "save it as float64: `.astype(\"datetime64[s]\").astype(\"float64\")`",
        ),
        Some('m') => (
            "durations",
            "save it as float64: `.astype(\"timedelta64[s]\").astype(\"float64\")`",
        ),
        Some('V') => (
            "raw bytes, as bfloat16 and float8 are stored",
            "save it as float64: `.astype(\"float64\")`",
        ),
        _ => (
            "numbers of a type that is not read",
            "save it as float64: `.astype(\"float64\")`",
        ),
    };
    let descr = crate::error::shown(descr);
    format!("it holds {what} (type '{descr}'); {fix}")
}

/// A matrix as an NPY file, `float64` in C order.
pub(super) fn write(array: &ArrayView2<f64>) -> Vec<u8> {
    let mut bytes = header::write(array.dim());
    for x in array {
        bytes.extend_from_slice(&x.to_le_bytes());
    }
    bytes
}

/// Inputs and targets from one array whose last column is the target, if `options` names no other.
pub(super) fn read_dataset(
    path: &Path,
    bytes: &[u8],
    options: &TableOptions,
) -> Result<(Array2<f64>, Array2<f64>)> {
    let place = Place { path, key: None };
    refuse_names(place, options)?;
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
    let chosen = table::choose(path, None, columns, options)?;
    Ok((
        array.select(Axis(1), &chosen.inputs),
        array.select(Axis(1), &chosen.targets),
    ))
}

/// An array has no first line and no names.
pub(super) fn refuse_names(place: Place, options: &TableOptions) -> Result<()> {
    if options.header.is_some() {
        return Err(place.error("data.header is about the first line of CSV files; remove it"));
    }
    let mut columns = options.target.iter().chain(&options.ignore);
    let name = columns.find_map(|column| match column {
        Column::Named(name) => Some(crate::error::shown(name)),
        Column::Number(_) => None,
    });
    match name {
        None => Ok(()),
        Some(name) => Err(place.error(format!(
            "its columns have no names, so none is `{name}`; count them from 1"
        ))),
    }
}

#[cfg(test)]
pub(super) mod tests;
