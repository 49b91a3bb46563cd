//! A table of text: its bytes, how they are written, its rows. Not here: what the columns are (`infer.rs`), cells as numbers
//! (`schema.rs`), files (`formats`).

use super::cells::Cells;
use super::dialect::{Dialect, LineEnd, Quotes, delimiter, said_delimiter};
use super::fault::{TableError, shown};
use super::header::is_header;
use crate::text::{self, NotText};
use csv::{ReaderBuilder, StringRecord};
use std::collections::BTreeMap;

/// Most bytes of a table.
pub const MAX_BYTES: usize = 4 << 30;
/// Most columns.
pub const MAX_COLUMNS: usize = 1 << 16;
/// Most rows.
pub const MAX_ROWS: usize = 100_000_000;
/// Most cells.
pub const MAX_CELLS: usize = 1 << 29;
/// How many bad lines are named.
const NAMED_BAD: usize = 1000;

/// What is known of a table before it is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What separates cells; `None` finds it.
    pub delimiter: Option<char>,
    /// Whether the first row names the columns; `None` finds it.
    pub header: Option<bool>,
    /// Which fraction of the rows may be bad: with another number of cells than the first row, or with text behind a quoted
    /// cell. They are left out and listed.
    pub max_bad: f64,
    /// Whether rows without any text at the end are rows; else they are left out.
    pub empty_rows: bool,
}

/// A line that is no row of its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: u64,
    /// Expected and found.
    pub reason: String,
}

/// A table of text.
#[derive(Clone, Debug)]
pub struct Table {
    /// How it is written.
    pub dialect: Dialect,
    /// The names of its columns, without spaces around them; where there are none, their numbers from 1.
    pub names: Vec<String>,
    /// The lines that were left out, the first 1,000 of them.
    pub bad: Vec<BadLine>,
    /// How many were left out.
    pub bad_count: u64,
    /// What was assumed, and what was left out.
    pub notes: Vec<String>,
    cells: Cells,
}

impl Table {
    /// Reads a table: texts of any number of columns that commas, semicolons, tabs or bars separate, in UTF-8 or UTF-16.
    ///
    /// # Errors
    /// With the line: another encoding, a byte 0, a quote without its second, too many bad rows ([`Reading::max_bad`]), two columns
    /// of one name, no row, and what is larger than [`MAX_BYTES`], [`MAX_COLUMNS`], [`MAX_ROWS`] or [`MAX_CELLS`].
    pub fn read(bytes: Vec<u8>, how: &Reading) -> Result<Table, TableError> {
        if bytes.len() > MAX_BYTES {
            let reason = format!("expected at most {MAX_BYTES} bytes of a table, found {}", bytes.len());
            return Err(TableError::new(reason).hint("take a part of its rows"));
        }
        let (text, encoding) = text::decode_owned(bytes)
            .map_err(|fault| TableError::new(fault.reason).line(fault.line).hint(NotText::HINT))?;
        if let Some(at) = text.bytes().position(|b| b == 0) {
            let line = 1 + line_ends(&text.as_bytes()[..at]);
            let hint = "the file is damaged, or no table of text";
            return Err(TableError::new("expected text, found a byte 0").line(line).hint(hint));
        }
        let said = said_delimiter(text.as_bytes());
        let body = &text[said.map_or(0, |(_, length)| length)..];
        let delimiter = how
            .delimiter
            .unwrap_or_else(|| char::from(said.map_or_else(|| delimiter(body.as_bytes()), |(byte, _)| byte)));
        let dialect = Dialect {
            encoding,
            delimiter,
            says_delimiter: said.is_some(),
            last_line_ends: text.ends_with(['\n', '\r']),
            ..Dialect::default()
        };
        if let Some(fault) = dialect.fault() {
            return Err(TableError::new(fault));
        }
        let (found, quotes) = Found::best(body, dialect.byte(), u64::from(said.is_some()), how)?;
        drop(text);
        found.table(Dialect { quotes, ..dialect }, how)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.cells.rows()
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.cells.width()
    }

    /// A cell as the file has it, without quotes around it.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        self.cells.get(row, column)
    }

    /// The line in which a row begins, from 1.
    pub fn line(&self, row: usize) -> u64 {
        self.cells.line(row)
    }

    /// Whether a cell stands in quotes.
    pub fn is_quoted(&self, row: usize, column: usize) -> bool {
        self.cells.is_quoted(row, column)
    }

    /// Whether any cell stands in quotes.
    pub fn any_quoted(&self) -> bool {
        self.cells.any_quoted()
    }
}

/// Number of line ends: `\n`, `\r\n` and `\r`.
fn line_ends(bytes: &[u8]) -> u64 {
    let mut after_return = false;
    let mut count = 0;
    for &byte in bytes {
        count += u64::from(byte == b'\r' || byte == b'\n' && !after_return);
        after_return = byte == b'\r';
    }
    count
}

/// What a text holds, read with one meaning of quotes.
struct Found {
    cells: Cells,
    /// The first row as it is written.
    first: String,
    line_end: LineEnd,
    bad: Vec<BadLine>,
    bad_count: u64,
    /// Whether a cell without quotes around it has some inside.
    loose_quotes: bool,
    blank: u64,
}

impl Found {
    /// Reads a text with quotes that are doubled; where that finds faults of quotes, with the other meanings, if one of them
    /// reads it without any fault.
    fn best(text: &str, delimiter: u8, lines: u64, how: &Reading) -> Result<(Found, Quotes), TableError> {
        let mut faulty = false;
        let first = Found::read(text, delimiter, lines, Quotes::Doubled, how.max_bad, &mut faulty);
        if faulty {
            for quotes in [Quotes::Backslash, Quotes::Letters] {
                if let Ok(found) = Found::read(text, delimiter, lines, quotes, 0.0, &mut false) {
                    return Ok((found, quotes));
                }
            }
        }
        let found = first?;
        // Quotes that never stand around a cell are letters.
        let letters = found.loose_quotes && !found.cells.any_quoted();
        Ok((found, if letters { Quotes::Letters } else { Quotes::Doubled }))
    }

    /// Reads a text; `lines` stand before it. `faulty` becomes true where another meaning of quotes may be the right one.
    fn read(
        text: &str,
        delimiter: u8,
        lines: u64,
        quotes: Quotes,
        max_bad: f64,
        faulty: &mut bool,
    ) -> Result<Found, TableError> {
        let bytes = text.as_bytes();
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(delimiter);
        match quotes {
            Quotes::Doubled => {}
            Quotes::Backslash => drop(builder.escape(Some(b'\\')).double_quote(false)),
            Quotes::Letters => drop(builder.quoting(false)),
        }
        let mut reader = builder.from_reader(bytes);
        let mut found = Found {
            cells: Cells::default(),
            first: String::new(),
            line_end: LineEnd::Lf,
            bad: Vec::new(),
            bad_count: 0,
            loose_quotes: false,
            blank: 0,
        };
        let (mut record, mut flags) = (StringRecord::new(), Vec::new());
        // The line of `counted`, which is the byte up to which lines were counted.
        let (mut line, mut counted) = (1 + lines, 0);
        let count = |from: usize, to: usize| -> u64 {
            let before = from > 0 && bytes[from - 1] == b'\r' && bytes.get(from) == Some(&b'\n');
            line_ends(&bytes[from..to]) - u64::from(before && to > from)
        };
        loop {
            let at = position(&reader, bytes.len());
            let more = reader.read_record(&mut record);
            let row = bytes[at..].iter().position(|b| !b"\r\n".contains(b)).map_or(bytes.len(), |skipped| at + skipped);
            line += count(counted, row);
            counted = row;
            if !more.map_err(|error| TableError::new(format!("expected a row: {error}")).line(line))? {
                break;
            }
            let raw = &text[row..position(&reader, bytes.len()).max(row)];
            flags.clear();
            let quoting = match quotes {
                Quotes::Letters => Ok(()),
                _ => found.quoting(raw.as_bytes(), delimiter, quotes, &mut flags),
            };
            *faulty |= quoting.is_err();
            if let Err(Fault::Open(opens)) = quoting {
                let line = line + line_ends(&raw.as_bytes()[..opens]);
                let reason = "expected a second quote (\"), found none to the end of the table";
                return Err(TableError::new(reason)
                    .line(line)
                    .hint("add the second quote, or double quotes inside of a cell"));
            }
            if found.cells.width() == 0 {
                if record.len() > MAX_COLUMNS {
                    let reason = format!("expected at most {MAX_COLUMNS} columns, found {}", record.len());
                    return Err(TableError::new(reason).line(line));
                }
                found.cells = Cells::new(record.len());
                found.first = raw.trim_end_matches(['\r', '\n']).into();
                found.line_end = LineEnd::of(&bytes[row..], quotes);
            }
            let width = found.cells.width();
            if record.len() == 1 && width > 1 && record[0].trim().is_empty() && flags.is_empty() {
                found.blank += 1;
                continue;
            }
            if let Err(Fault::Behind(after)) = quoting {
                let rest: String = raw[after..].lines().next().unwrap_or_default().chars().take(10).collect();
                let reason = format!(
                    "expected {:?} or the end of the line behind a cell in quotes, found `{}`",
                    char::from(delimiter),
                    shown(&rest)
                );
                let bad = BadLine { line: line + line_ends(&raw.as_bytes()[..after]), reason };
                found.bad(bad, max_bad)?;
                continue;
            }
            if record.len() != width {
                let cells = if width == 1 { "cell" } else { "cells" };
                let reason = format!("expected {width} {cells}, as in the first row, found {}", record.len());
                found.bad(BadLine { line, reason }, max_bad)?;
                continue;
            }
            if record.as_slice().len() > Cells::MAX_ROW
                || found.cells.rows() >= MAX_ROWS
                || found.cells.rows() * width >= MAX_CELLS
            {
                let reason = format!("expected at most {MAX_ROWS} rows and {MAX_CELLS} cells, found more");
                return Err(TableError::new(reason).line(line).hint("take a part of the rows"));
            }
            let ends = (0..width).map(|column| record.range(column).map_or(0, |range| range.end));
            found.cells.push(line, record.as_slice(), ends, &flags);
        }
        let total = found.cells.rows() as u64 + found.bad_count;
        if found.bad_count as f64 > max_bad * total as f64 {
            let first = &found.bad[0];
            let share = max_bad * 100.0;
            let reason =
                format!("{} ({} of {total} lines are bad, at most {share} % may be)", first.reason, found.bad_count);
            return Err(TableError::new(reason).line(first.line).hint("mend these lines"));
        }
        Ok(found)
    }

    /// Notes a bad line; an error where none may be.
    fn bad(&mut self, bad: BadLine, max_bad: f64) -> Result<(), TableError> {
        self.bad_count += 1;
        if max_bad <= 0.0 {
            let hint = "mend the line; a cell with the delimiter in it needs quotes";
            return Err(TableError::new(bad.reason).line(bad.line).hint(hint));
        }
        if self.bad.len() < NAMED_BAD {
            self.bad.push(bad);
        }
        Ok(())
    }

    /// Which cells of a row stand in quotes: `flags` stays empty where none does.
    fn quoting(&mut self, row: &[u8], delimiter: u8, quotes: Quotes, flags: &mut Vec<bool>) -> Result<(), Fault> {
        if !row.contains(&b'"') {
            return Ok(());
        }
        let mut at = 0;
        loop {
            let opens = at;
            let quoted = row.get(at) == Some(&b'"');
            if quoted {
                at += 1;
                loop {
                    match row.get(at) {
                        None => return Err(Fault::Open(opens)),
                        Some(b'\\') if quotes == Quotes::Backslash => at += 2,
                        Some(b'"') if quotes == Quotes::Doubled && row.get(at + 1) == Some(&b'"') => at += 2,
                        Some(b'"') => break,
                        Some(_) => at += 1,
                    }
                }
                at += 1;
            } else {
                let rest = &row[at..];
                let length = rest.iter().position(|&b| b == delimiter).unwrap_or(rest.len());
                self.loose_quotes |= rest[..length].contains(&b'"');
                at += length;
            }
            flags.push(quoted);
            match row.get(at) {
                None | Some(b'\r' | b'\n') => return Ok(()),
                Some(&byte) if byte == delimiter => at += 1,
                Some(_) => return Err(Fault::Behind(at)),
            }
        }
    }

    /// The table: with the names of its columns, and without empty rows at its end.
    fn table(mut self, dialect: Dialect, how: &Reading) -> Result<Table, TableError> {
        let mut notes = Vec::new();
        let counted = |n: u64, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let width = self.cells.width();
        let empty = |cells: &Cells| (0..width).all(|column| cells.get(cells.rows() - 1, column).trim().is_empty());
        let mut dropped = 0;
        // What spreadsheets leave behind below a table.
        while !how.empty_rows && width > 1 && self.cells.rows() > 1 && empty(&self.cells) {
            self.cells.pop();
            dropped += 1;
        }
        if dropped > 0 {
            notes.push(format!("{} without any text at the end left out", counted(dropped, "row")));
        }
        if self.blank > 0 {
            notes.push(format!("{} of spaces left out", counted(self.blank, "line")));
        }
        if self.bad_count > 0 {
            let first = self.bad.first().map(|bad| format!(", the first is line {}: {}", bad.line, bad.reason));
            notes.push(format!("{} left out{}", counted(self.bad_count, "bad line"), first.unwrap_or_default()));
        }
        if self.cells.rows() == 0 {
            return Err(TableError::new("expected a table, found no row"));
        }
        let has_header = how.header.unwrap_or_else(|| is_header(&self.cells));
        let line = self.cells.line(0);
        let names = if has_header {
            names(&self.cells, &mut notes).map_err(|error| error.line(line))?
        } else {
            if how.header.is_none() {
                notes.push("the first row looks like the others: the columns have numbers for names".into());
            }
            (1..=width).map(|number| number.to_string()).collect()
        };
        let header = has_header.then(|| self.first.clone());
        if has_header {
            self.cells.take_first();
        }
        if self.cells.rows() == 0 {
            return Err(TableError::new("expected a row below the names of the columns, found none").line(line));
        }
        let dialect = Dialect { line_end: self.line_end, header, ..dialect };
        Ok(Table { dialect, names, bad: self.bad, bad_count: self.bad_count, notes, cells: self.cells })
    }
}

/// A fault of quotes, with its place in the row.
enum Fault {
    /// The quote that opens here has no second.
    Open(usize),
    /// There is text behind the second quote.
    Behind(usize),
}

fn position(reader: &csv::Reader<&[u8]>, most: usize) -> usize {
    usize::try_from(reader.position().byte()).unwrap_or(most).min(most)
}

/// The names of the columns; one without a name has its number from 1.
fn names(cells: &Cells, notes: &mut Vec<String>) -> Result<Vec<String>, TableError> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut names = Vec::with_capacity(cells.width());
    let mut unnamed = Vec::new();
    for column in 0..cells.width() {
        let number = column + 1;
        let mut name = cells.get(0, column).trim().to_string();
        if name.is_empty() {
            unnamed.push(number);
            name = number.to_string();
        }
        if let Some(before) = places.insert(name.clone(), number) {
            let reason = format!(
                "expected columns of different names, found `{}` in columns {before} and {number}",
                shown(&name)
            );
            return Err(TableError::new(reason).hint("rename one of the two"));
        }
        names.push(name);
    }
    if let [first, rest @ ..] = &unnamed[..] {
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        notes.push(format!("column {first}{more} without a name: called by its number"));
    }
    Ok(names)
}
