use super::*;
use ndarray::array;

fn place() -> Place<'static> {
    Place {
        path: Path::new("a.npy"),
        key: None,
    }
}

/// An NPY file by hand, independent of the writer.
pub(crate) fn file(descr: &str, is_fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if is_fortran { "True" } else { "False" };
    let text = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&u16::try_from(text.len()).unwrap().to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(data);
    bytes
}

fn read(bytes: &[u8]) -> Result<Array2<f64>> {
    Array::parse(bytes, place())?.matrix(true, place())
}

fn reason(bytes: &[u8]) -> String {
    let error = read(bytes).unwrap_err();
    assert!(matches!(&error, Error::Data { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("a.npy: "), "{text}");
    text
}

fn bytes_of<const N: usize>(numbers: impl IntoIterator<Item = [u8; N]>) -> Vec<u8> {
    numbers.into_iter().flatten().collect()
}

#[test]
fn what_is_written_is_read_back_bit_for_bit() {
    let x = array![[1.0, -0.0, 1e-300], [f64::MAX, 2.5, std::f64::consts::PI]];
    let bytes = write(&x.view());
    assert_eq!((bytes.len() - 48) % 64, 0, "numbers are aligned");
    let bits = |x: &Array2<f64>| x.mapv(f64::to_bits);
    assert_eq!(bits(&read(&bytes).unwrap()), bits(&x));
    assert_eq!(
        bits(&read(&write(&x.t())).unwrap()),
        bits(&x.t().to_owned())
    );
}

#[test]
fn every_type_of_real_number_is_read() {
    let expected = array![[1.0, 2.0], [3.0, 100.0]];
    let values = [1u8, 2, 3, 100];
    macro_rules! check {
        ($($descr:literal, $to:ident, $type:ty;)*) => {$(
            let data = bytes_of(values.map(|x| <$type>::from(x).$to()));
            assert_eq!(read(&file($descr, false, "(2, 2)", &data)).unwrap(), expected, $descr);
        )*};
    }
    check! {
        "'<f4'", to_le_bytes, f32; "'>f4'", to_be_bytes, f32;
        "'<f8'", to_le_bytes, f64; "'>f8'", to_be_bytes, f64;
        "'|u1'", to_le_bytes, u8;
        "'<u2'", to_le_bytes, u16; "'>u2'", to_be_bytes, u16;
        "'<i2'", to_le_bytes, i16; "'>i2'", to_be_bytes, i16;
        "'<u4'", to_le_bytes, u32; "'>u4'", to_be_bytes, u32;
        "'<i4'", to_le_bytes, i32; "'>i4'", to_be_bytes, i32;
        "'<u8'", to_le_bytes, u64; "'>u8'", to_be_bytes, u64;
        "'<i8'", to_le_bytes, i64; "'>i8'", to_be_bytes, i64;
    }
    let negative = file("'|i1'", false, "(2,)", &[255, 1]);
    assert_eq!(read(&negative).unwrap(), array![[-1.0], [1.0]]);
    let truth = file("'|b1'", false, "(2,)", &[0, 1]);
    assert_eq!(read(&truth).unwrap(), array![[0.0], [1.0]]);
}

#[test]
fn fortran_order_is_transposed_back() {
    let data = bytes_of([1.0f64, 4.0, 2.0, 5.0, 3.0, 6.0].map(f64::to_le_bytes));
    let x = read(&file("'<f8'", true, "(2, 3)", &data)).unwrap();
    assert_eq!(x, array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    assert!(x.is_standard_layout());
}

#[test]
fn later_versions_and_other_spellings_are_read() {
    let text = "{\"shape\":(1,2),\"fortran_order\":False,\"descr\":\"|u1\"}";
    for version in [2, 3] {
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend_from_slice(&[version, 0]);
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&[7, 8]);
        assert_eq!(read(&bytes).unwrap(), array![[7.0, 8.0]]);
    }
}

#[test]
fn every_truncation_is_told() {
    let whole = write(&array![[1.0, 2.0]].view());
    for length in 0..whole.len() {
        let text = reason(&whole[..length]);
        assert!(text.contains("truncated"), "{length}: {text}");
    }
    let longer = [whole, vec![0]].concat();
    assert!(reason(&longer).contains("damaged"));
}

#[test]
fn what_is_no_array_of_real_numbers_is_told() {
    let eight = [0; 8];
    for (bytes, part) in [
        (b"PK\x03\x04".to_vec(), "not an NPY file"),
        (b"\x93NUMPY\x09\x00\x00\x00".to_vec(), "version 9"),
        (file("'|O'", false, "(1,)", &eight), "'|O'"),
        (file("'<c8'", false, "(1,)", &eight), "'<c8'"),
        (file("'<U2'", false, "(1,)", &eight), "'<U2'"),
        (file("'<f2'", false, "(4,)", &eight), "float64"),
        (file("''", false, "(1,)", &eight), "''"),
        (
            file("[('a', '<f8')]", false, "(1,)", &eight),
            "named fields",
        ),
        (file("'<f8'", false, "(-1,)", &eight), "unreadable"),
        (file("'<f8'", false, "3", &eight), "unreadable"),
        (file("'<f8'", false, "()", &eight), "two dimensions"),
        (file("'<f8'", false, "(1, 1, 1)", &eight), "(1, 1, 1)"),
        // A shape that nobody has memory for.
        (
            file("'<f8'", false, "(4000000000, 4000000000)", &eight),
            "truncated",
        ),
        (
            file("'<f8'", false, "(1000000000000,)", &eight),
            "truncated",
        ),
        (
            file("'<i8'", false, "(1,)", &i64::MAX.to_le_bytes()),
            "2^53",
        ),
    ] {
        let text = reason(&bytes);
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn the_last_column_is_the_target() {
    let x = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let (inputs, targets) = read_dataset(Path::new("a.npy"), &write(&x.view())).unwrap();
    assert_eq!(inputs, array![[1.0, 2.0], [4.0, 5.0]]);
    assert_eq!(targets, array![[3.0], [6.0]]);
    let one = read_dataset(Path::new("a.npy"), &write(&array![[1.0]].view())).unwrap_err();
    assert!(one.to_string().contains("1 column"), "{one}");
    let flat = file("'|u1'", false, "(2,)", &[1, 2]);
    let flat = read_dataset(Path::new("a.npy"), &flat).unwrap_err();
    assert!(flat.to_string().contains("reshape"), "{flat}");
}
