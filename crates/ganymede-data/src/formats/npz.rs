//! NumPy's `.npz`: a zip archive of arrays, images and their labels among them.
//! Not here: one array (`npy.rs`), zip itself (`archive.rs`), arrays as samples (`array.rs`).

use super::archive::{self, Archive};
use super::array::{self, Header};
use super::folder_names::{FolderName, Part};
use super::labels::Labels;
use super::stream::Stream;
use super::{Decoded, Format, Input, Inputs, Job, Samples, first_bytes, labels, npy};
use crate::error::DataError;
use crate::options::DataOptions;
use crate::raster::grid::write_file;
use crate::sink::Sink;
use crate::source::Source;
use std::path::Path;

/// Files `.npz`.
pub(crate) struct Npz;

/// Usual names of the samples, those to train on first, each with the usual names of their labels; the first that is there
/// is used.
const NAMES: [(&str, &[&str]); 13] = [
    ("train_images", &["train_labels", "train_label"]),
    ("x_train", &["y_train"]),
    ("train_x", &["train_y"]),
    ("train_data", &["train_labels"]),
    ("images", &["labels", "label", "targets", "y"]),
    ("x", &["y", "labels"]),
    ("data", &["labels", "label", "targets", "target", "y"]),
    ("samples", &["labels"]),
    ("arr_0", &["arr_1"]),
    ("test_images", &["test_labels", "test_label"]),
    ("x_test", &["y_test"]),
    ("test_x", &["test_y"]),
    ("test_data", &["test_labels"]),
];

/// The name of a member without `.npy`; `None` when it is no array.
fn array_name(name: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(name).into_owned();
    let end = name.len().checked_sub(4)?;
    name.get(end..)?.eq_ignore_ascii_case(".npy").then(|| name[..end].to_string())
}

/// An array of an archive.
struct Member {
    number: usize,
    name: String,
}

/// The array of this name, in the same case or else in any.
fn find<'a>(arrays: &'a [Member], name: &str) -> Option<&'a Member> {
    let any = || arrays.iter().find(|array| array.name.eq_ignore_ascii_case(name));
    arrays.iter().find(|array| array.name == name).or_else(any)
}

/// The shape of an array for people; what its header lacks else.
fn shape_of(archive: &Archive, array: &Member) -> Option<Vec<usize>> {
    open(archive, array, "values", |_, header| Ok(header.shape.clone())).ok()
}

/// The arrays of the archive with their shapes, and a guess at what to say: the first with three axes, and one of as many rows.
fn listed(archive: &Archive, arrays: &[Member]) -> (String, String) {
    const SHOWN: usize = 20;
    let shapes: Vec<Option<Vec<usize>>> = arrays.iter().take(SHOWN).map(|array| shape_of(archive, array)).collect();
    let text = |(array, shape): (&Member, &Option<Vec<usize>>)| match shape {
        Some(shape) => format!("{} {shape:?}", array.name),
        None => format!("{} (not read)", array.name),
    };
    let mut found: Vec<String> = arrays.iter().zip(&shapes).map(text).collect();
    if arrays.len() > SHOWN {
        found.push(format!("{} more", arrays.len() - SHOWN));
    }
    let of_axes = |least: usize, most: usize, rows: Option<usize>| {
        let fits = |shape: &Vec<usize>| {
            (least..=most).contains(&shape.len()) && rows.is_none_or(|rows| shape.first() == Some(&rows))
        };
        arrays.iter().zip(&shapes).find_map(|(array, shape)| shape.as_ref().filter(|s| fits(s)).map(|s| (array, s[0])))
    };
    let samples = of_axes(3, 4, None).or_else(|| of_axes(2, 2, None));
    let labels = samples.and_then(|(samples, rows)| of_axes(1, 2, Some(rows)).filter(|(l, _)| l.name != samples.name));
    let hint = match (samples, labels) {
        (Some((samples, _)), Some((labels, _))) => {
            format!("such as --key {} --label-key {}", samples.name, labels.name)
        }
        (Some((samples, _)), None) => format!("such as --key {}", samples.name),
        _ => "--key NAME takes one of them".into(),
    };
    (found.join(", "), format!("say which one has the samples, and which the labels, if any: {hint}"))
}

/// The arrays with the samples and with their labels.
fn chosen<'a>(
    archive: &Archive,
    arrays: &'a [Member],
    options: &DataOptions,
) -> Result<(&'a Member, Option<&'a Member>), DataError> {
    let unknown = |what: &str| {
        let (found, hint) = listed(archive, arrays);
        DataError::Unclear { path: archive.path().into(), what: format!("expected {what}, found {found}"), hint }
    };
    let usual = || NAMES.iter().find_map(|(name, labels)| Some((find(arrays, name)?, *labels)));
    let labels_of = |samples: &Member| NAMES.iter().find(|(name, _)| samples.name.eq_ignore_ascii_case(name));
    let (samples, labels) = match (&options.key, arrays) {
        (_, []) => return Err(DataError::Empty { path: archive.path().into(), what: "array in the archive" }),
        (Some(key), _) => {
            let samples = find(arrays, key).ok_or_else(|| unknown(&format!("an array called `{key}`")))?;
            (samples, labels_of(samples).map_or(&[][..], |(_, labels)| labels))
        }
        (None, [only]) => (only, &[][..]),
        (None, _) => {
            let of_names = "one array, or one called train_images, x_train, images, x, data or arr_0";
            usual().ok_or_else(|| unknown(of_names))?
        }
    };
    let labels = match &options.label_key {
        Some(key) => Some(find(arrays, key).ok_or_else(|| unknown(&format!("an array of labels called `{key}`")))?),
        None => labels.iter().find_map(|name| find(arrays, name)),
    };
    Ok((samples, labels))
}

/// Opens an array as a stream behind its header; errors call its elements `what`.
fn open<T>(
    archive: &Archive,
    array: &Member,
    what: &str,
    work: impl FnOnce(&mut Stream<'_>, &Header) -> Result<T, DataError>,
) -> Result<T, DataError> {
    let name = String::from_utf8_lossy(&archive.names[array.number]).into_owned();
    let result = archive.with(array.number, |reader| {
        let mut stream = Stream::new(archive.path(), Some(&name), reader);
        let header = npy::read_header(&mut stream, what)?;
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
        "a NumPy archive .npz with train_images, x_train, images, data or what --key names, and their labels"
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
        let name = |(number, name): (usize, &Vec<u8>)| Some(Member { number, name: array_name(name)? });
        let arrays: Vec<Member> = archive.names.iter().enumerate().filter_map(name).collect();
        let (samples, labels) = chosen(&archive, &arrays, job.options)?;
        let rows = open(&archive, samples, "samples", |_, header| Ok(header.shape.first().copied().unwrap_or(0)))?;
        let mut notes = vec![format!("samples are the array {}", samples.name)];
        let mut classes = None;
        if let Some(array) = labels {
            let what = format!("labels in the array {}", array.name);
            let read = open(&archive, array, &what, |stream, header| labels::read(stream, header, rows))?;
            notes.push(match &read {
                Labels::Classes { .. } => format!("labels are the array {}", array.name),
                Labels::None(reason) if job.options.label_key.is_some() => {
                    let reason = format!("{what}: {reason}");
                    return Err(DataError::Option { name: "label_key", reason });
                }
                Labels::None(reason) => format!("the array {} was left out: {reason}", array.name),
            });
            classes = Some(read).filter(|read| matches!(read, Labels::Classes { .. }));
        }
        let taken = |array: &&Member| array.number != samples.number && labels.is_none_or(|l| l.number != array.number);
        let others: Vec<&str> = arrays.iter().filter(taken).map(|array| array.name.as_str()).collect();
        if !others.is_empty() {
            let more = if others.len() > 8 { format!(" and {} more", others.len() - 8) } else { String::new() };
            notes.push(format!("other arrays were left out: {}{more}", others[..others.len().min(8)].join(", ")));
        }
        let is_test = FolderName::of(samples.name.as_bytes()).part == Some(Part::Test);
        if is_test && job.options.key.is_none() {
            notes.push("there is no array to train on: the one of tests was taken".into());
        }
        let mut decoded =
            open(&archive, samples, "samples", |stream, header| array::decode(job, stream, header, classes, sink))?;
        decoded.report.notes.splice(0..0, notes);
        Ok(decoded)
    }

    fn holds_arrays(&self) -> bool {
        true
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
