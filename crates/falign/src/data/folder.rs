//! Data sets that are several files of one folder.

use std::path::{Path, PathBuf};

use super::cifar::{self, BATCHES, Batch};
use super::labelled::TrainTest;
use super::{gzip, idx};
use crate::{Error, Result};

/// MNIST's four files: training images and labels, test images and labels.
pub(crate) const IDX_FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// The archive of the binary version of CIFAR-10.
pub(super) const CIFAR_ARCHIVE: &str = "cifar-10-binary.tar";

/// The folder that CIFAR-10's archive unpacks to.
const CIFAR_FOLDER: &str = "cifar-10-batches-bin";

/// The files of a data set in one folder.
enum Found {
    Idx(Vec<PathBuf>),
    Batches(Vec<PathBuf>),
    Archive(PathBuf),
}

impl Found {
    fn look_in(folder: &Path) -> Option<Self> {
        if let Ok(paths) = find_all(folder, &IDX_FILES) {
            return Some(Self::Idx(paths));
        }
        if let Ok(paths) = find_all(folder, &BATCHES) {
            return Some(Self::Batches(paths));
        }
        find(folder, CIFAR_ARCHIVE).map(Self::Archive)
    }
}

/// Reads both sets from whatever is in the folder, or in the one below it that torchvision or
/// CIFAR-10's archive makes; see [`super::load_train_test`].
pub(super) fn load(folder: &Path) -> Result<TrainTest> {
    match locate(folder)?.1 {
        Found::Idx(paths) => read_idx(&paths, None, |_, path| idx::read_content(path)),
        Found::Batches(paths) => read_batches(&paths),
        Found::Archive(path) => cifar::read_archive(&path, &gzip::read_stored(&path)?),
    }
}

/// The folder that the files of [`super::load_train_test`] lie in: `folder` or one below it.
///
/// # Errors
/// [`Error::Data`] if there are none, or several data sets; [`Error::Io`].
pub(crate) fn folder_of_files(folder: &Path) -> Result<PathBuf> {
    Ok(locate(folder)?.0)
}

fn locate(folder: &Path) -> Result<(PathBuf, Found)> {
    if let Some(found) = Found::look_in(folder) {
        return Ok((folder.to_owned(), found));
    }
    let below = below(folder)?;
    let found = below
        .iter()
        .filter_map(|place| Some((place, Found::look_in(place)?)));
    let mut found: Vec<_> = found.collect();
    match (found.pop(), found.pop()) {
        (Some((place, one)), None) => Ok((place.clone(), one)),
        (Some((second, _)), Some((first, _))) => Err(Error::data(
            folder,
            format!(
                "it has several data sets, such as {} and {}; name the folder of one",
                first.display(),
                second.display()
            ),
        )),
        (None, _) => Err(nothing_in(folder, &below)),
    }
}

/// The folders in which torchvision (`MNIST/raw`) and CIFAR-10's archive put files, in order.
fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = vec![folder.join("raw"), folder.join(CIFAR_FOLDER)];
    for entry in std::fs::read_dir(folder).map_err(|source| Error::io(folder, source))? {
        let entry = entry.map_err(|source| Error::io(folder, source))?;
        all.push(entry.path().join("raw"));
    }
    all.retain(|place| place.is_dir());
    all.sort();
    Ok(all)
}

/// Error for a folder without a data set, with the files of one that it does have.
fn nothing_in(folder: &Path, below: &[PathBuf]) -> Error {
    for place in std::iter::once(folder).chain(below.iter().map(PathBuf::as_path)) {
        for names in [&IDX_FILES[..], &BATCHES] {
            if let Some(reason) = incomplete(place, names) {
                return Error::data(place, reason);
            }
        }
    }
    Error::data(
        folder,
        format!(
            "neither it nor a folder MNIST/raw below it has {} (plain or .gz), {} to {}, or \
             {CIFAR_ARCHIVE}.gz",
            IDX_FILES.join(", "),
            BATCHES[0],
            BATCHES[BATCHES.len() - 1],
        ),
    )
}

/// Names of the files that are missing, where others are there.
pub(super) fn incomplete(folder: &Path, names: &[&str]) -> Option<String> {
    let (there, missing): (Vec<_>, Vec<_>) =
        names.iter().partition(|name| find(folder, name).is_some());
    if there.is_empty() || missing.is_empty() {
        return None;
    }
    let joined = |names: Vec<&&str>| names.into_iter().copied().collect::<Vec<_>>().join(", ");
    Some(format!(
        "{} {} missing (plain or .gz); it has {}",
        joined(missing.clone()),
        if missing.len() == 1 { "is" } else { "are" },
        joined(there),
    ))
}

/// Reads both sets from MNIST's four files in the order of [`IDX_FILES`]; `content` reads the file
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

/// Reads both sets from the batches in the order of [`BATCHES`].
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

/// Paths of these files, or the name of the first that is missing.
pub(super) fn find_all<'a>(
    folder: &Path,
    names: &[&'a str],
) -> std::result::Result<Vec<PathBuf>, &'a str> {
    names
        .iter()
        .map(|name| find(folder, name).ok_or(*name))
        .collect()
}

/// A file by its name without `.gz`: compressed or plain, with a dash or, as some programs
/// unpack it, with a dot (`train-images.idx3-ubyte`).
pub(super) fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let dotted = name.replace("-idx", ".idx");
    [
        format!("{name}.gz"),
        name.to_owned(),
        format!("{dotted}.gz"),
        dotted,
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
    fn idx_files(folder: &Path, gz: bool, dotted: bool) {
        std::fs::create_dir_all(folder).unwrap();
        for (name, rank) in IDX_FILES.into_iter().zip([3, 1, 3, 1]) {
            let name = if dotted {
                name.replace("-idx", ".idx")
            } else {
                name.to_owned()
            };
            let path = folder.join(if gz { format!("{name}.gz") } else { name });
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
            ("dot-gz", true, true),
        ] {
            let folder = Scratch::new(&format!("folder-{test}"));
            idx_files(folder.path(), gz, dotted);
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

    /// Files may lie as torchvision puts them: each of these folders may be named.
    #[test]
    fn files_are_found_below_the_root_that_torchvision_knows() {
        let root = Scratch::new("folder-root");
        let raw = root.path().join("MNIST/raw");
        idx_files(&raw, true, false);
        let read = load_train_test(&raw).unwrap();
        for folder in [
            root.path().to_owned(),
            root.path().join("MNIST"),
            raw.clone(),
        ] {
            assert_eq!(load_train_test(&folder).unwrap(), read);
            assert_eq!(folder_of_files(&folder).unwrap(), raw);
        }
        let other = root.path().join("KMNIST/raw");
        idx_files(&other, false, false);
        let text = load_train_test(root.path()).unwrap_err().to_string();
        let text = text.replace('\\', "/");
        for part in ["several data sets", "KMNIST/raw and", "MNIST/raw; name"] {
            assert!(text.contains(part), "{text}");
        }
        // What lies in the folder itself comes first.
        idx_files(root.path(), false, true);
        assert_eq!(folder_of_files(root.path()).unwrap(), root.path());
    }

    #[test]
    fn missing_files_are_named() {
        let root = Scratch::new("folder-missing");
        let raw = root.path().join("MNIST/raw");
        idx_files(&raw, true, false);
        let gone = |name: &str| std::fs::remove_file(raw.join(format!("{name}.gz"))).unwrap();
        gone(IDX_FILES[3]);
        let expected = "t10k-labels-idx1-ubyte is missing (plain or .gz); it has train-images";
        for folder in [root.path(), &raw] {
            let text = load_train_test(folder).unwrap_err().to_string();
            let text = text.replace('\\', "/");
            assert!(
                text.contains("MNIST/raw") && text.contains(expected),
                "{text}"
            );
        }
        gone(IDX_FILES[0]);
        let text = load_train_test(&raw).unwrap_err().to_string();
        let expected = "train-images-idx3-ubyte, t10k-labels-idx1-ubyte are missing";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn a_folder_without_data_says_what_it_looked_for() {
        let folder = Scratch::new("folder-empty");
        let text = load_train_test(folder.path()).unwrap_err().to_string();
        for part in [
            "folder-empty",
            "MNIST/raw",
            IDX_FILES[3],
            "data_batch_1.bin",
            "cifar-10-binary.tar.gz",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
