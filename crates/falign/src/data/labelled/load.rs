//! One door to all formats: the ending tells which.

use std::path::Path;

use super::{LabelColumn, Labelled, TrainTest, csv, npy};
use crate::data::{extension, folder, gzip};
use crate::{Error, Result};

/// Reads a data set with classes from one file; its ending tells the format.
///
/// | ending | content |
/// |---|---|
/// | `.npz` | `X` (or `x`, `inputs`, `images`), (samples, ...), and `y` (or `label`, `labels`), (samples) |
/// | `.npy` | one array (samples, `input_dim` + 1) with a column of labels |
/// | `.csv` | one sample a line, with or without a header |
///
/// Each may be gzip-compressed (`.csv.gz`). Arrays of `uint8` are kept as pixels; all other
/// numbers are rounded to single precision. Labels are whole numbers from 0; `classes` is their
/// number, without it one more than the largest label. `column` says where the labels of a
/// table stand (not used for `.npz`). Two IDX files are read by [`load_idx`](crate::data::load_idx).
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Data`] with the line or row of what
/// cannot be used: a ragged line, a number that is not finite, a label that is no class.
///
/// # Example
/// ```
/// use falign::data::{LabelColumn, load_labelled};
/// let path = std::env::temp_dir().join(format!("falign-doc-label-{}.csv", std::process::id()));
/// std::fs::write(&path, "label,p1,p2\n1,0.5,2\n0,1.5,3\n")?;
/// let data = load_labelled(&path, &LabelColumn::Auto, None)?;
/// assert_eq!(data.labels(), [1, 0]);
/// assert_eq!(data.input_dim(), 2);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load_labelled(
    path: &Path,
    column: &LabelColumn,
    classes: Option<usize>,
) -> Result<Labelled> {
    let ending = extension(path);
    if !["npz", "npy", "csv"].contains(&ending.as_str()) {
        return Err(Error::data(
            path,
            "the format is told by the ending, which must be .npz, .npy or .csv \
             (IDX and CIFAR-10: name their folder)",
        ));
    }
    let bytes = gzip::read_content(path)?;
    match ending.as_str() {
        "npz" => npy::read_npz(path, &bytes, classes),
        "npy" => npy::read_npy(path, &bytes, column, classes),
        _ => csv::read(path, &bytes, column, classes),
    }
}

/// Reads a training set and a test set from one place.
///
/// | `path` | content |
/// |---|---|
/// | a folder | four IDX files with MNIST's names, or the binary batches of CIFAR-10, or their archive |
/// | `.npz` | `x_train`, `y_train`, `x_test`, `y_test`, as in Keras's `mnist.npz` |
/// | `.tar.gz`, `.tar` | the binary version of CIFAR-10 |
///
/// IDX files may be gzip-compressed. Nothing is compared with a published checksum here; the
/// [catalogue](crate::data::catalogue) does that.
///
/// # Errors
/// As for [`load_labelled`] and [`load_idx`](crate::data::load_idx); also if the two sets do
/// not fit together.
pub fn load_train_test(path: &Path) -> Result<TrainTest> {
    if path.is_dir() {
        return folder::load(path);
    }
    match extension(path).as_str() {
        "npz" => npy::read_npz_pair(path, &gzip::read_content(path)?),
        "tar" => crate::data::cifar::read_archive(path, &gzip::read_stored(path)?),
        _ => Err(Error::data(
            path,
            "expected a folder with IDX files or CIFAR-10's batches, an .npz file, or CIFAR-10's \
             archive",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::gzip::tests::compressed;
    use crate::file::scratch::Scratch;

    #[test]
    fn the_ending_tells_the_format_also_before_gz() {
        let folder = Scratch::new("labelled");
        let load =
            |name, bytes: &[u8]| load_labelled(&folder.file(name, bytes), &LabelColumn::Auto, None);
        let plain = load("a.csv", b"1,0\n2,1\n").unwrap();
        assert_eq!(load("b.CSV.GZ", &compressed(b"1,0\n2,1\n")).unwrap(), plain);
        // Told by its bytes, whatever the name says.
        assert_eq!(load("c.csv", &compressed(b"1,0\n2,1\n")).unwrap(), plain);
        for name in ["a.txt", "noending", "a.gz", "a.idx.gz"] {
            let text = load(name, b"1,0\n").unwrap_err().to_string();
            assert!(
                text.contains(name) && text.contains(".npz, .npy or .csv"),
                "{text}"
            );
        }
        let text = load_train_test(&folder.file("d.csv", b"1,0\n")).unwrap_err();
        assert!(text.to_string().contains("expected a folder"), "{text}");
    }
}
