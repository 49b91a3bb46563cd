//! Arrays of class numbers, and what classes there are. Not here: the samples they belong to (`array.rs`).

use super::array::Header;
use super::stream::Stream;
use crate::error::DataError;

/// Most distinct labels that are taken for classes.
const MAX_CLASSES: usize = 65_536;

/// Reads an array of labels, positioned after its header: (N,) or (N, 1) whole numbers, N = `expected`.
pub(crate) fn read_labels(stream: &mut Stream<'_>, header: &Header, expected: usize) -> Result<Vec<i64>, DataError> {
    let rows = header.shape.first().copied().unwrap_or(0);
    if rows != expected {
        return Err(DataError::LabelCount { path: stream.path().into(), images: expected as u64, labels: rows as u64 });
    }
    if !matches!(header.shape[..], [_] | [_, 1]) {
        return Err(DataError::Unsupported {
            path: stream.path().into(),
            what: format!("expected labels of shape (N,) or (N, 1), found {:?}", header.shape),
            hint: "labels are class numbers, one for each sample",
        });
    }
    let width = header.element.bytes();
    let mut labels = Vec::new();
    let mut buffer = vec![0; width * 4096];
    while labels.len() < rows {
        let count = (rows - labels.len()).min(4096);
        let got = stream.fill(&mut buffer[..count * width])?;
        if got < count * width {
            let found = labels.len() + got / width;
            return Err(stream.malformed(format!("expected {rows} labels, the data ends after {found}")));
        }
        for bytes in buffer[..count * width].chunks_exact(width) {
            let value = header.element.value(header.big_endian, bytes);
            if value.fract() != 0.0 || value.abs() > 2f64.powi(53) {
                return Err(stream
                    .malformed(format!("expected a whole number as label, found {value} in row {}", labels.len())));
            }
            labels.push(value as i64);
        }
    }
    stream.end()?;
    Ok(labels)
}

/// Labels 0..K in ascending order of the values found, and the values as names of the classes;
/// `None` when there are more different values than classes make sense for.
pub(crate) fn classes_of(values: &[i64]) -> Option<(Vec<u32>, Vec<String>)> {
    let mut distinct = values.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() > MAX_CLASSES {
        return None;
    }
    let label = |value: &i64| distinct.binary_search(value).map(|at| at as u32).unwrap_or_default();
    Some((values.iter().map(label).collect(), distinct.iter().map(ToString::to_string).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_dense() {
        let (labels, classes) = classes_of(&[7, -1, 7, 3]).unwrap();
        assert_eq!(labels, [2, 0, 2, 1]);
        assert_eq!(classes, ["-1", "3", "7"]);
    }
}
