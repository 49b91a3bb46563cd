//! Arrays of labels as classes: numbers, texts, truth values, one-hot rows. Not here: the samples they belong to
//! (`array.rs`), tables of classes beside images (`class_table.rs`).

use super::array::{Header, Values};
use super::element::Element;
use super::files::sort_classes;
use super::rows::{CHUNK, Rows};
use super::stream::Stream;
use crate::error::DataError;
use std::collections::{BTreeSet, HashMap};

/// Most distinct labels that are taken for classes.
const MAX_CLASSES: usize = 65_536;

/// What an array of labels says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Labels {
    /// One class for each sample.
    Classes {
        /// Number of its class, for each sample.
        labels: Vec<u32>,
        /// Names of the classes.
        classes: Vec<String>,
        /// How they were read, where it is not plain.
        notes: Vec<String>,
    },
    /// No classes, and why.
    None(String),
}

/// Reads an array of labels, positioned after its header, for as many samples as are `expected`.
///
/// # Errors
/// [`DataError::LabelCount`] for another number of them, [`DataError::Malformed`] for damaged bytes.
pub(crate) fn read(stream: &mut Stream<'_>, header: &Header, expected: usize) -> Result<Labels, DataError> {
    let rows = header.shape.first().copied().unwrap_or(0);
    if rows != expected {
        let (path, at) = (stream.path().into(), stream.place());
        return Err(DataError::LabelCount { path, at, images: expected as u64, labels: rows as u64 });
    }
    match (header.values, &header.shape[..]) {
        (Values::Numbers(element), [_] | [_, 1]) => numbers(stream, header, element),
        (Values::Text { length, unicode }, [_] | [_, 1]) => texts(stream, header, length, unicode),
        (Values::Numbers(element), &[_, columns]) if columns <= MAX_CLASSES => {
            one_hot(stream, header, element, columns)
        }
        _ => Ok(Labels::None(format!(
            "expected labels of shape (N,), (N, 1) or, one-hot, (N, classes), found {:?}",
            header.shape
        ))),
    }
}

/// Hands every row of an array, with its number, to `take` until that gives a reason to end.
fn each_row(
    stream: &mut Stream<'_>,
    header: &Header,
    element: usize,
    mut take: impl FnMut(usize, &[u8]) -> Result<(), String>,
) -> Result<Option<String>, DataError> {
    let row_bytes = header.shape[1..].iter().product::<usize>() * element;
    if row_bytes == 0 {
        return Ok(Some("the labels have no characters".into()));
    }
    let mut rows = Rows::new(stream, &header.shape, element, header.column_major)?;
    let (mut buffer, mut row) = (Vec::new(), 0);
    while rows.read((CHUNK / row_bytes).max(1), &mut buffer)? > 0 {
        for bytes in buffer.chunks_exact(row_bytes) {
            if let Err(reason) = take(row, bytes) {
                return Ok(Some(reason));
            }
            row += 1;
        }
    }
    stream.end()?;
    Ok(None)
}

/// Whole numbers: each value that there is is a class, in ascending order.
fn numbers(stream: &mut Stream<'_>, header: &Header, element: Element) -> Result<Labels, DataError> {
    let mut values = Vec::new();
    let not_whole = each_row(stream, header, element.bytes(), |row, bytes| {
        let value = element.value(header.big_endian, bytes);
        if value.fract() != 0.0 || value.abs() > 2f64.powi(53) {
            return Err(format!("expected whole numbers as labels, found {value} in row {row}"));
        }
        values.push(value as i64);
        Ok(())
    })?;
    if let Some(reason) = not_whole {
        return Ok(Labels::None(reason));
    }
    let distinct: Vec<i64> = values.iter().copied().collect::<BTreeSet<i64>>().into_iter().collect();
    if distinct.len() > MAX_CLASSES {
        return Ok(Labels::None(too_many(distinct.len())));
    }
    let label = |value: &i64| distinct.binary_search(value).map(|at| at as u32).unwrap_or_default();
    let labels = values.iter().map(label).collect();
    Ok(Labels::Classes { labels, classes: distinct.iter().map(ToString::to_string).collect(), notes: Vec::new() })
}

/// Texts: each is a class, numbers in them in the order of their values.
fn texts(stream: &mut Stream<'_>, header: &Header, length: usize, unicode: bool) -> Result<Labels, DataError> {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut values = Vec::new();
    let width = length * if unicode { 4 } else { 1 };
    let not_text = each_row(stream, header, width, |row, bytes| {
        let text = text(bytes, unicode, header.big_endian)
            .ok_or_else(|| format!("expected text in UTF-8 as label, found {bytes:02x?} in row {row}"))?;
        let next = numbers.len() as u32;
        values.push(*numbers.entry(text).or_insert(next));
        Ok(())
    })?;
    if let Some(reason) = not_text {
        return Ok(Labels::None(reason));
    }
    if numbers.len() > MAX_CLASSES {
        return Ok(Labels::None(too_many(numbers.len())));
    }
    let mut classes: Vec<String> = numbers.keys().cloned().collect();
    sort_classes(&mut classes);
    let mut place = vec![0; classes.len()];
    classes.iter().enumerate().for_each(|(at, name)| place[numbers[name] as usize] = at as u32);
    let labels = values.iter().map(|&number| place[number as usize]).collect();
    Ok(Labels::Classes { labels, classes, notes: Vec::new() })
}

/// A text that is padded with zeros: UTF-32, or bytes that are UTF-8.
fn text(bytes: &[u8], unicode: bool, big_endian: bool) -> Option<String> {
    if !unicode {
        let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |at| at + 1);
        return String::from_utf8(bytes[..end].to_vec()).ok();
    }
    let point = |b: &[u8]| if big_endian { [b[0], b[1], b[2], b[3]] } else { [b[3], b[2], b[1], b[0]] };
    let text: Option<String> = bytes.chunks_exact(4).map(|b| char::from_u32(u32::from_be_bytes(point(b)))).collect();
    text.map(|text| text.trim_end_matches('\0').into())
}

/// Rows of zeros with a single 1, whose column is the class.
fn one_hot(stream: &mut Stream<'_>, header: &Header, element: Element, columns: usize) -> Result<Labels, DataError> {
    let mut labels = Vec::new();
    let not_one_hot = each_row(stream, header, element.bytes(), |row, bytes| {
        let mut hot = None;
        for (column, value) in bytes.chunks_exact(element.bytes()).enumerate() {
            match element.value(header.big_endian, value) {
                0.0 => {}
                1.0 if hot.is_none() => hot = Some(column as u32),
                1.0 => return Err(format!("expected one-hot labels, found more than one 1 in row {row}")),
                other => return Err(format!("expected one-hot labels of 0 and 1, found {other} in row {row}")),
            }
        }
        labels.push(hot.ok_or_else(|| format!("expected one-hot labels, found no 1 in row {row}"))?);
        Ok(())
    })?;
    if let Some(reason) = not_one_hot {
        return Ok(Labels::None(reason));
    }
    let used: Vec<u32> = labels.iter().copied().collect::<BTreeSet<u32>>().into_iter().collect();
    let mut notes = vec![format!("the labels are one-hot, of {columns} classes")];
    let empty: Vec<String> =
        (0..columns as u32).filter(|c| used.binary_search(c).is_err()).map(|c| c.to_string()).collect();
    if !empty.is_empty() {
        let more = if empty.len() > 8 { format!(" and {} more", empty.len() - 8) } else { String::new() };
        notes.push(format!(
            "no sample is of the classes {}{more}: they were left out",
            empty[..empty.len().min(8)].join(", ")
        ));
    }
    let label = |column: &u32| used.binary_search(column).map(|at| at as u32).unwrap_or_default();
    let labels = labels.iter().map(label).collect();
    Ok(Labels::Classes { labels, classes: used.iter().map(ToString::to_string).collect(), notes })
}

fn too_many(found: usize) -> String {
    format!("expected at most {MAX_CLASSES} different labels, found {found}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn of(values: Values, shape: &[usize], bytes: &[u8]) -> Labels {
        let header = Header { values, big_endian: false, column_major: false, shape: shape.to_vec() };
        read(&mut Stream::new(Path::new("y.npy"), None, bytes), &header, shape[0]).unwrap()
    }

    fn names(labels: &Labels) -> (Vec<u32>, Vec<&str>) {
        match labels {
            Labels::Classes { labels, classes, .. } => (labels.clone(), classes.iter().map(String::as_str).collect()),
            Labels::None(reason) => panic!("{reason}"),
        }
    }

    fn reason(labels: Labels) -> String {
        match labels {
            Labels::None(reason) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_become_dense_in_their_order() {
        let found = of(Values::Numbers(Element::I8), &[4], &[7, 255, 7, 3]);
        assert_eq!(names(&found), (vec![2, 0, 2, 1], vec!["-1", "3", "7"]));
        let floats: Vec<u8> = [10f32, 2.0, 10.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let found = of(Values::Numbers(Element::F32), &[3, 1], &floats);
        assert_eq!(names(&found), (vec![1, 0, 1], vec!["2", "10"]));
        let found = of(Values::Numbers(Element::Bool), &[3], &[1, 0, 1]);
        assert_eq!(names(&found), (vec![1, 0, 1], vec!["0", "1"]));
        for (value, words) in [(0.5f32, "0.5 in row 1"), (f32::NAN, "NaN in row 1")] {
            let floats: Vec<u8> = [1f32, value].iter().flat_map(|v| v.to_le_bytes()).collect();
            let found = reason(of(Values::Numbers(Element::F32), &[2], &floats));
            assert!(found.contains(words), "{found}");
        }
    }

    #[test]
    fn texts_are_classes_in_natural_order() {
        let wide = |texts: &[&str]| -> Vec<u8> {
            let padded = |t: &str| t.chars().map(u32::from).chain([0; 4]).take(4).collect::<Vec<u32>>();
            texts.iter().flat_map(|t| padded(t)).flat_map(u32::to_le_bytes).collect()
        };
        let found = of(Values::Text { length: 4, unicode: true }, &[4], &wide(&["c10", "c2", "é", "c10"]));
        assert_eq!(names(&found), (vec![1, 0, 2, 1], vec!["c2", "c10", "é"]));
        let found = of(Values::Text { length: 3, unicode: false }, &[3], b"owlcat\0\0\0");
        assert_eq!(names(&found), (vec![2, 1, 0], vec!["", "cat", "owl"]));
        // Not Unicode, in either width: a reason, and never one name for two.
        let found = reason(of(Values::Text { length: 1, unicode: false }, &[2], &[0xe9, 0xe8]));
        assert!(found.contains("[e9] in row 0"), "{found}");
        let found = reason(of(Values::Text { length: 1, unicode: true }, &[1], &[0, 0xd8, 0, 0]));
        assert!(found.contains("row 0"), "{found}");
    }

    #[test]
    fn one_hot_rows_have_a_single_one() {
        let bytes = |values: &[u8]| of(Values::Numbers(Element::U8), &[values.len() / 3, 3], values);
        let found = bytes(&[0, 0, 1, 1, 0, 0]);
        assert_eq!(names(&found), (vec![1, 0], vec!["0", "2"]));
        let Labels::Classes { notes, .. } = found else { panic!() };
        assert_eq!(notes[1], "no sample is of the classes 1: they were left out");
        assert!(reason(bytes(&[0, 1, 0, 0, 1, 1])).contains("more than one 1 in row 1"));
        assert!(reason(bytes(&[0, 1, 0, 0, 0, 0])).contains("no 1 in row 1"));
        assert!(reason(bytes(&[0, 2, 0])).contains("found 2 in row 0"));
    }
}
