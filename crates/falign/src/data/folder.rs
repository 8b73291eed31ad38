//! Data sets that are several files of one folder.

use std::path::{Path, PathBuf};

use super::cifar::{self, BATCHES, Batch};
use super::labelled::TrainTest;
use super::{gzip, idx};
use crate::{Error, Result};

/// MNIST's four files: training images and labels, test images and labels.
pub(super) const IDX_FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// The archive of the binary version of CIFAR-10.
pub(super) const CIFAR_ARCHIVE: &str = "cifar-10-binary.tar";

/// Both sets from whatever is in the folder; see [`super::load_train_test`].
pub(super) fn load(folder: &Path) -> Result<TrainTest> {
    if let Ok(paths) = find_all(folder, &IDX_FILES) {
        return read_idx(&paths, None, |_, path| idx::read_content(path));
    }
    if let Ok(paths) = find_all(folder, &BATCHES) {
        return read_batches(&paths);
    }
    if let Some(path) = find(folder, CIFAR_ARCHIVE) {
        return cifar::read_archive(&path, &gzip::read_stored(&path)?);
    }
    Err(Error::data(
        folder,
        format!(
            "it has neither {} (plain or .gz) nor {} to {} nor {CIFAR_ARCHIVE}.gz",
            IDX_FILES.join(", "),
            BATCHES[0],
            BATCHES[BATCHES.len() - 1],
        ),
    ))
}

/// Both sets from MNIST's four files in the order of [`IDX_FILES`]; `content` reads the file
/// with that index.
pub(super) fn read_idx(
    paths: &[PathBuf],
    classes: Option<usize>,
    mut content: impl FnMut(usize, &Path) -> Result<Vec<u8>>,
) -> Result<TrainTest> {
    let mut set = |first: usize, classes| {
        let (images, labels) = (&paths[first], &paths[first + 1]);
        idx::assemble(
            (images, content(first, images)?),
            (labels, content(first + 1, labels)?),
            classes,
        )
    };
    let train = set(0, classes)?;
    let test = set(2, Some(train.classes()))?;
    TrainTest::new(train, test).map_err(|error| super::in_file(&paths[2], error))
}

/// Both sets from the batches in the order of [`BATCHES`].
pub(super) fn read_batches(paths: &[PathBuf]) -> Result<TrainTest> {
    let mut batches = Vec::with_capacity(paths.len());
    for path in paths {
        batches.push(Batch {
            path,
            member: None,
            records: gzip::read_content(path)?,
        });
    }
    cifar::assemble(batches)
}

/// All of these files, or the first that is missing.
pub(super) fn find_all<'a>(
    folder: &Path,
    names: &[&'a str],
) -> std::result::Result<Vec<PathBuf>, &'a str> {
    names
        .iter()
        .map(|name| find(folder, name).ok_or(*name))
        .collect()
}

/// A file by its name without `.gz`: compressed, plain, or plain as some programs unpack it
/// (`train-images.idx3-ubyte`).
pub(super) fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    [
        format!("{name}.gz"),
        name.to_owned(),
        name.replace("-idx", ".idx"),
    ]
    .into_iter()
    .map(|name| folder.join(name))
    .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::super::labelled::load_train_test;
    use super::*;
    use crate::data::cifar::tests::{archive, records};
    use crate::data::idx::save_idx;
    use crate::file::scratch::Scratch;

    /// Four files with one sample of two pixels each; `dotted` and `gz` change their names.
    fn idx_files(folder: &Scratch, gz: bool, dotted: bool) {
        for (name, rank) in IDX_FILES.into_iter().zip([3, 1, 3, 1]) {
            let name = if dotted {
                name.replace("-idx", ".idx")
            } else {
                name.to_owned()
            };
            let path = folder
                .path()
                .join(if gz { format!("{name}.gz") } else { name });
            let (shape, values) = if rank == 3 {
                (&[1, 1, 2][..], &[7, 9][..])
            } else {
                (&[1][..], &[0][..])
            };
            save_idx(&path, shape, values).unwrap();
        }
    }

    #[test]
    fn idx_files_are_found_by_each_of_their_names() {
        let mut read = Vec::new();
        for (test, gz, dotted) in [
            ("gz", true, false),
            ("plain", false, false),
            ("dot", false, true),
        ] {
            let folder = Scratch::new(&format!("folder-{test}"));
            idx_files(&folder, gz, dotted);
            read.push(load_train_test(folder.path()).unwrap());
        }
        assert_eq!(read[0].train().sample_shape(), [1, 2]);
        assert!(read.iter().all(|data| *data == read[0]));
    }

    #[test]
    fn cifar_is_read_from_batches_and_from_its_archive() {
        let folder = Scratch::new("folder-cifar");
        let tar = archive(&BATCHES);
        folder.file("cifar-10-binary.tar", &tar);
        let packed = load_train_test(folder.path()).unwrap();
        let by_name = load_train_test(&folder.path().join("cifar-10-binary.tar")).unwrap();
        assert_eq!(packed, by_name);
        for (index, name) in (0..).zip(BATCHES) {
            folder.file(
                name,
                &if index == 5 {
                    records(8, 2)
                } else {
                    records(index, 1)
                },
            );
        }
        std::fs::remove_file(folder.path().join("cifar-10-binary.tar")).unwrap();
        assert_eq!(load_train_test(folder.path()).unwrap(), packed);
    }

    #[test]
    fn a_folder_without_data_says_what_it_looked_for() {
        let folder = Scratch::new("folder-empty");
        folder.file(IDX_FILES[0], b"x");
        let text = load_train_test(folder.path()).unwrap_err().to_string();
        for part in [
            "folder-empty",
            IDX_FILES[3],
            "data_batch_1.bin",
            "cifar-10-binary.tar.gz",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
