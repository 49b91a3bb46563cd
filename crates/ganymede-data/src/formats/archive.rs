//! Zip archives, read from several threads: what `image_zip.rs` and `npz.rs` share. Not here: what the members mean.

use crate::error::{DataError, Position, io_error};
use crate::limits::{Bounded, MAX_ALLOCATION, expansion_limit};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// A file that many readers read, each with a position of its own.
#[derive(Clone)]
struct Shared {
    file: Arc<File>,
    position: u64,
    length: u64,
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

/// Runs a part of the zip reader; a panic of its own becomes an error like any other.
fn guarded<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let failed = |_| Err(io::Error::other("the zip reader failed on it (a defect of the reader)"));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(failed)
}

/// A reader whose panics are errors.
struct Guarded<R>(R);

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        guarded(|| self.0.read(buffer))
    }
}

/// The name of a way to compress that is not read.
fn unknown_method(method: CompressionMethod) -> Option<String> {
    let known = [
        (CompressionMethod::DEFLATE64, "Deflate64"),
        (CompressionMethod::BZIP2, "bzip2"),
        (CompressionMethod::LZMA, "LZMA"),
        (CompressionMethod::ZSTD, "Zstandard"),
        (CompressionMethod::XZ, "xz"),
        (CompressionMethod::PPMD, "PPMd"),
    ];
    match method {
        CompressionMethod::Stored | CompressionMethod::Deflated => None,
        other => {
            let name = known.iter().find(|(method, _)| *method == other).map(|(_, name)| (*name).to_string());
            Some(name.unwrap_or_else(|| format!("{other:?}")))
        }
    }
}

/// A zip archive and its members.
pub(crate) struct Archive {
    path: PathBuf,
    zip: ZipArchive<Shared>,
    /// Names in the order of the directory; folders end with `/`.
    pub(crate) names: Vec<Vec<u8>>,
    /// Those of them that are no UTF-8, as the format has it: in code page 437.
    pub(crate) decoded: BTreeMap<usize, String>,
}

/// Whether first bytes are those of a zip archive.
pub(crate) fn has_zip_magic(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

impl Archive {
    /// Reads the directory of an archive.
    pub(crate) fn open(path: &Path) -> Result<Archive, DataError> {
        let file = File::open(path).map_err(io_error(path, "open"))?;
        let length = file.metadata().map_err(io_error(path, "read"))?.len();
        let shared = Shared { file: Arc::new(file), position: 0, length };
        let malformed = |reason| DataError::Malformed { path: path.into(), at: Position::Byte(length), reason };
        let read = || {
            let zip = ZipArchive::new(shared)?;
            let mut one = zip.clone();
            let (mut names, mut decoded) = (Vec::with_capacity(zip.len()), BTreeMap::new());
            for index in 0..zip.len() {
                let member = one.by_index_raw(index)?;
                names.push(member.name_raw().to_vec());
                if std::str::from_utf8(member.name_raw()).is_err() {
                    decoded.insert(index, member.name().to_string());
                }
            }
            drop(one);
            Ok(Archive { path: path.into(), zip, names, decoded })
        };
        guarded(read).map_err(|e| malformed(format!("expected the directory of a zip archive at the end: {e}")))
    }

    /// Checks that members can be read: none has a password, and most are compressed in a way that is known.
    ///
    /// # Errors
    /// [`DataError::Unsupported`] with what to do.
    pub(crate) fn check_methods(&self, members: impl Iterator<Item = usize>) -> Result<(), DataError> {
        let mut zip = self.zip.clone();
        let (mut all, mut found) = (0usize, BTreeMap::<String, usize>::new());
        let mut locked = false;
        for index in members {
            // A member whose head is broken is a bad file when it is read.
            let Ok(method) = guarded(|| {
                let member = zip.by_index_raw(index)?;
                Ok((member.encrypted(), member.compression()))
            }) else {
                continue;
            };
            all += 1;
            locked |= method.0;
            if let Some(name) = unknown_method(method.1) {
                *found.entry(name).or_default() += 1;
            }
        }
        let unsupported = |what, hint| Err(DataError::Unsupported { path: self.path.clone(), what, hint });
        if locked {
            let what = "expected an archive without a password, found one with".into();
            return unsupported(what, "unpack it (`7z x FILE` asks for the password), then name the folder");
        }
        if found.values().sum::<usize>() * 2 > all {
            let names: Vec<String> = found.into_keys().collect();
            let what = format!("expected members that are stored or deflated, found {}", names.join(", "));
            return unsupported(what, "unpack it (`7z x FILE`), then name the folder; or pack it again with `zip -r`");
        }
        Ok(())
    }

    /// Hands a bounded reader of member `index` to `work`; the errors of opening become text.
    pub(crate) fn with<T>(&self, index: usize, work: impl FnOnce(&mut dyn Read) -> T) -> Result<T, String> {
        let mut zip = self.zip.clone();
        let method = guarded(|| Ok(zip.by_index_raw(index)?.compression())).map_err(|e| e.to_string())?;
        if let Some(name) = unknown_method(method) {
            return Err(format!(
                "expected a member that is stored or deflated, found {name}: pack it again with `zip`"
            ));
        }
        let member = guarded(|| zip.by_index(index).map_err(io::Error::from)).map_err(|e| e.to_string())?;
        let limit = expansion_limit(member.compressed_size());
        Ok(work(&mut Bounded::new(Guarded(member), limit)))
    }

    /// All bytes of a member that must not be larger than an image may be.
    pub(crate) fn read(&self, index: usize) -> Result<Vec<u8>, String> {
        self.with(index, |reader| {
            let mut bytes = Vec::new();
            Bounded::new(reader, MAX_ALLOCATION).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
            Ok(bytes)
        })?
    }

    /// The archive's file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// An archive of the members as bytes, always the same for the same members.
pub(crate) fn archive_bytes(path: &Path, members: &[(String, Vec<u8>)]) -> Result<Vec<u8>, DataError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // The default time is that of the format's beginning, not now.
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (name, bytes) in members {
        zip.start_file(name, options).map_err(io::Error::from).map_err(io_error(path, "write"))?;
        zip.write_all(bytes).map_err(io_error(path, "write"))?;
    }
    Ok(zip.finish().map_err(io::Error::from).map_err(io_error(path, "write"))?.into_inner())
}
