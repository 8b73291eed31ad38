//! One file from one address into a `.part` file, going on where an earlier attempt ended.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::time::{Duration, Instant};

use falign::internal::file::{Folder, has_other_names};
use indicatif::HumanDuration;

use super::client::Client;

/// How an attempt ended that did not fail on this machine.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The whole content of the server is there.
    Complete,
    /// Cut off on the way; another attempt may go on.
    Broken(String),
    /// As `Broken`, and next to nothing came.
    Slow(String),
    /// The server will not give it.
    Refused(String),
}

/// How many bytes of how many are there, where the server tells.
pub(super) type Progress<'a> = &'a dyn Fn(u64, Option<u64>);

/// Appends to `part` of a folder what is missing of it. At most `limit` bytes in all: a server that never
/// stops must not fill the disk.
///
/// # Errors
/// What the operating system says if `part` cannot be written.
pub(super) fn attempt(
    client: &Client,
    url: &str,
    (folder, part): (&Folder, &OsStr),
    limit: u64,
    progress: Progress,
) -> io::Result<Ended> {
    let mut file = open(folder, part)?;
    let mut have = file.seek(SeekFrom::End(0))?;
    let mut answer = match client.get(url, have) {
        Ok(answer) => answer,
        Err(reason) => return Ok(Ended::Broken(reason)),
    };
    match answer.status {
        200 => have = restart(&mut file)?,
        206 if answer.first == Some(have) => {}
        // All of it was there, but the program ended before it could say so.
        416 if answer.total == Some(have) => return Ok(Ended::Complete),
        206 | 416 => {
            restart(&mut file)?;
            return Ok(Ended::Broken("it does not go on where asked to".to_owned()));
        }
        status @ (429 | 500..) => return Ok(Ended::Broken(format!("HTTP status {status}"))),
        status => return Ok(Ended::Refused(format!("HTTP status {status}"))),
    }
    let too_long = format!("it sends more than the {limit} bytes that the file can have");
    if answer.total.is_some_and(|total| total > limit) {
        return Ok(Ended::Refused(too_long));
    }
    let mut rate = Rate::new(client.patience.least);
    let mut buffer = vec![0; 1 << 16];
    loop {
        progress(have, answer.total);
        let count = match answer.body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Ended::Broken(format!("{error} after {have} bytes"))),
        };
        have += count as u64;
        if have > limit {
            restart(&mut file)?;
            return Ok(Ended::Refused(too_long));
        }
        file.write_all(&buffer[..count])?;
        if rate.is_too_low(count as u64) {
            let (time, bytes) = client.patience.least;
            let reason = format!(
                "it sends less than {bytes} bytes in {}",
                HumanDuration(time)
            );
            return Ok(Ended::Slow(reason));
        }
    }
    if let Some(total) = answer.total.filter(|total| have < *total) {
        let reason = format!("it ended after {have} bytes of {total}");
        return Ok(Ended::Broken(reason));
    }
    file.sync_all()?;
    Ok(Ended::Complete)
}

/// The part, made exclusively or there before. What else stands there goes, a link for instance
/// and not what it leads to; so does a file that has another name too, and may be somebody's.
fn open(folder: &Folder, part: &OsStr) -> io::Result<File> {
    let is_foreign =
        |found: fs::Metadata| !found.is_dir() && (!found.is_file() || has_other_names(&found));
    if fs::symlink_metadata(folder.path().join(part)).is_ok_and(is_foreign) {
        folder.remove(part)?;
    }
    let file = folder.file(part)?;
    // Once more, of what was opened.
    if has_other_names(&file.metadata()?) {
        return Err(io::Error::other("Has another name too; remove it"));
    }
    Ok(file)
}

/// Bytes that come in a time.
struct Rate {
    least: (Duration, u64),
    since: Instant,
    bytes: u64,
}

impl Rate {
    fn new(least: (Duration, u64)) -> Self {
        Self {
            least,
            since: Instant::now(),
            bytes: 0,
        }
    }

    /// Counts more bytes; whether the time is over and they were too few.
    fn is_too_low(&mut self, count: u64) -> bool {
        self.bytes += count;
        if self.since.elapsed() < self.least.0 {
            return false;
        }
        let is_low = self.bytes < self.least.1;
        *self = Self::new(self.least);
        is_low
    }
}

/// Empties the file.
fn restart(file: &mut File) -> io::Result<u64> {
    file.set_len(0)?;
    file.rewind()?;
    Ok(0)
}
