//! Files and folders of the program's own: a link in the place of one is refused, never followed.
//!
//! A folder that the user names may be a link; what the program makes inside it is not. So nobody
//! who can write there leads its writing elsewhere by a link that he puts there beforehand. Names
//! are looked at before they are used, and files are made exclusively; a folder that is replaced
//! by a link *while* the program writes is not noticed.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::regular::{refuse_special, special};
use crate::{Error, Result};

/// Makes a folder, or takes one that is there.
///
/// # Errors
/// [`Error::Io`] naming the path: what the operating system says, or that it is a link, a file.
pub fn own_folder(path: &Path) -> Result<()> {
    refuse_link(path)?;
    fs::create_dir_all(path).map_err(|source| Error::io(path, source))?;
    // Once more, of what is there now.
    refuse_link(path)
}

/// Nothing where `path` is a folder, or is not there.
///
/// # Errors
/// As [`own_folder`].
pub fn refuse_link(path: &Path) -> Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(|source| Error::io(path, source))?,
    };
    if found.is_dir() {
        return Ok(());
    }
    let what = if found.is_file() {
        "a file"
    } else {
        special(found.file_type())
    };
    let text = format!("Is {what}, where a folder of the program's own is expected; remove it");
    Err(Error::io(
        path,
        io::Error::new(io::ErrorKind::NotADirectory, text),
    ))
}

/// Opens a file to write, made exclusively or there before, with what is in it.
///
/// # Errors
/// What the operating system says; that there is a link, or no regular file.
pub fn own_file(path: &Path) -> io::Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made,
    }
    let named = fs::symlink_metadata(path)?;
    refuse_special(&named)?;
    let file = OpenOptions::new().write(true).open(path)?;
    if is_same(&named, &file.metadata()?) {
        Ok(file)
    } else {
        Err(io::Error::other("Was replaced while it was opened"))
    }
}

/// Whether two looks were at one file.
#[cfg(unix)]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Whether two looks were at one file, as far as can be told here.
#[cfg(not(unix))]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    a.file_type() == b.file_type()
}

/// Whether a file has other names (hard links), under which somebody else may know it.
#[cfg(unix)]
pub fn has_other_names(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.nlink() > 1
}

/// Not told here.
#[cfg(not(unix))]
pub fn has_other_names(_metadata: &Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::file::scratch::Scratch;

    #[test]
    fn a_folder_of_ones_own_is_made_or_taken_and_is_no_link_and_no_file() {
        let folder = Scratch::new("own-folder");
        let path = |name: &str| folder.path().join(name);
        own_folder(&path("a/b")).unwrap();
        own_folder(&path("a/b")).unwrap();
        symlink(path("a"), path("link")).unwrap();
        symlink(path("nowhere"), path("dangling")).unwrap();
        folder.file("file", b"x");
        for (name, what) in [
            ("link", "Is a symbolic link, where a folder"),
            ("dangling", "Is a symbolic link, where a folder"),
            ("file", "Is a file, where a folder"),
        ] {
            let text = own_folder(&path(name)).unwrap_err().to_string();
            assert!(text.contains(name) && text.contains(what), "{text}");
        }
        assert!(!path("nowhere").exists());
        // What the user names may be a link.
        own_folder(&path("link/c")).unwrap();
    }

    #[test]
    fn a_file_of_ones_own_is_made_or_gone_on_with_and_is_no_link() {
        let folder = Scratch::new("own-file");
        let path = |name: &str| folder.path().join(name);
        own_file(&path("a")).unwrap().write_all(b"long").unwrap();
        own_file(&path("a")).unwrap().write_all(b"s").unwrap();
        assert_eq!(fs::read(path("a")).unwrap(), b"song");
        symlink(path("a"), path("link")).unwrap();
        symlink(path("nowhere"), path("dangling")).unwrap();
        for name in ["link", "dangling"] {
            let text = own_file(&path(name)).unwrap_err().to_string();
            assert!(text.contains("Is a symbolic link"), "{text}");
        }
        assert!(!path("nowhere").exists());
        assert!(own_file(folder.path()).is_err());
        fs::hard_link(path("a"), path("b")).unwrap();
        assert!(has_other_names(&fs::metadata(path("a")).unwrap()));
    }
}
