//! Regular files to read. A pipe or a device in the place of one is refused by what it is: it
//! could be waited for without end, and gives its bytes only once.

use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read as _};
use std::path::Path;

use crate::memory::{available, shown};
use crate::{Error, Result};

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Opens a regular file to read, through links if need be.
///
/// # Errors
/// What the operating system says; an error that says what else is there, a pipe for instance.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    open_by(path, || File::open(path))
}

/// Opens as [`open`] does, by any way of opening what has this path.
pub(super) fn open_by(path: &Path, open: impl FnOnce() -> io::Result<File>) -> io::Result<File> {
    refuse_special(&fs::metadata(path)?)?;
    let file = open()?;
    // Once more, of what was opened.
    refuse_special(&file.metadata()?)?;
    Ok(file)
}

/// The bytes of a regular file.
///
/// # Errors
/// [`Error::Io`] naming the path, as `open`.
///
/// # Example
/// ```
/// use falign::internal::file::read;
/// let folder = std::env::temp_dir();
/// let error = read(&folder).unwrap_err();
/// assert!(error.to_string().contains("Is a directory, where a regular file is expected"));
/// ```
pub fn read(path: &Path) -> Result<Vec<u8>> {
    open(path)
        .and_then(read_all)
        .map_err(|source| Error::io(path, source))
}

/// Reads all bytes of a file that fits in memory.
pub(super) fn read_all(mut file: File) -> io::Result<Vec<u8>> {
    refuse_large(file.metadata()?.len(), available)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map(|_| bytes)
}

/// Files below this size are read wherever the program runs at all.
const SMALL: u64 = 1 << 26;

/// An error for a file that does not fit in memory.
fn refuse_large(length: u64, available: impl Fn() -> Option<u64>) -> io::Result<()> {
    match available().filter(|&room| length > SMALL.max(room)) {
        None => Ok(()),
        Some(room) => {
            let (length, room) = (shown(length as f64), shown(room as f64));
            let text = format!(
                "It holds {length}, and {room} of memory can be had here; allow more by --memory"
            );
            Err(io::Error::new(io::ErrorKind::OutOfMemory, text))
        }
    }
}

/// The text of a regular file, without the byte-order mark that some programs put first.
///
/// # Errors
/// [`Error::Io`] naming the path: as [`read`], and where it is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    let mut bytes = read(path)?;
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let reason = format!("not UTF-8 text: byte {} begins no character", at + 1);
        Error::io(path, io::Error::new(io::ErrorKind::InvalidData, reason))
    })
}

/// An error unless this is a regular file.
pub(super) fn refuse_special(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let (kind, what, fix) = if metadata.is_dir() {
        (io::ErrorKind::IsADirectory, "a directory", "")
    } else {
        (
            io::ErrorKind::InvalidInput,
            special(metadata.file_type()),
            "; store what it gives in a file, and name that",
        )
    };
    let text = format!("Is {what}, where a regular file is expected{fix}");
    Err(io::Error::new(kind, text))
}

/// The kind of a file that is neither regular nor a directory.
#[cfg(unix)]
pub(super) fn special(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "a pipe (FIFO)"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_symlink() {
        "a symbolic link"
    } else {
        "a device"
    }
}

/// The kind of a file that is neither regular nor a directory.
#[cfg(not(unix))]
pub(super) fn special(kind: FileType) -> &'static str {
    if kind.is_symlink() {
        "a symbolic link"
    } else {
        "a special file"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::scratch::Scratch;

    #[test]
    fn text_has_no_byte_order_mark_and_what_is_no_text_says_at_which_byte() {
        let folder = Scratch::new("regular-text");
        for content in ["text", "\u{feff}text"] {
            let path = folder.file("a", content.as_bytes());
            assert_eq!(read_text(&path).unwrap(), "text");
        }
        let error = read_text(&folder.file("b", b"te\xff")).unwrap_err();
        assert!(
            error.to_string().contains("not UTF-8 text: byte 3"),
            "{error}"
        );
    }

    #[test]
    fn a_file_larger_than_the_memory_is_refused() {
        refuse_large(SMALL, || Some(0)).unwrap();
        refuse_large(1 << 40, || None).unwrap();
        refuse_large(1 << 40, || Some(1 << 40)).unwrap();
        let error = refuse_large(720_000_000_000, || Some(20_000_000_000)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("holds 720 GB, and 20 GB of memory"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_a_device_and_a_socket_are_refused_by_what_they_are() {
        let folder = Scratch::new("regular-special");
        let fifo = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&fifo, &link).unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, what) in [
            (fifo.as_path(), "Is a pipe (FIFO), where a regular file"),
            (link.as_path(), "Is a pipe (FIFO), where a regular file"),
            (socket.as_path(), "Is a socket"),
            (Path::new("/dev/null"), "Is a device"),
            (folder.path(), "Is a directory"),
        ] {
            let text = read(path).unwrap_err().to_string();
            assert!(text.starts_with(&path.display().to_string()), "{text}");
            assert!(text.contains(what), "{text}");
        }
        // A link to a regular file is as good as the file.
        let link = folder.path().join("good");
        std::os::unix::fs::symlink(folder.file("a", b"x"), &link).unwrap();
        assert_eq!(read(&link).unwrap(), b"x");
    }
}
