use super::*;
use crate::Error;
use crate::data::npy::tests::file;
use ndarray::array;
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn archive(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (key, bytes) in arrays {
        zip.start_file(format!("{key}.npy"), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn bytes(shape: &str, values: &[u8]) -> Vec<u8> {
    file("'|u1'", false, shape, values)
}

fn floats(shape: &str, values: &[f64]) -> Vec<u8> {
    let data: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    file("'<f8'", false, shape, &data)
}

fn npz(x: Vec<u8>, y: Vec<u8>, classes: Option<usize>) -> Result<Labelled> {
    read_npz(Path::new("a.npz"), &archive(&[("X", x), ("y", y)]), classes)
}

fn reason<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::Data { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn bytes_stay_pixels_and_keep_their_shape() {
    let x = bytes("(2, 1, 3)", &[1, 2, 3, 4, 5, 255]);
    let data = npz(x, bytes("(2,)", &[1, 0]), None).unwrap();
    let expected = array![[1, 2, 3], [4, 5, 255]];
    assert_eq!(data.inputs(), &Inputs::Pixels(expected.into()));
    assert_eq!(data.sample_shape(), [1, 3]);
    assert_eq!((data.labels(), data.classes()), (&[1, 0][..], 2));
}

#[test]
fn other_numbers_keep_their_precision_and_labels_may_be_a_column_of_them() {
    let x = floats("(2, 2)", &[0.1, 2.0, 3.0, 1e300]);
    let data = npz(x, floats("(2, 1)", &[0.0, 5.0]), Some(6)).unwrap();
    let expected = array![[0.1, 2.0], [3.0, 1e300]];
    assert_eq!(data.inputs(), &Inputs::Reals(expected.into()));
    assert_eq!((data.labels(), data.classes()), (&[0, 5][..], 6));
    // Nothing is lost: half the space will do.
    let single = [0.5f32, 0.1].map(f32::to_le_bytes).concat();
    let x = file("'<f4'", false, "(2, 1)", &single);
    let data = npz(x, bytes("(2,)", &[0, 1]), None).unwrap();
    let expected = array![[0.5f32], [0.1]];
    assert_eq!(data.inputs(), &Inputs::Singles(expected.into()));
}

#[test]
fn fortran_order_is_undone_in_any_number_of_dimensions() {
    // x[i, j, k] = 100 i + 10 j + k, first index fastest.
    let x = file(
        "'|u1'",
        true,
        "(2, 2, 2)",
        &[0, 100, 10, 110, 1, 101, 11, 111],
    );
    let data = npz(x, bytes("(2,)", &[1, 0]), None).unwrap();
    let expected = array![[0, 1, 10, 11], [100, 101, 110, 111]];
    assert_eq!(data.inputs(), &Inputs::Pixels(expected.into()));
}

#[test]
fn one_array_has_its_labels_first_or_last() {
    let last = bytes("(2, 3)", &[1, 2, 0, 3, 4, 1]);
    let first = bytes("(2, 3)", &[0, 1, 2, 1, 3, 4]);
    let read = |bytes: &[u8], column| {
        read_npy(
            Path::new("a.npy"),
            bytes,
            &column,
            &TableOptions::default(),
            None,
        )
    };
    let data = read(&last, LabelColumn::Auto).unwrap();
    assert_eq!(
        data.inputs(),
        &Inputs::Pixels(array![[1, 2], [3, 4]].into())
    );
    assert_eq!(data.labels(), [0, 1]);
    assert_eq!(read(&first, LabelColumn::First).unwrap(), data);
    assert_eq!(read(&first, LabelColumn::Number(1)).unwrap(), data);
    let options = TableOptions {
        ignore: vec![Column::Number(-1)],
        ..TableOptions::default()
    };
    let column = LabelColumn::Number(1);
    let less = read_npy(Path::new("a.npy"), &first, &column, &options, None).unwrap();
    assert_eq!(less.inputs(), &Inputs::Pixels(array![[1], [3]].into()));
    let reals = read(&floats("(1, 2)", &[2.5, 1.0]), LabelColumn::Last).unwrap();
    assert_eq!(reals.inputs(), &Inputs::Singles(array![[2.5]].into()));
    let text = reason(read(&last, LabelColumn::Named("y".to_owned())));
    assert!(text.contains("no names"), "{text}");
    let text = reason(read(&bytes("(3,)", &[1, 2, 3]), LabelColumn::Auto));
    assert!(text.contains("has shape (3,)"), "{text}");
}

#[test]
fn what_is_wrong_is_told_with_its_row() {
    let x = || bytes("(2, 1)", &[1, 2]);
    for (result, part) in [
        (
            npz(x(), bytes("(2,)", &[0, 9]), Some(9)),
            "array `y`: row 1: label 9 is not a class",
        ),
        (
            npz(x(), floats("(2,)", &[0.5, 1.0]), None),
            "array `y`: row 0: label 0.5",
        ),
        (
            npz(x(), floats("(2,)", &[0.0, f64::NAN]), None),
            "array `y`: row 1: label NaN",
        ),
        (npz(x(), bytes("(2, 3)", &[0; 6]), None), ".argmax(axis=1)"),
        (
            npz(x(), bytes("(3,)", &[0, 1, 2]), None),
            "labels has shape (3,), expected (2,)",
        ),
        (
            npz(bytes("(2,)", &[1, 2]), bytes("(2,)", &[0, 1]), None),
            "samples in rows",
        ),
        (
            npz(bytes("()", &[1]), bytes("(2,)", &[0, 1]), None),
            "no dimensions",
        ),
        (
            npz(bytes("(0, 2)", &[]), bytes("(0,)", &[]), None),
            "at least one row",
        ),
        (
            npz(
                floats("(1, 2)", &[1.0, f64::INFINITY]),
                bytes("(1,)", &[0]),
                None,
            ),
            "array `X`: row 0, column 1: inf is not a finite",
        ),
    ] {
        let text = reason(result);
        assert!(
            text.starts_with("a.npz: ") && text.contains(part),
            "{part}: {text}"
        );
    }
}

#[test]
fn an_archive_may_hold_both_sets() {
    let pair = |test_label: u8| {
        archive(&[
            ("x_train", bytes("(2, 1, 1)", &[1, 2])),
            ("y_train", bytes("(2,)", &[2, 0])),
            ("x_test", bytes("(1, 1, 1)", &[3])),
            ("y_test", bytes("(1,)", &[test_label])),
        ])
    };
    let path = Path::new("a.npz");
    let data = read_npz_pair(path, &pair(1), ImageAxes::Nchw).unwrap();
    assert_eq!(data.train().labels(), [2, 0]);
    assert_eq!((data.test().labels(), data.test().classes()), (&[1][..], 3));
    let text = reason(read_npz_pair(path, &pair(3), ImageAxes::Nchw));
    assert!(text.contains("array `y_test`: row 0: label 3"), "{text}");
    let text = reason(read_npz(path, &pair(1), None));
    assert!(text.contains("a training and a test set"), "{text}");
    let one = archive(&[("X", bytes("(1, 1)", &[1])), ("y", bytes("(1,)", &[1]))]);
    let text = reason(read_npz_pair(path, &one, ImageAxes::Nchw));
    assert!(
        text.contains("`x_train`") && text.contains("y_test="),
        "{text}"
    );
}
