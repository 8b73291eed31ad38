//! Files of a run folder: written whole or not at all, and known to be whole when read.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// Held while a program writes a run folder, so that no second one does.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for its lock, given back on drop")] File);

impl Lock {
    /// Takes the folder's lock without waiting.
    ///
    /// # Errors
    /// [`Error::Record`] if another program holds it; [`Error::Io`].
    pub fn acquire(folder: &Path) -> Result<Self> {
        let path = folder.join(".lock");
        let file = File::create(&path).map_err(|source| Error::io(&path, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(fs::TryLockError::WouldBlock) => Err(Error::record(
                folder,
                "another falign is writing this run folder",
            )),
            Err(fs::TryLockError::Error(source)) => Err(Error::io(&path, source)),
        }
    }
}

/// First key of every sealed file.
const FORMAT: &str = "falign 1";

/// Writes `bytes` to `path` so that a reader sees the old file or the new one, never a part:
/// temporary name in the same folder, fsync, rename, fsync of the folder.
///
/// # Errors
/// [`Error::Io`] naming the path; the temporary file is removed.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension(format!("{}.part", std::process::id()));
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        match path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    });
    written.map_err(|source| {
        let _ = fs::remove_file(&temporary);
        Error::io(path, source)
    })
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// A header line and numbers, with a checksum over both.
///
/// # Panics
/// Never: a map with string keys always serialises.
pub fn seal(header: &Map<String, Value>, payload: &[f64]) -> Vec<u8> {
    let mut body = serde_json::to_vec(header).expect("string keys always write");
    body.push(b'\n');
    for x in payload {
        body.extend_from_slice(&x.to_le_bytes());
    }
    let mut bytes = format!("{FORMAT} {} {}\n", body.len(), digest(&body)).into_bytes();
    bytes.append(&mut body);
    bytes
}

/// Reads what [`seal`] wrote.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Record`] if it is foreign, truncated or
/// altered.
pub fn unseal(path: &Path) -> Result<(Map<String, Value>, Vec<f64>)> {
    let bytes = fs::read(path).map_err(|source| Error::io(path, source))?;
    let damaged = |reason: &str| Error::record(path, reason);
    let line = bytes
        .iter()
        .position(|&b| b == b'\n')
        .ok_or_else(|| damaged("truncated or not a result file"))?;
    let (head, body) = (&bytes[..line], &bytes[line + 1..]);
    let head = std::str::from_utf8(head).map_err(|_| damaged("not a result file"))?;
    let rest = head
        .strip_prefix(FORMAT)
        .ok_or_else(|| damaged("not a result file of this format"))?;
    let mut words = rest.split(' ').skip(1);
    let length = words.next().and_then(|w| w.parse::<usize>().ok());
    if length != Some(body.len()) {
        return Err(damaged("truncated: shorter or longer than it says"));
    }
    if words.next() != Some(digest(body).as_str()) || words.next().is_some() {
        return Err(damaged("altered: the checksum does not match"));
    }
    let line = body
        .iter()
        .position(|&b| b == b'\n')
        .ok_or_else(|| damaged("no header"))?;
    let header = serde_json::from_slice(&body[..line]).map_err(|_| damaged("unreadable header"))?;
    let (numbers, rest) = body[line + 1..].as_chunks::<8>();
    if !rest.is_empty() {
        return Err(damaged("payload is no whole number of values"));
    }
    Ok((
        header,
        numbers.iter().map(|b| f64::from_le_bytes(*b)).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_truncation_and_every_flipped_byte_is_detected() {
        let folder = std::env::temp_dir().join(format!("falign-store-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.bin");
        let header: Map<String, Value> =
            [("job".to_owned(), Value::from("x"))].into_iter().collect();
        let bytes = seal(&header, &[1.5, f64::NAN, -0.0]);
        write_atomic(&path, &bytes).unwrap();
        let (read, numbers) = unseal(&path).unwrap();
        assert_eq!(read, header);
        assert_eq!(numbers[1].to_bits(), f64::NAN.to_bits());
        for length in 0..bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            assert!(
                matches!(unseal(&path), Err(Error::Record { .. })),
                "length {length}"
            );
        }
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            fs::write(&path, &flipped).unwrap();
            assert!(
                matches!(unseal(&path), Err(Error::Record { .. })),
                "byte {at}"
            );
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
