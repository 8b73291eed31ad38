//! The ZIP file: members one after another, each hashed as it is written.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::{CompressionMethod, ZipWriter};

use crate::file::zip::member;
use crate::file::{hex, open};
use crate::{Error, Result};

/// A file of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Path in the unpacked folder, with slashes.
    pub(super) name: String,
    /// Bytes of its content.
    pub(super) bytes: u64,
    /// SHA-256 of its content.
    pub(super) sha256: String,
}

/// An archive that is being written, under another name until it is whole.
pub(super) struct Writer {
    out: PathBuf,
    part: PathBuf,
    /// Folder that everything is in, when it is unpacked.
    top: String,
    zip: Option<ZipWriter<BufWriter<File>>>,
    members: Vec<Member>,
}

impl Writer {
    /// Begins a file that is not there yet.
    ///
    /// # Errors
    /// [`Error::Record`] if it is there; [`Error::Io`] if it cannot be made.
    pub(super) fn new(out: &Path, top: &str) -> Result<Self> {
        if out.symlink_metadata().is_ok() {
            return Err(Error::record(
                out,
                "is there already; remove it, or choose another --out",
            ));
        }
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let part = out.with_file_name(format!(".{name}.{}.part", std::process::id()));
        // Never through a link that someone has put there.
        let file = File::create_new(&part).map_err(|source| Error::io(&part, source))?;
        Ok(Self {
            out: out.to_owned(),
            part,
            top: top.to_owned(),
            zip: Some(ZipWriter::new(BufWriter::new(file))),
            members: Vec::new(),
        })
    }

    /// Members so far.
    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Adds a file.
    pub(super) fn file(&mut self, name: &str, path: &Path) -> Result<()> {
        let cannot_read = |source| Error::io(path, source);
        let mut file = open(path).map_err(cannot_read)?;
        let length = file.metadata().map_err(cannot_read)?.len();
        self.start(name, u32::try_from(length).is_err())?;
        let mut adding = Adding::default();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => self.add(&mut adding, &buffer[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(cannot_read(error)),
            }
        }
        self.end(name, adding);
        Ok(())
    }

    /// Adds a file with this content.
    pub(super) fn bytes(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.start(name, u32::try_from(content.len()).is_err())?;
        let mut adding = Adding::default();
        self.add(&mut adding, content)?;
        self.end(name, adding);
        Ok(())
    }

    /// Ends the archive, and gives it its name. Its bytes.
    pub(super) fn finish(mut self) -> Result<u64> {
        let zip = self.zip.take().expect("it is not finished");
        let ended = || -> io::Result<u64> {
            let file = zip.finish()?.into_inner()?;
            file.sync_all()?;
            // Some systems rename no file that is open.
            drop(file);
            std::fs::rename(&self.part, &self.out)?;
            self.out.metadata().map(|facts| facts.len())
        };
        ended().map_err(|source| Error::io(&self.out, source))
    }

    fn start(&mut self, name: &str, is_large: bool) -> Result<()> {
        let options = member(is_large).compression_method(CompressionMethod::Deflated);
        let place = format!("{}/{name}", self.top);
        let started = self.zip().start_file(place, options);
        started.map_err(|error| Error::io(&self.out, error.into()))
    }

    fn add(&mut self, adding: &mut Adding, bytes: &[u8]) -> Result<()> {
        adding.hash.update(bytes);
        adding.bytes += bytes.len() as u64;
        let written = self.zip().write_all(bytes);
        written.map_err(|source| Error::io(&self.out, source))
    }

    fn end(&mut self, name: &str, adding: Adding) {
        self.members.push(Member {
            name: name.to_owned(),
            bytes: adding.bytes,
            sha256: hex(&adding.hash.finalize()),
        });
    }

    fn zip(&mut self) -> &mut ZipWriter<BufWriter<File>> {
        self.zip.as_mut().expect("it is not finished")
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Of one that was finished there is nothing left under this name.
        self.zip = None;
        let _ = std::fs::remove_file(&self.part);
    }
}

/// Facts of a member while it is written.
#[derive(Default)]
struct Adding {
    hash: Sha256,
    bytes: u64,
}
