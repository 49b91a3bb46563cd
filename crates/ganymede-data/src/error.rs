//! Why data could not be read or written. Not here: exit codes, which the command chooses.

use crate::table::TableError;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// How far a reader had come when it found something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// The file as a whole.
    Whole,
    /// Byte offset in the file (in the decompressed bytes of a compressed one).
    Byte(u64),
    /// Line of a text file, from 1.
    Line(u64),
    /// Name of a member of an archive.
    Member(String),
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Position::Whole => Ok(()),
            Position::Byte(byte) => write!(f, ", byte {byte}"),
            Position::Line(line) => write!(f, ", line {line}"),
            Position::Member(name) => write!(f, ", member `{name}`"),
        }
    }
}

/// A file (or a member or row of one) that was skipped, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BadFile {
    /// Its path relative to the source; `row 17` of an array.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Why data could not be read or written.
#[derive(thiserror::Error)]
pub enum DataError {
    /// Neither a name of shipped or synthetic data nor a path that exists.
    #[error("expected a path or one of {}, found `{text}`", .names.join(", "))]
    NotFound {
        /// What was asked for.
        text: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// No format recognises the path.
    #[error("{path}: expected data in a supported format, found {found}", path = .path.display())]
    UnknownData {
        /// The path.
        path: PathBuf,
        /// What lies there.
        found: String,
        /// One line per supported format.
        supported: Vec<String>,
        /// What to do, where what lies there says it.
        advice: Option<String>,
    },
    /// Several candidates, and no rule to choose one.
    #[error("{path}: expected one {what}, found {}", .candidates.join(", "), path = .path.display())]
    Ambiguous {
        /// The folder or archive.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// What was found.
        candidates: Vec<String>,
    },
    /// Several readings, and no rule to choose one.
    #[error("{path}: {what}", path = .path.display())]
    Unclear {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found, of which there are several readings.
        what: String,
        /// How to say which is meant.
        hint: String,
    },
    /// The operating system refused.
    #[error("{path}: could not {doing}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried, as a verb: `read`, `create` …
        doing: &'static str,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The bytes are not what the format says.
    #[error("{path}{at}: {reason}", path = .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// How far the reader had come.
        at: Position,
        /// Expected and found.
        reason: String,
    },
    /// Valid, and not supported.
    #[error("{path}: {what}", path = .path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is, and what is supported.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// A limit against oversized or hostile input.
    #[error("{path}{at}: expected at most {limit}, found {found}", path = .path.display())]
    Limit {
        /// The file.
        path: PathBuf,
        /// Where in it.
        at: Position,
        /// The limit with its unit.
        limit: String,
        /// What the file asks for.
        found: String,
    },
    /// Labels and images do not pair up.
    #[error("{path}{at}: expected {images} labels, one for each sample, found {labels}", path = .path.display())]
    LabelCount {
        /// The file of the labels.
        path: PathBuf,
        /// The array in it.
        at: Position,
        /// Number of samples.
        images: u64,
        /// Number of labels.
        labels: u64,
    },
    /// There is not one sample.
    #[error("{path}: expected at least one {what}, found none", path = .path.display())]
    Empty {
        /// The source.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
    },
    /// Images of several sizes, and no resolution asked for.
    #[error("{path}: expected images of one size, found {}", .sizes.join(", "), path = .path.display())]
    MixedSizes {
        /// The source.
        path: PathBuf,
        /// The most frequent sizes with their counts.
        sizes: Vec<String>,
    },
    /// More bad files than `max_bad` allows.
    #[error("{path}: expected at most {:.1} % bad files, found {bad} of {total}; first: {}", .max_bad * 100.0, list(.first), path = .path.display())]
    TooManyBad {
        /// The source.
        path: PathBuf,
        /// Number of bad files.
        bad: u64,
        /// Number of all files.
        total: u64,
        /// The fraction allowed.
        max_bad: f64,
        /// The first of them.
        first: Vec<BadFile>,
    },
    /// An option that does not fit the data or is out of its range.
    #[error("option `{name}`: {reason}")]
    Option {
        /// Name of the option as in [`crate::DataOptions`].
        name: &'static str,
        /// Expected and found.
        reason: String,
    },
    /// Decoded samples do not fit into memory without a cache.
    #[error("expected at most {limit} bytes of decoded samples in memory, found {needed}")]
    MemoryLimit {
        /// The limit in bytes.
        limit: u64,
        /// What is needed, as far as it was counted.
        needed: u64,
    },
    /// No variable says where the cache may be.
    #[error("expected one of the variables GANYMEDE_CACHE, XDG_CACHE_HOME and HOME, found none")]
    NoCacheFolder,
    /// The values handed to a writer or reader do not fit the sample's type.
    #[error("expected {expected}, found {found}")]
    Mismatch {
        /// What fits.
        expected: String,
        /// What was given.
        found: String,
    },
    /// A file of a later version of ganymede.
    #[error("{path}: expected format_version 1 to {known}, found {found}", path = .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The latest that is known here.
        known: u64,
    },
    /// A block of the cache is not what was written.
    #[error("{path}, byte {byte}: the cache of decoded samples is damaged, its checksum differs", path = .path.display())]
    DamagedCache {
        /// The file.
        path: PathBuf,
        /// Where the block starts.
        byte: u64,
        /// Whether the file was taken away, so that it is built again.
        removed: bool,
    },
    /// A condition that the data do not have, or a value that it does not.
    #[error("condition `{field}`: {reason}")]
    Condition {
        /// Its name.
        field: String,
        /// Expected and found.
        reason: String,
        /// What there is instead: conditions, or classes by number and name.
        known: Vec<String>,
    },
    /// A table that cannot be read, or not as it was asked for.
    #[error("{path}: {fault}", path = .path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// Where in it, expected and found, and what to do.
        fault: Box<TableError>,
    },
    /// Samples in memory that are no data set.
    #[error("samples `{name}`: {reason}")]
    Samples {
        /// The name of the set.
        name: String,
        /// Expected and found.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// The thread that reads ahead ended without a batch.
    #[error("the thread that reads batches ahead has ended")]
    LoaderStopped,
}

ganymede_tensor::debug_as_text!(DataError, DataError::hint);

impl DataError {
    /// What to do about it, when there is something that usually helps.
    pub fn hint(&self) -> Option<String> {
        match self {
            DataError::NotFound { .. } => Some("check the spelling; a path is relative to the current folder".into()),
            DataError::UnknownData { advice: Some(advice), .. } => Some(advice.clone()),
            DataError::UnknownData { supported, .. } => Some(format!("supported:\n  {}", supported.join("\n  "))),
            DataError::Ambiguous { .. } => Some("name one of them instead of the folder".into()),
            DataError::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull => {
                    Some("free some space, or set GANYMEDE_CACHE to a folder on another disk".into())
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Some(
                    "check the permissions; GANYMEDE_CACHE names the folder of the cache, --no-cache reads the data without one"
                        .into(),
                ),
                _ => None,
            },
            // Text is written by people.
            DataError::Malformed { at: Position::Line(_), .. } => {
                Some(
                    "mend the table: a line for each image, its file and its class, such as `a.png,cat`; or leave it out: \
                     --labels folders or --labels none"
                        .into(),
                )
            }
            DataError::Malformed { .. } => Some("the file is damaged or cut off: fetch or write it again".into()),
            DataError::Unsupported { hint, .. } => Some((*hint).into()),
            DataError::Unclear { hint, .. } => Some(hint.clone()),
            DataError::Limit { .. } => Some("make the file smaller, or leave it out".into()),
            DataError::LabelCount { .. } => Some("samples and labels must come from the same set; --label-key names other labels of an .npz".into()),
            DataError::Empty { .. }
            | DataError::Option { .. }
            | DataError::Mismatch { .. }
            | DataError::LoaderStopped => None,
            DataError::Newer { .. } => Some("it was written by a later version: update ganymede".into()),
            DataError::DamagedCache { removed: true, .. } => Some(
                "the file was taken away: start again, and it is built anew from the data (`ganymede resume` goes on with \
                 a run); if this comes back, test the disk"
                    .into(),
            ),
            DataError::DamagedCache { path, .. } => {
                Some(format!("delete {} and start again: it is built anew from the data", path.display()))
            }
            DataError::Condition { known, .. } if known.is_empty() => None,
            DataError::Condition { known, .. } => Some(format!("there are: {}", known.join(", "))),
            DataError::Table { fault, .. } => fault.hint.clone(),
            DataError::Samples { hint, .. } => Some(hint.clone()),
            DataError::MixedSizes { .. } => Some("choose the size with --resolution N or WxH".into()),
            // What is missing is in the table, not in the images.
            DataError::TooManyBad { first, .. } if first.iter().all(|bad| bad.reason.contains("a row with its class")) => {
                let table = first.first().and_then(|bad| bad.reason.split(" in ").last()?.split(',').next());
                let table = table.unwrap_or("the table");
                Some(format!(
                    "add rows for them to {table}, named as they lie below it; or --labels folders takes the folders for \
                     classes, --labels none trains without classes"
                ))
            }
            // The reasons say it.
            DataError::TooManyBad { first, .. } if says_what_to_do(first) => {
                Some("convert them as the reasons say, or remove them, or raise --max-bad".into())
            }
            DataError::TooManyBad { .. } => Some("repair or remove them, or raise --max-bad".into()),
            DataError::NoCacheFolder => {
                Some("set GANYMEDE_CACHE to a folder, or leave the cache out with --no-cache".into())
            }
            DataError::MemoryLimit { .. } => Some("leave out --no-cache".into()),
        }
    }
}

/// Whether a reason of these says what to do with the file.
fn says_what_to_do(files: &[BadFile]) -> bool {
    files.iter().any(|bad| [": convert", ": export", ": save it"].iter().any(|todo| bad.reason.contains(todo)))
}

fn list(files: &[BadFile]) -> String {
    files.iter().map(|f| format!("{} ({})", f.path, f.reason)).collect::<Vec<_>>().join(", ")
}

/// Attaches the path and the verb to an input or output error.
pub(crate) fn io_error(path: impl Into<PathBuf>, doing: &'static str) -> impl FnOnce(io::Error) -> DataError {
    let path = path.into();
    move |source| DataError::Io { path, doing, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_say_what_to_do_are_not_repeated() {
        let bad = |reason: &str| BadFile { path: "a".into(), reason: reason.into() };
        assert!(!says_what_to_do(&[]) && !says_what_to_do(&[bad("expected a JPEG, found nothing")]));
        assert!(says_what_to_do(&[bad("broken"), bad("HEIC: convert it with heif-convert")]));
    }

    #[test]
    fn a_full_disk_is_told_what_to_do() {
        let io = |kind| {
            DataError::Io { path: "x".into(), doing: "write", source: io::Error::from(kind) }.hint().unwrap_or_default()
        };
        assert!(io(io::ErrorKind::StorageFull).contains("free some space"));
        assert!(io(io::ErrorKind::PermissionDenied).contains("check the permissions"));
        assert!(io(io::ErrorKind::ReadOnlyFilesystem).contains("--no-cache"));
    }
}
