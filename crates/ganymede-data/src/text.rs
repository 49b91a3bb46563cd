//! Text of people's files: UTF-8, with its mark or without, and UTF-16. Other encodings are refused, never guessed:
//! what is read wrongly would give two names one spelling. Not here: what the text means.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why bytes are no text that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotText {
    /// Line of the first byte that does not fit, from 1.
    pub line: u64,
    /// What was expected and found.
    pub reason: String,
}

impl NotText {
    /// What to do.
    pub const HINT: &str = "save it as UTF-8: in Excel `CSV UTF-8`, in an editor `Save with encoding`; or \
                            `iconv -f windows-1252 -t utf-8 OLD > NEW` with the encoding that it has";
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// How a text is written as bytes. A mark is the byte order mark before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8 without a mark.
    #[default]
    Utf8,
    /// UTF-8 after a mark, as Excel writes it.
    Utf8Marked,
    /// UTF-16, low byte first, without a mark.
    Utf16Le,
    /// UTF-16, low byte first, after a mark.
    Utf16LeMarked,
    /// UTF-16, high byte first, without a mark.
    Utf16Be,
    /// UTF-16, high byte first, after a mark.
    Utf16BeMarked,
}

impl Encoding {
    /// The encoding of a text, by its mark or by the zeros of its first bytes.
    ///
    /// # Errors
    /// [`NotText`] for UTF-32.
    pub fn of(bytes: &[u8]) -> Result<Encoding, NotText> {
        if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
            return Err(NotText { line: 1, reason: "expected UTF-8, found UTF-32".into() });
        }
        Ok(match bytes {
            [0xef, 0xbb, 0xbf, ..] => Encoding::Utf8Marked,
            [0xff, 0xfe, ..] => Encoding::Utf16LeMarked,
            [0xfe, 0xff, ..] => Encoding::Utf16BeMarked,
            _ if zeros(bytes, 1) => Encoding::Utf16Le,
            _ if zeros(bytes, 0) => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        })
    }

    /// The bytes of its mark; none without one.
    pub fn mark(self) -> &'static [u8] {
        match self {
            Encoding::Utf8Marked => &[0xef, 0xbb, 0xbf],
            Encoding::Utf16LeMarked => &[0xff, 0xfe],
            Encoding::Utf16BeMarked => &[0xfe, 0xff],
            Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be => &[],
        }
    }

    /// The bytes of a text, without the mark.
    pub fn encode(self, text: String) -> Vec<u8> {
        match self {
            Encoding::Utf8 | Encoding::Utf8Marked => text.into_bytes(),
            Encoding::Utf16Le | Encoding::Utf16LeMarked => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf16Be | Encoding::Utf16BeMarked => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }
}

/// The text of a file's bytes, without a byte order mark.
///
/// # Errors
/// [`NotText`] for any other encoding than UTF-8 and UTF-16.
pub fn decode(bytes: &[u8]) -> Result<String, NotText> {
    let encoding = Encoding::of(bytes)?;
    let rest = &bytes[encoding.mark().len()..];
    match encoding {
        Encoding::Utf8 | Encoding::Utf8Marked => utf8(rest).map(String::from),
        Encoding::Utf16Le | Encoding::Utf16LeMarked => utf16(rest, u16::from_le_bytes),
        Encoding::Utf16Be | Encoding::Utf16BeMarked => utf16(rest, u16::from_be_bytes),
    }
}

/// As [`decode`], with the encoding; UTF-8 is not copied.
///
/// # Errors
/// As [`decode`].
pub fn decode_owned(mut bytes: Vec<u8>) -> Result<(String, Encoding), NotText> {
    let encoding = Encoding::of(&bytes)?;
    if !matches!(encoding, Encoding::Utf8 | Encoding::Utf8Marked) {
        return Ok((decode(&bytes)?, encoding));
    }
    bytes.drain(..encoding.mark().len());
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, encoding)),
        Err(error) => utf8(error.as_bytes()).map(|text| (text.into(), encoding)),
    }
}

/// Whether every second byte from `first` on is mostly 0, and the others are not: UTF-16 of Latin text without a mark.
fn zeros(bytes: &[u8], first: usize) -> bool {
    let head = &bytes[..bytes.len().min(512)];
    let zero = |from: usize| head.iter().skip(from).step_by(2).filter(|&&b| b == 0).count();
    head.len() >= 4 && bytes.len().is_multiple_of(2) && zero(first) * 4 > head.len() && zero(1 - first) == 0
}

fn utf8(bytes: &[u8]) -> Result<&str, NotText> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let line = 1 + bytes[..at].iter().filter(|&&b| b == b'\n').count() as u64;
        NotText { line, reason: format!("expected UTF-8, found the byte {:02x} of another encoding", bytes[at]) }
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotText> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    let line = |text: &str| 1 + text.bytes().filter(|&b| b == b'\n').count() as u64;
    for unit in char::decode_utf16(pairs.iter().map(|&pair| unit(pair))) {
        match unit {
            Ok(letter) => text.push(letter),
            Err(_) => return Err(NotText { line: line(&text), reason: "expected UTF-16, found half a letter".into() }),
        }
    }
    match rest {
        [] => Ok(text),
        _ => Err(NotText { line: line(&text), reason: "expected UTF-16, found an odd number of bytes".into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text as UTF-16 of both orders, with a mark and without.
    fn wide(text: &str) -> [Vec<u8>; 4] {
        let units = |swap: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|u| if swap { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        [
            [&[0xff, 0xfe][..], &units(false)].concat(),
            [&[0xfe, 0xff][..], &units(true)].concat(),
            units(false),
            units(true),
        ]
    }

    #[test]
    fn utf8_and_utf16_are_read_with_a_mark_and_without() {
        for text in ["file,class\na.png,кот\n", "seed = 1\n", "a,日本\r\n", ""] {
            assert_eq!(decode(text.as_bytes()).unwrap(), text);
            let marked = format!("\u{feff}{text}").into_bytes();
            assert_eq!(decode(&marked).unwrap(), text);
            assert_eq!(decode_owned(marked).unwrap(), (text.to_string(), Encoding::Utf8Marked));
            assert_eq!(decode_owned(text.into()).unwrap(), (text.to_string(), Encoding::Utf8));
            for bytes in &wide(text)[..2] {
                assert_eq!(decode(bytes).unwrap(), text, "{bytes:?}");
                let (read, encoding) = decode_owned(bytes.clone()).unwrap();
                assert_eq!([encoding.mark(), &encoding.encode(read)].concat(), *bytes, "the same bytes come back");
            }
        }
        for bytes in wide("file,class\na.png,cat\n") {
            assert_eq!(decode(&bytes).unwrap(), "file,class\na.png,cat\n");
        }
    }

    #[test]
    fn other_encodings_are_refused_with_their_line() {
        for (bytes, line, words) in [
            (&b"file;class\n1.png;\xea\xee\xf2\n"[..], 2, "the byte ea"),
            (b"caf\xe9\n", 1, "the byte e9"),
            (b"\xff\xfe\0\0a\0\0\0", 1, "UTF-32"),
            (b"\xff\xfea\0\n\0\x00\xd8", 2, "half a letter"),
            (b"\xff\xfea\0b", 1, "an odd number"),
        ] {
            let error = decode(bytes).unwrap_err();
            assert!(error.line == line && error.reason.contains(words), "{error:?}");
            assert_eq!(decode_owned(bytes.into()).unwrap_err(), error);
        }
    }
}
