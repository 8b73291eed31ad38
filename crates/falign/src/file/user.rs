//! Folders of the user's own in which falign keeps files.
//!
//! Windows has variables of its own for them, which stand in where the common ones are not set.

use std::ffi::OsString;
use std::path::PathBuf;

/// Kind of a user's folder, as the XDG specification has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserFolder {
    /// Files that can be fetched again: `XDG_CACHE_HOME`, or `~/.cache`, on Windows `LOCALAPPDATA`.
    Cache,
    /// Files that the user writes: `XDG_CONFIG_HOME`, or `~/.config`, on Windows `APPDATA`.
    Configuration,
}

impl UserFolder {
    /// Folder `falign` in it; `None` where neither the variable nor a home is known.
    pub fn find(self) -> Option<PathBuf> {
        self.find_with(|name| std::env::var_os(name), std::env::home_dir())
    }

    /// Folder that [`find`](Self::find) gives, in any environment.
    pub(crate) fn find_with(
        self,
        variable: impl Fn(&str) -> Option<OsString>,
        home: Option<PathBuf>,
    ) -> Option<PathBuf> {
        let (name, of_windows, usual) = match self {
            Self::Cache => ("XDG_CACHE_HOME", "LOCALAPPDATA", ".cache"),
            Self::Configuration => ("XDG_CONFIG_HOME", "APPDATA", ".config"),
        };
        // The specification ignores relative paths, the empty one among them.
        let named = |name: &str| {
            let path = variable(name).map(PathBuf::from);
            path.filter(|path| path.is_absolute())
        };
        let folder = named(name)
            .or_else(|| cfg!(windows).then(|| named(of_windows)).flatten())
            .or_else(|| home.map(|home| home.join(usual)))?;
        Some(folder.join("falign"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSOLUTE: &str = if cfg!(windows) { r"C:\c" } else { "/c" };

    #[test]
    fn a_users_folder_is_the_variables_or_below_the_home() {
        let found = |folder: UserFolder, value: &str, home: Option<&str>| {
            folder.find_with(|_| Some(value.into()), home.map(PathBuf::from))
        };
        let (cache, own) = (UserFolder::Cache, UserFolder::Configuration);
        let expected = PathBuf::from(ABSOLUTE).join("falign");
        assert_eq!(found(cache, ABSOLUTE, Some("/h")), Some(expected));
        for ignored in ["", "relative"] {
            let expected = Some("/h/.config/falign".into());
            assert_eq!(found(own, ignored, Some("/h")), expected);
            assert_eq!(found(own, ignored, None), None);
        }
    }

    #[test]
    fn windows_has_variables_of_its_own() {
        let variable = |name: &str| (name == "LOCALAPPDATA").then(|| ABSOLUTE.into());
        let found = UserFolder::Cache.find_with(variable, Some("/h".into()));
        let root = if cfg!(windows) { ABSOLUTE } else { "/h/.cache" };
        assert_eq!(found, Some(PathBuf::from(root).join("falign")));
    }
}
