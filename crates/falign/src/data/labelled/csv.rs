//! Classes and inputs in comma-separated values.

use std::path::Path;

use ::csv::StringRecord;
use ndarray::Array2;

use super::{Inputs, Labelled, classes};
use crate::data::table::{self, Column, Lines, Names, Role, TableOptions, is_missing};
use crate::error::shown;
use crate::{Error, Result};

/// Names of a column of labels, in any case.
const NAMES: [&str; 5] = ["label", "labels", "class", "target", "y"];

/// Column of a table that has the labels; all others are inputs.
///
/// # Example
/// ```
/// use falign::data::{LabelColumn, load_labelled};
/// let path = std::env::temp_dir().join(format!("falign-doc-first-{}.csv", std::process::id()));
/// std::fs::write(&path, "1,0.5,2\n0,1.5,3\n")?;
/// assert_eq!(load_labelled(&path, &LabelColumn::First, None)?.labels(), [1, 0]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LabelColumn {
    /// The one named `label`, `labels`, `class`, `target` or `y` in any case; else the last.
    #[default]
    Auto,
    /// The first, as in the usual CSV copies of MNIST.
    First,
    /// The last.
    Last,
    /// The one with this name.
    Named(String),
    /// The one with this number, as in [`Column::Number`].
    Number(i64),
}

/// Knowledge of the classes before a table is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known<'a> {
    /// The number of classes, where it is known.
    Count(Option<usize>),
    /// The names of the classes, in their order.
    Names(&'a [String]),
}

/// A data set with its names.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) data: Labelled,
    /// Names of the classes, if they are no numbers.
    pub(super) classes: Option<Vec<String>>,
    /// Names of the columns of inputs.
    pub(super) columns: Names,
}

/// A data set from a table; see [`super::load_labelled`].
pub(super) fn read(
    path: &Path,
    bytes: &[u8],
    column: &LabelColumn,
    options: &TableOptions,
    known: Known<'_>,
) -> Result<Named> {
    let text = table::text(path, bytes)?;
    let mut lines = Lines::open(path, &text, options, |cell| match column {
        LabelColumn::Named(name) => cell == name,
        _ => is_label(cell) || options.names(cell),
    })?;
    let header = lines.header.clone();
    let ignored = options
        .ignore
        .iter()
        .map(|column| table::find(path, header.as_ref(), lines.columns, column))
        .collect::<Result<Vec<usize>>>()?;
    let at = position(path, header.as_ref(), lines.columns, column, &ignored)?;
    let inputs: Vec<usize> = (0..lines.columns)
        .filter(|other| *other != at && !ignored.contains(other))
        .collect();
    if inputs.is_empty() || ignored.contains(&at) {
        let reason = "the labels and at least one input must be left; ignore fewer columns";
        return Err(Error::data(path, reason));
    }
    let (mut values, mut cells) = (Vec::new(), Vec::new());
    while let Some(line) = lines.next_line()? {
        for index in &inputs {
            values.push(lines.number(&line, *index, Role::Input)?);
        }
        cells.push((line.0, line.1.get(at).unwrap_or_default().to_owned()));
    }
    let columns = lines.names(inputs.iter());
    lines.finish()?;
    let (labels, count, names) = labels(path, &cells, at, known)?;
    let is_guess =
        *column == LabelColumn::Auto && matches!(known, Known::Count(None)) && labels.len() > 1;
    if is_guess && labels.iter().all(|label| *label == labels[0]) {
        return Err(Error::data(
            path,
            format!(
                "column {} was taken for the labels, but they are all {}; \
                 say which column has the labels",
                at + 1,
                shown(&cells[0].1),
            ),
        ));
    }
    let inputs = Array2::from_shape_vec((labels.len(), inputs.len()), values)
        .expect("every line was checked to have these columns");
    let input_dim = inputs.ncols();
    let data = Labelled::new(Inputs::real(inputs), vec![input_dim], labels, count)
        .map_err(|error| crate::data::in_file(path, error))?;
    Ok(Named {
        data,
        classes: names,
        columns,
    })
}

/// The class of each cell, how many there are, and their names if they are no numbers.
fn labels(
    path: &Path,
    cells: &[(u64, String)],
    at: usize,
    known: Known<'_>,
) -> Result<(Vec<usize>, usize, Option<Vec<String>>)> {
    let wrong = |line: u64, reason: String| {
        Error::data(path, format!("line {line}, column {}: {reason}", at + 1))
    };
    if let Some((line, cell)) = cells.iter().find(|(_, cell)| is_missing(cell)) {
        let reason = format!("the label `{cell}` is missing; fill it in, or take the line out");
        return Err(wrong(*line, reason));
    }
    let numbers: Option<Vec<f64>> = cells.iter().map(|(_, cell)| cell.parse().ok()).collect();
    let own;
    let names: &[String] = match (known, numbers) {
        (Known::Names(names), _) => names,
        (Known::Count(count), Some(numbers)) => {
            let labels = cells
                .iter()
                .zip(numbers)
                .map(|((line, _), value)| {
                    classes::class(value, count).map_err(|reason| wrong(*line, reason))
                })
                .collect::<Result<Vec<usize>>>()?;
            let count = classes::count(&labels, count);
            return Ok((labels, count, None));
        }
        (Known::Count(count), None) => {
            own = classes::names(cells.iter().map(|(_, cell)| cell.as_str()), count)
                .map_err(|reason| Error::data(path, format!("column {}: {reason}", at + 1)))?;
            &own
        }
    };
    let labels = cells
        .iter()
        .map(|(line, cell)| {
            names.binary_search(cell).map_err(|_| {
                let reason = format!("`{}` is no class of the training set", shown(cell));
                wrong(*line, reason)
            })
        })
        .collect::<Result<Vec<usize>>>()?;
    let count = match known {
        Known::Count(Some(count)) => count,
        _ => names.len(),
    };
    Ok((labels, count, Some(names.to_vec())))
}

fn is_label(cell: &str) -> bool {
    NAMES.iter().any(|name| cell.eq_ignore_ascii_case(name))
}

/// Position of the labels' column, from 0.
fn position(
    path: &Path,
    header: Option<&StringRecord>,
    columns: usize,
    column: &LabelColumn,
    ignored: &[usize],
) -> Result<usize> {
    if let Some(header) = header {
        table::named(path, header, ignored)?;
    }
    let find = |column| table::find(path, header, columns, &column);
    match column {
        LabelColumn::First => Ok(0),
        LabelColumn::Last => Ok(columns - 1),
        LabelColumn::Named(name) => find(Column::Named(name.clone())),
        LabelColumn::Number(number) => find(Column::Number(*number)),
        LabelColumn::Auto => {
            let names = header.into_iter().flat_map(StringRecord::iter).enumerate();
            let found: Vec<usize> = names
                .filter(|(at, name)| is_label(name) && !ignored.contains(at))
                .map(|(at, _)| at)
                .collect();
            match found[..] {
                [] => Ok((0..columns).rfind(|at| !ignored.contains(at)).unwrap_or(0)),
                [one] => Ok(one),
                [one, another, ..] => Err(Error::data(
                    path,
                    format!(
                        "line 1: columns {} and {} may both be the labels; say which",
                        one + 1,
                        another + 1
                    ),
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn read_as(text: &str, column: &LabelColumn, classes: Option<usize>) -> Result<Labelled> {
        read_named(text, column, Known::Count(classes)).map(|named| named.data)
    }

    fn read_named(text: &str, column: &LabelColumn, known: Known<'_>) -> Result<Named> {
        let options = TableOptions::default();
        read(Path::new("a.csv"), text.as_bytes(), column, &options, known)
    }

    fn named(name: &str) -> LabelColumn {
        LabelColumn::Named(name.to_owned())
    }

    #[test]
    fn the_column_of_labels_is_found() {
        let expected = |data: Labelled| {
            let inputs = array![[0.5, 2.0], [1.5, 3.0]];
            assert_eq!(data.inputs(), &Inputs::Singles(inputs.into()));
            assert_eq!((data.labels(), data.classes()), (&[2, 0][..], 3));
            assert_eq!(data.sample_shape(), [2]);
        };
        for (text, column) in [
            ("0.5,2,2\n1.5,3,0\n", LabelColumn::Auto),
            ("a,b,c\n0.5,2,2\n1.5,3,0\n", LabelColumn::Auto),
            ("label,p1,p2\n2,0.5,2\n0,1.5,3\n", LabelColumn::Auto),
            ("p1,Class,p2\n0.5,2,2\n1.5,0.0,3\n", LabelColumn::Auto),
            ("2,0.5,2\n0,1.5,3\n", LabelColumn::First),
            ("0.5,2,2\n1.5,3,0\n", LabelColumn::Last),
            ("y,digit,p\n0.5,2,2\n1.5,0,3\n", named("digit")),
        ] {
            expected(read_as(text, &column, None).unwrap());
        }
        let data = read_as("1,0\n2,1\n", &LabelColumn::Auto, Some(7)).unwrap();
        assert_eq!(data.classes(), 7);
    }

    #[test]
    fn names_of_classes_are_numbered_in_sorted_order() {
        let text = "species;petal\nvirginica;1,5\nsetosa;2\nvirginica;0,5\n";
        let column = named("species");
        let read = read_named(text, &column, Known::Count(None)).unwrap();
        let (data, names) = (read.data, read.classes);
        assert_eq!((data.labels(), data.classes()), (&[1, 0, 1][..], 2));
        let names = names.unwrap();
        assert_eq!(names, ["setosa", "virginica"]);
        // A test set has the training set's classes, whichever occur in it.
        let test = "species;petal\nvirginica;3\n";
        let test = read_named(test, &column, Known::Names(&names))
            .unwrap()
            .data;
        assert_eq!((test.labels(), test.classes()), (&[1][..], 2));
        let other = "species;petal\nversicolor;3\n";
        let text = read_named(other, &column, Known::Names(&names)).unwrap_err();
        let part = "line 2, column 1: `versicolor` is no class of the training set";
        assert!(text.to_string().contains(part), "{text}");
    }

    #[test]
    fn ignored_columns_are_neither_inputs_nor_labels() {
        let options = TableOptions {
            ignore: vec![Column::Named("id".to_owned()), Column::Number(-1)],
            ..TableOptions::default()
        };
        let text = b"id,x,kind,note\n7,0.5,1,good\n8,1.5,0,bad\n";
        let read = |column| {
            read(
                Path::new("a.csv"),
                text,
                &column,
                &options,
                Known::Count(None),
            )
        };
        let data = read(LabelColumn::Auto).unwrap().data;
        assert_eq!((data.labels(), data.input_dim()), (&[1, 0][..], 1));
        let text = read(LabelColumn::First).unwrap_err().to_string();
        assert!(text.contains("must be left"), "{text}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let auto = LabelColumn::Auto;
        for (text, column, classes, part) in [
            (
                "1,0\n2,10\n",
                auto.clone(),
                Some(10),
                "line 2, column 2: label 10 is not a class, a whole number from 0 to 9",
            ),
            (
                "1,0\n2,0.5\n",
                auto.clone(),
                None,
                "line 2, column 2: label 0.5",
            ),
            (
                "1,0\n2,-1\n",
                auto.clone(),
                None,
                "line 2, column 2: label -1",
            ),
            ("1,0\n2\n", auto.clone(), None, "line 2 has 1 columns"),
            (
                "x,y\n1,0\nnan,1\n",
                auto.clone(),
                None,
                "line 3, column 1: `nan` is a missing value",
            ),
            ("setosa,1\n", auto.clone(), None, "`setosa` is not a number"),
            (
                "1,a\n2,?\n",
                auto.clone(),
                None,
                "line 2, column 2: the label `?` is missing",
            ),
            (
                "1,a\n2,b\n",
                auto.clone(),
                Some(1),
                "column 2: 2 names of classes",
            ),
            (
                "5,0\n3,0\n",
                auto.clone(),
                None,
                "column 2 was taken for the labels, but they are all 0",
            ),
            (
                "y,label,x\n1,2,3\n",
                auto.clone(),
                None,
                "columns 1 and 2 may both",
            ),
            (",label\n1,2\n", auto, None, "column 1 has no name"),
            (
                "a,b\n1,2\n",
                named("c"),
                None,
                "no column is named `c`; there are a, b",
            ),
            (
                "1,2\n3,4\n",
                named("c"),
                None,
                "its first line names no columns",
            ),
        ] {
            let error = read_as(text, &column, classes).unwrap_err();
            assert!(matches!(&error, Error::Data { .. }), "{error:?}");
            let message = error.to_string();
            assert!(
                message.starts_with("a.csv: ") && message.contains(part),
                "{message}"
            );
        }
    }
}
