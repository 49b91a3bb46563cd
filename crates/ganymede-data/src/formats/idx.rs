//! IDX, the format of MNIST and its relatives: big-endian arrays, plain or gzip.
//! Not here: arrays as samples (`array.rs`).
//!
//! A file is 0, 0, the element type, the number of axes; a big-endian u32 per axis; the elements.
//!
//! # Source
//! LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "file formats".

use super::array::{self, Header, Values};
use super::element::Element;
use super::stream::Stream;
use super::{Decoded, Format, Input, Inputs, Job, Samples, labels};
use crate::error::{DataError, io_error};
use crate::raster::grid::write_file;
use crate::sink::Sink;
use crate::source::Source;
use flate2::{Compression, GzBuilder};
use ganymede_tensor::DType;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Most axes of an array that is read.
const MAX_AXES: u8 = 4;

/// Codes of the element types.
const CODES: [(u8, Element); 6] = [
    (0x08, Element::U8),
    (0x09, Element::I8),
    (0x0b, Element::I16),
    (0x0c, Element::I32),
    (0x0d, Element::F32),
    (0x0e, Element::F64),
];

/// The format IDX.
pub(crate) struct Idx;

/// Reads the header of an array.
pub(crate) fn read_header(stream: &mut Stream<'_>) -> Result<Header, DataError> {
    let [zero, zero2, code, axes] = stream.take("IDX magic")?;
    let element = CODES.iter().find(|(c, _)| *c == code).map(|(_, element)| *element);
    let (0, 0, Some(element)) = (zero, zero2, element) else {
        return Err(stream.malformed(format!(
            "expected IDX's magic 00 00 and an element type (08 09 0b 0c 0d 0e), found {zero:02x} {zero2:02x} {code:02x}"
        )));
    };
    if !(1..=MAX_AXES).contains(&axes) {
        return Err(stream.malformed(format!("expected 1 to {MAX_AXES} axes, found {axes}")));
    }
    let shape: Vec<usize> = (0..axes)
        .map(|_| Ok(u32::from_be_bytes(stream.take("an axis")?) as usize))
        .collect::<Result<_, DataError>>()?;
    Ok(Header { values: Values::Numbers(element), big_endian: true, column_major: false, shape })
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The files of images in a folder: those of training when there are any; of `x` and `x.gz`, `x`. A file may lie in a folder of
/// its own name, as some unpackers leave it.
fn images_in(folder: &Path) -> Vec<PathBuf> {
    let is_images = |path: &Path| {
        let name = name_of(path);
        name.contains("images") && name.contains("idx") && !name.starts_with('.')
    };
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
        entries.filter(|path| is_images(path)).collect()
    };
    let mut files: Vec<PathBuf> = list(folder).into_iter().filter(|path| path.is_file()).collect();
    if files.is_empty() {
        let folders = list(folder).into_iter().filter(|path| path.is_dir());
        files = folders.flat_map(|folder| list(&folder)).filter(|path| path.is_file()).collect();
    }
    files.sort();
    if files.iter().any(|path| name_of(path).contains("train")) {
        files.retain(|path| name_of(path).contains("train"));
    }
    let all = files.clone();
    files.retain(|path| {
        name_of(path).strip_suffix(".gz").is_none_or(|plain| !all.contains(&path.with_file_name(plain)))
    });
    files
}

/// The file of labels beside a file of images, or beside its folder, by the usual names.
fn labels_beside(images: &Path) -> Option<PathBuf> {
    let labels = |name: String| -> Option<String> {
        let labels =
            name.replace("images", "labels").replace("idx2", "idx1").replace("idx3", "idx1").replace("idx4", "idx1");
        name.contains("images").then_some(labels)
    };
    let name = labels(name_of(images))?;
    let plain = name.strip_suffix(".gz").unwrap_or(&name).to_string();
    let names = [name, plain.clone(), plain + ".gz"];
    let beside = images.parent()?;
    let folders = [Some(beside.to_path_buf()), labels(name_of(beside)).map(|name| beside.with_file_name(name))];
    let files = folders.iter().flatten().flat_map(|folder| names.iter().map(|name| folder.join(name)));
    files.into_iter().find(|path| path.is_file())
}

/// Decodes images and labels from two streams; shared with the data that ships.
pub(crate) fn decode(
    job: &Job<'_>,
    images: &mut Stream<'_>,
    labels: Option<&mut Stream<'_>>,
    sink: &mut Sink<'_>,
) -> Result<Decoded, DataError> {
    let header = read_header(images)?;
    let labels = match labels {
        None => None,
        Some(stream) => {
            let label_header = read_header(stream)?;
            Some(labels::read(stream, &label_header, header.shape[0])?)
        }
    };
    array::decode(job, images, &header, labels, sink)
}

impl Format for Idx {
    fn name(&self) -> &'static str {
        "idx"
    }

    fn reads(&self) -> &'static str {
        "a file of images such as train-images-idx3-ubyte, plain or .gz, or a folder with it and its labels"
    }

    fn recognises(&self, path: &Path) -> bool {
        if path.is_dir() {
            return !images_in(path).is_empty();
        }
        Stream::open(path).and_then(|mut stream| read_header(&mut stream)).is_ok()
            || (name_of(path).contains("idx") && name_of(path).contains("ubyte"))
    }

    fn inputs(&self, source: &Source) -> Result<Inputs, DataError> {
        let path = source.path();
        let images = if path.is_dir() {
            let mut files = images_in(&path);
            if files.len() > 1 {
                let candidates = files.iter().map(|file| name_of(file)).collect();
                return Err(DataError::Ambiguous { path, what: "file of images", candidates });
            }
            files.pop().ok_or(DataError::Empty { path, what: "file of images" })?
        } else {
            path
        };
        let labels = labels_beside(&images);
        let files = [Some(images), labels].into_iter().flatten().map(Input::of).collect::<Result<_, _>>()?;
        Ok(Inputs { files, notes: Vec::new() })
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let mut images = Stream::open(&job.inputs.files[0].path)?;
        let mut labels = job.inputs.files.get(1).map(|input| Stream::open(&input.path)).transpose()?;
        decode(job, &mut images, labels.as_mut(), sink)
    }

    fn holds_arrays(&self) -> bool {
        true
    }

    /// Writes `train-images-idx3-ubyte.gz` (axes as many as needed) and its labels into the folder `path`.
    fn write(&self, path: &Path, samples: &Samples<'_>) -> Result<(), DataError> {
        let mut shape = vec![samples.len()];
        shape.extend(samples.sample.shape.iter());
        if shape.len() == 4 && shape[3] == 1 {
            shape.pop();
        }
        let element = match samples.sample.dtype {
            DType::U8 => Element::U8,
            DType::F32 => Element::F32,
            other => {
                return Err(DataError::Mismatch {
                    expected: "u8 or f32 samples for IDX".into(),
                    found: other.to_string(),
                });
            }
        };
        let mut values = samples.bytes.to_vec();
        values.chunks_exact_mut(element.bytes()).for_each(<[u8]>::reverse);
        let axes = shape.len();
        write_array(&path.join(format!("train-images-idx{axes}-ubyte.gz")), element, &shape, &values)?;
        if let Some(labels) = samples.labels {
            let values = labels.iter().flat_map(|&label| (label as i32).to_be_bytes()).collect::<Vec<u8>>();
            write_array(&path.join("train-labels-idx1-ubyte.gz"), Element::I32, &[labels.len()], &values)?;
        }
        Ok(())
    }
}

fn write_array(path: &Path, element: Element, shape: &[usize], values: &[u8]) -> Result<(), DataError> {
    let code = CODES.iter().find(|(_, e)| *e == element).map_or(0, |(code, _)| *code);
    let mut out = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    let mut write = |bytes: &[u8]| out.write_all(bytes).map_err(io_error(path, "write"));
    write(&[0, 0, code, shape.len() as u8])?;
    for &size in shape {
        let size = u32::try_from(size)
            .map_err(|_| DataError::Mismatch { expected: "sizes below 2^32".into(), found: size.to_string() })?;
        write(&size.to_be_bytes())?;
    }
    write(values)?;
    write_file(path, &out.finish().map_err(io_error(path, "write"))?)
}
