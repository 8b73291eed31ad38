//! Classes and inputs in NPY and NPZ files.

use std::path::Path;

use ndarray::{Array2, Axis};

use super::{ImageAxes, Inputs, LabelColumn, Labelled, TrainTest, classes, shown};
use crate::Result;
use crate::data::in_file;
use crate::data::npy::{Array, Place, refuse_names};
use crate::data::npz::Archive;
use crate::data::table::{self, Column, TableOptions};
use crate::error::shown as shown_name;

/// Keys of one data set.
const INPUTS: [&str; 4] = ["X", "inputs", "x", "images"];
const LABELS: [&str; 3] = ["y", "labels", "label"];
/// Keys of a training and a test set, as in Keras's `mnist.npz`.
pub(super) const PAIR: [[&str; 2]; 2] = [["x_train", "y_train"], ["x_test", "y_test"]];

/// A data set from an NPZ file; see [`super::load_labelled`].
pub(super) fn read_npz(path: &Path, bytes: &[u8], classes: Option<usize>) -> Result<Labelled> {
    let mut archive = Archive::open(path, bytes)?;
    let fix = if archive.has(PAIR[0][0]) {
        "it has a training and a test set; name it as both at once"
    } else {
        "use `numpy.savez(path, X=X, y=y)`"
    };
    let axes = ImageAxes::default();
    read_keys(&mut archive, path, (&INPUTS, axes), &LABELS, fix, classes)
}

/// A training and a test set from an NPZ file; see [`super::load_train_test`].
pub(super) fn read_npz_pair(path: &Path, bytes: &[u8], axes: ImageAxes) -> Result<TrainTest> {
    let mut archive = Archive::open(path, bytes)?;
    let fix = "use `numpy.savez(path, x_train=..., y_train=..., x_test=..., y_test=...)`";
    let mut read = |[x, y]: [&str; 2], classes| {
        read_keys(&mut archive, path, (&[x], axes), &[y], fix, classes)
    };
    let train = read(PAIR[0], None)?;
    let test = read(PAIR[1], Some(train.classes()))?;
    TrainTest::new(train, test).map_err(|error| in_file(path, error))
}

fn read_keys(
    archive: &mut Archive,
    path: &Path,
    (inputs, axes): (&[&str], ImageAxes),
    labels: &[&str],
    fix: &str,
    classes: Option<usize>,
) -> Result<Labelled> {
    let (key, bytes) = archive.member(inputs, fix)?;
    let place = archive.place(&key);
    let array = Array::parse(&bytes, place)?;
    let (inputs, sample_shape) = read_inputs(&array, axes, place)?;
    let (key, bytes) = archive.member(labels, fix)?;
    let place = archive.place(&key);
    let array = Array::parse(&bytes, place)?;
    let labels = read_labels(&array, place, classes)?;
    let classes = classes::count(&labels, classes);
    Labelled::new(inputs, sample_shape, labels, classes).map_err(|error| in_file(path, error))
}

/// A data set from one array, its labels the first or the last column.
pub(super) fn read_npy(
    path: &Path,
    bytes: &[u8],
    column: &LabelColumn,
    options: &TableOptions,
    classes: Option<usize>,
) -> Result<Labelled> {
    let place = Place { path, key: None };
    let array = Array::parse(bytes, place)?;
    let columns = match *array.shape() {
        [_, columns] if columns >= 2 => columns,
        _ => {
            return Err(place.error(format!(
                "has shape {}, expected (samples, input_dim + 1) with a column of labels; \
                 to keep X and y apart use `numpy.savez(\"data.npz\", X=X, y=y)`",
                shown(array.shape())
            )));
        }
    };
    refuse_names(place, options)?;
    let find = |column| table::find(path, None, columns, column);
    let ignored = options
        .ignore
        .iter()
        .map(find)
        .collect::<Result<Vec<usize>>>()?;
    let mut left = (0..columns).filter(|at| !ignored.contains(at));
    let at = match column {
        LabelColumn::First => 0,
        LabelColumn::Last => columns - 1,
        LabelColumn::Auto => left.next_back().unwrap_or(0),
        LabelColumn::Number(number) => find(&Column::Number(*number))?,
        LabelColumn::Named(name) => {
            let name = shown_name(name);
            return Err(place.error(format!(
                "its columns have no names, so none is `{name}`; count them from 1"
            )));
        }
    };
    let inputs: Vec<usize> = (0..columns)
        .filter(|other| *other != at && !ignored.contains(other))
        .collect();
    if inputs.is_empty() || ignored.contains(&at) {
        return Err(place.error("the labels and at least one input must be left"));
    }
    let matrix = array.matrix(false, place)?;
    let labels = to_classes(matrix.column(at).iter().copied(), place, classes)?;
    let sample_shape = vec![inputs.len()];
    let inputs = match array.bytes() {
        Some(bytes) => Inputs::Pixels(array.rows(bytes).select(Axis(1), &inputs).into()),
        None => reals(matrix.select(Axis(1), &inputs), place)?,
    };
    let classes = classes::count(&labels, classes);
    Labelled::new(inputs, sample_shape, labels, classes).map_err(|error| in_file(path, error))
}

/// Unsigned bytes as pixels, any other numbers as reals; and the shape of a sample, channels first.
fn read_inputs(array: &Array, axes: ImageAxes, place: Place) -> Result<(Inputs, Vec<usize>)> {
    let [_, sample_shape @ ..] = array.shape() else {
        return Err(place.error("has no dimensions, expected samples in the first"));
    };
    if sample_shape.is_empty() {
        return Err(place.error(format!(
            "has shape {}, expected samples in rows; for a single input use `.reshape(-1, 1)`",
            shown(array.shape())
        )));
    }
    if axes == ImageAxes::Nhwc && sample_shape.len() != 3 {
        return Err(place.error(format!(
            "has shape {}, but data.image_axes is \"nhwc\", samples, rows, columns, channels; for \
             images of one channel remove that key",
            shown(array.shape())
        )));
    }
    if let Some(bytes) = array.bytes() {
        let (rows, shape) = axes.channels_first(array.rows(bytes), sample_shape);
        return Ok((Inputs::Pixels(rows.into()), shape));
    }
    let rows = array.rows(array.values(place)?);
    let (rows, shape) = axes.channels_first(rows, sample_shape);
    Ok((reals(rows, place)?, shape))
}

/// One class a sample, (samples) or (samples, 1).
fn read_labels(array: &Array, place: Place, classes: Option<usize>) -> Result<Vec<usize>> {
    match array.shape() {
        [_] | [_, 1] => to_classes(array.values(place)?, place, classes),
        shape => Err(place.error(format!(
            "has shape {}, expected one label for each sample; \
             of one-hot rows take `.argmax(axis=1)`",
            shown(shape)
        ))),
    }
}

fn to_classes(
    values: impl IntoIterator<Item = f64>,
    place: Place,
    classes: Option<usize>,
) -> Result<Vec<usize>> {
    let class = |(row, value)| {
        classes::class(value, classes).map_err(|reason| place.error(format!("row {row}: {reason}")))
    };
    values.into_iter().enumerate().map(class).collect()
}

fn reals(values: Array2<f64>, place: Place) -> Result<Inputs> {
    match values.indexed_iter().find(|(_, value)| !value.is_finite()) {
        None => Ok(Inputs::real(values)),
        Some(((row, column), value)) => Err(place.error(format!(
            "row {row}, column {column}: {value} is not a finite number"
        ))),
    }
}

#[cfg(test)]
mod tests;
