//! The IDX format of MNIST: unsigned bytes with their shape before them.
//!
//! Two zero bytes, the type of the numbers (8: unsigned bytes, the only one read here), the
//! number of dimensions, the size of each as a big-endian 32-bit number, then the bytes with
//! the last dimension fastest. Offsets in messages count decompressed bytes from 0.
//!
//! Source: Y. `LeCun`, C. Cortes, C. Burges, "The MNIST database", file formats.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::GzBuilder;
use ndarray::Array2;

use super::gzip;
use super::kind::{Format, mismatch};
use super::labelled::{Inputs, Labelled};
use crate::file::write_atomic;
use crate::{Error, Result};

/// Type code of unsigned bytes.
const UNSIGNED_BYTES: u8 = 0x08;

/// Reads images, or any bytes of two to four dimensions whose first counts samples, and their
/// labels from two IDX files, plain or gzip.
///
/// `classes` is the number of classes; without it, one more than the largest label.
///
/// # Errors
/// [`Error::Io`] if a file cannot be read; [`Error::Data`] with the file and the byte if its
/// magic number, shape, length or a label is wrong, or the two files do not belong together.
///
/// # Example
/// ```
/// use falign::internal::data::load_idx;
/// use falign::internal::data::save_idx;
/// let folder = std::env::temp_dir();
/// let images = folder.join(format!("falign-doc-{}-images", std::process::id()));
/// let labels = folder.join(format!("falign-doc-{}-labels.gz", std::process::id()));
/// save_idx(&images, &[2, 1, 3], &[0, 128, 255, 255, 128, 0])?; // two images of 1 x 3 pixels
/// save_idx(&labels, &[2], &[1, 0])?; // gzip by the ending
/// let data = load_idx(&images, &labels, None)?;
/// assert_eq!((data.samples(), data.input_dim(), data.classes()), (2, 3, 2));
/// assert_eq!(data.sample_shape(), [1, 3]);
/// # std::fs::remove_file(&images).unwrap();
/// # std::fs::remove_file(&labels).unwrap();
/// # Ok::<(), falign::Error>(())
/// ```
pub fn load_idx(images: &Path, labels: &Path, classes: Option<usize>) -> Result<Labelled> {
    assemble(
        (images, read_content(images)?),
        (labels, read_content(labels)?),
        classes,
    )
}

/// The decompressed content of a file, as much of it as its header tells.
pub(super) fn read_content(path: &Path) -> Result<Vec<u8>> {
    gzip::read_measured(path, |beginning| {
        let rank = *beginning.get(3)?;
        let shape = shape(beginning, &[rank]).ok()?;
        size(&shape)?
            .checked_add(4 + 4 * shape.len())
            .map(|n| n as u64)
    })
}

/// Writes bytes of this shape, last dimension fastest, as an IDX file; gzip where `path` ends
/// in `.gz`. Atomic; equal arguments give equal bytes.
///
/// # Errors
/// [`Error::Shape`] if `shape` and `values` do not fit, a size is 2^32 or more, or there are
/// more than 255 dimensions; [`Error::Io`] naming the path.
pub fn save_idx(path: &Path, shape: &[usize], values: &[u8]) -> Result<()> {
    let misfit = || {
        Error::shape(
            "values",
            format!("{shape:?}, at most 255 sizes below 2^32"),
            format!("[{}]", values.len()),
        )
    };
    if size(shape) != Some(values.len()) {
        return Err(misfit());
    }
    let rank = u8::try_from(shape.len()).map_err(|_| misfit())?;
    let mut bytes = vec![0, 0, UNSIGNED_BYTES, rank];
    for &size in shape {
        let size = u32::try_from(size).map_err(|_| misfit())?;
        bytes.extend_from_slice(&size.to_be_bytes());
    }
    bytes.extend_from_slice(values);
    if super::is_gzip_name(path) {
        // No name and no date: they would make equal content unequal files.
        let mut encoder = GzBuilder::new().write(Vec::new(), Compression::default());
        bytes = encoder
            .write_all(&bytes)
            .and_then(|()| encoder.finish())
            .map_err(|source| Error::io(path, source))?;
    }
    write_atomic(path, &bytes)
}

/// Images and labels from the content of two files.
pub(super) fn assemble(
    (image_path, images): (&Path, Vec<u8>),
    (label_path, labels): (&Path, Vec<u8>),
    classes: Option<usize>,
) -> Result<Labelled> {
    let images = Idx::parse(image_path, images, &[2, 3, 4])?;
    let labels = Idx::parse(label_path, labels, &[1])?;
    if labels.shape != images.shape[..1] {
        return Err(Error::data(
            label_path,
            format!(
                "it has {} labels, but {} has {} samples",
                labels.shape[0],
                image_path.display(),
                images.shape[0],
            ),
        ));
    }
    let (labels, classes) = labels.labels(label_path, classes)?;
    let (samples, sample_shape) = (images.shape[0], images.shape[1..].to_vec());
    let pixels = Array2::from_shape_vec((samples, images.values.len() / samples), images.values)
        .expect("the length was compared with the shape");
    Labelled::new(Inputs::Pixels(pixels.into()), sample_shape, labels, classes)
        .map_err(|error| super::in_file(image_path, error))
}

/// A file's shape and bytes.
#[derive(Debug)]
struct Idx {
    shape: Vec<usize>,
    values: Vec<u8>,
    /// Position of the first value in the file.
    offset: usize,
}

impl Idx {
    /// Reads a file that must have one of these numbers of dimensions.
    fn parse(path: &Path, mut content: Vec<u8>, ranks: &[u8]) -> Result<Self> {
        let wrong = |reason: String| Error::data(path, reason);
        if let Some(reason) = mismatch(&content, Format::Idx) {
            return Err(wrong(reason));
        }
        let shape = shape(&content, ranks).map_err(wrong)?;
        let offset = 4 + 4 * shape.len();
        let shown = || super::labelled::shown(&shape);
        let Some(needed) = size(&shape).and_then(|size| size.checked_add(offset)) else {
            return Err(wrong(format!("byte 4: shape {} is too large", shown())));
        };
        if needed == offset {
            return Err(wrong(format!("byte 4: shape {} has no bytes", shown())));
        }
        if content.len() != needed {
            let state = if content.len() < needed {
                "truncated"
            } else {
                "damaged"
            };
            return Err(wrong(format!(
                "{state}: it ends at byte {}, but shape {} needs {needed}",
                content.len(),
                shown(),
            )));
        }
        content.drain(..offset);
        Ok(Self {
            shape,
            values: content,
            offset,
        })
    }

    /// The values as classes, and how many there are.
    fn labels(&self, path: &Path, classes: Option<usize>) -> Result<(Vec<usize>, usize)> {
        let labels: Vec<usize> = self.values.iter().copied().map(usize::from).collect();
        let largest = labels.iter().copied().max().unwrap_or(0);
        let classes = classes.unwrap_or(largest + 1);
        if let Some(sample) = labels.iter().position(|label| *label >= classes) {
            return Err(Error::data(
                path,
                format!(
                    "byte {}: label {} of sample {sample}, expected 0 to {}",
                    self.offset + sample,
                    labels[sample],
                    classes.saturating_sub(1),
                ),
            ));
        }
        Ok((labels, classes))
    }
}

/// The shape that a file's header tells.
fn shape(content: &[u8], ranks: &[u8]) -> Result<Vec<usize>, String> {
    let Some((magic, rest)) = content.split_first_chunk::<4>() else {
        return Err(format!(
            "truncated: it ends at byte {}, within its magic number",
            content.len()
        ));
    };
    let [zero, also_zero, kind, rank] = *magic;
    let number = u32::from_be_bytes(*magic);
    if (zero, also_zero) != (0, 0) {
        return Err(format!(
            "not an IDX file: byte 0: magic number {number:#010x} does not begin with two zeros"
        ));
    }
    if kind != UNSIGNED_BYTES {
        return Err(format!(
            "byte 2: numbers of type {kind:#04x} in magic number {number:#010x}, \
             expected unsigned bytes (0x08)"
        ));
    }
    if !ranks.contains(&rank) {
        let expected: Vec<_> = ranks.iter().map(u8::to_string).collect();
        return Err(format!(
            "byte 3: {rank} dimensions in magic number {number:#010x}, expected {}",
            expected.join(" or "),
        ));
    }
    let Some(sizes) = rest.get(..4 * usize::from(rank)) else {
        return Err(format!(
            "truncated: it ends at byte {}, within the {rank} sizes of its shape",
            content.len()
        ));
    };
    Ok(sizes
        .chunks_exact(4)
        .map(|size| {
            let size = u32::from_be_bytes(size.try_into().expect("chunks of four"));
            usize::try_from(size).expect("32 bits fit")
        })
        .collect())
}

/// The product of the sizes, if it can be counted.
fn size(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, &m| n.checked_mul(m))
}

#[cfg(test)]
mod tests;
