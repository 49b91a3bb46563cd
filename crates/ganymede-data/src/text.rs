//! Text of people's files: UTF-8, with its mark or without, and UTF-16. Other encodings are refused, never guessed:
//! what is read wrongly would give two names one spelling. Not here: what the text means.

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

/// The text of a file's bytes, without a byte order mark.
///
/// # Errors
/// [`NotText`] for any other encoding than UTF-8 and UTF-16.
pub fn decode(bytes: &[u8]) -> Result<String, NotText> {
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(NotText { line: 1, reason: "expected UTF-8, found UTF-32".into() });
    }
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ if zeros(bytes, 1) => utf16(bytes, u16::from_le_bytes),
        _ if zeros(bytes, 0) => utf16(bytes, u16::from_be_bytes),
        _ => utf8(bytes),
    }
}

/// Whether every second byte from `first` on is mostly 0, and the others are not: UTF-16 of Latin text without a mark.
fn zeros(bytes: &[u8], first: usize) -> bool {
    let head = &bytes[..bytes.len().min(512)];
    let zero = |from: usize| head.iter().skip(from).step_by(2).filter(|&&b| b == 0).count();
    head.len() >= 4 && bytes.len().is_multiple_of(2) && zero(first) * 4 > head.len() && zero(1 - first) == 0
}

fn utf8(bytes: &[u8]) -> Result<String, NotText> {
    std::str::from_utf8(bytes).map(String::from).map_err(|error| {
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
            assert_eq!(decode(format!("\u{feff}{text}").as_bytes()).unwrap(), text);
            for bytes in &wide(text)[..2] {
                assert_eq!(decode(bytes).unwrap(), text, "{bytes:?}");
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
        }
    }
}
