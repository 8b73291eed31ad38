//! Content of files that may be gzip-compressed, which their first two bytes tell.

use std::io::{self, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::file::{hash_of, read};
use crate::{Error, Result};

/// First bytes of every gzip file.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A file as stored, which must not be empty.
pub(super) fn read_stored(path: &Path) -> Result<Vec<u8>> {
    let bytes = read(path)?;
    if bytes.is_empty() {
        return Err(Error::data(path, "the file is empty"));
    }
    Ok(bytes)
}

/// The decompressed content of a file, which must not be empty.
pub(super) fn read_content(path: &Path) -> Result<Vec<u8>> {
    content(path, read_stored(path)?, None)
}

/// Decompresses what was read from `path` if it is compressed; at most `limit` bytes.
pub(super) fn content(path: &Path, stored: Vec<u8>, limit: Option<u64>) -> Result<Vec<u8>> {
    if !is_compressed(&stored) {
        return Ok(stored);
    }
    let mut content = Vec::new();
    let limit = limit.unwrap_or(u64::MAX);
    let read = MultiGzDecoder::new(stored.as_slice())
        .take(limit.saturating_add(1))
        .read_to_end(&mut content);
    if let Err(error) = read {
        return Err(damaged(path, content.len() as u64, &error));
    }
    if content.len() as u64 > limit {
        let reason = format!("gzip: its content goes on beyond the {limit} bytes expected");
        return Err(Error::data(path, reason));
    }
    if content.is_empty() {
        return Err(Error::data(path, "gzip: its content is empty"));
    }
    Ok(content)
}

/// Unpacked content.
#[derive(Debug)]
pub(super) enum Bounded {
    /// The whole content; or its beginning, where that does not tell how much there should be.
    Whole(Vec<u8>),
    /// Content that goes on beyond this many bytes, which its beginning told.
    Beyond(u64),
}

/// Bytes of a beginning: more than the headers of all formats have.
const BEGINNING: u64 = 1 << 17;

/// Unpacks what `length` tells of the beginning, and no more: some kilobytes can become gigabytes.
///
/// # Errors
/// The reader's, and how many bytes came before it.
pub(super) fn read_bounded(
    mut packed: impl Read,
    length: impl Fn(&[u8]) -> Option<u64>,
) -> Result<Bounded, (u64, io::Error)> {
    let mut content = Vec::new();
    let mut read = |limit: u64, content: &mut Vec<u8>| {
        let read = packed.by_ref().take(limit).read_to_end(content);
        read.map_err(|error| (content.len() as u64, error))
    };
    read(BEGINNING, &mut content)?;
    if (content.len() as u64) < BEGINNING {
        return Ok(Bounded::Whole(content));
    }
    let Some(length) = length(&content) else {
        return Ok(Bounded::Whole(content));
    };
    let more = length.saturating_add(1).saturating_sub(BEGINNING);
    read(more, &mut content)?;
    Ok(if content.len() as u64 > length {
        Bounded::Beyond(length)
    } else {
        Bounded::Whole(content)
    })
}

/// Message about content that is [`Bounded::Beyond`].
pub(super) fn beyond(limit: u64) -> String {
    format!("damaged: it goes on beyond the {limit} bytes that its header tells")
}

/// The decompressed content of a file, which must not be empty; if it is compressed, as much as
/// `length` tells of its beginning, as [`read_bounded`].
pub(super) fn read_measured(path: &Path, length: impl Fn(&[u8]) -> Option<u64>) -> Result<Vec<u8>> {
    read_limited(path, length, beyond)
}

/// [`read_measured`], with another sentence for what goes on beyond the limit.
pub(super) fn read_limited(
    path: &Path,
    length: impl Fn(&[u8]) -> Option<u64>,
    beyond: impl Fn(u64) -> String,
) -> Result<Vec<u8>> {
    let stored = read_stored(path)?;
    if !is_compressed(&stored) {
        return Ok(stored);
    }
    match read_bounded(MultiGzDecoder::new(stored.as_slice()), length) {
        Ok(Bounded::Whole(content)) if content.is_empty() => {
            Err(Error::data(path, "gzip: its content is empty"))
        }
        Ok(Bounded::Whole(content)) => Ok(content),
        Ok(Bounded::Beyond(limit)) => Err(Error::data(path, format!("gzip: {}", beyond(limit)))),
        Err((done, error)) => Err(damaged(path, done, &error)),
    }
}

/// SHA-256 of the decompressed content, without keeping it.
pub(super) fn content_hash(path: &Path, stored: &[u8]) -> Result<String> {
    hash_of(reader(stored)).map_err(|error| {
        let reason = format!("gzip: truncated or damaged ({error})");
        Error::data(path, reason)
    })
}

/// The decompressed content as a stream.
pub(super) fn reader<'a>(stored: &'a [u8]) -> Box<dyn Read + 'a> {
    if is_compressed(stored) {
        Box::new(MultiGzDecoder::new(stored))
    } else {
        Box::new(stored)
    }
}

fn is_compressed(stored: &[u8]) -> bool {
    stored.starts_with(&MAGIC)
}

fn damaged(path: &Path, done: u64, error: &io::Error) -> Error {
    let reason = format!("gzip: truncated or damaged after {done} bytes of its content ({error})");
    Error::data(path, reason)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::file::scratch::Scratch;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    /// `bytes` as a gzip file.
    pub(crate) fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    const PATH: &str = "a.gz";

    #[test]
    fn plain_and_compressed_files_have_the_same_content() {
        let plain = b"many many many bytes".to_vec();
        let stored = compressed(&plain);
        assert_ne!(stored, plain);
        // Two members, as `cat a.gz b.gz` makes them.
        let twice = [stored.clone(), stored.clone()].concat();
        let read = |bytes| content(Path::new(PATH), bytes, None).unwrap();
        assert_eq!(read(plain.clone()), plain);
        assert_eq!(read(stored.clone()), plain);
        assert_eq!(read(twice), [plain.clone(), plain.clone()].concat());
        let hash = |bytes: &[u8]| content_hash(Path::new(PATH), bytes).unwrap();
        assert_eq!(hash(&stored), hash(&plain));
        assert_eq!(hash(&plain), crate::file::sha256(&plain));
    }

    #[test]
    fn every_truncation_and_a_changed_byte_are_told() {
        let whole = compressed(b"many many many bytes");
        for length in MAGIC.len()..whole.len() {
            let error = content(Path::new(PATH), whole[..length].to_vec(), None).unwrap_err();
            let text = error.to_string();
            assert!(matches!(error, Error::Data { .. }), "{length}: {text}");
            assert!(
                text.starts_with("a.gz: gzip: truncated"),
                "{length}: {text}"
            );
            content_hash(Path::new(PATH), &whole[..length]).unwrap_err();
        }
        let mut altered = whole;
        let checksum = altered.len() - 8;
        altered[checksum] ^= 1;
        let text = content(Path::new(PATH), altered, None)
            .unwrap_err()
            .to_string();
        assert!(text.contains("after 20 bytes of its content"), "{text}");
    }

    #[test]
    fn content_beyond_the_limit_is_not_unpacked() {
        let stored = compressed(&vec![0; 1 << 20]);
        let text = content(Path::new(PATH), stored.clone(), Some(1000))
            .unwrap_err()
            .to_string();
        assert!(text.contains("beyond the 1000 bytes expected"), "{text}");
        content(Path::new(PATH), stored, Some(1 << 20)).unwrap();
        let empty = content(Path::new(PATH), compressed(b""), None).unwrap_err();
        assert!(empty.to_string().contains("empty"), "{empty}");
    }

    #[test]
    fn no_more_is_unpacked_than_the_beginning_tells() {
        let bytes = vec![7; 1 << 20];
        let length = |n: u64| move |_: &[u8]| Some(n);
        let read = |length: u64| read_bounded(&bytes[..], move |_| Some(length)).unwrap();
        assert!(matches!(read(1 << 20), Bounded::Whole(content) if content == bytes));
        assert!(matches!(read((1 << 20) - 1), Bounded::Beyond(_)));
        assert!(matches!(read(5), Bounded::Beyond(5)));
        // Nothing is told: the beginning is enough to say so.
        let unknown = read_bounded(&bytes[..], |_| None).unwrap();
        assert!(matches!(unknown, Bounded::Whole(content) if content.len() as u64 == BEGINNING));
        let folder = Scratch::new("gzip-measured");
        let path = folder.file("a.gz", &compressed(&bytes));
        assert_eq!(read_measured(&path, length(1 << 20)).unwrap(), bytes);
        let text = read_measured(&path, length(9)).unwrap_err().to_string();
        assert!(
            text.contains("a.gz: gzip: damaged: it goes on beyond the 9 bytes"),
            "{text}"
        );
        let empty = folder.file("b.gz", &compressed(b""));
        let text = read_measured(&empty, length(9)).unwrap_err().to_string();
        assert!(text.contains("empty"), "{text}");
    }
}
