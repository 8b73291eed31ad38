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
fn half_precision_is_read_exactly() {
    // Bits and values of IEEE 754 binary16: signs, subnormals, the largest.
    let table = [
        (0x3c00, 1.0),
        (0xc000, -2.0),
        (0x3555, 0.333_251_953_125),
        (0x0001, 2f64.powi(-24)),
        (0x03ff, 1023.0 * 2f64.powi(-24)),
        (0x0400, 2f64.powi(-14)),
        (0x7bff, 65504.0),
        (0x8000, -0.0),
        (0x7c00, f64::INFINITY),
        (0xfc00, f64::NEG_INFINITY),
    ];
    let expected = table.map(|(_, value)| value.to_bits());
    let shape = format!("({},)", table.len());
    let little = bytes_of(table.map(|(bits, _): (u16, f64)| bits.to_le_bytes()));
    let big = bytes_of(table.map(|(bits, _): (u16, f64)| bits.to_be_bytes()));
    for (descr, data) in [("'<f2'", little), ("'>f2'", big)] {
        let read = read(&file(descr, false, &shape, &data)).unwrap();
        let bits: Vec<u64> = read.iter().map(|x| x.to_bits()).collect();
        assert_eq!(bits, expected, "{descr}");
    }
    let nan = read(&file("'<f2'", false, "(1,)", &0x7e00u16.to_le_bytes())).unwrap();
    assert!(nan[(0, 0)].is_nan());
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
        (
            file("'|O'", false, "(1,)", &eight),
            "Python objects (dtype object)",
        ),
        (
            file("'<c8'", false, "(1,)", &eight),
            "complex numbers (type '<c8')",
        ),
        (file("'<U2'", false, "(1,)", &eight), "text (type '<U2')"),
        (file("'|S8'", false, "(1,)", &eight), "text (type '|S8')"),
        (
            file("'<M8[ns]'", false, "(1,)", &eight),
            "dates (type '<M8[ns]')",
        ),
        (file("'<V2'", false, "(4,)", &eight), "bfloat16"),
        (
            file("'<f16'", false, "(1,)", &eight),
            "(type '<f16'); save it as float64",
        ),
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
        // Nothing, times more than can be counted.
        (
            file("'<f8'", false, "(0, 9223372036854775808)", b""),
            "(0, 9223372036854775808), expected at least one row",
        ),
        (
            file("'|u1'", false, "(0, 1099511627776, 1099511627776)", b""),
            "expected at least one row",
        ),
        (
            file("'<i8'", false, "(1,)", &i64::MAX.to_le_bytes()),
            "9223372036854775807 is beyond 2^53",
        ),
        // Rounded to 2^53 if it was read.
        (
            file(
                "'>u8'",
                false,
                "(1,)",
                &9_007_199_254_740_993u64.to_be_bytes(),
            ),
            "9007199254740993 is beyond 2^53",
        ),
    ] {
        let text = reason(&bytes);
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn the_last_column_is_the_target() {
    let x = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let (inputs, targets) = read_dataset(
        Path::new("a.npy"),
        &write(&x.view()),
        &TableOptions::default(),
    )
    .unwrap();
    assert_eq!(inputs, array![[1.0, 2.0], [4.0, 5.0]]);
    assert_eq!(targets, array![[3.0], [6.0]]);
    let mut options = TableOptions {
        target: vec![Column::Number(2)],
        ignore: vec![Column::Number(-1)],
        ..TableOptions::default()
    };
    let chosen = read_dataset(Path::new("a.npy"), &write(&x.view()), &options).unwrap();
    assert_eq!(chosen, (array![[1.0], [4.0]], array![[2.0], [5.0]]));
    options.target = vec![Column::Named("a".to_owned())];
    let named = read_dataset(Path::new("a.npy"), &write(&x.view()), &options).unwrap_err();
    assert!(named.to_string().contains("count them from 1"), "{named}");
    let one = read_dataset(
        Path::new("a.npy"),
        &write(&array![[1.0]].view()),
        &TableOptions::default(),
    )
    .unwrap_err();
    assert!(one.to_string().contains("1 column"), "{one}");
    let flat = file("'|u1'", false, "(2,)", &[1, 2]);
    let flat = read_dataset(Path::new("a.npy"), &flat, &TableOptions::default()).unwrap_err();
    assert!(flat.to_string().contains("reshape"), "{flat}");
}

#[test]
fn a_header_begins_as_version_1_0_of_the_format() {
    let written = super::header::write((3, 7));
    assert_eq!(&written[..8], b"\x93NUMPY\x01\x00");
    assert_eq!((written.len() % 64, written.last()), (0, Some(&b'\n')));
}
