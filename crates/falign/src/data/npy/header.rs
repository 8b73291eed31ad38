//! The header of an NPY file: a magic word, a version, and a Python dictionary.

/// Reason why a header cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeaderError {
    #[error("not an NPY file: it does not begin with \\x93NUMPY")]
    Magic,
    #[error("NPY version {0} is unknown, expected 1, 2 or 3")]
    Version(u8),
    #[error("truncated: it ends within its header; save it again")]
    Truncated,
    #[error(
        "it has named fields (a structured type); save one plain array, \
         for instance with `numpy.lib.recfunctions.structured_to_unstructured`"
    )]
    Structured,
    #[error("unreadable NPY header `{0}`")]
    Unreadable(String),
}

/// Facts in the dictionary.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Type of the numbers, `<f8`.
    pub(super) descr: String,
    /// Column after column.
    pub(super) is_fortran: bool,
    pub(super) shape: Vec<usize>,
}

const MAGIC: &[u8] = b"\x93NUMPY";

impl Header {
    /// Bytes of the whole file, told by its beginning; `None` if that cannot be told.
    pub(super) fn file_length(
        beginning: &[u8],
        size_of: impl Fn(&str) -> Option<usize>,
    ) -> Option<u64> {
        let (header, data) = Self::split(beginning).ok()?;
        let size = size_of(&header.descr)?;
        let numbers = header
            .shape
            .iter()
            .try_fold(size, |n, &m| n.checked_mul(m))?;
        let length = numbers.checked_add(beginning.len() - data.len())?;
        Some(length as u64)
    }

    /// The header and the bytes after it.
    pub(super) fn split(bytes: &[u8]) -> Result<(Self, &[u8]), HeaderError> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            let is_start = MAGIC.starts_with(bytes);
            return Err(if is_start {
                HeaderError::Truncated
            } else {
                HeaderError::Magic
            });
        };
        let (version, rest) = rest
            .split_first_chunk::<2>()
            .ok_or(HeaderError::Truncated)?;
        let (length, rest) = match version[0] {
            1 => {
                let (length, rest) = rest.split_first_chunk().ok_or(HeaderError::Truncated)?;
                (usize::from(u16::from_le_bytes(*length)), rest)
            }
            2 | 3 => {
                let (length, rest) = rest.split_first_chunk().ok_or(HeaderError::Truncated)?;
                let length = usize::try_from(u32::from_le_bytes(*length));
                (length.map_err(|_| HeaderError::Truncated)?, rest)
            }
            other => return Err(HeaderError::Version(other)),
        };
        let (text, data) = rest
            .split_at_checked(length)
            .ok_or(HeaderError::Truncated)?;
        let text = String::from_utf8_lossy(text);
        Ok((Self::parse(text.trim())?, data))
    }

    fn parse(text: &str) -> Result<Self, HeaderError> {
        // A list of fields, other than the unit of dates: '<M8[ns]'.
        if text.contains("[(") || text.contains("[]") {
            return Err(HeaderError::Structured);
        }
        dictionary(text).ok_or_else(|| HeaderError::Unreadable(crate::error::shown(text)))
    }
}

/// `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`, in any order.
fn dictionary(text: &str) -> Option<Header> {
    let mut rest = text.strip_prefix('{')?.strip_suffix('}')?.trim();
    let (mut descr, mut is_fortran, mut shape) = (None, None, None);
    while !rest.is_empty() {
        let (key, after) = quoted(rest)?;
        rest = after.trim_start().strip_prefix(':')?.trim_start();
        rest = match key {
            "descr" => {
                let (value, after) = quoted(rest)?;
                descr = Some(value.to_owned());
                after
            }
            "fortran_order" => {
                let (value, after) = if let Some(after) = rest.strip_prefix("True") {
                    (true, after)
                } else {
                    (false, rest.strip_prefix("False")?)
                };
                is_fortran = Some(value);
                after
            }
            "shape" => {
                let (inside, after) = rest.strip_prefix('(')?.split_once(')')?;
                shape = Some(sizes(inside)?);
                after
            }
            _ => return None,
        };
        rest = rest.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if rest.is_empty() => rest,
            None => return None,
        };
    }
    Some(Header {
        descr: descr?,
        is_fortran: is_fortran?,
        shape: shape?,
    })
}

/// The string at the start of `text`, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote)
}

/// `3, 4`, `3,` or nothing.
fn sizes(text: &str) -> Option<Vec<usize>> {
    let text = text.trim();
    let text = text.strip_suffix(',').unwrap_or(text);
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(',')
        .map(|size| size.trim().trim_end_matches('L').parse().ok())
        .collect()
}

/// The header of a `float64` matrix in C order, as NumPy writes it.
pub(super) fn write((rows, columns): (usize, usize)) -> Vec<u8> {
    const ALIGNMENT: usize = 64;
    let mut text =
        format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    // Magic, version and length are 10 bytes; the line feed is one more.
    let used = 10 + text.len() + 1;
    text.extend(std::iter::repeat_n(
        ' ',
        used.next_multiple_of(ALIGNMENT) - used,
    ));
    text.push('\n');
    let length = u16::try_from(text.len()).expect("two numbers fit in one block");
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&[1, 0]);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}
