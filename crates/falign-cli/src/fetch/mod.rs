//! Fetching data sets: the only place that opens a socket.
//!
//! A file is written as `.NAME.ADDRESS.part` next to its place, is checked there, and is renamed
//! when it is right; so a file under its own name is whole. A part left behind by an interrupted
//! program or a broken connection is gone on with. It belongs to one address, because mirrors
//! compress the same content differently.

#[cfg(test)]
#[path = "../../tests/support/chance.rs"]
#[allow(dead_code, reason = "these tests need a part of it")]
mod chance; // seeds, as the tests of the program have them
mod client;
#[cfg(test)]
mod hostile;
mod mirrors;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;
mod transfer;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Result, bail};
use falign::Error;
use falign::internal::data::catalogue::{Checksum, Entry, EntryFile, Located, Proof};
use falign::internal::file::Folder;
use falign::internal::file::lock::FolderLock;
use indicatif::HumanDuration;

pub(crate) use self::client::Client;
use self::mirrors::address;
pub(crate) use self::mirrors::{BUILT_IN, Mirrors};
use self::transfer::{Ended, attempt};

/// Receiver of messages and progress of a fetch.
pub(crate) trait Watcher {
    /// A sentence about what happened.
    fn note(&self, text: &str);
    /// Bytes of a file that are there, of how many where that is known.
    fn progress(&self, file: &str, have: u64, total: Option<u64>);
}

/// Result of a fetch: the place of the data set.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) located: Located,
    /// Files that were not there before.
    pub(crate) new: usize,
}

/// Sees to it that the data set is in `root`, whole and checked. Without a client nothing is
/// asked of the network.
pub(crate) fn fetch(
    entry: &Entry,
    root: &Path,
    urls: &[String],
    client: Option<&Client>,
    watcher: &dyn Watcher,
) -> Result<Fetched> {
    let roots = [root.to_path_buf()];
    let found = entry
        .locate(&roots)
        .and_then(|located| entry.load(&located).map(|_| located));
    let client = match (found, client) {
        (Ok(located), _) => return Ok(Fetched { located, new: 0 }),
        (Err(error), None) => return Err(by_hand(entry, root, urls, &error)),
        (Err(_), Some(client)) => client,
    };
    let folder = Folder::make_own(&root.join(&entry.name))?;
    let _lock = FolderLock::acquire_in(&folder)?;
    let mut new = 0;
    let mut mirror = 0;
    for file in &entry.files {
        let place = folder.path().join(&file.name);
        if place.exists() {
            match published(file, &place) {
                Ok(()) => continue,
                Err(error) => watcher.note(&format!("{error}; fetching it again")),
            }
        }
        mirror = fetch_file(file, &folder, urls, mirror, client, watcher)?;
        new += 1;
    }
    let located = entry.locate(&roots)?;
    entry.load(&located)?;
    Ok(Fetched { located, new })
}

/// One file from the first mirror that has it, beginning with mirror number `start`; returns
/// the number of the one that had it, so that a dead one is waited for only once.
fn fetch_file(
    file: &EntryFile,
    folder: &Folder,
    urls: &[String],
    start: usize,
    client: &Client,
    watcher: &dyn Watcher,
) -> Result<usize> {
    let place = folder.path().join(&file.name);
    let mut reasons = Vec::new();
    for turn in 0..urls.len() {
        let mirror = (start + turn) % urls.len();
        let url = address(&urls[mirror], &file.name);
        watcher.note(&format!("fetching {url}"));
        let Some(reason) = fetch_from(file, folder, &url, client, watcher)? else {
            remove_parts(folder, &file.name)?;
            return Ok(mirror);
        };
        if turn + 1 < urls.len() {
            watcher.note(&format!("{reason}; trying the next mirror"));
        }
        reasons.push(format!("{url}: {reason}"));
        if client.left().is_none() {
            bail!(
                "{} could not be fetched in {}; the same command goes on with what is there: {}",
                place.display(),
                HumanDuration(client.patience.whole),
                reasons.join("; ")
            );
        }
    }
    if reasons.is_empty() {
        bail!(
            "no mirror is known for {}; name one with --mirrors",
            file.name
        );
    }
    bail!(
        "{} could not be fetched: {}",
        place.display(),
        reasons.join("; ")
    );
}

/// One file from one address, or the reason why not.
///
/// # Errors
/// What is this machine's fault, which no other address would mend.
fn fetch_from(
    file: &EntryFile,
    folder: &Folder,
    url: &str,
    client: &Client,
    watcher: &dyn Watcher,
) -> Result<Option<String>> {
    let place = folder.path().join(&file.name);
    let part = part_of(&file.name, url);
    let part = OsStr::new(&part);
    let part_path = folder.path().join(part);
    let length = || match fs::symlink_metadata(&part_path) {
        Ok(found) if found.is_file() => found.len(),
        _ => 0,
    };
    // A part of an earlier program may be of an earlier file.
    let mut is_old = length() > 0;
    let limit = file.content_bytes.unwrap_or(0).max(2 * file.download_bytes) + (1 << 20);
    let progress = |have, total| watcher.progress(&file.name, have, total);
    // Counted here, whatever the server says: attempts that brought no more than was there before.
    let (mut most, mut fruitless, mut attempts) = (length(), 0, 0);
    loop {
        attempts += 1;
        let ended = attempt(client, url, (folder, part), limit, &progress)
            .map_err(|source| refused_by_disk(folder, part, &place, source))?;
        folder.refuse_replaced()?;
        let is_slow = matches!(ended, Ended::Slow(_));
        match ended {
            Ended::Complete => match published(file, &part_path) {
                Ok(()) => {
                    let renamed = folder.rename(part, file.name.as_ref());
                    renamed.map_err(|source| Error::io(place, source))?;
                    return Ok(None);
                }
                Err(error) => {
                    remove(folder, part)?;
                    if !std::mem::take(&mut is_old) {
                        return Ok(Some(reason_of(&error)));
                    }
                    watcher.note("the part that was there does not fit; beginning anew");
                }
            },
            Ended::Refused(reason) => {
                remove(folder, part)?;
                return Ok(Some(reason));
            }
            Ended::Broken(reason) | Ended::Slow(reason) => {
                fruitless = if length() > most && !is_slow {
                    0
                } else {
                    fruitless + 1
                };
                most = most.max(length());
                let patience = &client.patience;
                let is_over = fruitless == patience.fruitless
                    || attempts == patience.attempts
                    || client.left().is_none();
                if is_over {
                    if length() == 0 {
                        remove(folder, part)?;
                    }
                    return Ok(Some(reason));
                }
                std::thread::sleep(client.patience.pause);
            }
        }
    }
}

/// Whether a file is what was published: its checksum must say so.
fn published(file: &EntryFile, path: &Path) -> falign::Result<()> {
    let content_sha256 = match file.check(path)? {
        Proof::Content | Proof::Published => return Ok(()),
        Proof::Unproven { content_sha256 } => content_sha256,
    };
    let (Checksum::Published(expected) | Checksum::Content(expected)) = &file.checksum;
    Err(Error::data(
        path,
        format!(
            "wrong checksum: it is not the published file, whose SHA-256 is {expected}; \
             SHA-256 of its content is {content_sha256}"
        ),
    ))
}

/// The reason of an error without the name of the temporary file.
fn reason_of(error: &Error) -> String {
    match error {
        Error::Data { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

/// Gives the space back, and names the file that could not be stored.
fn refused_by_disk(
    folder: &Folder,
    part: &OsStr,
    place: &Path,
    source: io::Error,
) -> anyhow::Error {
    // The first error is the one to tell.
    let _ = folder.remove(part);
    let is_full = matches!(
        source.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    );
    let error = anyhow::Error::from(Error::io(place, source));
    if is_full {
        error.context("there is no room; make some or choose another folder by --data-dir")
    } else {
        error
    }
}

fn remove(folder: &Folder, part: &OsStr) -> Result<()> {
    let removed = folder.remove(part);
    removed.map_err(|source| Error::io(folder.path().join(part), source))?;
    Ok(())
}

/// Removes what broken attempts at other addresses left of a file that is whole by now.
fn remove_parts(folder: &Folder, file: &str) -> Result<()> {
    let start = part_start(file);
    for name in folder.names()? {
        let text = name.to_string_lossy();
        if text.starts_with(&start) && text.ends_with(PART) {
            remove(folder, &name)?;
        }
    }
    Ok(())
}

/// Ending of a file that is not whole.
const PART: &str = ".part";

/// Beginning of the names of all parts of a file.
fn part_start(file: &str) -> String {
    format!(".{file}.")
}

/// The name under which a file is written until it is whole.
fn part_of(file: &str, url: &str) -> String {
    // FNV-1a: only to keep addresses apart.
    let hash = url.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{}{hash:016x}{PART}", part_start(file))
}

/// How to fetch without this program's help.
fn by_hand(entry: &Entry, root: &Path, urls: &[String], error: &Error) -> anyhow::Error {
    let addresses: Vec<String> = entry
        .files
        .iter()
        .map(|file| match urls.first() {
            Some(url) => address(url, &file.name),
            None => file.name.clone(),
        })
        .collect();
    anyhow::anyhow!(
        "{error}; --offline forbids fetching, so put into {} by other means: {}",
        root.join(&entry.name).display(),
        addresses.join(", "),
    )
}
