//! Folders in which data sets are looked for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{Entry, Layout, Proof};
use crate::data::cifar::BATCHES;
use crate::data::folder::{self, CIFAR_ARCHIVE, IDX_FILES};
use crate::file::UserFolder;
use crate::{Error, Result};

/// Name of the variable with the folder of data sets.
pub const FALIGN_DATA: &str = "FALIGN_DATA";

/// The files of a data set on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The folder they lie in.
    pub folder: PathBuf,
    /// The files: as [`Entry::files`], plain or compressed; or the six batches of CIFAR-10.
    pub files: Vec<PathBuf>,
}

/// The folders that data sets are looked for in, in this order:
///
/// 1. `data_dir`, the option `--data-dir`;
/// 2. the environment variable `FALIGN_DATA`;
/// 3. `falign/data` in the user's cache: `XDG_CACHE_HOME`, or `~/.cache`.
///
/// Those that are not set are left out. What is fetched goes to the first.
pub fn search_path(data_dir: Option<&Path>) -> Vec<PathBuf> {
    folders(
        data_dir,
        |name| std::env::var_os(name),
        std::env::home_dir(),
    )
}

/// [`search_path`] in any environment.
fn folders(
    data_dir: Option<&Path>,
    variable: impl Fn(&str) -> Option<OsString>,
    home: Option<PathBuf>,
) -> Vec<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let cache = UserFolder::Cache.find_with(&variable, home);
    [
        data_dir.map(Path::to_path_buf),
        set(FALIGN_DATA).map(PathBuf::from),
        cache.map(|cache| cache.join("data")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Content of one folder of the search path.
pub(super) enum Found {
    Nothing,
    /// Files with the right names, which are some other data set's.
    Foreign(PathBuf),
    Here(Located),
}

/// Folders of [`Entry::folders`] whose name does not tell whose files lie in them.
const SHARED: [&str; 2] = ["", "raw"];

/// A folder below `root`; the empty path is `root` itself.
fn place(root: &Path, below: &str) -> PathBuf {
    if below.is_empty() {
        root.to_path_buf()
    } else {
        root.join(below)
    }
}

impl Entry {
    /// Finds the files of this data set in the first of these folders that has them all:
    /// in its own folder (`mnist`), in the one that torchvision makes (`MNIST/raw`), or
    /// directly.
    ///
    /// Data sets in MNIST's form share its file names. Files in a folder whose name is not one
    /// data set's own, such as a folder of the search path itself, are taken only if the checksum
    /// of their training labels is right.
    ///
    /// # Errors
    /// [`Error::Data`] naming every folder that was looked in, and how to fetch it;
    /// [`Error::Config`] if `search_path` is empty.
    pub fn locate(&self, search_path: &[PathBuf]) -> Result<Located> {
        let mut foreign = None;
        for root in search_path {
            match self.look_in(root) {
                Found::Here(located) => return Ok(located),
                Found::Foreign(folder) => foreign = foreign.or(Some(folder)),
                Found::Nothing => {}
            }
        }
        Err(self.missing(search_path, foreign.as_deref()))
    }

    pub(super) fn look_in(&self, root: &Path) -> Found {
        let mut found = Found::Nothing;
        for below in &self.folders {
            let folder = place(root, below);
            let Some(files) = self.files_in(&folder) else {
                continue;
            };
            let is_own = !SHARED.contains(&below.as_str());
            if is_own || self.is_proven(&files) {
                return Found::Here(Located { folder, files });
            }
            found = Found::Foreign(folder);
        }
        found
    }

    fn files_in(&self, folder: &Path) -> Option<Vec<PathBuf>> {
        match self.layout {
            Layout::Idx => folder::find_all(folder, &IDX_FILES).ok(),
            Layout::Cifar10 => match folder::find(folder, CIFAR_ARCHIVE) {
                Some(archive) => Some(vec![archive]),
                None => folder::find_all(folder, &BATCHES).ok(),
            },
        }
    }

    /// The folder below `root` that has some of the files, and which it has not.
    pub(super) fn part_in(&self, root: &Path) -> Option<(PathBuf, String)> {
        let names: &[&str] = match self.layout {
            Layout::Idx => &IDX_FILES,
            Layout::Cifar10 => &BATCHES,
        };
        self.folders.iter().find_map(|below| {
            let folder = place(root, below);
            let reason = folder::incomplete(&folder, names)?;
            Some((folder, reason))
        })
    }

    /// Whether files with the names of several data sets are this one's.
    fn is_proven(&self, files: &[PathBuf]) -> bool {
        match self.layout {
            Layout::Idx => matches!(
                self.files[1].check(&files[1]),
                Ok(Proof::Content | Proof::Published)
            ),
            Layout::Cifar10 => true,
        }
    }

    fn missing(&self, search_path: &[PathBuf], foreign: Option<&Path>) -> Error {
        let title = &self.title;
        let fetch = format!("fetch it with `falign data fetch {}`", self.name);
        let Some((first, others)) = search_path.split_first() else {
            let reason = format!("set it to the folder of {title}, or use --data-dir");
            return Error::config(FALIGN_DATA, "unset", reason);
        };
        if let Some(folder) = foreign {
            return Error::data(
                folder,
                format!(
                    "it has files with the names of {title}'s, but their checksum is not \
                     {title}'s; if they are, move them to {} below it, or {fetch}",
                    self.name
                ),
            );
        }
        if let Some((folder, reason)) = search_path.iter().find_map(|root| self.part_in(root)) {
            return Error::data(folder, format!("{title} is not whole: {reason}; {fetch}"));
        }
        let others: Vec<String> = others
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        let others = if others.is_empty() {
            String::new()
        } else {
            format!(", nor in {}", others.join(", "))
        };
        Error::data(
            first,
            format!(
                "{title} is not in this folder{others}; {fetch}, \
                 or name its folder by --data-dir or FALIGN_DATA"
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_path_is_the_option_the_variable_and_the_cache() {
        let path = |data: &str, cache: &str| {
            let variable = |name: &str| {
                Some(match name {
                    "FALIGN_DATA" => data.into(),
                    "XDG_CACHE_HOME" => cache.into(),
                    _ => return None,
                })
            };
            folders(Some(Path::new("here")), variable, Some("/home/a".into()))
        };
        let expect = |found: Vec<PathBuf>, expected: &[&str]| {
            assert_eq!(
                found,
                expected.iter().map(PathBuf::from).collect::<Vec<_>>()
            );
        };
        let (cache, data) = if cfg!(windows) {
            (r"C:\c", r"C:\c\falign\data")
        } else {
            ("/c", "/c/falign/data")
        };
        expect(path("/data", cache), &["here", "/data", data]);
        let home = "/home/a/.cache/falign/data";
        expect(path("", ""), &["here", home]);
        expect(path("/data", "relative"), &["here", "/data", home]);
        expect(folders(None, |_| None, Some("/home/a".into())), &[home]);
        expect(folders(None, |_| None, None), &[]);
    }
}
