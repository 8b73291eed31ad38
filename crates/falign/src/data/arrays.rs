//! All arrays of an NPZ file by their names, with the texts among them.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::ArrayD;

use super::gzip;
use super::npy::{self, Array};
use super::npz::Archive;
use crate::Result;

/// Numbers of any shape, or a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Numbers; those of a single number have no axis.
    Numbers(ArrayD<f64>),
    /// A text.
    Text(String),
}

/// Reads an NPZ file whose arrays hold numbers, or one text each.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) if the file cannot be read; [`Error::Data`](crate::Error::Data) if it is
/// malformed, or an array has another type.
pub fn load_arrays(path: &Path) -> Result<BTreeMap<String, Entry>> {
    let bytes = gzip::read_stored(path)?;
    let mut archive = Archive::open(path, &bytes)?;
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let mut entries = BTreeMap::new();
    for name in names {
        let (key, bytes) = archive.member(&[&name], "save it once")?;
        let place = archive.place(&key);
        let entry = match npy::text(&bytes) {
            Some(text) => Entry::Text(text),
            None => Entry::Numbers(Array::parse(&bytes, place)?.whole(place)?),
        };
        entries.insert(name, entry);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::scratch::Scratch;
    use std::io::Write as _;

    /// An NPY file as NumPy writes it.
    fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
    }

    fn saved(folder: &Scratch, arrays: &[(&str, Vec<u8>)]) -> std::path::PathBuf {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in arrays {
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(format!("{name}.npy"), options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        folder.file("a.npz", &zip.finish().unwrap().into_inner())
    }

    fn wide(text: &str, width: usize) -> Vec<u8> {
        let letters = text.chars().map(u32::from);
        let filled = letters.chain(std::iter::repeat(0)).take(width);
        filled.flat_map(u32::to_le_bytes).collect()
    }

    #[test]
    fn numbers_of_any_shape_and_texts_are_read_by_name() {
        let folder = Scratch::new("arrays");
        let number = 0.25f32.to_le_bytes();
        let path = saved(
            &folder,
            &[
                ("rule", npy("<U6", "()", &wide("größe", 6))),
                ("loss", npy("|S5", "(1,)", b"mean\0")),
                ("step_size", npy("<f4", "()", &number)),
                ("before.0.weight", npy("<f4", "(1, 2)", &number.repeat(2))),
            ],
        );
        let arrays = load_arrays(&path).unwrap();
        let text = |name: &str| arrays[name].clone();
        assert_eq!(text("rule"), Entry::Text("größe".to_owned()));
        assert_eq!(text("loss"), Entry::Text("mean".to_owned()));
        let Entry::Numbers(step_size) = &arrays["step_size"] else {
            panic!("a number");
        };
        assert_eq!((step_size.shape(), step_size[[]]), (&[][..], 0.25));
        let Entry::Numbers(weights) = &arrays["before.0.weight"] else {
            panic!("numbers");
        };
        assert_eq!(weights.shape(), [1, 2]);
    }

    #[test]
    fn what_is_neither_is_named() {
        let folder = Scratch::new("arrays-bad");
        let several = npy("<U2", "(2,)", &wide("ab", 4));
        let torn = npy("<U9", "()", &wide("ab", 2));
        for bytes in [several, torn, npy("|O", "()", b"pickle")] {
            let path = saved(&folder, &[("rule", bytes)]);
            let text = load_arrays(&path).unwrap_err().to_string();
            assert!(text.contains("array `rule`: "), "{text}");
        }
    }
}
