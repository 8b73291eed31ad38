//! A folder that is open. What is done in it is done there, wherever its name leads by then.
//!
//! A folder that the user names may be a link; what the program makes inside it is not. So nobody
//! who can write there leads its writing and removing elsewhere by a link: one that is there
//! beforehand is refused by name, and one that is put there while the program runs is not
//! followed, for each piece of work is done in the folder that was opened. Links of single files
//! are replaced, not written through; reading follows them.
//!
//! All this on Unix. Other systems look at a name and then use it; what happens in between is not
//! noticed there.

#[cfg(not(unix))]
#[path = "folder/by_path.rs"]
mod calls;
#[cfg(unix)]
#[path = "folder/by_handle.rs"]
mod calls;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use self::calls::Handle;
use super::hash_of;
use super::regular::{open_by, read_all, refuse_special, special};
use crate::{Error, Result};

/// Ending of a file that is still being written.
const UNFINISHED: &str = ".part";

/// Makes temporary names of one process distinct.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A folder that is open. Names are those of files right in it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    handle: Handle,
}

impl Folder {
    /// Opens a folder that the user names; it may be a link.
    ///
    /// # Errors
    /// [`Error::Io`] naming the path.
    pub fn named(path: &Path) -> Result<Self> {
        Self::opened(path).map_err(|source| Error::io(path, source))
    }

    pub(super) fn opened(path: &Path) -> io::Result<Self> {
        calls::open(path).map(|handle| Self::of(path, handle))
    }

    fn of(path: &Path, handle: Handle) -> Self {
        Self {
            path: path.to_owned(),
            handle,
        }
    }

    /// Opens a folder of the program's own.
    ///
    /// # Errors
    /// [`Error::Io`] naming the path: what the operating system says, or that it is a link, a
    /// file.
    pub fn own(path: &Path) -> Result<Self> {
        match calls::open_unless_link(path) {
            Ok(handle) => Ok(Self::of(path, handle)),
            Err(source) => {
                refuse_link(path)?;
                Err(Error::io(path, source))
            }
        }
    }

    /// Opens as [`own`](Self::own) does; `None` where there is none.
    ///
    /// # Errors
    /// As [`own`](Self::own).
    pub fn find_own(path: &Path) -> Result<Option<Self>> {
        match Self::own(path) {
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    /// Opens as [`own`](Self::own) does, and makes it where there is none.
    ///
    /// # Errors
    /// As [`own`](Self::own).
    pub fn make_own(path: &Path) -> Result<Self> {
        refuse_link(path)?;
        fs::create_dir_all(path).map_err(|source| Error::io(path, source))?;
        Self::own(path)
    }

    /// The name by which it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An error where the name no longer leads here.
    ///
    /// # Errors
    /// [`Error::Io`] naming the path: what stands there now.
    pub fn refuse_replaced(&self) -> Result<()> {
        let now = Self::own(&self.path)?;
        let is_same = calls::are_same(&self.handle, &now.handle);
        if is_same.map_err(|source| Error::io(&self.path, source))? {
            return Ok(());
        }
        let text = "Was replaced while the program worked in it; put back what was there";
        Err(Error::io(&self.path, io::Error::other(text)))
    }

    /// Opens a file to write, made exclusively or there before, with what is in it.
    ///
    /// # Errors
    /// What the operating system says; that there is a link, or no regular file.
    pub fn file(&self, name: &OsStr) -> io::Result<File> {
        match calls::create(&self.handle, name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made,
        }
        refuse_special(&fs::symlink_metadata(self.path.join(name))?)?;
        let file = calls::open_to_write(&self.handle, name)?;
        // Once more, of what was opened.
        refuse_special(&file.metadata()?)?;
        Ok(file)
    }

    /// Writes `bytes` to a file so that a reader sees the old file or the new one, never a part:
    /// temporary name, fsync, rename, fsync of the folder.
    ///
    /// # Errors
    /// [`Error::Io`] naming the file, for instance when the disk is full; the old file is then
    /// still there and the temporary one is removed.
    pub fn write(&self, name: &OsStr, bytes: &[u8]) -> Result<()> {
        self.fill(name, |file| file.write_all(bytes))
            .map_err(|source| Error::io(self.path.join(name), source))
    }

    /// [`write`](Self::write) with any way of filling the file.
    fn fill(&self, name: &OsStr, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        let (temporary, mut file) = self.create_temporary(name)?;
        let written = fill(&mut file).and_then(|()| file.sync_all());
        drop(file);
        if let Err(error) = written.and_then(|()| self.rename(&temporary, name)) {
            // The first error is the one to tell.
            let _ = self.remove(&temporary);
            return Err(error);
        }
        calls::sync(&self.handle)
    }

    /// A new file `.NAME.PROCESS-COUNT.part`. A leftover of a dead process with the same number,
    /// or of the same number on another machine, is not touched: the next count is tried.
    fn create_temporary(&self, name: &OsStr) -> io::Result<(OsString, File)> {
        loop {
            let count = COUNTER.fetch_add(1, Ordering::Relaxed);
            let mut temporary = OsString::from(".");
            temporary.push(name);
            temporary.push(format!(".{}-{count}{UNFINISHED}", std::process::id()));
            match calls::create(&self.handle, &temporary) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => return Ok((temporary, file)),
            }
        }
    }

    /// The bytes of a regular file.
    ///
    /// # Errors
    /// [`Error::Io`] naming the file.
    pub fn read(&self, name: &OsStr) -> Result<Vec<u8>> {
        self.open(name, read_all)
    }

    /// SHA-256 of a file's content in lower-case hexadecimal.
    ///
    /// # Errors
    /// [`Error::Io`] naming the file.
    pub fn hash(&self, name: &OsStr) -> Result<String> {
        self.open(name, hash_of)
    }

    fn open<T>(&self, name: &OsStr, then: impl FnOnce(File) -> io::Result<T>) -> Result<T> {
        let path = self.path.join(name);
        open_by(&path, || calls::open_to_read(&self.handle, name))
            .and_then(then)
            .map_err(|source| Error::io(path, source))
    }

    /// Gives a file another name in the same folder.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        calls::rename(&self.handle, from, to)
    }

    /// Removes a file, or a link and not what it leads to.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        calls::remove(&self.handle, name)
    }

    /// Names of all that is in it, in no order.
    ///
    /// # Errors
    /// [`Error::Io`] naming the folder.
    pub fn names(&self) -> Result<Vec<OsString>> {
        calls::names(&self.handle).map_err(|source| Error::io(&self.path, source))
    }

    /// Removes what interrupted calls of [`write`](Self::write) left, and returns its paths, sorted.
    /// Only for the one program that writes there.
    ///
    /// # Errors
    /// [`Error::Io`] naming the folder or file.
    pub fn remove_leftovers(&self) -> Result<Vec<PathBuf>> {
        let mut names = self.names()?;
        names.retain(|name| is_leftover(&name.to_string_lossy()));
        names.sort();
        let remove = |name: OsString| {
            let path = self.path.join(&name);
            match self.remove(&name) {
                Ok(()) => Ok(path),
                Err(source) => Err(Error::io(path, source)),
            }
        };
        names.into_iter().map(remove).collect()
    }
}

/// Whether a name is one that [`Folder::write`] gives for a time.
fn is_leftover(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    name.strip_prefix('.')
        .and_then(|name| name.strip_suffix(UNFINISHED))
        .and_then(|name| name.rsplit_once('.'))
        .and_then(|(_, numbers)| numbers.split_once('-'))
        .is_some_and(|(process, count)| digits(process) && digits(count))
}

/// Refuses `path` unless it is a folder or is not there; the error says what it is.
fn refuse_link(path: &Path) -> Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(|source| Error::io(path, source))?,
    };
    if found.is_dir() {
        return Ok(());
    }
    let (what, fix) = if found.is_file() {
        ("a file", "remove it")
    } else {
        (
            special(found.file_type()),
            "remove it, or put the folder itself there",
        )
    };
    let text = format!("Is {what}, where a folder of the program's own is expected; {fix}");
    Err(Error::io(
        path,
        io::Error::new(io::ErrorKind::NotADirectory, text),
    ))
}

/// Whether a file has other names (hard links), under which somebody else may know it.
#[cfg(unix)]
pub fn has_other_names(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.nlink() > 1
}

/// Whether a file has other names: unknown on this system.
#[cfg(not(unix))]
pub fn has_other_names(_metadata: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests;
