//! Files of a run folder: written whole or not at all, and known to be whole when read.

use std::path::Path;

use serde_json::{Map, Value};

use crate::error::shown;
use crate::file::read_own;
use crate::file::sha256;
use crate::{Error, Result};

/// First words of every sealed file: the program and the version of the format.
const FORMAT: &str = "falign 1";

/// A sealed file: a line with the format's version, the length of the rest and its SHA-256;
/// the header, one line of JSON; the payload, little-endian. Equal content gives equal bytes.
///
/// # Example
/// ```
/// use falign::internal::file::sealed::seal;
/// let header = serde_json::from_str(r#"{"job": "a"}"#)?;
/// let bytes = seal(&header, &[1.0, f64::NAN]);
/// assert!(bytes.starts_with(b"falign 1 28 "));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Panics
/// Never: a JSON map always writes.
pub fn seal(header: &Map<String, Value>, payload: &[f64]) -> Vec<u8> {
    let mut body = serde_json::to_vec(header).expect("string keys always write");
    body.push(b'\n');
    for x in payload {
        body.extend_from_slice(&x.to_le_bytes());
    }
    let mut bytes = first_line(&body).into_bytes();
    bytes.append(&mut body);
    bytes
}

/// Line before `body`, its line feed included.
fn first_line(body: &[u8]) -> String {
    format!("{FORMAT} {} {}\n", body.len(), sha256(body))
}

/// Reads what [`seal`] wrote into a folder of the program's own, which is no link.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Record`] if it is foreign, truncated or
/// altered.
pub fn unseal(path: &Path) -> Result<(Map<String, Value>, Vec<f64>)> {
    let bytes = read_own(path)?;
    let damaged = |reason: &str| Error::record(path, reason);
    let (line, body) = split_line(&bytes).ok_or_else(|| {
        damaged(if bytes.is_empty() {
            "empty"
        } else {
            "truncated in its first line, or not a result file"
        })
    })?;
    let expected = first_line(body);
    if line != expected.trim_end().as_bytes() {
        return Err(damaged(&difference(line, body.len())));
    }
    let (header, payload) = split_line(body).ok_or_else(|| damaged("it has no header"))?;
    let header = serde_json::from_slice(header)
        .map_err(|error| damaged(&format!("unreadable header: {}", shown(&error.to_string()))))?;
    let (numbers, rest) = payload.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(damaged("its payload is no whole number of values"));
    }
    let numbers = numbers.iter().map(|b| f64::from_le_bytes(*b)).collect();
    Ok((header, numbers))
}

/// The first line without its line feed, and the rest.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|&b| b == b'\n')?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// Reason why a first line is not the one its body of `length` bytes should have.
fn difference(line: &[u8], length: usize) -> String {
    let words: Vec<&str> = std::str::from_utf8(line)
        .unwrap_or_default()
        .split(' ')
        .collect();
    let (program, version) = FORMAT.split_once(' ').unwrap_or((FORMAT, ""));
    match words[..] {
        [first, found, ..] if first == program && found != version => {
            let found = shown(found);
            format!("format version {found}, but this program reads {version}")
        }
        [first, _, says, _] if first == program => match says.parse::<usize>() {
            Ok(says) if length < says => {
                format!("truncated: {length} of {says} bytes are there")
            }
            Ok(says) if length > says => {
                format!("altered: {length} bytes where it says {says}")
            }
            _ => "altered: the checksum does not match".to_owned(),
        },
        _ => "not a result file of this program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::scratch::Scratch;

    fn sample() -> Vec<u8> {
        let header = [("job".to_owned(), Value::from("x"))].into_iter().collect();
        seal(&header, &[1.5, f64::NAN, -0.0])
    }

    fn reason(folder: &Scratch, bytes: &[u8]) -> String {
        let path = folder.file("a.bin", bytes);
        match unseal(&path) {
            Err(Error::Record {
                path: named,
                reason,
            }) if named == path => reason,
            other => panic!("not detected: {other:?}"),
        }
    }

    #[test]
    fn what_was_sealed_comes_back_bit_for_bit() {
        let folder = Scratch::new("seal");
        let (header, numbers) = unseal(&folder.file("a.bin", &sample())).unwrap();
        assert_eq!(header["job"], "x");
        let bits: Vec<u64> = numbers.iter().map(|x| x.to_bits()).collect();
        assert_eq!(bits, [1.5, f64::NAN, -0.0].map(f64::to_bits));
        assert_eq!(seal(&header, &numbers), sample());
    }

    #[test]
    fn every_truncation_is_detected() {
        let folder = Scratch::new("truncated");
        let bytes = sample();
        for length in 0..bytes.len() {
            reason(&folder, &bytes[..length]);
        }
        let says = reason(&folder, &bytes[..bytes.len() - 1]);
        assert!(says.starts_with("truncated"), "{says}");
    }

    #[test]
    fn every_single_byte_change_is_detected() {
        let folder = Scratch::new("flipped");
        let bytes = sample();
        for at in 0..bytes.len() {
            for mask in [1, 0x20, 0x80, 0xff] {
                let mut flipped = bytes.clone();
                flipped[at] ^= mask;
                reason(&folder, &flipped);
            }
        }
        let mut last = bytes;
        *last.last_mut().unwrap() ^= 1;
        let says = reason(&folder, &last);
        assert!(says.contains("checksum"), "{says}");
    }

    #[test]
    fn foreign_and_longer_files_and_other_versions_are_named_as_such() {
        let folder = Scratch::new("foreign");
        assert!(reason(&folder, b"a,b\n1,2\n").contains("not a result file"));
        assert!(reason(&folder, &[0xff, 0xfe, b'\n']).contains("not a result file"));
        let mut longer = sample();
        longer.push(0);
        assert!(reason(&folder, &longer).starts_with("altered"));
        for with in ["falign 10 ", "falign 2 "] {
            let other = [with.as_bytes(), &sample()["falign 1 ".len()..]].concat();
            assert!(reason(&folder, &other).contains("format version"));
        }
        // Other spellings of the same length and checksum are not what was written.
        let spelt = [b"falign 1 +".as_slice(), &sample()["falign 1 ".len()..]].concat();
        reason(&folder, &spelt);
        assert!(matches!(
            unseal(&folder.path().join("nowhere")),
            Err(Error::Io { .. })
        ));
    }
}
