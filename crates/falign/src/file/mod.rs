//! Files that are written whole or not at all, and the hash of what they hold.

pub mod lock;
mod own;
mod regular;
pub mod sealed;
mod uri;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

pub use self::own::{has_other_names, own_file, own_folder, refuse_link};
use self::regular::open;
pub use self::regular::{read, read_text};
pub use self::uri::path_text;
pub(crate) use self::uri::text_path;

use crate::{Error, Result};

/// Ending of a file that is still being written.
const UNFINISHED: &str = ".part";

/// Makes temporary names of one process distinct.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Writes `bytes` to `path` so that a reader sees the old file or the new one, never a part:
/// temporary name in the same folder, fsync, rename, fsync of the folder.
///
/// # Errors
/// [`Error::Io`] naming the path, for instance when the disk is full; the old file is then
/// still there and the temporary one is removed.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    atomically(path, |file| file.write_all(bytes)).map_err(|source| Error::io(path, source))
}

/// [`write_atomic`] with any way of filling the file.
fn atomically(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not the name of a file"))?;
    let (temporary, mut file) = create_temporary(folder, name)?;
    let written = fill(&mut file).and_then(|()| file.sync_all());
    drop(file);
    if let Err(error) = written.and_then(|()| fs::rename(&temporary, path)) {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_folder(folder)
}

/// A new file `.NAME.PROCESS-COUNT.part`. A leftover of a dead process with the same number,
/// or of the same number on another machine, is not touched: the next count is tried.
fn create_temporary(folder: &Path, name: &std::ffi::OsStr) -> io::Result<(PathBuf, File)> {
    loop {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}-{count}{UNFINISHED}", std::process::id()));
        let temporary = folder.join(temporary);
        match File::create_new(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(file) => return Ok((temporary, file)),
        }
    }
}

/// Makes a rename survive a power cut.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Folders cannot be opened for this here.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes what interrupted calls of [`write_atomic`] left in `folder`, and returns its names.
/// Only for the one program that writes there; a folder that does not exist has no leftovers.
///
/// # Errors
/// [`Error::Io`] naming the folder or file.
pub fn remove_leftovers(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|source| Error::io(folder, source))?,
    };
    let mut removed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| Error::io(folder, source))?;
        if is_leftover(&entry.file_name().to_string_lossy()) {
            let path = entry.path();
            fs::remove_file(&path).map_err(|source| Error::io(&path, source))?;
            removed.push(path);
        }
    }
    removed.sort();
    Ok(removed)
}

/// Whether a name is one that [`create_temporary`] gives.
fn is_leftover(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    name.strip_prefix('.')
        .and_then(|name| name.strip_suffix(UNFINISHED))
        .and_then(|name| name.rsplit_once('.'))
        .and_then(|(_, numbers)| numbers.split_once('-'))
        .is_some_and(|(process, count)| digits(process) && digits(count))
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file's content in lower-case hexadecimal: 64 digits.
///
/// # Errors
/// [`Error::Io`] naming the path.
pub fn content_hash(path: &Path) -> Result<String> {
    open(path)
        .and_then(hash_of)
        .map_err(|source| Error::io(path, source))
}

/// SHA-256 of all that a reader gives.
pub(crate) fn hash_of(mut reader: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(count) => hash.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

#[cfg(test)]
pub(crate) mod scratch {
    use std::path::{Path, PathBuf};

    /// A folder for one test, removed at its end.
    pub(crate) struct Scratch(PathBuf);

    impl Scratch {
        /// `test` must be unique among the tests.
        pub(crate) fn new(test: &str) -> Self {
            let name = format!("falign-test-{}-{test}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        pub(crate) fn path(&self) -> &Path {
            &self.0
        }

        /// A file with this content.
        pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
            let path = self.0.join(name);
            std::fs::write(&path, content).unwrap();
            path
        }

        /// Names of all files, sorted.
        pub(crate) fn names(&self) -> Vec<String> {
            let mut names: Vec<_> = std::fs::read_dir(&self.0)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::scratch::Scratch;
    use super::*;

    #[test]
    fn a_second_write_replaces_the_first_and_leaves_nothing_else() {
        let folder = Scratch::new("replace");
        let path = folder.path().join("a.csv");
        write_atomic(&path, b"old and long").unwrap();
        write_atomic(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(folder.names(), ["a.csv"]);
    }

    #[test]
    fn a_write_that_fails_half_way_keeps_the_old_file_and_no_other() {
        let folder = Scratch::new("half");
        let path = folder.file("a.bin", b"old");
        let error = atomically(&path, |file| {
            file.write_all(b"half of the new con")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        })
        .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(folder.names(), ["a.bin"]);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_path() {
        let folder = Scratch::new("missing");
        let path = folder.path().join("nowhere").join("a.bin");
        let error = write_atomic(&path, b"x").unwrap_err();
        assert!(matches!(&error, Error::Io { path: p, .. } if *p == path));
        assert!(matches!(
            write_atomic(Path::new("/"), b"x"),
            Err(Error::Io { .. })
        ));
    }

    #[test]
    fn leftovers_are_removed_and_nothing_else_is() {
        let folder = Scratch::new("leftovers");
        for name in [
            ".a.bin.123-0.part",
            "a.bin",
            ".b.part",
            "c.1-2.part",
            ".d.1-.part",
        ] {
            folder.file(name, b"x");
        }
        let removed = remove_leftovers(folder.path()).unwrap();
        assert_eq!(removed, [folder.path().join(".a.bin.123-0.part")]);
        assert_eq!(
            folder.names(),
            [".b.part", ".d.1-.part", "a.bin", "c.1-2.part"]
        );
        assert!(
            remove_leftovers(&folder.path().join("nowhere"))
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn threads_that_write_one_path_leave_one_whole_file() {
        let folder = Scratch::new("threads");
        let path = folder.path().join("a.bin");
        std::thread::scope(|scope| {
            for letter in b"abcd" {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..20 {
                        write_atomic(path, &[*letter; 5000]).unwrap();
                    }
                });
            }
        });
        let content = fs::read(&path).unwrap();
        assert!(content.len() == 5000 && content.iter().all(|b| *b == content[0]));
        assert_eq!(folder.names(), ["a.bin"]);
    }

    /// A real full disk, where this machine lets a test mount one.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_names_the_path_and_loses_nothing() {
        use std::process::Command;

        struct Mounted<'a>(&'a Path);
        impl Drop for Mounted<'_> {
            fn drop(&mut self) {
                let _ = Command::new("umount").arg(self.0).status();
            }
        }
        let folder = Scratch::new("full-disk");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("SKIPPED: a small tmpfs cannot be mounted here (needs root)");
            return;
        }
        let mounted = Mounted(folder.path());
        let path = mounted.0.join("a.bin");
        write_atomic(&path, b"finished").unwrap();
        let error = write_atomic(&path, &vec![1; 1 << 20]).unwrap_err();
        assert!(error.to_string().contains("a.bin"), "{error}");
        assert!(
            matches!(&error, Error::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull)
        );
        assert_eq!(fs::read(&path).unwrap(), b"finished");
        assert_eq!(folder.names(), ["a.bin"]);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let folder = Scratch::new("hash");
        assert_eq!(sha256(b"abc"), abc);
        assert_eq!(content_hash(&folder.file("abc", b"abc")).unwrap(), abc);
        assert!(matches!(
            content_hash(&folder.path().join("nowhere")),
            Err(Error::Io { .. })
        ));
    }
}
