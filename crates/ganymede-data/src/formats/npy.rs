//! NumPy's `.npy`: one array a file. Not here: several of them (`npz.rs`), arrays as samples (`array.rs`).
//!
//! A file is `\x93NUMPY`, the version, the length of the header, the header as the text of a Python dictionary
//! with the keys `descr`, `fortran_order` and `shape`; the elements.
//!
//! # Source
//! NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays", and `numpy.lib.format`.

use super::array::{self, Element, Header};
use super::stream::Stream;
use super::{Decoded, Format, Input, Inputs, Job, Samples, first_bytes};
use crate::error::DataError;
use crate::limits::MAX_HEADER;
use crate::picture::grid::write_file;
use crate::sink::Sink;
use crate::source::Source;
use ganymede_tensor::DType;
use std::path::Path;

const MAGIC: &[u8] = b"\x93NUMPY";
/// Most axes of an array that is read.
const MAX_AXES: usize = 8;

/// Files `.npy`.
pub(crate) struct Npy;

/// `descr` without its byte order, and the element.
const TYPES: [(&str, Element); 11] = [
    ("b1", Element::Bool),
    ("u1", Element::U8),
    ("i1", Element::I8),
    ("u2", Element::U16),
    ("i2", Element::I16),
    ("u4", Element::U32),
    ("i4", Element::I32),
    ("u8", Element::U64),
    ("i8", Element::I64),
    ("f4", Element::F32),
    ("f8", Element::F64),
];

/// The text after `'key':` in the header.
fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let at = text.find(&format!("'{key}'")).map(|at| at + key.len() + 2)?;
    Some(text[at..].trim_start().strip_prefix(':')?.trim_start())
}

fn shape(text: &str) -> Option<Vec<usize>> {
    let inner = after(text, "shape")?.strip_prefix('(')?.split_once(')')?.0;
    let sizes: Vec<&str> = inner.split(',').map(str::trim).collect();
    let sizes = match sizes.split_last() {
        Some((&"", rest)) => rest,
        _ => &sizes[..],
    };
    (sizes.len() <= MAX_AXES).then_some(())?;
    sizes.iter().map(|size| size.parse().ok()).collect()
}

/// Reads the header of an array.
pub(crate) fn read_header(stream: &mut Stream<'_>) -> Result<Header, DataError> {
    let magic: [u8; 6] = stream.take("the magic of .npy")?;
    if magic != MAGIC {
        return Err(stream.malformed(format!("expected .npy's magic 93 NUMPY, found {magic:02x?}")));
    }
    let [major, minor] = stream.take("the version")?;
    let length = match major {
        1 => usize::from(u16::from_le_bytes(stream.take("the header's length")?)),
        2 | 3 => u32::from_le_bytes(stream.take("the header's length")?) as usize,
        _ => return Err(stream.malformed(format!("expected .npy version 1, 2 or 3, found {major}.{minor}"))),
    };
    if length > MAX_HEADER {
        return Err(stream.malformed(format!("expected a header of at most {MAX_HEADER} bytes, found {length}")));
    }
    let mut bytes = vec![0; length];
    if stream.fill(&mut bytes)? < length {
        return Err(stream.malformed(format!("expected a header of {length} bytes, the file ends")));
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let shown: String = text.trim().chars().take(200).collect();
    let descr =
        after(&text, "descr").and_then(|t| t.strip_prefix('\'')).and_then(|t| t.split_once('\'')).map(|(d, _)| d);
    let fortran = after(&text, "fortran_order").map(|t| (t.starts_with("False"), t.starts_with("True")));
    let (Some(descr), Some((row_major, column_major)), Some(shape)) = (descr, fortran, shape(&text)) else {
        return Err(stream.malformed(format!("expected descr, fortran_order and shape in the header, found {shown}")));
    };
    let unsupported = |what: String, hint| DataError::Unsupported { path: stream.path().into(), what, hint };
    let (order, name) =
        descr.split_at(descr.chars().next().map_or(0, |c| if c.is_ascii_alphanumeric() { 0 } else { c.len_utf8() }));
    let known = TYPES.iter().find(|(known, _)| *known == name).map(|(_, element)| *element);
    let Some(element) = known.filter(|_| matches!(order, "<" | ">" | "|" | "=" | "")) else {
        return Err(unsupported(
            format!("expected elements of a type bool, u1, u2, u4, u8, i1, i2, i4, i8, f4 or f8, found `{descr}`"),
            "convert the array, for example with array.astype(\"float32\")",
        ));
    };
    if column_major && shape.len() > 1 {
        return Err(unsupported(
            "expected an array in row-major order, found fortran_order".into(),
            "save numpy.ascontiguousarray(array)",
        ));
    }
    if !row_major && !column_major {
        return Err(stream.malformed(format!("expected fortran_order False or True, found {shown}")));
    }
    Ok(Header { element, big_endian: order == ">", shape })
}

/// An array as the bytes of a `.npy` file; `values` are little-endian.
pub(crate) fn array_bytes(descr: &str, shape: &[usize], values: &[u8]) -> Vec<u8> {
    let sizes: Vec<String> = shape.iter().map(|size| format!("{size},")).collect();
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}", sizes.join(" "));
    // Magic, version and length are 10 bytes; the elements start at a multiple of 64.
    let padded = (10 + text.len() + 1).next_multiple_of(64) - 10;
    text.push_str(&" ".repeat(padded - text.len() - 1));
    text.push('\n');
    [MAGIC, &[1, 0], &(padded as u16).to_le_bytes(), text.as_bytes(), values].concat()
}

/// Samples as the bytes of a `.npy` file.
pub(crate) fn samples_bytes(samples: &Samples<'_>) -> Result<Vec<u8>, DataError> {
    let descr = match samples.sample.dtype {
        DType::U8 => "|u1",
        DType::U16 => "<u2",
        DType::F32 => "<f4",
        other => return Err(DataError::Mismatch { expected: "u8, u16 or f32".into(), found: other.to_string() }),
    };
    let shape = [&[samples.len()], &samples.sample.shape[..]].concat();
    Ok(array_bytes(descr, &shape, samples.bytes))
}

impl Format for Npy {
    fn name(&self) -> &'static str {
        "npy"
    }

    fn reads(&self) -> &'static str {
        "a NumPy file .npy with pictures (N, H, W) or (N, H, W, C) or points (N, D)"
    }

    fn recognises(&self, path: &Path) -> bool {
        path.is_file() && first_bytes(path, 6).is_ok_and(|bytes| bytes == MAGIC)
    }

    fn inputs(&self, source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs { files: vec![Input::of(source.path())?], notes: Vec::new() })
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let mut stream = Stream::open(&job.inputs.files[0].path)?;
        let header = read_header(&mut stream)?;
        array::decode(job, &mut stream, &header, None, sink)
    }

    /// Writes the samples; labels have no place in the format.
    fn write(&self, path: &Path, samples: &Samples<'_>) -> Result<(), DataError> {
        write_file(path, &samples_bytes(samples)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Header, DataError> {
        let mut bytes = [MAGIC, &[1, 0], &(text.len() as u16).to_le_bytes()].concat();
        bytes.extend_from_slice(text.as_bytes());
        read_header(&mut Stream::new(Path::new("x.npy"), None, &bytes[..]))
    }

    #[test]
    fn headers_of_numpy_are_read() {
        let text = "{'descr': '>u2', 'fortran_order': False, 'shape': (10, 28, 28), }      \n";
        assert_eq!(header(text).unwrap(), Header { element: Element::U16, big_endian: true, shape: vec![10, 28, 28] });
        let text = "{'descr': '|b1', 'fortran_order': True, 'shape': (3,), }\n";
        assert_eq!(header(text).unwrap(), Header { element: Element::Bool, big_endian: false, shape: vec![3] });
        assert!(header("{'descr':'<f8','fortran_order':False,'shape':()}").unwrap().shape.is_empty());
    }

    #[test]
    fn what_is_not_supported_says_what_to_do() {
        for (text, words) in [
            ("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", "fortran_order"),
            ("{'descr': '<c8', 'fortran_order': False, 'shape': (2, 2), }", "<c8"),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "|O"),
            ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", "expected descr"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "expected descr"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "expected descr"),
            ("{'descr': 'é4', 'fortran_order': False, 'shape': (2,), }", "é4"),
            ("", "expected descr"),
        ] {
            let error = header(text).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn written_arrays_are_aligned_and_read_back() {
        let bytes = array_bytes("<f4", &[2, 3], &[0; 24]);
        assert_eq!((bytes.len() - 24) % 64, 0);
        let header = read_header(&mut Stream::new(Path::new("x"), None, &bytes[..])).unwrap();
        assert_eq!(header, Header { element: Element::F32, big_endian: false, shape: vec![2, 3] });
    }
}
