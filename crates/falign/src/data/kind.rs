//! Kind of a file by its first bytes, whatever its name says.

/// The formats that are read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Npy,
    Npz,
    Idx,
    Tar,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Csv => "a CSV file",
            Self::Npy => "an NPY file",
            Self::Npz => "an NPZ file",
            Self::Idx => "an IDX file",
            Self::Tar => "a tar archive",
        }
    }
}

const RENAME_NPY: &str = "name it .npy";
const RENAME_NPZ: &str = "if `numpy.savez` made it, name it .npz, else unpack it";
const UNPACK: &str = "unpack it";
const SAVE_ARRAYS: &str = "read it in Python and use `numpy.savez(\"data.npz\", X=X, y=y)`";
const SAVE_TABLE: &str = "open it and save the table as CSV (UTF-8)";
const FETCH_FILE: &str = "fetch the file itself";

const GZIP: &[u8] = b"\x1f\x8b";

/// First bytes, what begins with them, the fix, and the format if it is one of ours.
const KNOWN: [(&[u8], &str, &str, Option<Format>); 21] = [
    (
        b"version https://git-lfs",
        "a Git LFS pointer",
        "get the file itself with `git lfs pull`",
        None,
    ),
    (b"\x93NUMPY", "an NPY file", RENAME_NPY, Some(Format::Npy)),
    (
        b"PK\x03\x04",
        "a ZIP archive",
        RENAME_NPZ,
        Some(Format::Npz),
    ),
    (
        b"PK\x05\x06",
        "an empty ZIP archive",
        RENAME_NPZ,
        Some(Format::Npz),
    ),
    (
        b"\0\0\x08",
        "an IDX file",
        "for images and labels name their folder",
        Some(Format::Idx),
    ),
    (GZIP, "compressed with gzip twice", UNPACK, None),
    (b"BZh", "compressed with bzip2", UNPACK, None),
    (b"\xfd7zXZ\0", "compressed with xz", UNPACK, None),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", UNPACK, None),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK, None),
    (b"\x89HDF", "an HDF5 file", SAVE_ARRAYS, None),
    (b"PAR1", "a Parquet file", SAVE_ARRAYS, None),
    (b"ARROW1", "an Arrow file", SAVE_ARRAYS, None),
    (b"MATLAB 5.0", "a MATLAB file", SAVE_ARRAYS, None),
    (b"SQLite format 3", "an SQLite database", SAVE_ARRAYS, None),
    (b"\x80\x03", "a Python pickle", SAVE_ARRAYS, None),
    (b"\x80\x04", "a Python pickle", SAVE_ARRAYS, None),
    (b"\x80\x05", "a Python pickle", SAVE_ARRAYS, None),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", SAVE_TABLE, None),
    (b"%PDF", "a PDF document", FETCH_FILE, None),
    (b"\x89PNG", "a PNG image", FETCH_FILE, None),
];

/// First characters of web pages, in lower case.
const PAGES: [(&str, &str); 5] = [
    ("<!doctype", "a web page (HTML)"),
    ("<html", "a web page (HTML)"),
    ("<head", "a web page (HTML)"),
    (
        "<?xml",
        "an XML page, such as servers send in the place of a file",
    ),
    (
        "<error",
        "an XML page, such as servers send in the place of a file",
    ),
];

/// Bytes of an archive in which the names of an Excel workbook's parts are looked for.
const BEGINNING: usize = 4096;

/// The kind of file as which `bytes` begin, where it is not the one that is read, with the fix;
/// `None` where nothing speaks against it.
pub(super) fn mismatch(bytes: &[u8], wanted: Format) -> Option<String> {
    let (name, fix) = foreign(bytes, wanted)?;
    Some(format!("it is {name}, not {}; {fix}", wanted.name()))
}

fn foreign(bytes: &[u8], wanted: Format) -> Option<(&'static str, &'static str)> {
    let beginning = &bytes[..bytes.len().min(BEGINNING)];
    let is_in = |part: &[u8]| beginning.windows(part.len()).any(|window| window == part);
    if bytes.starts_with(b"PK") && (is_in(b"[Content_Types].xml") || is_in(b"xl/")) {
        return Some(("an Excel workbook", SAVE_TABLE));
    }
    if bytes.starts_with(b"PK") && is_in(b"/data.pkl") {
        return Some(("a file of PyTorch", SAVE_ARRAYS));
    }
    let known = KNOWN.iter().find(|(start, ..)| bytes.starts_with(start));
    if let Some((start, name, fix, format)) = known {
        // Archives are unpacked on the way.
        let is_packed = wanted == Format::Tar && *start == GZIP;
        return (*format != Some(wanted) && !is_packed).then_some((*name, *fix));
    }
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    let text = text.trim_ascii_start();
    PAGES.iter().find_map(|(start, name)| {
        let first = text.get(..start.len())?;
        first
            .eq_ignore_ascii_case(start.as_bytes())
            .then_some((*name, FETCH_FILE))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_kinds_of_files_are_called_what_they_are() {
        for (bytes, wanted, reason) in [
            (
                &b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"[..],
                Format::Csv,
                "it is a Git LFS pointer, not a CSV file; get the file itself with `git lfs pull`",
            ),
            (
                b"\n<!DOCTYPE html><html>",
                Format::Idx,
                "it is a web page (HTML), not an IDX file; fetch the file itself",
            ),
            (
                b"\x93NUMPY\x01\0",
                Format::Npz,
                "it is an NPY file, not an NPZ file; name it .npy",
            ),
            (
                b"PK\x03\x04 [Content_Types].xml",
                Format::Npz,
                "it is an Excel workbook, not an NPZ file; open it and save the table as CSV (UTF-8)",
            ),
            (
                b"PK\x03\x04 X.npy",
                Format::Csv,
                "it is a ZIP archive, not a CSV file; if `numpy.savez` made it, name it .npz, else unpack it",
            ),
        ] {
            assert_eq!(mismatch(bytes, wanted).unwrap(), reason);
        }
        for (bytes, wanted) in [
            (&b"PK\x03\x04 X.npy"[..], Format::Npz),
            (b"\0\0\x08\x03", Format::Idx),
            (b"x<y,y\n1,2\n", Format::Csv),
            (b"\x1f\x8b", Format::Tar),
        ] {
            assert_eq!(mismatch(bytes, wanted), None);
        }
    }
}
