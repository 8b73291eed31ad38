//! One program at a time writes a run folder.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

use crate::file::Folder;
use crate::{Error, Result};

/// The empty file whose lock means that the folder is being written. It stays behind.
pub const LOCK_FILE: &str = ".lock";

/// The right to write a run folder, until it is dropped or the program ends in any way.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
    is_held: bool,
}

impl FolderLock {
    /// Takes the lock of `folder`, which must exist, without waiting.
    ///
    /// The lock is advisory. File systems without locks (some network ones) have none to give;
    /// there the call succeeds, without being [held](Self::is_held), and two writers at worst do
    /// the same work twice, since every file is written atomically and nobody removes what
    /// another may be writing.
    ///
    /// # Errors
    /// [`Error::Record`] if another program has it; [`Error::Io`] if the folder cannot be
    /// written, or something else stands where the lock does: a link, a pipe.
    pub fn acquire(folder: &Path) -> Result<Self> {
        Self::acquire_in(&Folder::named(folder)?)
    }

    /// Acquires the lock as [`acquire`](Self::acquire) does, of a folder that is open.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    pub fn acquire_in(folder: &Folder) -> Result<Self> {
        let path = folder.path().join(LOCK_FILE);
        let file = folder.file(LOCK_FILE.as_ref());
        let file = file.map_err(|source| Error::io(&path, source))?;
        let is_held = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => {
                return Err(Error::record(
                    folder.path(),
                    "another program is writing this folder; wait for it or choose another folder",
                ));
            }
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => false,
            Err(TryLockError::Error(source)) => return Err(Error::io(&path, source)),
        };
        Ok(Self {
            _file: file,
            is_held,
        })
    }

    /// Whether no other program writes the folder; `false` where the file system has no locks.
    pub fn is_held(&self) -> bool {
        self.is_held
    }
}

/// Whether a program writes a run folder just now, as far as its file system has locks. Changes nothing.
pub fn is_taken(folder: &Path) -> bool {
    let file = File::open(folder.join(LOCK_FILE));
    // Given back at once: whoever begins in that moment is told to wait, as by any other program.
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::scratch::Scratch;

    #[test]
    fn a_folder_has_one_writer_at_a_time() {
        let folder = Scratch::new("lock");
        let first = FolderLock::acquire(folder.path()).unwrap();
        assert!(first.is_held());
        let second = FolderLock::acquire(folder.path()).unwrap_err();
        assert!(second.to_string().contains("another program"), "{second}");
        assert!(is_taken(folder.path()));
        drop(first);
        assert!(!is_taken(folder.path()) && !is_taken(&folder.path().join("nowhere")));
        FolderLock::acquire(folder.path()).unwrap();
        assert_eq!(folder.names(), [LOCK_FILE]);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = Scratch::new("lock-missing");
        let error = FolderLock::acquire(&folder.path().join("nowhere")).unwrap_err();
        assert!(matches!(error, Error::Io { .. }) && error.to_string().contains("nowhere"));
    }
}
