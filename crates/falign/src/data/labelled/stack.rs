//! Stacks of images in NPZ files: the order of their axes, and the shape that their header tells.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use zip::ZipArchive;

use super::npy::PAIR;
use crate::data::npy::shape_of;

/// Bytes of an NPY file in which its header ends, unless it has thousands of axes.
const HEADER: u64 = 4096;

/// Order of the axes of arrays (samples, ..., ..., ...).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageAxes {
    /// Samples, channels, rows, columns, as PyTorch has them.
    #[default]
    Nchw,
    /// Samples, rows, columns, channels, as TensorFlow has them.
    Nhwc,
}

impl ImageAxes {
    /// The name in experiment files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nchw => "nchw",
            Self::Nhwc => "nhwc",
        }
    }

    /// Samples in rows with their channels first, and the shape of a sample.
    pub(super) fn channels_first<T: Copy>(
        self,
        mut rows: Array2<T>,
        shape: &[usize],
    ) -> (Array2<T>, Vec<usize>) {
        let (Self::Nhwc, &[height, width, channels]) = (self, shape) else {
            return (rows, shape.to_vec());
        };
        let mut stored = Vec::with_capacity(rows.ncols());
        for mut row in rows.rows_mut() {
            stored.clear();
            stored.extend(row.iter().copied());
            for (at, number) in row.iter_mut().enumerate() {
                let (channel, place) = (at / (height * width), at % (height * width));
                *number = stored[place * channels + channel];
            }
        }
        (rows, vec![channels, height, width])
    }
}

/// Channels, height and width of the training images of an NPZ file, by its header alone; one channel where
/// the array has three axes. None where it has no stack of images, or cannot be read: whoever reads it says why.
pub(crate) fn image_shape(path: &Path, axes: ImageAxes) -> Option<[usize; 3]> {
    let file = BufReader::new(File::open(path).ok()?);
    let mut zip = ZipArchive::new(file).ok()?;
    let inputs = PAIR[0][0];
    let is_inputs = |name: &str| name.strip_suffix(".npy").unwrap_or(name) == inputs;
    let mut places = 0..zip.len();
    let place = places.find(|&at| {
        let entry = zip.by_index_raw(at);
        entry.is_ok_and(|entry| entry.name().is_ok_and(|name| is_inputs(&name)))
    })?;
    let mut beginning = Vec::new();
    let mut entry = zip.by_index(place).ok()?.take(HEADER);
    entry.read_to_end(&mut beginning).ok()?;
    match (shape_of(&beginning)?[..].as_ref(), axes) {
        ([_, height, width], ImageAxes::Nchw) => Some([1, *height, *width]),
        ([_, channels, height, width], ImageAxes::Nchw)
        | ([_, height, width, channels], ImageAxes::Nhwc) => Some([*channels, *height, *width]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_come_before_their_places() {
        // Two samples of 2 rows, 3 columns, 2 channels: 100 y + 10 x + channel.
        let rows = Array2::from_shape_fn((2, 12), |(sample, at)| {
            let (place, channel) = (at / 2, at % 2);
            1000 * sample + 100 * (place / 3) + 10 * (place % 3) + channel
        });
        let (found, shape) = ImageAxes::Nhwc.channels_first(rows.clone(), &[2, 3, 2]);
        assert_eq!(shape, [2, 2, 3]);
        let first = [0, 10, 20, 100, 110, 120, 1, 11, 21, 101, 111, 121];
        assert!(found.row(0).iter().eq(&first));
        assert!(found.row(1).iter().eq(first.map(|x| x + 1000).iter()));
        let (same, shape) = ImageAxes::Nchw.channels_first(rows.clone(), &[2, 3, 2]);
        assert_eq!((same, shape), (rows, vec![2, 3, 2]));
    }
}
