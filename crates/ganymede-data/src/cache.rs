//! The file of decoded samples: written once, read by position.
//! Not here: what is in it (`formats`), checksums of blocks (`blocks.rs`), reading samples (`dataset.rs`), removing files
//! (`cache_files.rs`).
//!
//! Layout: 8 magic bytes; the samples; labels and groups as u32, further fields; the CRC-32 of each block of
//! the samples; the facts as JSON; a trailer of 32 bytes: length of the JSON (u64), CRC-32 of the JSON, CRC-32 of what lies
//! between samples and JSON, version (u32 each), 4 zero bytes, the magic again. Everything is little-endian.
//!
//! At a start all but the samples is checked, and a file that is not what was written is built again. So are the samples of a
//! small file; those of a large one are checked by block when they are first read.

use crate::blocks::{Blocks, Sums};
use crate::codec::Codec;
use crate::dataset::{Dataset, Facts, Storage, conclude};
use crate::error::{DataError, io_error};
use crate::field::{Field, LABEL, SAMPLE};
use crate::formats::{Format, Job};
use crate::options::DataOptions;
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
const VERSION: u32 = 5;
pub(crate) const MAGIC: &[u8; 8] = b"gnymdata";
const TRAILER: u64 = 32;
/// Blocks of samples that are all checked at a start.
const CHECKED_AT_START: usize = 64;
/// Options that decoding does not depend on. All others, those to come too, are part of the key.
const NOT_OF_DECODING: [&str; 5] = ["mirror", "max_bad", "holdout", "duplicates", "use_cache"];

/// The facts of a set as they stand in the file.
#[derive(Serialize, Deserialize)]
struct Header {
    key: String,
    samples: usize,
    labels: bool,
    groups: bool,
    duplicates: Vec<u32>,
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

/// The options that decoding depends on, as they stand in a spec.
fn options_text(options: &DataOptions) -> Result<String, DataError> {
    let value = serde_json::to_value(options);
    let mut value = value.map_err(|e| DataError::Option { name: "data", reason: e.to_string() })?;
    if let Some(table) = value.as_object_mut() {
        table.retain(|name, _| !NOT_OF_DECODING.contains(&name.as_str()));
    }
    Ok(value.to_string())
}

/// The name of the file, which depends on the source and the options, and the key, which depends on the files too:
/// so data that changed takes the place of what it was.
fn identity(format: &dyn Format, job: &Job<'_>) -> Result<(String, String), DataError> {
    let mut hash = Sha256::new();
    let typed = job.source.path();
    let path = typed.canonicalize().unwrap_or_else(|_| typed.clone());
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(format.name().as_bytes());
    add(path.as_os_str().as_bytes());
    add(options_text(job.options)?.as_bytes());
    let name = format!("{}-{}", job.source.stem(), &hex(&hash.clone().finalize())[..16]);
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(&VERSION.to_le_bytes());
    add(env!("CARGO_PKG_VERSION").as_bytes());
    for input in &job.inputs.files {
        // By its place below the source, which may be typed in many ways.
        let place = input.path.strip_prefix(&typed).map(Path::to_path_buf);
        let place = place.or_else(|_| input.path.canonicalize()).unwrap_or_else(|_| input.path.clone());
        add(place.as_os_str().as_bytes());
        add(&input.bytes.to_le_bytes());
        add(&input.modified.to_le_bytes());
        add(&input.changed.to_le_bytes());
        add(&input.inode.to_le_bytes());
    }
    Ok((name, hex(&hash.finalize())))
}

/// What stays of a file that has to be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// The file, for the next time.
    File,
    /// Nothing: the file loses its name at once, and its room on the disk when the set is dropped.
    Nothing,
}

/// Opens the set from the cache in `folder`, where it is built first when it is missing, outdated or damaged.
pub(crate) fn open(folder: &Path, keep: Keep, format: &dyn Format, job: &Job<'_>) -> Result<Dataset, DataError> {
    let (name, key) = identity(format, job)?;
    let path = folder.join(format!("{name}.cache"));
    if let Ok(dataset) = load(&path, &key, job, CHECKED_AT_START) {
        return Ok(dataset);
    }
    fs::create_dir_all(folder).map_err(io_error(folder, "create the folder of the cache"))?;
    if keep == Keep::Nothing {
        let temporary = folder.join(format!("{name}-{}.part", std::process::id()));
        let built = build(&temporary, &key, format, job);
        let removed = fs::remove_file(&temporary);
        // The error that matters is the one that stopped the build.
        let (facts, file, blocks) = built?;
        removed.map_err(io_error(&temporary, "remove"))?;
        return Ok(Dataset { facts: facts.into(), storage: Storage::File { path: temporary, file, blocks }.into() });
    }
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
    match load(&path, &key, job, CHECKED_AT_START) {
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
    let (facts, file, blocks) = dataset?;
    Ok(Dataset { facts: facts.into(), storage: Storage::File { path, file, blocks }.into() })
}

/// Decodes into a new file, and syncs it.
fn build(path: &Path, key: &str, format: &dyn Format, job: &Job<'_>) -> Result<(Facts, File, Blocks), DataError> {
    let failed = || io_error(path, "write the cache");
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path).map_err(failed())?;
    let mut out = BufWriter::with_capacity(1 << 20, &file);
    out.write_all(MAGIC).map_err(failed())?;
    let mut sums = Sums::default();
    let mut write = |bytes: &[u8]| {
        sums.update(bytes);
        out.write_all(bytes).map_err(failed())
    };
    let mut sink = Sink::new(Store::File(&mut write));
    let decoded = format.decode(job, &mut sink)?;
    let (facts, _) = conclude(format, job, sink.finish(), decoded)?;
    let (length, sums) = sums.finish();
    let mut others: Vec<u8> = Vec::new();
    for number in facts.labels.iter().chain(&facts.groups).flatten() {
        others.extend_from_slice(&number.to_le_bytes());
    }
    facts.columns.iter().for_each(|column| others.extend_from_slice(column));
    sums.iter().for_each(|sum| others.extend_from_slice(&sum.to_le_bytes()));
    out.write_all(&others).map_err(failed())?;
    let header = Header {
        key: key.into(),
        samples: facts.samples,
        labels: facts.labels.is_some(),
        groups: facts.groups.is_some(),
        duplicates: facts.duplicates.clone(),
        fingerprint: facts.fingerprint.clone(),
        codec: facts.codec.clone(),
        report: facts.report.clone(),
    };
    let json = serde_json::to_vec(&header).map_err(|e| failed()(e.into()))?;
    out.write_all(&json).map_err(failed())?;
    let mut trailer = (json.len() as u64).to_le_bytes().to_vec();
    for word in [crc32fast::hash(&json), crc32fast::hash(&others), VERSION, 0] {
        trailer.extend_from_slice(&word.to_le_bytes());
    }
    trailer.extend_from_slice(MAGIC);
    out.write_all(&trailer).and_then(|()| out.flush()).map_err(failed())?;
    drop(out);
    file.sync_all().map_err(failed())?;
    let blocks = Blocks::new(MAGIC.len() as u64, length, sums);
    Ok((facts, file, blocks))
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

/// Opens a file; checks everything but the samples, and these too when they have at most `most` blocks.
fn load(path: &Path, key: &str, job: &Job<'_>, most: usize) -> Result<Dataset, Rejected> {
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
    file.seek(SeekFrom::Start(MAGIC.len() as u64 + room - json_length))?;
    let mut json = Vec::new();
    Read::by_ref(&mut file).take(json_length).read_to_end(&mut json)?;
    if crc32fast::hash(&json) != word(8) {
        return Err(damaged("the checksum of its header differs"));
    }
    let header: Header = serde_json::from_slice(&json).map_err(|e| Rejected::Damaged(e.to_string()))?;
    if header.key != key {
        return Err(Rejected::Absent);
    }
    let sample = header.codec.stored_type();
    let parts = Parts::of(&header).filter(|parts| header.samples > 0 && parts.total() == Some(room - json_length));
    let parts = parts.ok_or_else(|| damaged("its length differs from its header"))?;
    let (samples, labels, groups) = (parts.samples, parts.labels, parts.groups);
    file.rewind()?;
    let mut magic = [0; MAGIC.len()];
    file.read_exact(&mut magic)?;
    file.seek(SeekFrom::Start(MAGIC.len() as u64 + samples))?;
    let mut others = Vec::new();
    Read::by_ref(&mut file).take(room - json_length - samples).read_to_end(&mut others)?;
    if &magic != MAGIC || crc32fast::hash(&others) != word(12) {
        return Err(damaged("the checksum of its labels differs"));
    }
    let mut rest = &others[..];
    let mut take = |bytes: u64| {
        let (now, later) = rest.split_at(bytes as usize);
        rest = later;
        now
    };
    let words = |bytes: &[u8]| bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let labels = header.labels.then(|| words(take(labels)));
    let groups = header.groups.then(|| words(take(groups)));
    let columns = parts.columns.iter().map(|&bytes| take(bytes).to_vec()).collect();
    let blocks = Blocks::new(MAGIC.len() as u64, samples, words(rest));
    if blocks.len() <= most {
        job.progress.start("checking the cache", Some(samples));
        for number in 0..blocks.len() {
            if !blocks.is_whole(&file, number)? {
                return Err(damaged("the checksum of its samples differs"));
            }
        }
        job.progress.finish();
    }
    let (fingerprint, report, codec) = (header.fingerprint, header.report, header.codec);
    let mut facts = Facts {
        samples: header.samples,
        sample,
        labels,
        groups,
        columns,
        duplicates: header.duplicates,
        codec,
        report,
        fingerprint,
        options: job.options.clone(),
    };
    facts.codec.source = job.source.to_string();
    facts.report.source = job.source.to_string();
    Ok(Dataset { facts: facts.into(), storage: Storage::File { path: path.into(), file, blocks }.into() })
}

/// Sizes in bytes of what lies before the JSON.
struct Parts {
    samples: u64,
    labels: u64,
    groups: u64,
    columns: Vec<u64>,
}

impl Parts {
    /// As a header says them; `None` where they are no sizes.
    fn of(header: &Header) -> Option<Parts> {
        let count = header.samples as u64;
        let words = |there: bool| if there { count.checked_mul(4) } else { Some(0) };
        let derived = header.codec.modality().derived();
        let further = |field: &Field| field.name != SAMPLE && field.name != LABEL && !derived.contains(field);
        let fields = header.codec.fields().iter().filter(|field| further(field));
        Some(Parts {
            samples: count.checked_mul(header.codec.stored_type().bytes() as u64)?,
            labels: words(header.labels)?,
            groups: words(header.groups)?,
            columns: fields.map(|field| count.checked_mul(field.ty.bytes() as u64)).collect::<Option<_>>()?,
        })
    }

    /// All of them, with the blocks' checksums.
    fn total(&self) -> Option<u64> {
        let sums = Blocks::count(self.samples).checked_mul(4)?;
        let parts = [self.samples, self.labels, self.groups, sums];
        parts.iter().chain(&self.columns).try_fold(0u64, |sum, &bytes| sum.checked_add(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::BLOCK;
    use crate::formats::layout::Layout;
    use crate::formats::{self, Samples};
    use crate::options::{Duplicates, Fit, Pages, Resolution};
    use crate::source::Source;
    use crate::table::{Condition, Numbers};
    use ganymede_tensor::{DType, TensorType};

    #[test]
    fn every_option_that_decoding_depends_on_is_part_of_the_key() {
        let options = DataOptions::default();
        // Without `..`: an option that is added here is an option that is thought about.
        let DataOptions {
            resolution,
            fit,
            channels,
            range,
            reshape,
            layout,
            key,
            label_key,
            modality,
            background,
            mirror,
            max_bad,
            holdout,
            use_cache,
            duplicates,
            part,
            labels,
            label_column,
            pages,
            columns,
            delimiter,
            header,
            rules,
            target,
            numbers,
            condition,
        } = options.clone();
        assert!(columns.is_empty() && target.is_none());
        assert!(delimiter.is_none() && header.is_none() && rules.is_usual());
        assert_eq!((numbers, condition), (Numbers::Scores, Condition::Target));
        assert!(part.is_none() && labels.is_none() && label_column.is_none() && pages == Pages::First);
        assert!(resolution.is_none() && channels.is_none() && fit == Fit::Crop && background == [255; 3]);
        assert!(range.is_none() && reshape.is_none() && layout.is_none() && key.is_none() && label_key.is_none());
        assert_eq!(duplicates, Duplicates::Keep);
        assert!(modality.is_none() && !mirror && holdout.is_none() && max_bad.is_none() && use_cache);
        let with = |change: fn(&mut DataOptions)| {
            let mut changed = options.clone();
            change(&mut changed);
            assert_ne!(changed, options);
            options_text(&changed).unwrap()
        };
        let plain = options_text(&options).unwrap();
        let decoding: [fn(&mut DataOptions); 21] = [
            |o| o.numbers = Numbers::Modes,
            |o| o.condition = Condition::Category,
            |o| o.resolution = Some(Resolution::square(4)),
            |o| o.fit = Fit::Pad,
            |o| o.channels = Some(1),
            |o| o.background = [0; 3],
            |o| o.part = Some("all".into()),
            |o| o.labels = Some("none".into()),
            |o| o.label_column = Some("2".into()),
            |o| o.pages = Pages::All,
            |o| o.range = Some([0.0, 1.0]),
            |o| o.reshape = Some(vec![28, 28]),
            |o| o.layout = Some(Layout::Chw),
            |o| o.key = Some("images".into()),
            |o| o.label_key = Some("images".into()),
            |o| o.modality = Some("points".into()),
            |o| o.target = Some("income".into()),
            |o| drop(o.columns.columns.insert("age".into(), Default::default())),
            |o| o.delimiter = Some(';'),
            |o| o.header = Some(false),
            |o| o.rules.find = false,
        ];
        let mut texts: Vec<String> = decoding.into_iter().map(with).chain([plain.clone()]).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), decoding.len() + 1, "each is a key of its own");
        let others: [fn(&mut DataOptions); 5] = [
            |o| o.mirror = true,
            |o| o.max_bad = Some(0.5),
            |o| o.holdout = Some(0.5),
            |o| o.duplicates = Duplicates::Drop,
            |o| o.use_cache = false,
        ];
        assert!(others.into_iter().all(|change| with(change) == plain));
        let all = DataOptions { holdout: Some(0.5), max_bad: Some(0.1), duplicates: Duplicates::Drop, ..options };
        let known = serde_json::to_value(all).unwrap();
        assert!(NOT_OF_DECODING.iter().all(|name| known.get(name).is_some()));
    }

    #[test]
    fn a_block_is_checked_when_it_is_first_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        let sample = TensorType::new(DType::U8, [256, 256, 1]);
        let count = 40;
        let bytes: Vec<u8> = (0..count * sample.bytes()).map(|i| (i * 7 + i / 65_536) as u8).collect();
        let samples = Samples { sample: &sample, bytes: &bytes, labels: None, classes: &[] };
        formats::write("npy", &path, &samples).unwrap();
        let source = Source::parse(&path).unwrap();
        let (format, source) = formats::recognise(&source).unwrap();
        let inputs = format.inputs(&source).unwrap();
        let job = Job { source: &source, inputs: &inputs, options: &DataOptions::default(), progress: &() };
        let cache = folder.path().join("cache");
        let file = open(&cache, Keep::File, format, &job).unwrap().cache_file().unwrap().to_path_buf();
        let mut stored = fs::read(&file).unwrap();
        // In the second of three blocks.
        stored[MAGIC.len() + BLOCK as usize + 5] ^= 1;
        fs::write(&file, &stored).unwrap();
        let (_, key) = identity(format, &job).unwrap();
        let set = load(&file, &key, &job, 2).unwrap();
        let mut room = vec![0; sample.bytes()];
        for index in [0, 15, 39] {
            set.read(&[index], &mut room).unwrap();
            assert_eq!(room, bytes[index as usize * room.len()..][..room.len()], "its block is whole");
        }
        for _ in 0..2 {
            let error = set.read(&[20], &mut room).unwrap_err();
            assert!(matches!(error, DataError::DamagedCache { byte, .. } if byte == 8 + BLOCK), "{error}");
            assert!(error.hint().is_some());
        }
        assert!(!file.exists(), "what is damaged is not opened again");
        let again = open(&cache, Keep::File, format, &job).unwrap();
        again.read(&[20], &mut room).unwrap();
        assert_eq!(room, bytes[20 * room.len()..][..room.len()]);
        // With few blocks all are checked at the start.
        fs::write(&file, &stored).unwrap();
        assert!(matches!(load(&file, &key, &job, 3), Err(Rejected::Damaged(_))));
    }
}
