//! How a table is written as text: what separates its cells, how they are quoted, how lines end. Not here: reading the cells
//! (`read.rs`), what a cell means (`column.rs`).

use crate::text::Encoding;
use serde::{Deserialize, Serialize};

/// How a table is written as text, so that other rows can be written alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialect {
    /// How the text is written as bytes.
    #[serde(default)]
    pub encoding: Encoding,
    /// What separates the cells of a line: a letter of ASCII.
    pub delimiter: char,
    /// Whether the first line is `sep=;`, which says what separates.
    #[serde(default, skip_serializing_if = "is_false")]
    pub says_delimiter: bool,
    /// What quotes around a cell mean.
    #[serde(default)]
    pub quotes: Quotes,
    /// What ends a line.
    #[serde(default)]
    pub line_end: LineEnd,
    /// Whether the last line has an end too.
    #[serde(default = "yes")]
    pub last_line_ends: bool,
    /// The line with the names of the columns as the file has it, without its end; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
}

impl Default for Dialect {
    /// Comma-separated, UTF-8, lines that end with `\n`.
    fn default() -> Self {
        Dialect {
            encoding: Encoding::Utf8,
            delimiter: ',',
            says_delimiter: false,
            quotes: Quotes::Doubled,
            line_end: LineEnd::Lf,
            last_line_ends: true,
            header: None,
        }
    }
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn yes() -> bool {
    true
}

/// What quotes (`"`) around a cell mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quotes {
    /// The cell is what stands between them; a quote inside is doubled.
    #[default]
    Doubled,
    /// The same, with a backslash before a quote inside and before a backslash.
    Backslash,
    /// They are letters as others are.
    Letters,
}

/// What ends a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnd {
    /// `\n`.
    #[default]
    Lf,
    /// `\r\n`.
    CrLf,
    /// `\r`.
    Cr,
}

impl LineEnd {
    /// Its bytes.
    pub fn text(self) -> &'static str {
        match self {
            LineEnd::Lf => "\n",
            LineEnd::CrLf => "\r\n",
            LineEnd::Cr => "\r",
        }
    }

    /// What ends the first line of a text; `Lf` where nothing does.
    pub(super) fn of(text: &[u8], quotes: Quotes) -> LineEnd {
        let mut quoted = false;
        for (at, &byte) in text.iter().enumerate() {
            match byte {
                b'"' if quotes != Quotes::Letters => quoted = !quoted,
                b'\n' if !quoted => return LineEnd::Lf,
                b'\r' if !quoted && text.get(at + 1) == Some(&b'\n') => return LineEnd::CrLf,
                b'\r' if !quoted => return LineEnd::Cr,
                _ => {}
            }
        }
        LineEnd::Lf
    }
}

impl Dialect {
    /// What is wrong with it, where it comes from a file that somebody changed.
    pub(super) fn fault(&self) -> Option<String> {
        let delimiter = self.delimiter;
        (!delimiter.is_ascii() || "\"\r\n\0".contains(delimiter))
            .then(|| format!("expected a delimiter such as `,`, found {delimiter:?}"))
    }

    /// The delimiter as a byte.
    pub(super) fn byte(&self) -> u8 {
        u8::try_from(self.delimiter).unwrap_or(b',')
    }

    /// Writes a cell, in quotes where it needs them or where `always`. `alone`: it is the only cell of its line.
    pub(crate) fn cell(&self, out: &mut String, text: &str, always: bool, alone: bool) {
        let delimiter = self.byte();
        let special = |b: u8| b == delimiter || b == b'"' || b == b'\n' || b == b'\r';
        // An empty line is no row.
        let needs = always || text.bytes().any(special) || alone && text.trim().is_empty();
        if self.quotes == Quotes::Letters || !needs {
            return out.push_str(text);
        }
        out.push('"');
        for letter in text.chars() {
            match (letter, self.quotes) {
                ('"', Quotes::Doubled) => out.push('"'),
                ('"' | '\\', Quotes::Backslash) => out.push('\\'),
                _ => {}
            }
            out.push(letter);
        }
        out.push('"');
    }
}

/// What may separate cells; of several that fit equally, the earlier. Commas are last: they are in numbers and sentences too.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];
/// How much of a text is looked at.
const SAMPLE: usize = 256 << 10;
/// How many rows of it.
const SAMPLE_ROWS: usize = 200;

/// The delimiter that a first line `sep=;` says, and how many bytes that line has.
pub(crate) fn said_delimiter(text: &[u8]) -> Option<(u8, usize)> {
    let rest = text.strip_prefix(b"sep=")?;
    let delimiter = rest.first().copied().filter(|b| b.is_ascii() && !b"\"\r\n\0".contains(b))?;
    match rest[1..] {
        [] => Some((delimiter, 5)),
        [b'\r', b'\n', ..] => Some((delimiter, 7)),
        [b'\r' | b'\n', ..] => Some((delimiter, 6)),
        _ => None,
    }
}

/// What separates the cells: what the first row has, and as many in most rows. Where the first row has none, what the others
/// have most of.
pub(crate) fn delimiter(text: &[u8]) -> u8 {
    let rows = counts(text);
    let Some(first) = rows.first() else { return b',' };
    let total = |at: usize| rows.iter().map(|row| u64::from(row[at])).sum::<u64>();
    let alike = |at: usize| rows.iter().filter(|row| row[at] == first[at]).count();
    // `max_by_key` gives the last of several, and the first is wanted.
    let places = (0..DELIMITERS.len()).rev();
    let consistent = places.clone().filter(|&at| first[at] > 0).max_by_key(|&at| alike(at));
    let frequent = || places.filter(|&at| total(at) > 0).max_by_key(|&at| total(at));
    consistent.or_else(frequent).map_or(b',', |at| DELIMITERS[at])
}

/// How many of each of [`DELIMITERS`] the first rows have outside of quotes. Empty lines are no rows.
fn counts(text: &[u8]) -> Vec<[u32; 4]> {
    let sample = &text[..text.len().min(SAMPLE)];
    let (mut rows, mut row) = (Vec::new(), [0; 4]);
    let (mut quoted, mut begins, mut empty) = (false, true, true);
    for &byte in sample {
        let place = DELIMITERS.iter().position(|&d| d == byte);
        match byte {
            // A doubled quote closes, and opens again at once.
            b'"' if quoted || begins => (quoted, begins, empty) = (!quoted, true, false),
            _ if quoted => {}
            b'\r' | b'\n' => {
                if !empty {
                    rows.push(row);
                }
                if rows.len() == SAMPLE_ROWS {
                    return rows;
                }
                (row, begins, empty) = ([0; 4], true, true);
            }
            _ => {
                if let Some(at) = place {
                    row[at] += 1;
                }
                (begins, empty) = (place.is_some(), false);
            }
        }
    }
    // A row that the sample cuts off has too few.
    if !empty && (rows.is_empty() || sample.len() == text.len()) {
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_what_rows_have_alike() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n", b';'),
            ("a;b;c\n1,5;2,5;1\n1,5;2,5;1\n", b';'),
            ("1,5;2,5\n3,5;2,1\n", b';'),
            ("a\tb\n1,2\t3;4\n", b'\t'),
            ("a|b\n1,2|3\n", b'|'),
            ("id,tags\n1,x;y\n2,x;y;z\n", b','),
            ("a,\"b;c;d\"\n1,2\n", b','),
            ("name,\"x\"\"y;\"\n1,2\n", b','),
            ("title\na;b;c\n1;2;3\n", b';'),
            ("5\" pipe,3\n6\" pipe,4\n", b','),
            ("x\n", b','),
            ("", b','),
            ("\r\n\r\na;b", b';'),
        ] {
            assert_eq!(delimiter(text.as_bytes()) as char, expected as char, "{text:?}");
        }
        // What follows a sample is not looked at, and a row that it cuts off neither.
        let long = format!("a;b\n{}", "1,1;2\n".repeat(100_000));
        assert_eq!(delimiter(long.as_bytes()), b';');
        assert_eq!(delimiter(format!("a,b\n{},2", "x".repeat(300_000)).as_bytes()), b',');
    }

    #[test]
    fn a_line_can_say_the_delimiter() {
        assert_eq!(said_delimiter(b"sep=;\r\na,b"), Some((b';', 7)));
        assert_eq!(said_delimiter(b"sep=|\na"), Some((b'|', 6)));
        assert_eq!(said_delimiter(b"sep=,"), Some((b',', 5)));
        for text in [&b"sep=\n"[..], b"sep=ab\n", b"sep=\xc3\xa9\n", b"sep", b"sep=\"\n"] {
            assert_eq!(said_delimiter(text), None);
        }
    }

    #[test]
    fn cells_are_quoted_where_they_need_it() {
        let cell = |quotes: Quotes, text: &str, always: bool, alone: bool| {
            let mut out = String::new();
            Dialect { quotes, ..Dialect::default() }.cell(&mut out, text, always, alone);
            out
        };
        use Quotes::{Backslash, Doubled, Letters};
        for (quotes, text, always, alone, expected) in [
            (Doubled, "a b", false, false, "a b"),
            (Doubled, "a,b", false, false, "\"a,b\""),
            (Doubled, "a;b", false, false, "a;b"),
            (Doubled, "a", true, false, "\"a\""),
            (Doubled, "5\"", false, false, "\"5\"\"\""),
            (Backslash, "5\"\\", false, false, "\"5\\\"\\\\\""),
            (Letters, "\"a", false, false, "\"a"),
            (Doubled, "x\ny", false, false, "\"x\ny\""),
            (Doubled, "x\ry", false, false, "\"x\ry\""),
            (Doubled, "", false, false, ""),
            (Doubled, "", false, true, "\"\""),
        ] {
            assert_eq!(cell(quotes, text, always, alone), expected, "{text:?}");
        }
    }
}
