//! NumPy's `.npz`: a zip archive of arrays, images and their labels among them.
//! Not here: one array (`npy.rs`), zip itself (`archive.rs`), arrays as samples (`array.rs`).

use super::archive::{self, Archive};
use super::array::{self, Header};
use super::stream::Stream;
use super::{Decoded, Format, Input, Inputs, Job, Samples, first_bytes, labels, npy};
use crate::error::DataError;
use crate::picture::grid::write_file;
use crate::sink::Sink;
use crate::source::Source;
use std::path::Path;

/// Files `.npz`.
pub(crate) struct Npz;

/// Usual names of the samples to train on, each with the usual names of their labels; the first that is there is used.
const NAMES: [(&str, &[&str]); 8] = [
    ("train_images", &["train_labels", "train_label"]),
    ("x_train", &["y_train"]),
    ("train_x", &["train_y"]),
    ("images", &["labels", "label", "targets"]),
    ("x", &["y"]),
    ("data", &["labels", "label", "targets", "y"]),
    ("samples", &["labels"]),
    ("arr_0", &["arr_1"]),
];

/// The name of a member without `.npy`, in small letters; `None` when it is no array.
fn array_name(name: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(name).to_lowercase();
    name.strip_suffix(".npy").map(Into::into)
}

/// Numbers of the members with the samples and with their labels.
fn chosen(archive: &Archive) -> Result<(usize, Option<usize>), DataError> {
    let arrays: Vec<(usize, String)> =
        archive.names.iter().enumerate().filter_map(|(i, name)| Some((i, array_name(name)?))).collect();
    let find = |name: &str| arrays.iter().find(|(_, n)| n == name).map(|(i, _)| *i);
    for (samples, labels) in NAMES {
        if let Some(found) = find(samples) {
            return Ok((found, labels.iter().find_map(|name| find(name))));
        }
    }
    match &arrays[..] {
        [(only, _)] => Ok((*only, None)),
        [] => Err(DataError::Empty { path: archive.path().into(), what: "array in the archive" }),
        _ => Err(DataError::Ambiguous {
            path: archive.path().into(),
            what: "array called train_images, x_train, images or data",
            candidates: arrays.into_iter().map(|(_, name)| name).collect(),
        }),
    }
}

/// Opens a member as a stream behind its header.
fn open<T>(
    archive: &Archive,
    member: usize,
    work: impl FnOnce(&mut Stream<'_>, &Header) -> Result<T, DataError>,
) -> Result<T, DataError> {
    let name = String::from_utf8_lossy(&archive.names[member]).into_owned();
    let result = archive.with(member, |reader| {
        let mut stream = Stream::new(archive.path(), Some(&name), reader);
        let header = npy::read_header(&mut stream)?;
        work(&mut stream, &header)
    });
    result.unwrap_or_else(|reason| {
        let at = crate::error::Position::Member(name.clone());
        Err(DataError::Malformed { path: archive.path().into(), at, reason })
    })
}

impl Format for Npz {
    fn name(&self) -> &'static str {
        "npz"
    }

    fn reads(&self) -> &'static str {
        "a NumPy archive .npz with train_images, x_train, images or data, and their labels"
    }

    fn recognises(&self, path: &Path) -> bool {
        path.is_file()
            && first_bytes(path, 4).is_ok_and(|bytes| archive::has_zip_magic(&bytes))
            && (path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npz"))
                || Archive::open(path).is_ok_and(|archive| {
                    !archive.names.is_empty() && archive.names.iter().all(|name| array_name(name).is_some())
                }))
    }

    fn inputs(&self, source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs { files: vec![Input::of(source.path())?], notes: Vec::new() })
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let archive = Archive::open(&job.inputs.files[0].path)?;
        let (samples, labels) = chosen(&archive)?;
        let name = |member: usize| array_name(&archive.names[member]).unwrap_or_default();
        let rows = open(&archive, samples, |_, header| Ok(header.shape.first().copied().unwrap_or(0)))?;
        let mut notes = vec![format!("samples are the array {}", name(samples))];
        let mut classes = None;
        if let Some(member) = labels {
            classes = open(&archive, member, |stream, header| match header.shape[..] {
                [_] | [_, 1] => Ok(labels::classes_of(&labels::read_labels(stream, header, rows)?)),
                _ => Ok(None),
            })?;
            notes.push(match classes {
                Some(_) => format!("labels are the array {}", name(member)),
                None => format!("the array {} does not give one class to each sample and was left out", name(member)),
            });
        }
        let mut decoded = open(&archive, samples, |stream, header| array::decode(job, stream, header, classes, sink))?;
        decoded.report.notes.splice(0..0, notes);
        Ok(decoded)
    }

    /// Writes the arrays `train_images` and `train_labels`.
    fn write(&self, path: &Path, samples: &Samples<'_>) -> Result<(), DataError> {
        let mut members = vec![("train_images.npy".to_string(), npy::samples_bytes(samples)?)];
        if let Some(labels) = samples.labels {
            let values: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
            members.push(("train_labels.npy".to_string(), npy::array_bytes("<u4", &[labels.len()], &values)));
        }
        write_file(path, &archive::archive_bytes(path, &members)?)
    }
}
