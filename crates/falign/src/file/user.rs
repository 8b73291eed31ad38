//! Folders of the user's own in which falign keeps files.

use std::ffi::OsString;
use std::path::PathBuf;

/// Kind of a user's folder, as the XDG specification has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserFolder {
    /// Files that can be fetched again: `XDG_CACHE_HOME`, or `~/.cache`.
    Cache,
    /// Files that the user writes: `XDG_CONFIG_HOME`, or `~/.config`.
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
        let (name, usual) = match self {
            Self::Cache => ("XDG_CACHE_HOME", ".cache"),
            Self::Configuration => ("XDG_CONFIG_HOME", ".config"),
        };
        // The specification ignores relative paths, the empty one among them.
        let named = variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let folder = named.or_else(|| home.map(|home| home.join(usual)))?;
        Some(folder.join("falign"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_folder_is_the_variables_or_below_the_home() {
        let found = |folder: UserFolder, value: &str, home: Option<&str>| {
            folder.find_with(|_| Some(value.into()), home.map(PathBuf::from))
        };
        let (cache, own) = (UserFolder::Cache, UserFolder::Configuration);
        assert_eq!(found(cache, "/c", Some("/h")), Some("/c/falign".into()));
        for ignored in ["", "relative"] {
            let expected = Some("/h/.config/falign".into());
            assert_eq!(found(own, ignored, Some("/h")), expected);
            assert_eq!(found(own, ignored, None), None);
        }
    }
}
