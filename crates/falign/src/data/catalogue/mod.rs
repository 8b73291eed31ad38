//! Data sets known by name: their files, checksums, shapes and label counts.
//!
//! [`entries()`] has all of them. Mirrors compress the same content differently, so the checksum of the content is the better
//! one. Where only the published file's is known, a copy that was unpacked or compressed again
//! cannot be told from an altered one by it; then shape, length and label counts are compared,
//! the [`Proof`] says so, and [`Entry::pin`] takes a checksum that the user trusts.
//!
//! Nothing is downloaded here: `falign data fetch` does that. A data set is looked for in the
//! folders of [`search_path`], by [`Entry::locate`].

mod entries;
mod load;
mod locate;
mod state;

pub use entries::{entries, find};
pub use load::{Loaded, Proof};
pub use locate::{FALIGN_DATA, Located, search_path};
pub use state::State;

use std::path::Path;

use crate::{Error, Result};

/// Facts about a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name of the data set in files and commands, which is also its folder's: `mnist`.
    pub name: String,
    /// Name of the data set in sentences.
    pub title: String,
    /// Makers of the data set, and where it is described.
    pub source: String,
    /// Licence of the data set, as its makers state it.
    pub licence: String,
    /// How its files hold the samples.
    pub layout: Layout,
    /// The files as published, in the order that `layout` tells.
    pub files: Vec<EntryFile>,
    /// The shape of a sample, such as `[28, 28]`.
    pub sample_shape: Vec<usize>,
    /// Training samples of each class, (classes).
    pub train_counts: Vec<usize>,
    /// Test samples of each class, (classes).
    pub test_counts: Vec<usize>,
    /// Folders below one of the search path in which it may lie, first choice first; the empty path
    /// is that folder itself.
    pub folders: Vec<String>,
}

/// How the files of a data set hold its samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Four IDX files: training images and labels, test images and labels.
    Idx,
    /// The binary version of CIFAR-10: one archive, or its six batches.
    Cifar10,
}

/// A file as published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryFile {
    /// Name of the file, which ends in `.gz`.
    pub name: String,
    /// Size of the file as published; mirrors that compress anew differ a little.
    pub download_bytes: u64,
    /// Size of its decompressed content, where known.
    pub content_bytes: Option<u64>,
    /// Checksum of the file.
    pub checksum: Checksum,
}

/// A SHA-256 in lower-case hexadecimal, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    /// Checksum of the decompressed content: any compression will do.
    Content(String),
    /// Checksum of the compressed file as its makers publish it.
    Published(String),
}

impl Entry {
    /// Sets the SHA-256 of the decompressed content of one file.
    ///
    /// # Errors
    /// [`Error::Config`] if there is no such file, or `sha256` is not 64 hexadecimal digits.
    pub fn pin(&mut self, file: &str, sha256: &str) -> Result<()> {
        let is_hash = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash {
            return Err(Error::config(
                format!("{}.sha256.{file}", self.name),
                sha256,
                "expected 64 hexadecimal digits",
            ));
        }
        let names: Vec<&str> = self.files.iter().map(|file| file.name.as_str()).collect();
        let Some(at) = names.iter().position(|name| *name == file) else {
            return Err(Error::config(
                format!("{}.sha256", self.name),
                file,
                format!("no such file; there are {}", names.join(", ")),
            ));
        };
        self.files[at].checksum = Checksum::Content(sha256.to_ascii_lowercase());
        Ok(())
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.train_counts.len()
    }

    /// Training samples.
    pub fn train_samples(&self) -> usize {
        self.train_counts.iter().sum()
    }

    /// Test samples.
    pub fn test_samples(&self) -> usize {
        self.test_counts.iter().sum()
    }

    /// Size of all files as published.
    pub fn download_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.download_bytes).sum()
    }
}

/// Finds a data set by name on the search path and reads it: [`find`], [`search_path`],
/// [`Entry::locate`] and [`Entry::load`] at once.
///
/// # Errors
/// [`Error::Config`] for an unknown name; [`Error::Data`] if the data set is in none of the
/// folders, or its files are not what they should be; [`Error::Io`].
///
/// # Example
/// ```no_run
/// let data = falign::internal::data::catalogue::load("mnist", None)?.data;
/// assert_eq!(data.train().samples(), 60_000);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn load(name: &str, data_dir: Option<&Path>) -> Result<Loaded> {
    let entry = find(name)?;
    entry.load(&entry.locate(&search_path(data_dir))?)
}

#[cfg(test)]
mod tests;
