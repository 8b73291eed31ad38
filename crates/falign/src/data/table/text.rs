//! The characters of a text file: UTF-8 or UTF-16, with or without a byte-order mark.

use std::borrow::Cow;

/// U+FEFF in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The text of a file, without its byte-order mark.
///
/// # Errors
/// What other encoding it seems to have, or where it stops being text, and the fix.
pub(super) fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let text = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            return Err(format!("it is UTF-32 text; {SAVE_AS_UTF_8}"));
        }
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf_16(rest, u16::from_le_bytes)?),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf_16(rest, u16::from_be_bytes)?),
        [0, first, 0, ..] | [first, 0, _, 0, ..] if first.is_ascii_graphic() => {
            return Err(format!(
                "it is UTF-16 text without a byte-order mark; {SAVE_AS_UTF_8}"
            ));
        }
        _ => Cow::Borrowed(utf_8(bytes.strip_prefix(MARK).unwrap_or(bytes))?),
    };
    match text.find('\0') {
        None => Ok(text),
        Some(at) => Err(format!(
            "line {} has a NUL character: the file is damaged, or no text",
            line(&text.as_bytes()[..at])
        )),
    }
}

const SAVE_AS_UTF_8: &str = "save it as UTF-8";

/// The line that follows these bytes, from 1.
fn line(before: &[u8]) -> usize {
    before.split(|byte| *byte == b'\n').count()
}

fn utf_8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        format!(
            "line {} is not UTF-8 text (byte 0x{:02x}); if it is Latin-1, as Windows programs write, \
             convert it: `iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW`",
            line(&bytes[..at]),
            bytes[at]
        )
    })
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: Option<String> = char::decode_utf16(units).map(Result::ok).collect();
    text.filter(|_| rest.is_empty())
        .ok_or_else(|| format!("it begins as UTF-16 text, but is damaged; {SAVE_AS_UTF_8}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_no_text_and_every_encoding_with_one_is_read() {
        let text = "größe,y\n1,2\n";
        let units = || std::iter::once(0xfeff).chain(text.encode_utf16());
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        let marked = [MARK, text.as_bytes()].concat();
        for bytes in [text.as_bytes(), &marked, &little, &big] {
            assert_eq!(decoded(bytes).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_such_text_is_named() {
        for (bytes, part) in [
            (
                &b"gr\xf6\xdfe,y\n1,2\n"[..],
                "line 1 is not UTF-8 text (byte 0xf6); if it is Latin-1",
            ),
            (b"a,y\n1,\xe9\n", "line 2 is not UTF-8 text"),
            (b"1\0,\x002\0\n\0", "UTF-16 text without a byte-order mark"),
            (
                b"\x001\0,\x002\0\n",
                "UTF-16 text without a byte-order mark",
            ),
            (b"\xff\xfe1\0,", "UTF-16 text, but is damaged"),
            (b"\xff\xfe\0\0a\0\0\0", "UTF-32"),
            (b"a,y\n1,2\0\n", "line 2 has a NUL character"),
        ] {
            let reason = decoded(bytes).unwrap_err();
            assert!(reason.contains(part), "{reason}");
        }
    }
}
