//! Calls relative to an open folder.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fd::AsFd;
use rustix::fs::{self, AtFlags, CWD, Dir, Mode, OFlags};
use rustix::io::retry_on_intr;

/// An open folder.
pub(super) type Handle = File;

pub(super) fn open(path: &Path) -> io::Result<Handle> {
    open_at(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY)
}

pub(super) fn open_unless_link(path: &Path) -> io::Result<Handle> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    open_at(CWD, path, flags)
}

/// Whether two folders are one.
pub(super) fn are_same(a: &Handle, b: &Handle) -> io::Result<bool> {
    let (a, b) = (a.metadata()?, b.metadata()?);
    Ok((a.dev(), a.ino()) == (b.dev(), b.ino()))
}

/// Makes a file, exclusively.
pub(super) fn create(folder: &Handle, name: &OsStr) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    open_at(folder, Path::new(name), flags)
}

/// A link is an error.
pub(super) fn open_to_write(folder: &Handle, name: &OsStr) -> io::Result<File> {
    open_at(folder, Path::new(name), OFlags::WRONLY | OFlags::NOFOLLOW)
}

/// A link is followed.
pub(super) fn open_to_read(folder: &Handle, name: &OsStr) -> io::Result<File> {
    open_at(folder, Path::new(name), OFlags::RDONLY)
}

fn open_at(folder: impl AsFd, path: &Path, flags: OFlags) -> io::Result<File> {
    // What a new file allows is cut by the user's mask.
    let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP | Mode::ROTH | Mode::WOTH;
    let flags = flags | OFlags::CLOEXEC;
    let opened = retry_on_intr(|| fs::openat(folder.as_fd(), path, flags, mode))?;
    Ok(File::from(opened))
}

pub(super) fn rename(folder: &Handle, from: &OsStr, to: &OsStr) -> io::Result<()> {
    Ok(retry_on_intr(|| fs::renameat(folder, from, folder, to))?)
}

pub(super) fn remove(folder: &Handle, name: &OsStr) -> io::Result<()> {
    Ok(retry_on_intr(|| {
        fs::unlinkat(folder, name, AtFlags::empty())
    })?)
}

pub(super) fn names(folder: &Handle) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in retry_on_intr(|| Dir::read_from(folder))? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Makes a rename survive a power cut.
pub(super) fn sync(folder: &Handle) -> io::Result<()> {
    folder.sync_all()
}
