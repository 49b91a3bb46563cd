//! NumPy's `.npy`: one array a file. Not here: several of them (`npz.rs`), arrays as samples (`array.rs`).
//!
//! A file is `\x93NUMPY`, the version, the length of the header, the header as the text of a Python dictionary
//! with the keys `descr`, `fortran_order` and `shape`; the elements.
//!
//! # Source
//! NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays", and `numpy.lib.format`.

use super::array::{self, Header, Values};
use super::element::Element;
use super::layout::Form;
use super::stream::Stream;
use super::{Decoded, Format, Input, Inputs, Job, Samples, first_bytes};
use crate::error::{DataError, io_error};
use crate::limits::MAX_HEADER;
use crate::raster::grid::write_file;
use crate::sink::Sink;
use crate::source::Source;
use ganymede_tensor::DType;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

const MAGIC: &[u8] = b"\x93NUMPY";
/// Most axes of an array that is read.
const MAX_AXES: usize = 8;
/// Most characters of a text in an array.
const MAX_TEXT: usize = 4096;

/// Files `.npy`.
pub(crate) struct Npy;

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

/// Reads the header of an array; errors call its elements `what`.
pub(crate) fn read_header(stream: &mut Stream<'_>, what: &str) -> Result<Header, DataError> {
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
    let descr = after(&text, "descr");
    if descr.is_some_and(|t| t.starts_with('[')) {
        let what = format!("expected {what} of one type, found records {shown}");
        let hint = "save its fields as arrays of their own: numpy.savez";
        return Err(DataError::Unsupported { path: stream.path().into(), what, hint });
    }
    let descr = descr.and_then(|t| t.strip_prefix('\'')).and_then(|t| t.split_once('\'')).map(|(d, _)| d);
    let fortran = after(&text, "fortran_order").map(|t| (t.starts_with("False"), t.starts_with("True")));
    let (Some(descr), Some((row_major, column_major)), Some(shape)) = (descr, fortran, shape(&text)) else {
        return Err(stream.malformed(format!("expected descr, fortran_order and shape in the header, found {shown}")));
    };
    let unsupported = |what: String, hint| DataError::Unsupported { path: stream.path().into(), what, hint };
    let (order, name) =
        descr.split_at(descr.chars().next().map_or(0, |c| if c.is_ascii_alphanumeric() { 0 } else { c.len_utf8() }));
    if !matches!(order, "<" | ">" | "|" | "=" | "") {
        return Err(stream.malformed(format!("expected a byte order <, > or | before the type, found `{descr}`")));
    }
    let Some(values) = values_of(name) else {
        let (found, hint) = foreign(name, what.starts_with("labels"));
        let known: Vec<&str> = Element::ALL.iter().map(|(_, numpy, _)| *numpy).collect();
        return Err(unsupported(format!("expected {what} of a type {}, found {found}", known.join(", ")), hint));
    };
    if !row_major && !column_major {
        return Err(stream.malformed(format!("expected fortran_order False or True, found {shown}")));
    }
    Ok(Header { values, big_endian: order == ">", column_major, shape })
}

/// What the elements of a type, named without its byte order, are.
fn values_of(name: &str) -> Option<Values> {
    let text = |unicode| {
        let length = name[1..].parse().ok().filter(|&length| length <= MAX_TEXT)?;
        Some(Values::Text { length, unicode })
    };
    match name.chars().next()? {
        'U' => text(true),
        'S' | 'a' => text(false),
        _ => Element::of_numpy(name).map(Values::Numbers),
    }
}

/// A type that is not read in words, and what to do about it.
fn foreign(name: &str, labels: bool) -> (String, &'static str) {
    match name.chars().next() {
        Some('O') if labels => {
            ("Python objects (`O`)".into(), "save them as numbers or texts: labels.astype(int), or labels.astype(str)")
        }
        Some('O') => (
            "Python objects (`O`): rows of different lengths, or of mixed types".into(),
            "rows of one size: numpy.stack(list), saved; of several sizes: save each image as a file into a folder",
        ),
        Some('c') => (
            format!("complex numbers (`{name}`)"),
            "real and imaginary parts as two channels: numpy.stack([a.real, a.imag], -1)",
        ),
        Some('U' | 'S' | 'a') => (format!("texts of `{name}`"), "shorter texts: array.astype(\"U64\")"),
        Some('M' | 'm') => (format!("times (`{name}`)"), "as numbers: array.astype(\"int64\")"),
        Some('V') => (format!("records (`{name}`)"), "save its fields as arrays of their own: numpy.savez"),
        _ => (format!("`{name}`"), "convert the array, for example with array.astype(\"float32\")"),
    }
}

/// An array as the bytes of a `.npy` file; `values` are little-endian.
pub(crate) fn array_bytes(descr: &str, shape: &[usize], values: &[u8]) -> Vec<u8> {
    [&header_bytes(descr, shape)[..], values].concat()
}

/// What stands before the values in a `.npy` file.
pub(crate) fn header_bytes(descr: &str, shape: &[usize]) -> Vec<u8> {
    let sizes: Vec<String> = shape.iter().map(|size| format!("{size},")).collect();
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}", sizes.join(" "));
    // Magic, version and length are 10 bytes; the elements start at a multiple of 64.
    let padded = (10 + text.len() + 1).next_multiple_of(64) - 10;
    text.push_str(&" ".repeat(padded - text.len() - 1));
    text.push('\n');
    [MAGIC, &[1, 0], &(padded as u16).to_le_bytes(), text.as_bytes()].concat()
}

/// Writes some of `all` samples, raw values from number `first` on, into the array at `path`, whose header says all of them;
/// the first ones begin it. Says whether they did.
///
/// # Errors
/// [`DataError::Io`].
pub(crate) fn write_part(
    path: &Path,
    form: &Form,
    shape: &[usize],
    all: &Range<u64>,
    first: u64,
    values: &[f64],
) -> Result<bool, DataError> {
    let begins = first == all.start;
    let sizes = [&[(all.end - all.start) as usize], &form.sizes(shape)[..]].concat();
    let header = header_bytes(&form.element.descr(), &sizes);
    let bytes: Vec<u8> =
        values.chunks_exact(shape.iter().product()).flat_map(|sample| form.bytes(shape, sample)).collect();
    let each = shape.iter().product::<usize>() * form.element.bytes();
    let at = header.len() as u64 + (first - all.start) * each as u64;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(io_error(folder, "create"))?;
    }
    let failed = || io_error(path, "write");
    let file = File::options().write(true).create(begins).truncate(begins).open(path).map_err(failed())?;
    if begins {
        file.write_all_at(&header, 0).map_err(failed())?;
    }
    file.write_all_at(&bytes, at).map_err(failed())?;
    Ok(begins)
}

/// Samples as the bytes of a `.npy` file.
pub(crate) fn samples_bytes(samples: &Samples<'_>) -> Result<Vec<u8>, DataError> {
    let dtype = samples.sample.dtype;
    if !matches!(dtype, DType::U8 | DType::U16 | DType::F32) {
        return Err(DataError::Mismatch { expected: "u8, u16 or f32".into(), found: dtype.to_string() });
    }
    let shape = [&[samples.len()], &samples.sample.shape[..]].concat();
    Ok(array_bytes(&Element::of_dtype(dtype).descr(), &shape, samples.bytes))
}

impl Format for Npy {
    fn name(&self) -> &'static str {
        "npy"
    }

    fn reads(&self) -> &'static str {
        "a NumPy file .npy with images (N, H, W), (N, H, W, C) or (N, C, H, W), or points (N, D)"
    }

    fn recognises(&self, path: &Path) -> bool {
        path.is_file() && first_bytes(path, 6).is_ok_and(|bytes| bytes == MAGIC)
    }

    fn inputs(&self, source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs { files: vec![Input::of(source.path())?], notes: Vec::new() })
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let mut stream = Stream::open(&job.inputs.files[0].path)?;
        let header = read_header(&mut stream, "samples")?;
        array::decode(job, &mut stream, &header, None, sink)
    }

    fn holds_arrays(&self) -> bool {
        true
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
        read_header(&mut Stream::new(Path::new("x.npy"), None, &bytes[..]), "samples")
    }

    fn numbers(element: Element, big_endian: bool, column_major: bool, shape: Vec<usize>) -> Header {
        Header { values: Values::Numbers(element), big_endian, column_major, shape }
    }

    #[test]
    fn headers_of_numpy_are_read() {
        let text = "{'descr': '>u2', 'fortran_order': False, 'shape': (10, 28, 28), }      \n";
        assert_eq!(header(text).unwrap(), numbers(Element::U16, true, false, vec![10, 28, 28]));
        let text = "{'descr': '|b1', 'fortran_order': True, 'shape': (3,), }\n";
        assert_eq!(header(text).unwrap(), numbers(Element::Bool, false, true, vec![3]));
        assert!(header("{'descr':'<f8','fortran_order':False,'shape':()}").unwrap().shape.is_empty());
        let text = header("{'descr': '>U12', 'fortran_order': False, 'shape': (2,), }").unwrap();
        assert_eq!((text.values, text.big_endian), (Values::Text { length: 12, unicode: true }, true));
        let text = header("{'descr': '|S5', 'fortran_order': False, 'shape': (2,), }").unwrap();
        assert_eq!(text.values, Values::Text { length: 5, unicode: false });
    }

    #[test]
    fn what_is_not_supported_says_what_to_do() {
        for (text, words, hint) in [
            ("{'descr': '<c8', 'fortran_order': False, 'shape': (2, 2), }", "samples of a type b1, u1", "a.real"),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "Python objects", "numpy.stack"),
            ("{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (2,), }", "times", "int64"),
            ("{'descr': '<f16', 'fortran_order': False, 'shape': (2,), }", "`f16`", "float32"),
            ("{'descr': '<U99999999999', 'fortran_order': False, 'shape': (2,), }", "texts", "U64"),
            ("{'descr': '<Ux', 'fortran_order': False, 'shape': (2,), }", "texts", "U64"),
            ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", "records", "savez"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "expected descr", "damaged"),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
                "expected descr",
                "damaged",
            ),
            ("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,), }", "fortran_order False or True", "damaged"),
            ("{'descr': 'é4', 'fortran_order': False, 'shape': (2,), }", "é4", "damaged"),
            ("", "expected descr", "damaged"),
        ] {
            let error = header(text).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
            assert!(error.hint().unwrap().contains(hint), "{error}");
        }
    }

    #[test]
    fn written_arrays_are_aligned_and_read_back() {
        let bytes = array_bytes("<f4", &[2, 3], &[0; 24]);
        assert_eq!((bytes.len() - 24) % 64, 0);
        let header = read_header(&mut Stream::new(Path::new("x"), None, &bytes[..]), "samples").unwrap();
        assert_eq!(header, numbers(Element::F32, false, false, vec![2, 3]));
    }
}
