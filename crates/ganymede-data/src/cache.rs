//! The file of decoded samples: written once, checked at every start, read by position.
//! Not here: what is in it (`formats`), reading samples (`dataset.rs`).
//!
//! Layout: 8 magic bytes; the samples; the labels as little-endian u32; the facts as JSON; a trailer of 32 bytes:
//! length of the JSON (u64), CRC-32 of the JSON, CRC-32 of samples and labels, version (u32 each), 4 zero bytes,
//! the magic again. Everything is little-endian. A file that does not check out is built again.

use crate::codec::Codec;
use crate::dataset::{Dataset, Facts, Storage, conclude};
use crate::error::{DataError, io_error};
use crate::formats::{Format, Job};
use crate::report::DataReport;
use crate::sink::{Sink, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::env;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Version of the layout and of what decoding means; raise it when either changes.
const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"gnymdata";
const TRAILER: u64 = 32;

/// The facts of a set as they stand in the file.
#[derive(Serialize, Deserialize)]
struct Header {
    key: String,
    samples: usize,
    labels: bool,
    fingerprint: String,
    codec: Codec,
    report: DataReport,
}

/// The folder of the cache: `$GANYMEDE_CACHE`, else `$XDG_CACHE_HOME/ganymede`, else `~/.cache/ganymede`;
/// `None` when none of the three variables is set.
pub fn cache_folder() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
    set("GANYMEDE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("ganymede")))
        .or_else(|| set("HOME").map(|folder| folder.join(".cache/ganymede")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of the file, which depends on the source and the options, and the key, which depends on the files too:
/// so data that changed takes the place of what it was.
fn identity(format: &dyn Format, job: &Job<'_>) -> (String, String) {
    let options = job.options;
    let mut hash = Sha256::new();
    let path = job.source.path();
    let path = path.canonicalize().unwrap_or(path);
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(format.name().as_bytes());
    add(path.as_os_str().as_bytes());
    add(format!("{:?} {} {:?} {:?}", options.resolution, options.fit, options.channels, options.background).as_bytes());
    let name = format!("{}-{}", job.source.stem(), &hex(&hash.clone().finalize())[..16]);
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(&VERSION.to_le_bytes());
    add(env!("CARGO_PKG_VERSION").as_bytes());
    for input in &job.inputs.files {
        add(input.path.as_os_str().as_bytes());
        add(&input.bytes.to_le_bytes());
        add(&input.modified.to_le_bytes());
    }
    (name, hex(&hash.finalize()))
}

/// Opens the set from the cache in `folder`, where it is built first when it is missing, outdated or damaged.
pub(crate) fn open(folder: &Path, format: &dyn Format, job: &Job<'_>) -> Result<Dataset, DataError> {
    let (name, key) = identity(format, job);
    let path = folder.join(format!("{name}.cache"));
    if let Ok(dataset) = load(&path, &key, job) {
        return Ok(dataset);
    }
    fs::create_dir_all(folder).map_err(io_error(folder, "create the folder of the cache"))?;
    let lock_path = folder.join(format!("{name}.lock"));
    let lock = File::create(&lock_path).map_err(io_error(&lock_path, "create"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            job.progress.start("waiting for another process that decodes the same data", None);
            lock.lock().map_err(io_error(&lock_path, "lock"))?;
            job.progress.finish();
        }
        Err(TryLockError::Error(error)) => return Err(io_error(&lock_path, "lock")(error)),
    }
    match load(&path, &key, job) {
        Ok(dataset) => return Ok(dataset),
        Err(Rejected::Damaged(reason)) => {
            job.progress.start(&format!("the cache {} is damaged ({reason}) and is built again", path.display()), None);
            job.progress.finish();
        }
        Err(Rejected::Absent) => {}
    }
    let temporary = folder.join(format!("{name}.part"));
    let dataset = build(&temporary, &key, format, job);
    match &dataset {
        Ok(_) => {
            fs::rename(&temporary, &path).map_err(io_error(&path, "put the cache in its place"))?;
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error(folder, "write"))?;
        }
        Err(_) => {
            // The error that matters is the one that stopped the build.
            let _ = fs::remove_file(&temporary);
        }
    }
    let mut dataset = dataset?;
    if let Storage::File { path: shown, .. } = &mut dataset.storage {
        *shown = path;
    }
    Ok(dataset)
}

/// Decodes into a new file, and syncs it.
fn build(path: &Path, key: &str, format: &dyn Format, job: &Job<'_>) -> Result<Dataset, DataError> {
    let failed = || io_error(path, "write the cache");
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path).map_err(failed())?;
    let mut out = BufWriter::with_capacity(1 << 20, &file);
    out.write_all(MAGIC).map_err(failed())?;
    let mut data = crc32fast::Hasher::new();
    let mut write = |bytes: &[u8]| {
        data.update(bytes);
        out.write_all(bytes).map_err(failed())
    };
    let mut sink = Sink::new(Store::File(&mut write));
    let decoded = format.decode(job, &mut sink)?;
    let (facts, _) = conclude(format, job, sink.finish(), decoded)?;
    for label in facts.labels.iter().flatten() {
        write(&label.to_le_bytes())?;
    }
    let header = Header {
        key: key.into(),
        samples: facts.samples,
        labels: facts.labels.is_some(),
        fingerprint: facts.fingerprint.clone(),
        codec: facts.codec.clone(),
        report: facts.report.clone(),
    };
    let json = serde_json::to_vec(&header).map_err(|e| failed()(e.into()))?;
    out.write_all(&json).map_err(failed())?;
    let mut trailer = (json.len() as u64).to_le_bytes().to_vec();
    for word in [crc32fast::hash(&json), data.finalize(), VERSION, 0] {
        trailer.extend_from_slice(&word.to_le_bytes());
    }
    trailer.extend_from_slice(MAGIC);
    out.write_all(&trailer).and_then(|()| out.flush()).map_err(failed())?;
    drop(out);
    file.sync_all().map_err(failed())?;
    Ok(Dataset { facts, storage: Storage::File { path: path.into(), file, offset: MAGIC.len() as u64 } })
}

/// Why a file is not used.
#[derive(Debug)]
enum Rejected {
    /// There is none, or it is of other data or another version.
    Absent,
    /// It is not what was written.
    Damaged(String),
}

impl From<std::io::Error> for Rejected {
    fn from(error: std::io::Error) -> Self {
        Rejected::Damaged(error.to_string())
    }
}

/// Opens and checks a file in full.
fn load(path: &Path, key: &str, job: &Job<'_>) -> Result<Dataset, Rejected> {
    let damaged = |reason: &str| Rejected::Damaged(reason.into());
    let mut file = File::open(path).map_err(|_| Rejected::Absent)?;
    let length = file.metadata()?.len();
    if length < MAGIC.len() as u64 + TRAILER {
        return Err(damaged("it is too short"));
    }
    file.seek(SeekFrom::Start(length - TRAILER))?;
    let mut trailer = [0; TRAILER as usize];
    file.read_exact(&mut trailer)?;
    let word = |at: usize| u32::from_le_bytes([trailer[at], trailer[at + 1], trailer[at + 2], trailer[at + 3]]);
    if &trailer[24..] != MAGIC || word(20) != 0 {
        return Err(damaged("its end is missing"));
    }
    if word(16) != VERSION {
        return Err(Rejected::Absent);
    }
    let json_length = u64::from(word(0)) | u64::from(word(4)) << 32;
    let room = length - TRAILER - MAGIC.len() as u64;
    if json_length > room {
        return Err(damaged("the length of its header is wrong"));
    }
    let data_length = room - json_length;
    file.seek(SeekFrom::Start(MAGIC.len() as u64 + data_length))?;
    let mut json = Vec::new();
    Read::by_ref(&mut file).take(json_length).read_to_end(&mut json)?;
    if crc32fast::hash(&json) != word(8) {
        return Err(damaged("the checksum of its header differs"));
    }
    let header: Header = serde_json::from_slice(&json).map_err(|e| Rejected::Damaged(e.to_string()))?;
    if header.key != key {
        return Err(Rejected::Absent);
    }
    header.codec.validate().map_err(Rejected::Damaged)?;
    let sample = header.codec.sample_type();
    let label_bytes = if header.labels { header.samples as u64 * 4 } else { 0 };
    let sample_bytes = (header.samples as u64).checked_mul(sample.bytes() as u64);
    if header.samples == 0 || sample_bytes.and_then(|bytes| bytes.checked_add(label_bytes)) != Some(data_length) {
        return Err(damaged("its length differs from its header"));
    }
    let labels = check(&mut file, data_length, label_bytes, word(12), job)?;
    let labels = header
        .labels
        .then(|| labels.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect::<Vec<u32>>());
    let mut facts = Facts {
        samples: header.samples,
        sample,
        labels,
        codec: header.codec,
        report: header.report,
        fingerprint: header.fingerprint,
    };
    facts.codec.source = job.source.to_string();
    facts.report.source = job.source.to_string();
    Ok(Dataset { facts, storage: Storage::File { path: path.into(), file, offset: MAGIC.len() as u64 } })
}

/// Reads magic, samples and labels, compares their checksum, and gives the labels' bytes.
fn check(file: &mut File, data: u64, labels: u64, expected: u32, job: &Job<'_>) -> Result<Vec<u8>, Rejected> {
    file.rewind()?;
    let mut magic = [0; 8];
    file.read_exact(&mut magic)?;
    let mut crc = crc32fast::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut left = data - labels;
    job.progress.start("checking the cache", Some(left));
    while left > 0 {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        file.read_exact(&mut buffer[..count])?;
        crc.update(&buffer[..count]);
        left -= count as u64;
        job.progress.advance(count as u64);
    }
    job.progress.finish();
    let mut bytes = Vec::new();
    file.take(labels).read_to_end(&mut bytes)?;
    crc.update(&bytes);
    if &magic != MAGIC || crc.finalize() != expected {
        return Err(Rejected::Damaged("the checksum of its samples differs".into()));
    }
    Ok(bytes)
}
