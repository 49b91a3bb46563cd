//! Tables that name classes, however they are written, as rows of texts: comma or tab separated, lines of JSON, StyleGAN's
//! `dataset.json`. Not here: which columns mean what (`class_table.rs`).

use crate::table::{delimiter, said_delimiter};
use csv::{ReaderBuilder, StringRecord};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Most columns of a row.
const MAX_COLUMNS: usize = 1024;
/// Most fields of all rows.
const MAX_FIELDS: usize = 8 << 20;
/// Headings of a [`Sheet`] that has none of its own but is known.
const KNOWN: [&str; 2] = ["file", "class"];

/// What is wrong with a table, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) line: u64,
    pub(crate) reason: String,
}

impl Fault {
    pub(crate) fn new(line: u64, reason: impl Into<String>) -> Fault {
        Fault { line, reason: reason.into() }
    }
}

/// Rows of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sheet {
    /// Names of the columns, where the format has them; else the first row may be one of names.
    pub(crate) header: Option<Vec<String>>,
    /// Each row with its line.
    pub(crate) rows: Vec<(u64, Vec<String>)>,
}

impl Sheet {
    fn push(&mut self, line: u64, row: Vec<String>, fields: &mut usize) -> Result<(), Fault> {
        *fields += row.len();
        if row.len() > MAX_COLUMNS || *fields > MAX_FIELDS {
            return Err(Fault::new(
                line,
                format!("expected at most {MAX_COLUMNS} columns and {MAX_FIELDS} fields, found more"),
            ));
        }
        self.rows.push((line, row));
        Ok(())
    }
}

/// Reads values that commas, semicolons, tabs or bars separate. Rows without any text are left out, as is a first line
/// `sep=;`, which says what separates.
pub(crate) fn separated(text: &str) -> Result<Sheet, Fault> {
    let said = said_delimiter(text.as_bytes()).map(|(byte, _)| byte);
    // Its line end stays, so that lines are counted.
    let bytes = &text.as_bytes()[if said.is_some() { "sep=;".len() } else { 0 }..];
    let delimiter = said.unwrap_or_else(|| delimiter(bytes));
    // The line of the first thing that stands from a byte on.
    let line = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        let at = from.saturating_add(rest.iter().position(|b| !b"\r\n".contains(b)).unwrap_or(0));
        1 + bytes.iter().take(at).filter(|&&b| b == b'\n').count() as u64
    };
    if let Some(from) = open_quote(bytes, delimiter) {
        return Err(Fault::new(line(from), "expected a second quote, found none to the end of the table"));
    }
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes);
    let (mut sheet, mut fields) = (Sheet::default(), 0);
    let (mut counted, mut lines) = (0usize, 1u64);
    let mut record = StringRecord::new();
    loop {
        let at = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX).min(bytes.len());
        if !reader.read_record(&mut record).map_err(|e| Fault::new(line(at), format!("expected a row: {e}")))? {
            return Ok(sheet);
        }
        // As `line`, but counted on from the row before.
        let empty = bytes[at..].iter().take_while(|b| b"\r\n".contains(b)).count();
        lines += bytes[counted..at + empty].iter().filter(|&&b| b == b'\n').count() as u64;
        counted = at + empty;
        let row: Vec<String> = record.iter().map(|field| field.trim().to_string()).collect();
        // What Excel leaves behind below a table.
        if row.iter().any(|field| !field.is_empty()) {
            sheet.push(lines, row, &mut fields)?;
        }
    }
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

/// Reads a JSON object a line, such as `metadata.jsonl` of Hugging Face; what is neither text nor number is left empty.
pub(crate) fn lines_of_json(text: &str) -> Result<Sheet, Fault> {
    let (mut sheet, mut fields) = (Sheet::default(), 0);
    let mut header: Vec<String> = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let object: Map<String, Value> =
            serde_json::from_str(text).map_err(|e| Fault::new(line, format!("expected a JSON object: {e}")))?;
        for key in object.keys().filter(|key| !header.contains(key)).collect::<Vec<_>>() {
            header.push(key.clone());
        }
        let row = header.iter().map(|key| object.get(key).map_or(String::new(), plain)).collect();
        sheet.push(line, row, &mut fields)?;
    }
    sheet.header = Some(header);
    Ok(sheet)
}

/// A text, number or truth as text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().into(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => String::new(),
    }
}

/// What `dataset.json` of StyleGAN's `dataset_tool` holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stylegan {
    /// A class for each file.
    Labels(Sheet),
    /// `"labels": null`: its folders are storage, and there are no classes.
    None,
    /// Another file of that name, and what it lacks.
    Another(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Label {
    Whole(i64),
    Text(String),
    /// One-hot.
    Vector(Vec<f64>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Labels {
    List(Vec<(String, Label)>),
    Map(std::collections::BTreeMap<String, Label>),
}

#[derive(Deserialize)]
struct DatasetJson {
    labels: Option<Labels>,
}

/// Reads `dataset.json`.
///
/// # Source
/// Karras et al., StyleGAN2-ADA, `dataset_tool.py`: `{"labels": [["00000/img00000000.png", 6], …]}`.
pub(crate) fn stylegan(text: &str) -> Result<Stylegan, Fault> {
    let another = |lacks: String| Ok(Stylegan::Another(lacks));
    if !text.trim_start().starts_with('{') {
        return another("expected a JSON object with \"labels\", found something else".into());
    }
    // A file without that key is another's.
    let has_key = |text: &str| {
        #[derive(Deserialize)]
        struct Keys {
            #[serde(default)]
            labels: Option<serde::de::IgnoredAny>,
        }
        // `null` and no key differ only in the text.
        serde_json::from_str::<Keys>(text).map(|keys| keys.labels.is_some() || text.contains("\"labels\""))
    };
    match has_key(text) {
        Ok(true) => {}
        Ok(false) => return another("expected a JSON object with \"labels\", found none".into()),
        // One that was cut off was meant as one of classes.
        Err(e) if e.is_eof() && text.contains("\"labels\"") => {
            return Err(Fault::new(e.line() as u64, format!("expected JSON: {e}")));
        }
        Err(e) => return another(format!("expected JSON: {e}")),
    }
    let read: DatasetJson = match serde_json::from_str(text) {
        Ok(read) => read,
        Err(e) => return another(format!("expected \"labels\" as a list of [file, class number]: {e}")),
    };
    let list: Vec<(String, Label)> = match read.labels {
        None => return Ok(Stylegan::None),
        Some(Labels::List(list)) => list,
        Some(Labels::Map(map)) => map.into_iter().collect(),
    };
    let (mut sheet, mut fields) = (Sheet { header: Some(KNOWN.map(String::from).to_vec()), rows: Vec::new() }, 0);
    for (file, label) in list {
        let class = match label {
            Label::Whole(number) => number.to_string(),
            Label::Text(text) => text,
            Label::Vector(values) => match one_hot(&values) {
                Some(at) => at.to_string(),
                None => {
                    let found = values.iter().take(8).map(f64::to_string).collect::<Vec<_>>().join(", ");
                    return another(format!("expected a class number or a one-hot vector of {file}, found [{found}]"));
                }
            },
        };
        sheet.push(1, vec![file, class], &mut fields)?;
    }
    Ok(Stylegan::Labels(sheet))
}

fn one_hot(values: &[f64]) -> Option<usize> {
    let at = values.iter().position(|v| *v == 1.0)?;
    values.iter().enumerate().all(|(i, v)| i == at || *v == 0.0).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(sheet: &Sheet) -> Vec<(u64, String)> {
        sheet.rows.iter().map(|(line, row)| (*line, row.join("/"))).collect()
    }

    #[test]
    fn separated_values_are_read_however_they_are_separated() {
        let two = vec![(1, "a.png/cat".to_string()), (2, "b.png/dog".to_string())];
        for text in [
            "a.png,cat\nb.png,dog\n",
            "a.png;cat\r\nb.png;dog\r\n;\r\n;\r\n",
            "a.png\tcat\nb.png\tdog",
            "a.png|cat\nb.png| dog \n,,\n",
        ] {
            let read = rows(&separated(text).unwrap());
            assert_eq!(read.iter().take(2).cloned().collect::<Vec<_>>(), two, "{text}");
        }
        let said = separated("sep=;\r\na,b.png;cat\r\n").unwrap();
        assert_eq!(rows(&said), [(2, "a,b.png/cat".into())]);
        let quoted = separated("\"a,b,c\";1\n\"x\ny\";2\nz;3\n").unwrap();
        assert_eq!(rows(&quoted), [(1, "a,b,c/1".into()), (2, "x\ny/2".into()), (4, "z/3".into())]);
        assert_eq!(separated("a,\"b\nc").unwrap_err().line, 1);
        assert_eq!(separated("\n\na,b\n").unwrap().rows[0].0, 3);
        assert!(separated(&",".repeat(5000)).unwrap().rows.is_empty());
        assert!(separated(&"a,".repeat(5000)).unwrap_err().reason.contains("1024 columns"));
    }

    #[test]
    fn lines_of_json_are_read_by_their_keys() {
        let sheet = lines_of_json(
            "{\"file_name\": \"a.png\", \"label\": 3}\n\n{\"label\": \"x\", \"file_name\": \"b.png\", \"box\": [1]}\n",
        )
        .unwrap();
        assert_eq!(sheet.header.unwrap(), ["file_name", "label", "box"]);
        assert_eq!(
            sheet.rows,
            [(1, vec!["a.png".into(), "3".into()]), (3, vec!["b.png".into(), "x".into(), String::new()])]
        );
        assert_eq!(lines_of_json("{}\nnonsense").unwrap_err().line, 2);
    }

    #[test]
    fn datasets_of_stylegan_are_told_from_others() {
        let Ok(Stylegan::Labels(sheet)) = stylegan(r#"{"labels": [["0/a.png", 2], ["0/b.png", [0, 1, 0]]]}"#) else {
            panic!()
        };
        assert_eq!(rows(&sheet), [(1, "0/a.png/2".into()), (1, "0/b.png/1".into())]);
        assert!(matches!(stylegan(r#"{"labels": {"a.png": "cat"}}"#), Ok(Stylegan::Labels(_))));
        assert_eq!(stylegan(r#"{"labels": null}"#), Ok(Stylegan::None));
        for (text, lacks) in [
            (r#"{"name": "x"}"#, "expected a JSON object with \"labels\", found none"),
            ("[1, 2]", "found something else"),
            ("3", "found something else"),
            ("{\"name\": \"x\"}\n{\"name\": \"y\"}", "expected JSON: trailing"),
            (r#"{"name": "#, "expected JSON: EOF"),
            (r#"{"labels": [["a.png"]]}"#, "expected \"labels\" as a list"),
            (r#"{"labels": 3}"#, "expected \"labels\" as a list"),
            (r#"{"labels": [["a", [0.5, 0.5]]]}"#, "a one-hot vector of a, found [0.5, 0.5]"),
        ] {
            let Ok(Stylegan::Another(found)) = stylegan(text) else { panic!("{text}") };
            assert!(found.contains(lacks), "{text}: {found}");
        }
        assert_eq!(stylegan("{\"labels\":\n[[").unwrap_err().line, 2, "cut off");
    }
}
