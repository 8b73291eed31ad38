//! One door to all formats: the ending tells which.

use std::path::Path;

use super::csv::{Known, Named};
use super::{ImageAxes, Inputs, LabelColumn, Labelled, TrainTest, csv, npy};
use crate::data::table::{self, Column, TableOptions};
use crate::data::{extension, folder, gzip, npz};
use crate::{Error, Result};

/// Reads a data set with classes from one file; its ending tells the format.
///
/// | ending | content |
/// |---|---|
/// | `.npz` | `X` (or `x`, `inputs`, `images`), (samples, ...), and `y` (or `label`, `labels`), (samples) |
/// | `.npy` | one array (samples, `input_dim` + 1) with a column of labels |
/// | `.csv` | one sample a line, with or without a header |
///
/// Each may be gzip-compressed (`.csv.gz`). Arrays of `uint8` are kept as pixels; no other
/// number is rounded before it is scaled. Labels are whole numbers from 0; `classes` is their
/// number, without it one more than the largest label. `column` says where the labels of a
/// table stand (not used for `.npz`). Two IDX files are read by [`load_idx`](crate::data::idx::load_idx).
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
    let options = TableOptions::default();
    Ok(load_named(path, column, &options, Known::Count(classes))?.data)
}

fn load_named(
    path: &Path,
    column: &LabelColumn,
    options: &TableOptions,
    known: Known<'_>,
) -> Result<Named> {
    let classes = match known {
        Known::Count(classes) => classes,
        Known::Names(names) => Some(names.len()),
    };
    let data = match extension(path).as_str() {
        "npz" => {
            npz::refuse_options(path, options)?;
            npy::read_npz(path, &npz::read_content(path)?, classes)?
        }
        "npy" => {
            let bytes = crate::data::npy::read_content(path)?;
            npy::read_npy(path, &bytes, column, options, classes)?
        }
        "csv" => return csv::read(path, &table::read_content(path)?, column, options, known),
        _ => {
            return Err(Error::data(
                path,
                "the format is told by the ending, which must be .npz, .npy or .csv \
                 (IDX and CIFAR-10: name their folder)",
            ));
        }
    };
    Ok(Named {
        data,
        classes: None,
        columns: None,
    })
}

/// Whether a file is one table of samples with their labels, without a test set.
pub(crate) fn is_labelled_table(path: &Path) -> bool {
    matches!(extension(path).as_str(), "csv" | "npy") && !path.is_dir()
}

/// Reads a training set, and a test set from another file of the same columns, each a table
/// (`.csv` or `.npy`) with a column of labels: `options.target`, else as [`LabelColumn::Auto`].
/// Classes of the test set are the training set's.
pub(crate) fn load_tables(
    train: &Path,
    test: Option<&Path>,
    options: &TableOptions,
) -> Result<(Labelled, Option<Labelled>)> {
    let column = match options.target.as_slice() {
        [] => LabelColumn::Auto,
        [Column::Named(name)] => LabelColumn::Named(name.clone()),
        [Column::Number(number)] => LabelColumn::Number(*number),
        [_, _, ..] => {
            let reason = "data.target names several columns, and the labels are one";
            return Err(Error::data(train, reason));
        }
    };
    let set = load_named(train, &column, options, Known::Count(None))?;
    let Some(path) = test else {
        return Ok((set.data, None));
    };
    let known = match &set.classes {
        Some(names) => Known::Names(names),
        None => Known::Count(Some(set.data.classes())),
    };
    let test = load_named(path, &column, options, known)?;
    table::same_order(path, &test.columns, &set.columns)?;
    let (train, test) = TrainTest::new(set.data, test.data)
        .map_err(|error| crate::data::in_file(path, error))?
        .into_parts();
    Ok((train, Some(test)))
}

/// Reads a training set and a test set from one place.
///
/// | `path` | content |
/// |---|---|
/// | a folder | four IDX files with MNIST's names, or the binary batches of CIFAR-10, or their archive; in it or where torchvision (`MNIST/raw`) or the archive puts them below it |
/// | `.npz` | `x_train`, `y_train`, `x_test`, `y_test`, as in Keras's `mnist.npz`; arrays of four axes have channels before rows and columns |
/// | `.tar.gz`, `.tar` | the binary version of CIFAR-10 |
///
/// IDX files may be gzip-compressed. Nothing is compared with a published checksum here;
/// `falign data verify` does that.
///
/// # Errors
/// As for [`load_labelled`] and [`load_idx`](crate::data::idx::load_idx); also if the two sets do
/// not fit together.
pub fn load_train_test(path: &Path) -> Result<TrainTest> {
    load_pair(path, ImageAxes::default())
}

/// Reads as [`load_train_test`] does, arrays of four axes in this order of them.
pub(crate) fn load_pair(path: &Path, axes: ImageAxes) -> Result<TrainTest> {
    if path.is_dir() {
        return folder::load(path);
    }
    match extension(path).as_str() {
        "npz" => npy::read_npz_pair(path, &npz::read_content(path)?, axes),
        "tar" => crate::data::cifar::read_archive(path, &gzip::read_stored(path)?),
        _ => Err(Error::data(
            path,
            "expected a folder with IDX files or CIFAR-10's batches, an .npz file, or CIFAR-10's \
             archive; a table (.csv, .npy) is a training set alone",
        )),
    }
}

/// Whether [`load_train_test`] gives inputs in double precision. Files of bytes are not read for
/// it, and tables are not meant: their numbers were never rounded.
///
/// # Errors
/// As for [`load_train_test`].
pub(crate) fn has_double_inputs(path: &Path) -> Result<bool> {
    if path.is_dir() || extension(path) == "tar" || is_labelled_table(path) {
        return Ok(false);
    }
    let data = load_train_test(path)?;
    let sets = [data.train(), data.test()];
    Ok(sets
        .iter()
        .any(|set| matches!(set.inputs(), Inputs::Reals(_))))
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

    #[test]
    fn what_is_said_of_columns_is_refused_for_arrays_that_stand_apart() {
        let options = TableOptions {
            header: Some(true),
            ..TableOptions::default()
        };
        let path = Path::new("a.npz");
        let refused = load_named(path, &LabelColumn::Auto, &options, Known::Count(None));
        let text = refused.unwrap_err().to_string();
        assert!(text.contains("data.header is about columns"), "{text}");
    }
}
