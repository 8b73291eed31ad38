//! Paths as text: as they are where they are UTF-8, else as `file:` URIs (RFC 8089), which spell
//! each other byte as `%FF`.

use std::path::{Path, PathBuf};

const SCHEME: &str = "file:";

/// A path as the value of a key; `text_path` gives it back, whatever its bytes.
///
/// # Example
/// ```
/// use falign::internal::file::path_text;
/// assert_eq!(path_text("data/x.csv".as_ref()), "data/x.csv");
/// # #[cfg(unix)] {
/// use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
/// let path = OsStr::from_bytes(b"/data/x\xff.csv");
/// assert_eq!(path_text(path.as_ref()), "file:///data/x%FF.csv");
/// # }
/// ```
pub fn path_text(path: &Path) -> String {
    match path.to_str() {
        Some(text) if !text.starts_with(SCHEME) => text.to_owned(),
        _ => {
            let host = if path.is_absolute() { "//" } else { "" };
            let bytes = path.as_os_str().as_encoded_bytes().iter();
            let encoded: String = bytes.map(|byte| encoded(*byte)).collect();
            format!("{SCHEME}{host}{encoded}")
        }
    }
}

fn encoded(byte: u8) -> String {
    let is_plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if is_plain {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// The path that a key's value is.
pub(crate) fn text_path(text: &str) -> PathBuf {
    let Some(rest) = text.strip_prefix(SCHEME) else {
        return PathBuf::from(text);
    };
    let encoded = match rest.strip_prefix("//") {
        Some(path) if path.starts_with('/') => path,
        _ => rest,
    };
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut parts = encoded.split('%');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let code = part.get(..2).filter(|code| !code.starts_with('+'));
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            bytes.extend_from_slice(&part.as_bytes()[2..]);
        } else {
            bytes.push(b'%');
            bytes.extend_from_slice(part.as_bytes());
        }
    }
    of_bytes(bytes)
}

#[cfg(unix)]
fn of_bytes(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn of_bytes(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_given_back() {
        let mut paths: Vec<PathBuf> = ["a b/x.csv", "/tmp/größe%41.npz", "file:a", "file:///a", ""]
            .map(PathBuf::from)
            .into();
        if cfg!(unix) {
            paths.push(of_bytes(b"/tmp/\xff\xfe%/a b.csv".to_vec()));
            paths.push(of_bytes(b"x\xff/y%41".to_vec()));
        }
        for path in paths {
            assert_eq!(text_path(&path_text(&path)), path);
        }
    }

    #[test]
    fn uris_of_files_are_read() {
        assert_eq!(text_path("file:///tmp/a%20b"), Path::new("/tmp/a b"));
        assert_eq!(text_path("file:/tmp/a"), Path::new("/tmp/a"));
        // Not a code.
        assert_eq!(text_path("file:/tmp/100%"), Path::new("/tmp/100%"));
    }
}
