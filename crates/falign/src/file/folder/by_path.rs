//! Folders by their paths, where folders cannot be held open: looked at, then used.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// A folder that was there.
pub(super) type Handle = PathBuf;

pub(super) fn open(path: &Path) -> io::Result<Handle> {
    of_folder(path, &fs::metadata(path)?)
}

pub(super) fn open_unless_link(path: &Path) -> io::Result<Handle> {
    of_folder(path, &fs::symlink_metadata(path)?)
}

fn of_folder(path: &Path, found: &fs::Metadata) -> io::Result<Handle> {
    if found.is_dir() {
        Ok(path.to_owned())
    } else {
        Err(io::ErrorKind::NotADirectory.into())
    }
}

/// Whether both are one folder: unknown on this system, so yes.
#[allow(clippy::unnecessary_wraps, reason = "it is told elsewhere")]
pub(super) fn are_same(_a: &Handle, _b: &Handle) -> io::Result<bool> {
    Ok(true)
}

/// Makes a file, exclusively.
pub(super) fn create(folder: &Handle, name: &OsStr) -> io::Result<File> {
    File::create_new(folder.join(name))
}

pub(super) fn open_to_write(folder: &Handle, name: &OsStr) -> io::Result<File> {
    OpenOptions::new().write(true).open(folder.join(name))
}

pub(super) fn open_to_read(folder: &Handle, name: &OsStr) -> io::Result<File> {
    File::open(folder.join(name))
}

pub(super) fn rename(folder: &Handle, from: &OsStr, to: &OsStr) -> io::Result<()> {
    patiently(|| fs::rename(folder.join(from), folder.join(to)))
}

pub(super) fn remove(folder: &Handle, name: &OsStr) -> io::Result<()> {
    patiently(|| fs::remove_file(folder.join(name)))
}

/// Tries for a second what Windows refuses while somebody else has the file open: a reader, another
/// writer of it, a scanner for viruses.
fn patiently(attempt: impl Fn() -> io::Result<()>) -> io::Result<()> {
    const SHARING_VIOLATION: i32 = 32;
    let mut pause = Duration::from_millis(1);
    loop {
        match attempt() {
            Err(error)
                if pause.as_millis() < 1000
                    && (error.kind() == io::ErrorKind::PermissionDenied
                        || error.raw_os_error() == Some(SHARING_VIOLATION)) =>
            {
                sleep(pause);
                pause *= 2;
            }
            done => return done,
        }
    }
}

pub(super) fn names(folder: &Handle) -> io::Result<Vec<OsString>> {
    let entries = fs::read_dir(folder)?;
    entries.map(|entry| Ok(entry?.file_name())).collect()
}

/// Folders cannot be opened for this here.
#[allow(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
pub(super) fn sync(_folder: &Handle) -> io::Result<()> {
    Ok(())
}
