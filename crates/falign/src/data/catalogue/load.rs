//! Reading a data set whose files should be the published ones.

use std::path::{Path, PathBuf};

use super::{Checksum, Entry, EntryFile, Layout, Located};
use crate::data::labelled::{Labelled, TrainTest, shown};
use crate::data::{cifar, folder, gzip};
use crate::file::sha256;
use crate::{Error, Result};

/// How firmly a file is known to be the published one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The checksum of its content is right.
    Content,
    /// The checksum of the compressed file is right.
    Published,
    /// The file is not compressed as published, and no checksum of its content is known; only
    /// length, shape and label counts speak for it.
    Unproven {
        /// SHA-256 of its content, for [`Entry::pin`].
        content_sha256: String,
    },
}

/// A data set and what is known of its files.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The data set.
    pub data: TrainTest,
    /// The files, each with its proof; the batches of CIFAR-10, if unpacked, have none.
    pub files: Vec<(PathBuf, Proof)>,
}

impl Entry {
    /// Reads the files and compares them with all that is known of them: checksums, shape and
    /// label counts.
    ///
    /// # Errors
    /// [`Error::Data`] naming the file and what is wrong with it; [`Error::Io`].
    pub fn load(&self, located: &Located) -> Result<Loaded> {
        let paths = &located.files;
        let mut files = Vec::with_capacity(paths.len());
        let data = match self.layout {
            Layout::Idx => folder::read_idx(paths, Some(self.classes()), |index, path| {
                let (content, proof) = self.files[index].read(path)?;
                files.push((path.to_path_buf(), proof));
                Ok(content)
            })?,
            Layout::Cifar10 => {
                if let [archive] = &paths[..] {
                    let stored = gzip::read_stored(archive)?;
                    files.push((archive.clone(), self.files[0].prove(archive, &stored)?));
                    cifar::read_archive(archive, &stored)?
                } else {
                    for path in paths {
                        let content_sha256 = sha256(&gzip::read_content(path)?);
                        files.push((path.clone(), Proof::Unproven { content_sha256 }));
                    }
                    folder::read_batches(paths)?
                }
            }
        };
        self.check_set(located, "training", data.train(), &self.train_counts)?;
        self.check_set(located, "test", data.test(), &self.test_counts)?;
        Ok(Loaded { data, files })
    }

    /// Shape and label counts.
    fn check_set(
        &self,
        located: &Located,
        which: &str,
        data: &Labelled,
        counts: &[usize],
    ) -> Result<()> {
        let wrong = |reason: String| {
            let title = &self.title;
            Error::data(
                &located.folder,
                format!("the {which} set is not {title}'s: {reason}"),
            )
        };
        if data.sample_shape() != self.sample_shape {
            return Err(wrong(format!(
                "samples have shape {}, expected {}",
                shown(data.sample_shape()),
                shown(&self.sample_shape),
            )));
        }
        let found = data.label_counts();
        match found.iter().zip(counts).position(|(n, m)| n != m) {
            None => Ok(()),
            Some(class) => Err(wrong(format!(
                "class {class} has {} samples, expected {}",
                found[class], counts[class],
            ))),
        }
    }
}

impl EntryFile {
    /// Compares a file with its checksum.
    ///
    /// # Errors
    /// [`Error::Data`] if its content is not what it should be, or damaged; [`Error::Io`].
    pub fn check(&self, path: &Path) -> Result<Proof> {
        self.prove(path, &gzip::read_stored(path)?)
    }

    /// The content of a file and its proof.
    fn read(&self, path: &Path) -> Result<(Vec<u8>, Proof)> {
        let stored = gzip::read_stored(path)?;
        let is_published = self.is_published(&stored);
        let content = gzip::content(path, stored, self.content_bytes)?;
        let proof = if is_published {
            Proof::Published
        } else {
            self.judge(path, sha256(&content))?
        };
        Ok((content, proof))
    }

    /// The proof of a file from what is stored in it.
    fn prove(&self, path: &Path, stored: &[u8]) -> Result<Proof> {
        if self.is_published(stored) {
            return Ok(Proof::Published);
        }
        self.judge(path, gzip::content_hash(path, stored)?)
    }

    fn is_published(&self, stored: &[u8]) -> bool {
        matches!(&self.checksum, Checksum::Published(expected) if sha256(stored) == *expected)
    }

    /// The proof that the hash of the content gives.
    fn judge(&self, path: &Path, content_sha256: String) -> Result<Proof> {
        match &self.checksum {
            Checksum::Content(expected) if content_sha256 == *expected => Ok(Proof::Content),
            Checksum::Content(expected) => Err(Error::data(
                path,
                format!(
                    "wrong checksum: SHA-256 of its content is {content_sha256}, expected {expected}"
                ),
            )),
            Checksum::Published(_) => Ok(Proof::Unproven { content_sha256 }),
        }
    }
}
