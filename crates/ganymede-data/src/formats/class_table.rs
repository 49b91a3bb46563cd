//! `labels.csv` beside pictures: which class each is of. Not here: classes by folders (`files.rs`), pictures (`images.rs`).
//!
//! Two columns, file and class, or a header that names them; commas, semicolons or tabs. Files are named as they lie below the
//! table, with their ending or without.

use super::files;
use crate::error::{DataError, Position};
use csv::{ByteRecord, ReaderBuilder};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// Its name.
pub(crate) const NAME: &str = "labels.csv";
/// Headings of the two columns.
const FILES: [&str; 8] = ["file", "filename", "file_name", "path", "image", "image_id", "id", "name"];
const CLASSES: [&str; 4] = ["class", "label", "category", "target"];
/// Most classes.
const MAX_CLASSES: usize = 65_536;

/// A table that was read.
pub(crate) struct ClassTable {
    /// Folders above the table, in an archive.
    folder: Vec<u8>,
    /// Class by file, as the table names it.
    rows: HashMap<Vec<u8>, String>,
}

/// Whether a path names such a table.
pub(crate) fn is_table(path: &[u8]) -> bool {
    files::parts(path).last().is_some_and(|name| *name == NAME.as_bytes())
}

impl ClassTable {
    /// Reads the bytes of the table `path`, which lies in `folder` of its archive (nothing outside of one).
    ///
    /// # Errors
    /// [`DataError::Malformed`] for no rows, for other columns than two and no header, for a quote that is not closed, and
    /// for a file with two classes.
    pub(crate) fn parse(path: &Path, folder: &[u8], bytes: &[u8]) -> Result<ClassTable, DataError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let malformed = |from: usize, reason: String| {
            let at = Position::Line(line(bytes, from));
            DataError::Malformed { path: path.into(), at, reason }
        };
        let first = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
        let delimiter = [b',', b';', b'\t'].into_iter().find(|d| first.contains(d)).unwrap_or(b',');
        if let Some(from) = open_quote(bytes, delimiter) {
            return Err(malformed(from, "expected a second quote, found none to the end of the table".into()));
        }
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes);
        let mut table = ClassTable { folder: folder.into(), rows: HashMap::new() };
        let mut columns = None;
        let mut record = ByteRecord::new();
        loop {
            let row = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            if !reader.read_byte_record(&mut record).map_err(|e| malformed(row, format!("expected a row: {e}")))? {
                break;
            }
            record.trim();
            let [file, class] = match columns {
                Some(columns) => columns,
                None => {
                    let header = header(&record);
                    let two = (record.len() == 2).then_some([0, 1]);
                    let found = header.or(two).ok_or_else(|| {
                        let reason = "expected two columns, file and class, or a header with these names";
                        malformed(row, format!("{reason}, found {} columns", record.len()))
                    })?;
                    columns = Some(found);
                    if header.is_some() {
                        continue;
                    }
                    found
                }
            };
            let (Some(file), Some(class)) = (record.get(file), record.get(class)) else {
                return Err(malformed(row, format!("expected a file and a class, found {} columns", record.len())));
            };
            let class = String::from_utf8_lossy(class).into_owned();
            if file.is_empty() || class.is_empty() {
                return Err(malformed(row, "expected a file and a class, found an empty field".into()));
            }
            let before = table.rows.insert(name(file), class.clone());
            if let Some(before) = before.filter(|before| *before != class) {
                let file = String::from_utf8_lossy(file);
                return Err(malformed(row, format!("expected one class of {file}, found `{before}` and `{class}`")));
            }
        }
        if table.rows.is_empty() {
            let found = if columns.is_some() { "a header alone" } else { "nothing" };
            return Err(malformed(0, format!("expected rows of a file and a class, found {found}")));
        }
        Ok(table)
    }

    /// The class of a picture, by its path or by that without its ending.
    pub(crate) fn class(&self, picture: &[u8]) -> Option<&str> {
        let below = name(picture.strip_prefix(&self.folder[..])?);
        let stem = below.iter().rposition(|&b| b == b'.').map_or(&below[..], |dot| &below[..dot]);
        self.rows.get(&below).or_else(|| self.rows.get(stem)).map(String::as_str)
    }

    /// One label per picture, of those that have a class, and the names of the classes: numbers ascending, else by the alphabet.
    ///
    /// # Errors
    /// When there are more classes than make sense.
    pub(crate) fn classes(&self, pictures: &[Vec<u8>]) -> Result<(Vec<u32>, Vec<String>), String> {
        let of: Vec<&str> = pictures.iter().filter_map(|picture| self.class(picture)).collect();
        let mut names: Vec<&str> = of.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        if names.len() > MAX_CLASSES {
            return Err(format!("at most {MAX_CLASSES} classes"));
        }
        if names.iter().all(|name| name.parse::<i64>().is_ok()) {
            names.sort_by_key(|name| (name.parse::<i64>().ok(), *name));
        }
        let labels: HashMap<&str, u32> = names.iter().copied().zip(0..).collect();
        Ok((of.iter().map(|class| labels[class]).collect(), names.into_iter().map(String::from).collect()))
    }

    /// How many rows name none of the pictures.
    pub(crate) fn unused(&self, pictures: &[Vec<u8>]) -> usize {
        let classed = pictures.iter().filter(|picture| self.class(picture).is_some()).count();
        self.rows.len().saturating_sub(classed)
    }
}

/// A path as its parts, whatever separates them.
fn name(path: &[u8]) -> Vec<u8> {
    let path: Vec<u8> = path.iter().map(|&b| if b == b'\\' { b'/' } else { b }).collect();
    files::parts(&path).join(&b'/')
}

/// The line, from 1, of the first thing that stands in a table from a byte on.
fn line(bytes: &[u8], from: usize) -> u64 {
    let rest = bytes.get(from..).unwrap_or_default();
    let at = from.saturating_add(rest.iter().position(|b| !b"\r\n".contains(b)).unwrap_or(0));
    1 + bytes.iter().take(at).filter(|&&b| b == b'\n').count() as u64
}

/// Where a quote stands that is not closed: the reader would take the rest of the table for one field.
fn open_quote(bytes: &[u8], delimiter: u8) -> Option<usize> {
    let (mut begins, mut opened) = (true, None);
    for (at, &byte) in bytes.iter().enumerate() {
        match opened {
            // A doubled quote closes, and opens again at once.
            Some(_) if byte == b'"' => (opened, begins) = (None, true),
            None if byte == b'"' && begins => opened = Some(at),
            None => begins = byte == delimiter || byte == b'\n' || byte == b'\r',
            Some(_) => {}
        }
    }
    opened
}

/// The columns of file and class, where the row names them.
fn header(row: &ByteRecord) -> Option<[usize; 2]> {
    let at = |names: &[&str]| {
        row.iter().position(|field| names.iter().any(|name| field.eq_ignore_ascii_case(name.as_bytes())))
    };
    Some([at(&FILES)?, at(&CLASSES)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ClassTable, DataError> {
        ClassTable::parse(Path::new(NAME), b"", text.as_bytes())
    }

    #[test]
    fn rows_are_found_by_path_or_stem() {
        for text in [
            "a.png,cat\nsub/b.png,dog\n",
            "\u{feff}file,class\na.png,cat\n./sub/b.png,dog\n",
            "label;id\r\ncat;a\r\ndog;sub\\b\r\n",
            "width\tname\tclass\n3\ta\tcat\n4\t\"sub/b.png\"\t dog \n",
            "a.png,cat\nsub/b.png,\"dog\"\nc.png,\"a \"\"cat\"\", or\na dog\"\nd.png,5\"\n",
        ] {
            let table = parse(text).unwrap();
            assert_eq!((table.class(b"a.png"), table.class(b"sub/b.png")), (Some("cat"), Some("dog")), "{text}");
            assert_eq!(table.class(b"b.png"), None);
        }
        let inside = ClassTable::parse(Path::new(NAME), b"set/", b"a.png,cat\n").unwrap();
        assert_eq!((inside.class(b"set/a.png"), inside.class(b"a.png")), (Some("cat"), None));
    }

    #[test]
    fn classes_are_in_the_order_of_numbers_or_letters() {
        let pictures = ["1.png", "2.png", "3.png", "4.png"].map(|name| name.as_bytes().to_vec());
        let table = parse("1.png,10\n2.png,9\n3.png,10\n7.png,1\n8.png,1\n").unwrap();
        assert_eq!(table.classes(&pictures).unwrap(), (vec![1, 0, 1], ["9", "10"].map(String::from).to_vec()));
        assert_eq!(table.unused(&pictures), 2);
        let table = parse("1.png,b\n2.png,10\n").unwrap();
        assert_eq!(table.classes(&pictures).unwrap(), (vec![1, 0], ["10", "b"].map(String::from).to_vec()));
    }

    #[test]
    fn tables_that_say_too_little_or_too_much_are_refused() {
        let rows = "expected rows of a file and a class, found";
        for (text, line, reason) in [
            ("a.png\n", 1, "expected two columns, file and class, or a header with these names, found 1 columns"),
            ("a.png,1,cat\n", 1, "found 3 columns"),
            ("a.png,cat\nb.png\n", 2, "expected a file and a class, found 1 columns"),
            ("a.png,cat\r\n\r\nb.png,\r\n", 3, "an empty field"),
            ("file,class\na.png,cat\na.png,dog\n", 3, "expected one class of a.png, found `cat` and `dog`"),
            ("file,class\na.png,\"cat\nb.png,dog\nc.png,dog\n", 2, "expected a second quote, found none"),
            ("a.png,\"the \"\"cat\"\"\nb.png,dog\n", 1, "expected a second quote, found none"),
            ("", 1, &format!("{rows} nothing")),
            ("\n\n", 1, &format!("{rows} nothing")),
            ("file,class\n", 1, &format!("{rows} a header alone")),
        ] {
            let error = parse(text).err().unwrap().to_string();
            assert!(error.contains(&format!("labels.csv, line {line}:")) && error.contains(reason), "{text}: {error}");
        }
    }
}
