//! One file from one address into a `.part` file, going on where an earlier attempt ended.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::client::Client;

/// How an attempt ended that did not fail on this machine.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// All that the server has is there.
    Complete,
    /// Cut off on the way; another attempt may go on.
    Broken(String),
    /// The server will not give it.
    Refused(String),
}

/// How many bytes of how many are there, where the server tells.
pub(super) type Progress<'a> = &'a dyn Fn(u64, Option<u64>);

/// Appends to `part` what is missing of it. At most `limit` bytes in all: a server that never
/// stops must not fill the disk.
///
/// # Errors
/// What the operating system says if `part` cannot be written.
pub(super) fn attempt(
    client: &Client,
    url: &str,
    part: &Path,
    limit: u64,
    progress: Progress,
) -> io::Result<Ended> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(part)?;
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
            let reason = format!("it sends more than the {limit} bytes that the file can have");
            return Ok(Ended::Refused(reason));
        }
        file.write_all(&buffer[..count])?;
    }
    if let Some(total) = answer.total.filter(|total| have < *total) {
        let reason = format!("it ended after {have} bytes of {total}");
        return Ok(Ended::Broken(reason));
    }
    file.sync_all()?;
    Ok(Ended::Complete)
}

/// Empties the file.
fn restart(file: &mut File) -> io::Result<u64> {
    file.set_len(0)?;
    file.rewind()?;
    Ok(0)
}
