//! Data sets: generated, and read from a user's files; weights to start from.
//!
//! A [`Dataset`] has targets of real numbers, a [`Labelled`] one class a sample.
//!
//! Knows no network engine, opens no socket. Files are read whole, and whatever is wrong with
//! one is told with its path, the place in it and the fix. Letters: `n` samples, `d` inputs,
//! `k` outputs or classes, `p` hidden units.

pub(crate) mod arrays;
pub(crate) mod catalogue;
mod cifar;
mod dataset;
mod exact;
mod folder;
mod gzip;
pub(crate) mod idx;
mod kind;
pub(crate) mod labelled;
pub(crate) mod matrix;
mod npy;
mod npz;
pub(crate) mod scaling;
pub mod synthetic;
mod table;
pub(crate) mod validation;
mod weights;

use std::path::Path;
use std::sync::Arc;

pub use dataset::Dataset;
#[cfg(test)]
pub(crate) use folder::IDX_FILES;
pub(crate) use folder::folder_of_files;
pub(crate) use labelled::{ImageAxes, image_shape, load_pair};
pub use labelled::{Inputs, LabelColumn, Labelled, TrainTest, load_labelled, load_train_test};
pub(crate) use labelled::{has_double_inputs, is_labelled_table, load_tables};
pub(crate) use matrix::Matrix;
pub(crate) use scaling::{Scaler, Scaling};
pub use table::{Column, TableOptions};
pub(crate) use validation::Split;
pub use weights::{Weights, load_weights, save_weights};

use crate::{Error, Result};

/// Reads a data set; the ending of `path` tells the format.
///
/// | ending | content |
/// |---|---|
/// | `.npz` | `X` (or `inputs`), (samples, `input_dim`), and `y` (or `targets`), (samples) or (samples, outputs) |
/// | `.npy` | one array (samples, `input_dim` + 1) whose last column is the target |
/// | `.csv` | one sample a line, with or without a header; the last columns named `y` or `target` (also `y1`, `target_2`, ...) are the targets, else the last column is |
///
/// Each may be gzip-compressed (`.csv.gz`). Numbers of NPY and NPZ files may be `float16`, `float32`, `float64`, integers or
/// booleans, in C or Fortran order; computation is in `f64` from here on. Cells of `.csv` files are
/// parted by commas, semicolons, tabs or spaces, and decimals may have a comma; text is UTF-8, or
/// UTF-16 with a byte-order mark.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Data`] if it is malformed, or its shapes
/// or numbers (NaN, infinity) cannot be used.
///
/// # Example
/// ```
/// let path = std::env::temp_dir().join(format!("falign-doc-{}.csv", std::process::id()));
/// std::fs::write(&path, "x1,x2,y\n1,2,0.5\n3,4,-0.5\n")?;
/// let data = falign::data::load_dataset(&path)?;
/// assert_eq!(data.inputs.dim(), (2, 2));
/// assert_eq!(data.targets.dim(), (2, 1));
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load_dataset(path: &Path) -> Result<Dataset> {
    load_table(path, &TableOptions::default())
}

/// Loads as [`load_dataset`] does, with what the file does not say of its columns. NPY files have columns
/// without names, NPZ files no options.
///
/// # Errors
/// As [`load_dataset`]; [`Error::Data`] if `options` names a column that is not there.
///
/// # Example
/// ```
/// use falign::data::{Column, TableOptions, load_table};
/// let path = std::env::temp_dir().join(format!("falign-doc-table-{}.csv", std::process::id()));
/// std::fs::write(&path, "id;price;rooms;area\n1;2,5;3;70\n2;1,5;2;40\n")?;
/// let options = TableOptions {
///     target: vec![Column::Named("price".to_owned())],
///     ignore: vec![Column::Number(1)],
///     ..TableOptions::default()
/// };
/// let data = load_table(&path, &options)?;
/// assert_eq!(data.inputs.row(0), ndarray::array![3.0, 70.0]);
/// assert_eq!(data.targets.column(0), ndarray::array![2.5, 1.5]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load_table(path: &Path, options: &TableOptions) -> Result<Dataset> {
    Ok(load_named(path, options)?.0)
}

/// A data set, and the names of its columns of inputs and targets.
fn load_named(path: &Path, options: &TableOptions) -> Result<(Dataset, table::Names)> {
    let (inputs, targets, names) = match extension(path).as_str() {
        "npz" => {
            let (inputs, targets) = npz::read_dataset(path, &npz::read_content(path)?, options)?;
            (inputs, targets, None)
        }
        "npy" => {
            let (inputs, targets) = npy::read_dataset(path, &npy::read_content(path)?, options)?;
            (inputs, targets, None)
        }
        "csv" => table::read_dataset(path, &table::read_content(path)?, options)?,
        _ => {
            return Err(Error::data(
                path,
                "the format is told by the ending, which must be .npz, .npy or .csv",
            ));
        }
    };
    let set = Dataset::new(inputs, targets).map_err(|error| in_file(path, error))?;
    Ok((set, names))
}

/// A data set as its file has it, with the names of its columns.
#[derive(Debug)]
pub(crate) struct NamedSet {
    pub(crate) set: Arc<Dataset>,
    names: table::Names,
}

impl NamedSet {
    /// Loads as [`load_table`] does.
    pub(crate) fn load(path: &Path, options: &TableOptions) -> Result<Self> {
        let (set, names) = load_named(path, options)?;
        let set = Arc::new(set);
        Ok(Self { set, names })
    }

    /// A data set without names.
    pub(crate) fn unnamed(set: Arc<Dataset>) -> Self {
        Self { set, names: None }
    }

    /// Checks that held-out data from `path` do not have the columns of `training` in another order.
    ///
    /// # Errors
    /// [`Error::Data`] naming the column.
    pub(crate) fn fits(&self, path: &Path, training: &Self) -> Result<()> {
        table::same_order(path, &self.names, &training.names)
    }
}

/// Whether the ending is that of an NPZ file.
pub(crate) fn is_npz(path: &Path) -> bool {
    extension(path) == "npz"
}

/// The ending without its dot, in lower case; a last `.gz` does not count.
fn extension(path: &Path) -> String {
    let ending = |path: &Path| {
        path.extension()
            .map(|ending| ending.to_string_lossy().to_ascii_lowercase())
            .unwrap_or_default()
    };
    match path.file_stem() {
        Some(stem) if is_gzip_name(path) => ending(Path::new(stem)),
        _ => ending(path),
    }
}

/// Whether the name ends in `.gz`, in any case.
fn is_gzip_name(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("gz"))
}

/// A complaint about arrays as one about the file they came from.
fn in_file(path: &Path, error: Error) -> Error {
    match error {
        Error::Shape { .. } => Error::data(path, error.to_string()),
        other => other,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::file::scratch::Scratch;

    /// Writes an NPZ file of these arrays.
    pub(crate) fn save_npz(path: &Path, arrays: &[(&str, ndarray::Array2<f64>)]) {
        let views: Vec<_> = arrays.iter().map(|(key, x)| (*key, x.view())).collect();
        std::fs::write(path, npz::write(path, &views).unwrap()).unwrap();
    }

    #[test]
    fn unusable_files_say_why() {
        let folder = Scratch::new("load");
        for (name, content, part) in [
            ("a.txt", "1,2\n", ".npz, .npy or .csv"),
            ("noending", "1,2\n", ".npz, .npy or .csv"),
            ("a.csv", "", "empty"),
            ("a.npy", "", "empty"),
            ("a.npz", "", "empty"),
        ] {
            let path = folder.file(name, content.as_bytes());
            let error = load_dataset(&path).unwrap_err();
            let text = error.to_string();
            assert!(matches!(error, Error::Data { .. }), "{text}");
            assert!(text.contains(name) && text.contains(part), "{text}");
        }
        let error = load_dataset(&folder.path().join("nowhere.csv")).unwrap_err();
        assert!(matches!(&error, Error::Io { .. }) && error.to_string().contains("nowhere.csv"));
    }

    #[test]
    fn the_ending_may_be_in_capitals() {
        let folder = Scratch::new("capitals");
        let data = load_dataset(&folder.file("A.CSV", b"1,2\n")).unwrap();
        assert_eq!(data.inputs.dim(), (1, 1));
    }
}
