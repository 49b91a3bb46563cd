//! The formats: one file each, reading and writing side by side, and the table of all of them.
//!
//! To add one: write `formats/x.rs` with a unit struct that implements [`Format`], and add it to [`FORMATS`].
//! The contract tests (`tests/data/formats.rs`) then read, write and damage it. What several formats share
//! is in `array.rs`, `stream.rs`, `archive.rs`, `images.rs`, `files.rs`, `class_table.rs`, `mixture.rs`.

mod adult;
mod advice;
mod archive;
pub(crate) mod array;
mod class_columns;
mod class_table;
mod delimited;
pub(crate) mod element;
mod fashion_mnist;
pub(crate) mod files;
mod folder_classes;
mod folder_names;
mod grid2d;
pub(crate) mod idx;
mod image_folder;
mod image_samples;
mod image_zip;
pub(crate) mod images;
mod label_source;
pub(crate) mod labels;
pub(crate) mod layout;
pub(crate) mod left_out;
mod mask_folders;
mod mixture;
pub(crate) mod npy;
mod npz;
mod parquet;
mod part_notes;
mod ring2d;
mod rows;
mod set_parts;
mod sheet;
mod stacked_fashion_mnist;
pub(crate) mod stream;
pub(crate) mod tree;

use crate::error::DataError;
use crate::field::Field;
use crate::modalities::Modality;
use crate::options::{DataOptions, Pages};
use crate::progress::Progress;
use crate::report::DataReport;
use crate::sink::Sink;
use crate::source::Source;
use ganymede_tensor::TensorType;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Every format, in the order in which they are asked whether a path is theirs.
pub(crate) const FORMATS: &[&dyn Format] = &[
    &fashion_mnist::FashionMnist,
    &adult::Adult,
    &ring2d::Ring2d,
    &grid2d::Grid2d,
    &stacked_fashion_mnist::StackedFashionMnist,
    &idx::Idx,
    &npy::Npy,
    &npz::Npz,
    &delimited::Delimited,
    &parquet::Parquet,
    &image_zip::ImageZip,
    &image_folder::ImageFolder,
];

/// One format: how files become samples. All functions are pure in the files they read.
pub(crate) trait Format: Sync {
    /// Its name in reports and codecs.
    fn name(&self) -> &'static str;
    /// One line that says what it reads.
    fn reads(&self) -> &'static str;
    /// The word that stands for the data instead of a path, for data that ships or is computed.
    fn data_name(&self) -> Option<&'static str> {
        None
    }
    /// Whether the path is of this format, by its names and first bytes.
    fn recognises(&self, path: &Path) -> bool;
    /// The files that the samples come from, in an order that does not depend on the file system.
    ///
    /// # Errors
    /// When there is none, or no rule to choose among several.
    fn inputs(&self, source: &Source) -> Result<Inputs, DataError>;
    /// Decodes everything into the sink.
    ///
    /// # Errors
    /// When the data cannot be used at all; single bad images or rows are noted in the report.
    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError>;
    /// Whether it holds arrays, whose samples may be said to be of another shape.
    fn holds_arrays(&self) -> bool {
        false
    }
    /// Whether it holds rows of a table.
    fn holds_rows(&self) -> bool {
        false
    }
    /// Writes samples so that reading them gives them back.
    ///
    /// # Errors
    /// [`DataError::Unsupported`] for data that is computed; [`DataError::Mismatch`] when the format cannot hold them.
    fn write(&self, path: &Path, _samples: &Samples<'_>) -> Result<(), DataError> {
        Err(DataError::Unsupported {
            path: path.into(),
            what: format!("expected a format that is written, found {}", self.name()),
            hint: "the formats of files can be written, computed data cannot",
        })
    }
}

/// Refuses options that only other formats have.
pub(crate) fn check_options(format: &dyn Format, options: &DataOptions) -> Result<(), DataError> {
    let (arrays, archive) = (format.holds_arrays(), format.name() == "npz");
    let images = matches!(format.name(), "image-folder" | "image-zip");
    let table = format.holds_rows();
    let set = [
        ("target", options.target.is_some() && !table, "a table (.csv)"),
        ("numbers", !options.numbers.is_default() && !table, "a table (.csv)"),
        ("condition", !options.condition.is_default() && !table, "a table (.csv)"),
        ("columns", !options.columns.is_empty() && !table, "a table (.csv)"),
        ("rules", !options.rules.is_usual() && !table, "a table (.csv)"),
        ("delimiter", options.delimiter.is_some() && !table, "a table (.csv)"),
        ("header", options.header.is_some() && !table, "a table (.csv)"),
        ("shape", options.reshape.is_some() && !arrays, "an array (.npy, .npz, IDX)"),
        ("layout", options.layout.is_some() && !arrays, "an array (.npy, .npz, IDX)"),
        ("key", options.key.is_some() && !archive, "an archive of arrays (.npz)"),
        ("label_key", options.label_key.is_some() && !archive, "an archive of arrays (.npz)"),
        ("part", options.part.is_some() && !images, "a folder or zip file of images"),
        ("labels", options.labels.is_some() && !images, "a folder or zip file of images"),
        ("label_column", options.label_column.is_some() && !images, "a folder or zip file of images"),
        ("pages", options.pages != Pages::First && !images, "a folder or zip file of images"),
    ];
    match set.into_iter().find(|(_, wrong, _)| *wrong) {
        Some((name, _, expected)) => Err(DataError::Option {
            name,
            reason: format!("expected {expected}, found data of the format {}", format.name()),
        }),
        None => Ok(()),
    }
}

/// Raw samples to be written.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    /// Type of one sample.
    pub sample: &'a TensorType,
    /// All samples, little-endian, one after the other.
    pub bytes: &'a [u8],
    /// One label per sample.
    pub labels: Option<&'a [u32]>,
    /// Names of the classes.
    pub classes: &'a [String],
}

impl Samples<'_> {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.sample.bytes().max(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Writes samples to `path` in the format called `format`; reading the path gives them back.
///
/// # Errors
/// [`DataError::Mismatch`] when there is no such format, or it cannot hold the samples; [`DataError::Io`].
pub fn write(format: &str, path: &Path, samples: &Samples<'_>) -> Result<(), DataError> {
    let found = FORMATS.iter().find(|f| f.name() == format).ok_or_else(|| DataError::Mismatch {
        expected: format!("one of {}", FORMATS.iter().map(|f| f.name()).collect::<Vec<_>>().join(", ")),
        found: format!("`{format}`"),
    })?;
    if samples.labels.is_some_and(|labels| labels.len() != samples.len()) || samples.is_empty() {
        return Err(DataError::Mismatch {
            expected: "at least one sample, and a label for each".into(),
            found: format!("{} samples", samples.len()),
        });
    }
    found.write(path, samples)
}

/// The files that samples come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inputs {
    /// In the order of their relative paths.
    pub(crate) files: Vec<Input>,
    /// What was left out, and why.
    pub(crate) notes: Vec<String>,
}

/// A file that samples come from. Its facts are part of the cache's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Size in bytes.
    pub(crate) bytes: u64,
    /// Time of the last change, in nanoseconds since 1970.
    pub(crate) modified: i128,
    /// Time of the last change of contents or of facts such as the time above, which programs can set back.
    pub(crate) changed: i128,
    /// Number of the file in its file system: another file in its place has another.
    pub(crate) inode: u64,
}

impl Input {
    /// A file whose facts cannot be had.
    pub(crate) fn unreadable(path: PathBuf) -> Input {
        Input { path, bytes: 0, modified: 0, changed: 0, inode: 0 }
    }

    /// The facts of a file.
    pub(crate) fn of(path: impl Into<PathBuf>) -> Result<Input, DataError> {
        use std::os::unix::fs::MetadataExt;
        let path = path.into();
        let facts = path.metadata().map_err(crate::error::io_error(&path, "read"))?;
        let time = |seconds: i64, nanoseconds: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
        let modified = time(facts.mtime(), facts.mtime_nsec());
        let changed = time(facts.ctime(), facts.ctime_nsec());
        Ok(Input { path, bytes: facts.len(), modified, changed, inode: facts.ino() })
    }
}

/// What a format decodes.
pub(crate) struct Job<'a> {
    pub(crate) source: &'a Source,
    pub(crate) inputs: &'a Inputs,
    pub(crate) options: &'a DataOptions,
    pub(crate) progress: &'a dyn Progress,
}

/// What a format knows when all samples are in the sink.
pub(crate) struct Decoded {
    /// What kind of data it is, before anything was learned of it.
    pub(crate) modality: Arc<dyn Modality>,
    /// Raw values of a sample that become −1 and 1.
    pub(crate) range: [f64; 2],
    /// What a network makes, where it is not the raw sample in that range.
    pub(crate) sample: Option<Field>,
    /// One label per sample in the sink.
    pub(crate) labels: Option<Vec<u32>>,
    pub(crate) classes: Vec<String>,
    /// Samples of one patient, one song … have one number: they stay on one side of the split.
    pub(crate) groups: Option<Vec<u32>>,
    /// Further fields.
    pub(crate) columns: Vec<Column>,
    /// Sizes, colours, bad files and notes; the rest is filled in by the caller.
    pub(crate) report: DataReport,
}

/// The values of a field, one for each sample in the sink.
pub(crate) struct Column {
    pub(crate) field: Field,
    /// Little-endian, one after the other.
    pub(crate) bytes: Vec<u8>,
}

impl Decoded {
    /// Samples without labels, groups or further fields.
    pub(crate) fn new(modality: Arc<dyn Modality>, range: [f64; 2], report: DataReport) -> Decoded {
        let (sample, labels, classes, groups, columns) = (None, None, Vec::new(), None, Vec::new());
        Decoded { modality, range, sample, labels, classes, groups, columns, report }
    }

    /// The same with a label for each sample.
    pub(crate) fn labelled(self, labels: Option<(Vec<u32>, Vec<String>)>) -> Decoded {
        let (labels, classes) = labels.map_or((None, Vec::new()), |(labels, names)| (Some(labels), names));
        Decoded { labels, classes, ..self }
    }
}

/// The words that stand for data instead of a path.
pub fn names() -> Vec<&'static str> {
    FORMATS.iter().filter_map(|format| format.data_name()).collect()
}

/// One line for everything that can be read: names first, then kinds of files.
pub fn supported() -> Vec<String> {
    FORMATS.iter().map(|format| format!("{}: {}", format.name(), format.reads())).collect()
}

/// The format of a source, and the source itself: of a folder with a single file that no format reads as
/// a folder, that file.
///
/// # Errors
/// [`DataError::UnknownData`] with what lies there and what is supported; [`DataError::Unsupported`] for a run.
pub(crate) fn recognise(source: &Source) -> Result<(&'static dyn Format, Source), DataError> {
    if let Source::Path(path) = source
        && path.is_dir()
        && tree::is_run(|name| path.join(std::str::from_utf8(name).unwrap_or_default()).is_file())
    {
        return Err(DataError::Unsupported {
            path: path.clone(),
            what: "expected data, found a run of ganymede".into(),
            hint: "name the data that it was trained on; `ganymede resume RUN` trains on, `ganymede sample RUN` generates samples",
        });
    }
    let of_path = |path: &Path| FORMATS.iter().find(|format| format.recognises(path)).copied();
    let found = match source {
        Source::Name(name) => {
            FORMATS.iter().find(|format| format.data_name() == Some(name)).map(|f| (*f, source.clone()))
        }
        Source::Path(path) => of_path(path).map(|format| (format, source.clone())).or_else(|| {
            let only = only_file(path)?;
            of_path(&only).map(|format| (format, Source::Path(only)))
        }),
    };
    found.ok_or_else(|| DataError::UnknownData {
        path: source.path(),
        found: advice::describe(&source.path()),
        supported: supported(),
        advice: advice::advise(&source.path()),
    })
}

/// The file in a folder that holds exactly one, hidden ones aside.
fn only_file(folder: &Path) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = folder.read_dir().ok()?.flatten().map(|entry| entry.path()).collect();
    entries.retain(|path| !files::is_hidden(path.file_name().unwrap_or_default().as_encoded_bytes()));
    match &entries[..] {
        [only] if only.is_file() => Some(only.clone()),
        _ => None,
    }
}

/// The first bytes of a file, at most `most`.
pub(crate) fn first_bytes(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
