//! Classes and inputs in comma-separated values.

use std::path::Path;

use ::csv::StringRecord;
use ndarray::Array2;

use super::{Inputs, Labelled, classes};
use crate::data::csv::{Lines, check_names, number};
use crate::{Error, Result};

/// Names of a column of labels, in any case.
const NAMES: [&str; 5] = ["label", "labels", "class", "target", "y"];

/// Which column of a table has the labels; all others are inputs.
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
}

/// A data set from a table; see [`super::load_labelled`].
pub(super) fn read(
    path: &Path,
    bytes: &[u8],
    column: &LabelColumn,
    classes: Option<usize>,
) -> Result<Labelled> {
    let mut lines = Lines::open(path, bytes, |cell| match column {
        LabelColumn::Named(name) => cell == name,
        _ => is_label(cell),
    })?;
    let at = position(path, lines.header.as_ref(), lines.columns, column)?;
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    while let Some((line, record)) = lines.next_line()? {
        for (index, cell) in record.iter().enumerate() {
            let value = number(path, line, index + 1, cell)?;
            let place = |reason: String| {
                Error::data(path, format!("line {line}, column {}: {reason}", index + 1))
            };
            if index == at {
                labels.push(classes::class(value, classes).map_err(place)?);
            } else {
                values.push(super::npy::to_f32(value).map_err(place)?);
            }
        }
    }
    let is_guess = *column == LabelColumn::Auto && classes.is_none() && labels.len() > 1;
    if is_guess && labels.iter().all(|label| *label == labels[0]) {
        return Err(Error::data(
            path,
            format!(
                "column {} was taken for the labels, but they are all {}; \
                 say which column has the labels",
                at + 1,
                labels[0],
            ),
        ));
    }
    let input_dim = lines.columns - 1;
    let inputs = Array2::from_shape_vec((labels.len(), input_dim), values)
        .expect("every line was checked to have this many columns");
    let classes = classes::count(&labels, classes);
    Labelled::new(
        Inputs::Reals(inputs.into()),
        vec![input_dim],
        labels,
        classes,
    )
    .map_err(|error| crate::data::in_file(path, error))
}

fn is_label(cell: &str) -> bool {
    NAMES.iter().any(|name| cell.eq_ignore_ascii_case(name))
}

/// Where the labels stand, from 0.
fn position(
    path: &Path,
    header: Option<&StringRecord>,
    columns: usize,
    column: &LabelColumn,
) -> Result<usize> {
    if let Some(header) = header {
        check_names(path, header)?;
    }
    let find = |is_it: &dyn Fn(&str) -> bool| {
        let names = header.into_iter().flat_map(StringRecord::iter).enumerate();
        let found: Vec<usize> = names
            .filter(|(_, name)| is_it(name))
            .map(|(at, _)| at)
            .collect();
        match found[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            [one, another, ..] => Err(Error::data(
                path,
                format!(
                    "line 1: columns {} and {} may both be the labels; say which",
                    one + 1,
                    another + 1
                ),
            )),
        }
    };
    Ok(match column {
        LabelColumn::First => 0,
        LabelColumn::Last => columns - 1,
        LabelColumn::Auto => find(&is_label)?.unwrap_or(columns - 1),
        LabelColumn::Named(name) => find(&|cell| cell == name)?.ok_or_else(|| {
            let reason = match header {
                Some(header) => {
                    let names: Vec<_> = header.iter().take(10).collect();
                    format!(
                        "no column is named `{name}`; there are {}",
                        names.join(", ")
                    )
                }
                None => format!("its first line names no columns, so none is named `{name}`"),
            };
            Error::data(path, reason)
        })?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn read_as(text: &str, column: &LabelColumn, classes: Option<usize>) -> Result<Labelled> {
        read(Path::new("a.csv"), text.as_bytes(), column, classes)
    }

    fn named(name: &str) -> LabelColumn {
        LabelColumn::Named(name.to_owned())
    }

    #[test]
    fn the_column_of_labels_is_found() {
        let expected = |data: Labelled| {
            let inputs = array![[0.5, 2.0], [1.5, 3.0]];
            assert_eq!(data.inputs(), &Inputs::Reals(inputs.into()));
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
                "line 3, column 1: `nan` is not a finite",
            ),
            (
                "x,y\n1e39,0\n",
                auto.clone(),
                None,
                "line 2, column 1: 1000000000000000000000000000000000000000 is too large",
            ),
            ("1,setosa\n", auto.clone(), None, "`setosa` is not a number"),
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
