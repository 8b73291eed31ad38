//! Addresses from which data sets may be fetched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use falign::internal::data::catalogue;
use falign::internal::data::catalogue::Entry;
use falign::internal::file::{UserFolder, read_text};
use serde::Deserialize;

use crate::ended::Usage;

/// The mirrors that come with the program.
pub(crate) const BUILT_IN: &str = include_str!("mirrors.toml");

/// Addresses and checksums by data set.
#[derive(Debug)]
pub(crate) struct Mirrors(BTreeMap<String, Mirror>);

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mirror {
    urls: Vec<String>,
    /// SHA-256 of decompressed content by file name.
    #[serde(default)]
    sha256: BTreeMap<String, String>,
}

impl Mirrors {
    /// The built-in mirrors, with the tables of `file` instead of those it names; of the user's
    /// own file where none is given.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self> {
        let own = own_file().filter(|path| path.is_file());
        let mut mirrors = Self::parse(BUILT_IN)?;
        if let Some(path) = file.or(own.as_deref()) {
            let text = read_text(path)?;
            let replaced = Self::parse(&text).with_context(|| format!("{}", path.display()))?;
            mirrors.0.extend(replaced.0);
        }
        Ok(mirrors)
    }

    fn parse(text: &str) -> Result<Self> {
        let tables: BTreeMap<String, Mirror> =
            toml::from_str(text).map_err(|error| Usage(error.to_string()))?;
        let mut mirrors = BTreeMap::new();
        for (name, mirror) in tables {
            let is_web = |url: &&String| url.starts_with("https://") || url.starts_with("http://");
            if let Some(url) = mirror.urls.iter().find(|url| !is_web(url)) {
                return Err(Usage(format!(
                    "{name}.urls: `{url}` does not begin with https:// or http://"
                ))
                .into());
            }
            let mut entry = catalogue::find(&name)?;
            for (file, sha256) in &mirror.sha256 {
                entry.pin(file, sha256)?;
            }
            mirrors.insert(entry.name, mirror);
        }
        Ok(Self(mirrors))
    }

    /// A data set by name, with the user's checksums.
    pub(crate) fn entry(&self, name: &str) -> Result<Entry> {
        let mut entry = catalogue::find(name)?;
        for (file, sha256) in self.0.get(&entry.name).iter().flat_map(|m| &m.sha256) {
            entry.pin(file, sha256)?;
        }
        Ok(entry)
    }

    /// Entries of all data sets, with the user's checksums.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>> {
        let all = catalogue::entries();
        all.iter().map(|entry| self.entry(&entry.name)).collect()
    }

    /// Addresses of the files of a data set.
    pub(crate) fn urls(&self, entry: &Entry) -> &[String] {
        self.0.get(&entry.name).map_or(&[], |mirror| &mirror.urls)
    }
}

/// `falign/mirrors.toml` in the user's configuration.
fn own_file() -> Option<PathBuf> {
    Some(UserFolder::Configuration.find()?.join("mirrors.toml"))
}

/// The address of a file below a mirror's.
pub(crate) fn address(mirror: &str, file: &str) -> String {
    format!("{}/{file}", mirror.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_set_has_a_built_in_mirror() {
        let mirrors = Mirrors::parse(BUILT_IN).unwrap();
        for entry in mirrors.entries().unwrap() {
            assert!(!mirrors.urls(&entry).is_empty(), "{}", entry.name);
        }
    }

    #[test]
    fn a_users_tables_replace_the_built_in_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mirrors.toml");
        let hash = "ab".repeat(32);
        let text = format!(
            "[kmnist]\nurls = [\"http://here/\"]\nsha256.\"t10k-labels-idx1-ubyte.gz\" = \"{hash}\"\n"
        );
        std::fs::write(&path, text).unwrap();
        let mirrors = Mirrors::load(Some(&path)).unwrap();
        let entry = mirrors.entry("KMNIST").unwrap();
        assert_eq!(mirrors.urls(&entry), ["http://here/"]);
        assert_eq!(entry.files[3].checksum, catalogue::Checksum::Content(hash));
        assert!(mirrors.urls(&mirrors.entry("mnist").unwrap()).len() > 1);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, part) in [
            ("[mnits]\nurls = []\n", "there are mnist, fashion_mnist"),
            (
                "[mnist]\nurls = [\"ftp://here\"]\n",
                "`ftp://here` does not begin",
            ),
            ("[mnist]\nurl = []\n", "unknown field `url`"),
            ("[mnist]\n", "missing field `urls`"),
            (
                "[mnist]\nurls = []\nsha256.a = \"0\"\n",
                "64 hexadecimal digits",
            ),
        ] {
            let error = Mirrors::parse(text).unwrap_err();
            assert!(format!("{error:#}").contains(part), "{error:#}");
        }
    }

    #[test]
    fn addresses_have_one_slash() {
        assert_eq!(address("http://a/b", "c.gz"), "http://a/b/c.gz");
        assert_eq!(address("http://a/b/", "c.gz"), "http://a/b/c.gz");
    }
}
