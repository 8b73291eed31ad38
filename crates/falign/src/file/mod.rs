//! Files that are written whole or not at all, and the hash of what they hold.

mod folder;
pub mod lock;
mod regular;
pub mod sealed;
mod uri;
mod user;
pub(crate) mod zip;

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

pub use self::folder::{Folder, has_other_names};
pub(crate) use self::regular::open;
pub use self::regular::{read, read_text};
pub use self::uri::path_text;
pub(crate) use self::uri::text_path;
pub use self::user::UserFolder;

use crate::{Error, Result};

/// Writes `bytes` to `path` so that a reader sees the old file or the new one, never a part:
/// temporary name in the same folder, fsync, rename, fsync of the folder. The folder may be a link.
///
/// # Errors
/// [`Error::Io`] naming the path, for instance when the disk is full; the old file is then
/// still there and the temporary one is removed.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let (folder, name) = split(path)?;
    Folder::opened(folder)
        .map_err(|source| Error::io(path, source))?
        .write(name, bytes)
}

/// [`write_atomic`] into a folder of the program's own, which is no link.
///
/// # Errors
/// As [`write_atomic`]; [`Error::Io`] naming the folder, as [`Folder::own`].
pub fn write_own(path: &Path, bytes: &[u8]) -> Result<()> {
    let (folder, name) = split(path)?;
    Folder::own(folder)?.write(name, bytes)
}

/// The bytes of a regular file in a folder of the program's own, which is no link.
///
/// # Errors
/// [`Error::Io`] naming the path, as [`read`], or the folder, as [`Folder::own`].
pub fn read_own(path: &Path) -> Result<Vec<u8>> {
    let (folder, name) = split(path)?;
    Folder::own(folder)?.read(name)
}

/// The folder of a file, and its name there.
fn split(path: &Path) -> Result<(&Path, &OsStr)> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "not the name of a file");
    let name = path.file_name().ok_or_else(no_name);
    name.map(|name| (folder, name))
        .map_err(|source| Error::io(path, source))
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

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
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
    use std::fs;

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
