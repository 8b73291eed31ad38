//! Inputs that nobody meant to give: mutated experiment files, damaged and hostile data. Whatever comes, the
//! answer is a result or one sentence that says what is wrong and where.

mod configs; // mutated experiment files, and what they run
mod files; // damaged data sets, weights and run folders

use falign::Error;
use falign::math::Stream;

use crate::support::seeds::pick;

/// Longest message: a sentence or two.
const LONGEST: usize = 1200;

/// A message is a sentence for a terminal: not empty, not endless, with nothing in it that moves the
/// cursor.
#[track_caller]
fn is_a_sentence(error: &Error) -> String {
    let text = error.to_string();
    assert!(!matches!(error, Error::Fault { .. }), "a panic: {text}");
    assert!(!text.trim().is_empty(), "{error:?}");
    assert!(text.chars().count() <= LONGEST, "endless: {text}");
    let is_clean = text.chars().all(|c| c == '\n' || !c.is_control());
    assert!(is_clean, "control characters: {text:?}");
    text
}

/// A place among so many things, from the first to behind the last.
fn place(draws: &mut Stream, length: usize) -> usize {
    draws.below(length + 1)
}

/// Bytes that are damaged in one of the ways in which files are: cut short, bits turned, numbers of
/// extreme size, parts lost, doubled or swapped, and text of another kind.
fn damaged(draws: &mut Stream, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let (from, to) = {
        let (a, b) = (place(draws, bytes.len()), place(draws, bytes.len()));
        (a.min(b), a.max(b))
    };
    match draws.below(9) {
        0 => bytes.truncate(from),
        1 => {
            for _ in 0..=draws.below(8) {
                if !bytes.is_empty() {
                    let at = draws.below(bytes.len());
                    bytes[at] ^= 1 << draws.below(8);
                }
            }
        }
        2 => {
            // A number of 1, 2, 4 or 8 bytes, aligned as headers have them.
            let width = 1 << draws.below(4);
            let at = from / width * width;
            let all: [u64; 7] = [
                0,
                1,
                0x7f,
                0xff,
                0x7fff_ffff_ffff_ffff,
                u64::MAX,
                0x8000_0000,
            ];
            let value = pick(draws, &all);
            let little = value.to_le_bytes();
            let big = value.to_be_bytes();
            let number = if draws.below(2) == 0 {
                &little[..width]
            } else {
                &big[8 - width..]
            };
            for (byte, new) in bytes.iter_mut().skip(at).zip(number) {
                *byte = *new;
            }
        }
        3 => drop(bytes.drain(from..to)),
        4 => {
            let part = bytes[from..to].to_vec();
            let at = place(draws, bytes.len());
            bytes.splice(at..at, part);
        }
        5 => {
            let noise: Vec<u8> = (0..=draws.below(20)).map(|_| noise(draws)).collect();
            bytes.splice(from..from, noise);
        }
        6 => replace_number(draws, &mut bytes),
        7 => {
            let zeros = to.min(from + 64);
            bytes[from..zeros].fill(pick(draws, &[0, 0xff, b'\n', b' ', b'"']));
        }
        _ => {
            let head = pick(
                draws,
                &[
                    "\u{feff}",
                    "#",
                    "\n",
                    "sep=,\n",
                    "PK\u{3}\u{4}",
                    "\u{1f}\u{8b}",
                ],
            );
            bytes.splice(0..0, head.bytes());
        }
    }
    bytes
}

#[allow(clippy::cast_possible_truncation, reason = "below 256")]
fn noise(draws: &mut Stream) -> u8 {
    draws.below(256) as u8
}

/// Numbers as text that someone once wrote.
const NUMBERS: [&str; 26] = [
    "0",
    "-0",
    "1",
    "-1",
    "1e308",
    "1e309",
    "-1e999",
    "1e-320",
    "nan",
    "NaN",
    "inf",
    "-Infinity",
    "",
    " ",
    "0x10",
    "1_000",
    "1,5",
    "9007199254740993",
    "18446744073709551616",
    "340282366920938463463",
    "1e18",
    "0.1",
    "-3",
    "true",
    "\"\"",
    "١",
];

/// Puts another number in the place of one that stands there as text.
fn replace_number(draws: &mut Stream, bytes: &mut Vec<u8>) {
    let is_of_number = |byte: &u8| byte.is_ascii_digit() || b".+-e".contains(byte);
    let start = draws.below(bytes.len().max(1));
    let Some(from) = (start..bytes.len()).find(|&at| bytes[at].is_ascii_digit()) else {
        return;
    };
    let to = from
        + bytes[from..]
            .iter()
            .take_while(|byte| is_of_number(byte))
            .count();
    bytes.splice(from..to, pick(draws, &NUMBERS).bytes());
}
