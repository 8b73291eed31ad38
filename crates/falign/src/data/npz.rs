//! The NPZ format of NumPy: NPY files in a ZIP archive.

use std::io::{Cursor, Write as _};
use std::path::Path;

use ndarray::{Array2, ArrayView2};
use zip::{ZipArchive, ZipWriter};

use super::gzip::{self, Bounded, beyond, read_bounded};
use super::kind::{Format, mismatch};
use super::npy::{self, Array, Place};
use super::table::TableOptions;
use crate::error::shown;
use crate::file::zip::member;
use crate::{Error, Result};

/// The decompressed content of a file. What an archive holds is measured array by array.
pub(super) fn read_content(path: &Path) -> Result<Vec<u8>> {
    gzip::read_measured(path, |beginning| {
        beginning.starts_with(b"PK").then_some(u64::MAX)
    })
}

/// Keys that a message names at most.
const SHOWN_KEYS: usize = 10;

/// An open NPZ file.
pub(super) struct Archive<'a> {
    path: &'a Path,
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Keys as NumPy shows them, with their index in the archive.
    keys: Vec<(String, usize)>,
}

impl<'a> Archive<'a> {
    pub(super) fn open(path: &'a Path, bytes: &'a [u8]) -> Result<Self> {
        if let Some(reason) = mismatch(bytes, Format::Npz) {
            return Err(Error::data(path, reason));
        }
        let damaged = |error| {
            let reason = format!("not an NPZ file, or truncated or damaged: {error}");
            Error::data(path, reason)
        };
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        let mut keys = Vec::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(damaged)?;
            let name = entry.name().map_err(damaged)?;
            let key = name.strip_suffix(".npy").unwrap_or(&name).to_owned();
            keys.push((key, index));
        }
        Ok(Self { path, zip, keys })
    }

    /// The matrix under one of these keys, names of the same thing; one dimension is a column
    /// if `is_column_allowed`. `fix` ends the message if it is missing.
    pub(super) fn matrix(
        &mut self,
        names: &[&str],
        is_column_allowed: bool,
        fix: &str,
    ) -> Result<Array2<f64>> {
        let (key, bytes) = self.member(names, fix)?;
        let place = self.place(&key);
        Array::parse(&bytes, place)?.matrix(is_column_allowed, place)
    }

    /// Refuses arrays under any other keys than these, which nobody would read. `fix` ends the
    /// message.
    pub(super) fn has_only(&self, names: &[&str], fix: &str) -> Result<()> {
        let others = self
            .keys
            .iter()
            .filter(|(key, _)| !names.contains(&key.as_str()));
        let others: Vec<_> = others.map(|(key, _)| format!("`{key}`")).collect();
        if others.is_empty() {
            return Ok(());
        }
        let others = others.join(", ");
        Err(Error::data(
            self.path,
            format!("has arrays that nothing reads: {others}; {fix}"),
        ))
    }

    /// Whether there is an array under this key.
    pub(super) fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|(key, _)| key == name)
    }

    /// Keys of all arrays, in the order of the file.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(key, _)| key.as_str())
    }

    /// Path and key of the array under this key, for messages.
    pub(super) fn place<'b>(&self, key: &'b str) -> Place<'b>
    where
        'a: 'b,
    {
        Place {
            path: self.path,
            key: Some(key),
        }
    }

    /// The key that is there among names of the same thing, and the NPY file under it. `fix`
    /// ends the message if it is missing.
    pub(super) fn member(&mut self, names: &[&str], fix: &str) -> Result<(String, Vec<u8>)> {
        let mut found = self
            .keys
            .iter()
            .filter(|(key, _)| names.contains(&key.as_str()));
        let (key, index) = match (found.next(), found.next()) {
            (Some((key, index)), None) => (key.clone(), *index),
            (Some((first, _)), Some((second, _))) => {
                let reason = format!("both `{first}` and `{second}` are there; keep one");
                return Err(Error::data(self.path, reason));
            }
            (None, _) => return Err(self.missing(names, fix)),
        };
        let path = self.path;
        let damaged = |error: &dyn std::fmt::Display| {
            let place = Place {
                path,
                key: Some(&key),
            };
            place.error(format!("damaged or unknown compression: {error}"))
        };
        let member = self.zip.by_index(index).map_err(|error| damaged(&error))?;
        match read_bounded(member, npy::file_length) {
            Ok(Bounded::Whole(bytes)) => Ok((key, bytes)),
            Ok(Bounded::Beyond(limit)) => Err(self.place(&key).error(beyond(limit))),
            Err((_, error)) => Err(damaged(&error)),
        }
    }

    fn missing(&self, names: &[&str], fix: &str) -> Error {
        let quoted = |key: &str| format!("`{key}`");
        let wanted: Vec<_> = names.iter().map(|key| quoted(key)).collect();
        let keys = self.keys.iter().take(SHOWN_KEYS);
        let mut present: Vec<_> = keys.map(|(key, _)| quoted(&shown(key))).collect();
        if self.keys.len() > SHOWN_KEYS {
            present.push(format!("{} more", self.keys.len() - SHOWN_KEYS));
        }
        let present = if present.is_empty() {
            "nothing".to_owned()
        } else {
            present.join(", ")
        };
        let wanted = wanted.join(" or ");
        Error::data(
            self.path,
            format!("it has no array {wanted}, only {present}; {fix}"),
        )
    }
}

/// An NPZ file says itself what its arrays are.
pub(super) fn refuse_options(path: &Path, options: &TableOptions) -> Result<()> {
    let typed = [
        ("target", !options.target.is_empty()),
        ("ignore", !options.ignore.is_empty()),
        ("header", options.header.is_some()),
    ];
    match typed.iter().find(|(_, is_typed)| *is_typed) {
        None => Ok(()),
        Some((key, _)) => Err(Error::data(
            path,
            format!(
                "data.{key} is about columns of one table, and an NPZ file has inputs and targets apart; remove it"
            ),
        )),
    }
}

/// Inputs and targets by their keys.
pub(super) fn read_dataset(
    path: &Path,
    bytes: &[u8],
    options: &TableOptions,
) -> Result<(Array2<f64>, Array2<f64>)> {
    refuse_options(path, options)?;
    let fix = "use `numpy.savez(path, X=X, y=y)`";
    let mut archive = Archive::open(path, bytes)?;
    Ok((
        archive.matrix(&["X", "inputs"], false, fix)?,
        archive.matrix(&["y", "targets"], true, fix)?,
    ))
}

/// An NPZ file of these arrays. Equal arrays give equal bytes: no date, no compression.
pub(super) fn write(path: &Path, arrays: &[(&str, ArrayView2<f64>)]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (key, array) in arrays {
        let bytes = npy::write(array);
        let is_large = u32::try_from(bytes.len()).is_err();
        zip.start_file(format!("{key}.npy"), member(is_large))
            .map_err(|error| Error::io(path, error.into()))?;
        zip.write_all(&bytes)
            .map_err(|source| Error::io(path, source))?;
    }
    let bytes = zip
        .finish()
        .map_err(|error| Error::io(path, error.into()))?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use zip::CompressionMethod;
    use zip::write::SimpleFileOptions;

    const PATH: &str = "a.npz";

    fn archive(arrays: &[(&str, ArrayView2<f64>)]) -> Vec<u8> {
        write(Path::new(PATH), arrays).unwrap()
    }

    fn reason(bytes: &[u8]) -> String {
        let error = read_dataset(Path::new(PATH), bytes, &TableOptions::default()).unwrap_err();
        assert!(matches!(&error, Error::Data { .. }), "{error}");
        error.to_string()
    }

    #[test]
    fn both_names_of_the_keys_are_read() {
        let (x, y) = (array![[1.0, 2.0], [3.0, 4.0]], array![[5.0], [6.0]]);
        for keys in [["X", "y"], ["inputs", "targets"]] {
            let bytes = archive(&[(keys[0], x.view()), (keys[1], y.view())]);
            let read = read_dataset(Path::new(PATH), &bytes, &TableOptions::default()).unwrap();
            assert_eq!(read, (x.clone(), y.clone()));
        }
    }

    #[test]
    fn compressed_archives_are_read() {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let (x, y) = (array![[1.0, 2.0]], array![[5.0]]);
        for (key, array) in [("X.npy", &x), ("y.npy", &y)] {
            zip.start_file(key, options).unwrap();
            zip.write_all(&npy::write(&array.view())).unwrap();
        }
        let bytes = zip.finish().unwrap().into_inner();
        let read = read_dataset(Path::new(PATH), &bytes, &TableOptions::default()).unwrap();
        assert_eq!(read, (x, y));
    }

    #[test]
    fn a_missing_key_names_what_is_there() {
        let x = array![[1.0]];
        let text = reason(&archive(&[("X", x.view()), ("labels", x.view())]));
        assert!(text.contains("`y` or `targets`"), "{text}");
        assert!(
            text.contains("`labels`") && text.contains("numpy.savez"),
            "{text}"
        );
        assert!(reason(&archive(&[])).contains("only nothing"));
        let twice = [("X", x.view()), ("inputs", x.view()), ("y", x.view())];
        assert!(reason(&archive(&twice)).contains("keep one"));
    }

    #[test]
    fn a_bad_member_is_named() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("X.npy", SimpleFileOptions::default())
            .unwrap();
        zip.write_all(b"hello").unwrap();
        let text = reason(&zip.finish().unwrap().into_inner());
        assert!(text.contains("array `X`: not an NPY file"), "{text}");
    }

    /// An archive of 64 kB would else fill 64 MB.
    #[test]
    fn an_array_that_goes_on_beyond_its_shape_is_not_unpacked() {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("X.npy", options).unwrap();
        let whole = npy::write(&array![[1.0, 2.0]].view());
        zip.write_all(&whole).unwrap();
        for _ in 0..64 {
            zip.write_all(&vec![0; 1 << 20]).unwrap();
        }
        let text = reason(&zip.finish().unwrap().into_inner());
        let part = format!(
            "array `X`: damaged: it goes on beyond the {} bytes",
            whole.len()
        );
        assert!(text.contains(&part), "{text}");
    }

    #[test]
    fn truncated_and_altered_archives_are_told() {
        let x = array![[1.0, 2.0], [3.0, 4.0]];
        let whole = archive(&[("X", x.view()), ("y", x.view())]);
        for length in 0..whole.len() {
            reason(&whole[..length]);
        }
        let mut altered = whole;
        let at = altered.windows(8).position(|w| w == 4.0f64.to_le_bytes());
        altered[at.unwrap()] ^= 1;
        let text = reason(&altered);
        assert!(text.contains("array `X`: damaged"), "{text}");
    }
}
