//! Whether the files of a data set are there and as long as they should be, without reading them.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::locate::Found;
use super::{Entry, EntryFile, Layout, Located};
use crate::data::cifar::LARGEST_BATCH;
use crate::{Error, Result};

/// State of a data set on this machine, by the names and sizes of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Files are all there, with their sizes.
    Whole(Located),
    /// Files are missing, or have the wrong size.
    Damaged {
        /// Folder of the files that are there.
        folder: PathBuf,
        /// Reason, as a clause.
        why: String,
    },
    /// No file of it is there.
    Missing,
}

impl Entry {
    /// State of this data set in the first of these folders that has files of it. Content is not looked
    /// at: `falign data verify` does that.
    pub fn state(&self, search_path: &[PathBuf]) -> State {
        for root in search_path {
            if let Found::Here(located) = self.look_in(root) {
                return match self.has_sizes(&located) {
                    Ok(()) => State::Whole(located),
                    Err(error) => State::Damaged {
                        folder: located.folder,
                        why: error.to_string(),
                    },
                };
            }
        }
        let part = search_path.iter().find_map(|root| self.part_in(root));
        match part {
            Some((folder, why)) => State::Damaged { folder, why },
            None => State::Missing,
        }
    }

    /// Compares the sizes of files with those of the published ones.
    fn has_sizes(&self, located: &Located) -> Result<()> {
        for (at, path) in located.files.iter().enumerate() {
            let is_archive = located.files.len() == 1;
            let (found, expected) = match (self.layout, self.files.get(at)) {
                (Layout::Cifar10, Some(file)) if is_archive => {
                    // Unpacked it is as long as it was made; only its content tells.
                    if !is_compressed(path) {
                        continue;
                    }
                    (stored(path), file.download_bytes)
                }
                (Layout::Cifar10, _) => (content(path), LARGEST_BATCH),
                (Layout::Idx, Some(EntryFile { content_bytes, .. })) => {
                    let Some(expected) = content_bytes else {
                        continue;
                    };
                    (content(path), *expected)
                }
                (Layout::Idx, None) => continue,
            };
            let found = found.map_err(|source| Error::io(path, source))?;
            if found != expected {
                let reason = format!("holds {found} bytes in place of {expected}");
                return Err(Error::data(path, reason));
            }
        }
        Ok(())
    }
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "gz")
}

/// Bytes of a file.
fn stored(path: &Path) -> io::Result<u64> {
    Ok(path.metadata()?.len())
}

/// Bytes of a file's content: where it is compressed, what its last four bytes say. That is the number
/// modulo 2^32, which no file here reaches.
fn content(path: &Path) -> io::Result<u64> {
    if !is_compressed(path) {
        return stored(path);
    }
    let mut file = File::open(path)?;
    let mut bytes = [0; 4];
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;
    use crate::data::folder::IDX_FILES;
    use crate::data::gzip::tests::compressed;
    use crate::file::scratch::Scratch;

    #[test]
    fn sizes_tell_a_whole_data_set_from_a_damaged_one() {
        let root = Scratch::new("catalogue-state");
        let search = [root.path().to_owned()];
        let entry = find("mnist").unwrap();
        assert_eq!(entry.state(&search), State::Missing);
        let folder = root.path().join("mnist");
        std::fs::create_dir(&folder).unwrap();
        // Zeros compress to next to nothing; nobody looks at the content.
        let write = |at: usize, bytes: usize| {
            let (name, content) = (IDX_FILES[at], vec![0; bytes]);
            if at == 3 {
                std::fs::write(folder.join(name), content).unwrap();
            } else {
                let name = format!("{name}.gz");
                std::fs::write(folder.join(name), compressed(&content)).unwrap();
            }
        };
        let sizes = [47_040_016, 60_008, 7_840_016, 10_008];
        let why = || match entry.state(&search) {
            State::Damaged { folder: at, why } => {
                assert_eq!(at, folder);
                why
            }
            other => panic!("{other:?}"),
        };
        write(0, sizes[0]);
        assert!(why().contains("missing"), "{}", why());
        for (at, bytes) in sizes.into_iter().enumerate().skip(1) {
            write(at, bytes);
        }
        assert!(matches!(entry.state(&search), State::Whole(found) if found.folder == folder));
        for at in [1, 3] {
            write(at, sizes[at] - 1);
            let expected = format!("holds {} bytes in place of {}", sizes[at] - 1, sizes[at]);
            assert!(why().contains(&expected), "{}", why());
            write(at, sizes[at]);
        }
    }
}
