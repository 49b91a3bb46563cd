//! Samples, decoded once and read by number. Not here: batches (`sources`), decoding (`formats`), samples that a program
//! has (`memory.rs`), what is learned of samples (`learn.rs`).

use crate::blocks::Blocks;
use crate::cache::{self, Keep};
use crate::codec::Codec;
use crate::error::{DataError, io_error};
use crate::field::{Field, LABEL, SAMPLE};
use crate::formats::{self, Decoded, Format, Job};
use crate::options::{DataOptions, Duplicates};
use crate::progress::Progress;
use crate::range;
use crate::report::{DataReport, NAMED_EQUAL};
use crate::sink::{Filled, Sink, Store};
use crate::source::Source;
use crate::split::Split;
use ganymede_tensor::{Data, Tensor, TensorType};
use sha2::Digest;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Samples of one type in the source's own element type, read by number. A clone shares them.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub(crate) facts: Arc<Facts>,
    pub(crate) storage: Arc<Storage>,
}

/// For what takes a data set for itself, where the caller keeps it.
impl From<&Dataset> for Arc<Dataset> {
    fn from(data: &Dataset) -> Self {
        Arc::new(data.clone())
    }
}

/// All that is known of a set beside its samples.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) samples: usize,
    pub(crate) sample: TensorType,
    pub(crate) labels: Option<Vec<u32>>,
    pub(crate) groups: Option<Vec<u32>>,
    /// The bytes of further fields, in the order of the codec's.
    pub(crate) columns: Vec<Vec<u8>>,
    /// Samples that equal an earlier one, ascending.
    pub(crate) duplicates: Vec<u32>,
    pub(crate) codec: Codec,
    pub(crate) report: DataReport,
    pub(crate) fingerprint: String,
    pub(crate) options: DataOptions,
}

/// Where the samples are.
#[derive(Debug)]
pub(crate) enum Storage {
    Memory(Vec<u8>),
    File { path: PathBuf, file: File, blocks: Blocks },
}

/// The folder of the cache, where the options want one; data that a source computes needs none.
fn usual_folder(source: &Source, options: &DataOptions) -> Result<Option<PathBuf>, DataError> {
    match cache::cache_folder().filter(|_| options.use_cache) {
        None if options.use_cache && matches!(source, Source::Path(_)) => Err(DataError::NoCacheFolder),
        folder => Ok(folder),
    }
}

impl Dataset {
    /// Finds the format of `source`, and decodes it unless the cache in [`crate::cache_folder`] has it.
    ///
    /// # Errors
    /// Every [`DataError`] of reading; [`DataError::TooManyBad`] when more than `max_bad` of the files are bad.
    pub fn open(source: &Source, options: &DataOptions, progress: &dyn Progress) -> Result<Dataset, DataError> {
        Dataset::open_with(source, options, usual_folder(source, options)?.as_deref(), progress)
    }

    /// As [`Dataset::open`], for a look: the cache is read if it has the samples, and keeps nothing new.
    ///
    /// # Errors
    /// As [`Dataset::open`].
    pub fn look(source: &Source, options: &DataOptions, progress: &dyn Progress) -> Result<Dataset, DataError> {
        match usual_folder(source, options)? {
            Some(folder) => Dataset::look_with(source, options, &folder, progress),
            None => Dataset::opened(source, options, None, progress),
        }
    }

    /// As [`Dataset::look`], with the cache in the given folder.
    ///
    /// # Errors
    /// As [`Dataset::open`].
    pub fn look_with(
        source: &Source,
        options: &DataOptions,
        cache_folder: &Path,
        progress: &dyn Progress,
    ) -> Result<Dataset, DataError> {
        Dataset::opened(source, options, Some((cache_folder.to_path_buf(), Keep::Nothing)), progress)
    }

    /// As [`Dataset::open`], with the cache in the given folder, or in memory without one.
    ///
    /// # Errors
    /// As [`Dataset::open`].
    pub fn open_with(
        source: &Source,
        options: &DataOptions,
        cache_folder: Option<&Path>,
        progress: &dyn Progress,
    ) -> Result<Dataset, DataError> {
        Dataset::opened(source, options, cache_folder.map(|folder| (folder.to_path_buf(), Keep::File)), progress)
    }

    fn opened(
        source: &Source,
        options: &DataOptions,
        cache: Option<(PathBuf, Keep)>,
        progress: &dyn Progress,
    ) -> Result<Dataset, DataError> {
        options.validate()?;
        let (format, source) = formats::recognise(source)?;
        formats::check_options(format, options)?;
        let inputs = format.inputs(&source)?;
        let job = Job { source: &source, inputs: &inputs, options, progress };
        let mut dataset = match cache {
            // What ships or is computed needs no cache.
            Some((folder, keep)) if !inputs.files.is_empty() => cache::open(&folder, keep, format, &job)?,
            _ => in_memory(format, &job)?,
        };
        // Not part of what is cached: a run that was added beside the samples changes none of them.
        dataset.facts_mut().report.notes.splice(0..0, inputs.notes);
        check_bad(dataset.report(), options)?;
        dataset.tell_dropped();
        Ok(dataset)
    }

    /// Notes how many duplicates are left out.
    pub(crate) fn tell_dropped(&mut self) {
        let dropped = self.facts.duplicates.len() as u64;
        if dropped > 0 && self.options().duplicates == Duplicates::Drop {
            let samples = formats::files::count(dropped, "duplicate");
            let note = format!("{samples} neither trained on nor held out (--duplicates keep takes all samples)");
            self.facts_mut().report.notes.push(note);
        }
    }

    /// The facts, to change; clones keep theirs.
    pub(crate) fn facts_mut(&mut self) -> &mut Facts {
        Arc::make_mut(&mut self.facts)
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.facts.samples
    }

    /// Whether there is no sample; never so for a set that was opened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Type of one sample, e.g. `u8[28,28,1]`.
    pub fn sample_type(&self) -> &TensorType {
        &self.facts.sample
    }

    /// The label of every sample, when the data has classes.
    pub fn labels(&self) -> Option<&[u32]> {
        self.facts.labels.as_deref()
    }

    /// Names of the classes, in the order of their labels; empty without labels.
    pub fn classes(&self) -> &[String] {
        self.facts.codec.classes()
    }

    /// Which samples belong together (one patient, one song), a number for each; they stay on one side of a split.
    pub fn groups(&self) -> Option<&[u32]> {
        self.facts.groups.as_deref()
    }

    /// What is known of the data before anything was learned of the samples to train on; see [`Dataset::learn`].
    pub fn codec(&self) -> &Codec {
        &self.facts.codec
    }

    /// What reading found.
    pub fn report(&self) -> &DataReport {
        &self.facts.report
    }

    /// SHA-256 in hexadecimal of the samples' type, values and labels: equal exactly when training sees the same data.
    pub fn fingerprint(&self) -> &str {
        &self.facts.fingerprint
    }

    /// The options that it was read with.
    pub fn options(&self) -> &DataOptions {
        &self.facts.options
    }

    /// The cache file the samples are read from; `None` when they are in memory.
    pub fn cache_file(&self) -> Option<&Path> {
        match &*self.storage {
            Storage::Memory(_) => None,
            Storage::File { path, .. } => Some(path),
        }
    }

    /// Splits the samples into those to train on and those kept out: by group when there are groups, else by sample;
    /// see [`Split::new`] and [`Split::by_group`]. Duplicates that the options drop are in neither.
    pub fn split(&self, holdout: Option<f64>, seed: u64) -> Split {
        let dropped: &[u32] = match self.options().duplicates {
            Duplicates::Keep => &[],
            Duplicates::Drop => &self.facts.duplicates,
        };
        let used: Vec<u32> = (0..self.len() as u32).filter(|sample| dropped.binary_search(sample).is_err()).collect();
        let split = match self.groups() {
            Some(groups) => {
                let groups: Vec<u32> = used.iter().map(|&sample| groups[sample as usize]).collect();
                Split::by_group(&groups, holdout, seed)
            }
            None => Split::new(used.len(), holdout, seed),
        };
        split.of(&used)
    }

    /// The same samples as the run of this codec reads them: every reader of a run's data takes this step. Its classes have the
    /// numbers that they had when it began ([`Dataset::with_class_order`]), and its range is its own
    /// ([`Dataset::in_range_of`]).
    ///
    /// # Errors
    /// As [`Dataset::with_class_order`].
    pub fn of_run(self, codec: &Codec) -> Result<Dataset, DataError> {
        Ok(self.with_class_order(codec.classes())?.in_range_of(codec))
    }

    /// Whether they are read in this way already.
    pub fn is_of_run(&self, codec: &Codec) -> bool {
        self.classes() == codec.classes() && (codec.range() == self.codec().range() || !self.facts.report.clamps)
    }

    /// The same samples for a run whose codec has a range of its own, which an earlier rule chose: they are read as they are
    /// stored, as that run has read them.
    pub fn in_range_of(mut self, codec: &Codec) -> Dataset {
        if codec.range() != self.codec().range() {
            self.facts_mut().report.clamps = false;
        }
        self
    }

    /// Reads samples one after the other into `out`, little-endian; what lies outside the range is clamped to it.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] for a number that is no sample or a wrong size of `out`; [`DataError::Io`].
    pub fn read(&self, indices: &[u32], out: &mut [u8]) -> Result<(), DataError> {
        self.read_stored(indices, out)?;
        if self.facts.report.clamps {
            range::clamp(out, self.facts.sample.dtype, self.facts.codec.range());
        }
        Ok(())
    }

    /// As [`Dataset::read`], the values as they are stored: those of the fingerprint.
    pub(crate) fn read_stored(&self, indices: &[u32], out: &mut [u8]) -> Result<(), DataError> {
        let size = self.facts.sample.bytes();
        if Some(out.len()) != indices.len().checked_mul(size) {
            return Err(DataError::Mismatch {
                expected: format!("{} times {size} bytes of room", indices.len()),
                found: out.len().to_string(),
            });
        }
        for (&index, room) in indices.iter().zip(out.chunks_exact_mut(size)) {
            let index = index as usize;
            if index >= self.len() {
                return Err(DataError::Mismatch {
                    expected: format!("a sample number below {}", self.len()),
                    found: index.to_string(),
                });
            }
            match &*self.storage {
                Storage::Memory(all) => room.copy_from_slice(&all[index * size..(index + 1) * size]),
                Storage::File { path, file, blocks } => {
                    let at = (index * size) as u64;
                    blocks.check(file, path, at..at + size as u64)?;
                    file.read_exact_at(room, blocks.offset + at)
                        .map_err(io_error(path, "read a sample of the cache"))?
                }
            }
        }
        Ok(())
    }

    /// The samples as one tensor (N, …sample) in their own element type.
    ///
    /// # Errors
    /// As [`Dataset::read`].
    pub fn gather(&self, indices: &[u32]) -> Result<Tensor, DataError> {
        let mut shape = vec![indices.len()];
        shape.extend(self.facts.sample.shape.iter());
        let ty = TensorType::new(self.facts.sample.dtype, shape);
        let mut bytes = vec![0; ty.bytes()];
        self.read(indices, &mut bytes)?;
        tensor(&ty, bytes)
    }

    /// The values of a field of these samples as one tensor (N, …) in its own element type.
    ///
    /// # Errors
    /// As [`Dataset::read`]; [`DataError::Mismatch`] for a field that the data do not have.
    pub fn gather_field(&self, name: &str, indices: &[u32]) -> Result<Tensor, DataError> {
        if name == SAMPLE {
            return self.gather(indices);
        }
        let missing = |expected: String, found: &str| DataError::Mismatch { expected, found: found.into() };
        let field = self.codec().field(name);
        let field = field.ok_or_else(|| missing(format!("a field of {}", self.codec().source), name))?;
        let (ty, size) = (field.in_batch(indices.len()), field.ty.bytes());
        let further = |field: &&Field| field.name != SAMPLE && field.name != LABEL;
        let column = self.codec().fields().iter().filter(further).position(|field| field.name == name);
        if self.codec().modality().derived().iter().any(|field| field.name == name) {
            let mut samples = vec![0; indices.len() * self.facts.sample.bytes()];
            self.read(indices, &mut samples)?;
            let derived = self.codec().modality().derive(name, indices, &samples);
            return derived.filter(|tensor| tensor.ty() == ty).ok_or_else(|| missing(format!("values {ty}"), name));
        }
        let mut bytes = Vec::with_capacity(ty.bytes());
        for &index in indices {
            let at = index as usize;
            match column.and_then(|column| self.facts.columns.get(column)) {
                _ if at >= self.len() => {
                    return Err(missing(format!("a sample number below {}", self.len()), &index.to_string()));
                }
                Some(column) => bytes.extend_from_slice(&column[at * size..(at + 1) * size]),
                // A label counts classes, of which there are fewer than 2^31.
                None => bytes.extend_from_slice(&self.facts.labels.as_ref().map_or(0, |all| all[at]).to_le_bytes()),
            }
        }
        tensor(&ty, bytes)
    }
}

/// A tensor of little-endian bytes, without a copy when they are `u8`.
pub(crate) fn tensor(ty: &TensorType, bytes: Vec<u8>) -> Result<Tensor, DataError> {
    let made = match ty.dtype {
        ganymede_tensor::DType::U8 => Tensor::new(ty.shape.clone(), Data::U8(bytes)),
        _ => Tensor::from_le_bytes(ty, &bytes),
    };
    made.map_err(|e| DataError::Mismatch { expected: ty.to_string(), found: e.to_string() })
}

/// The error for more bad files than are allowed.
pub(crate) fn check_bad(report: &DataReport, options: &DataOptions) -> Result<(), DataError> {
    let total = report.samples + report.bad;
    if report.bad == 0 || (report.samples > 0 && report.bad as f64 <= options.most_bad_files() * total as f64) {
        return Ok(());
    }
    Err(DataError::TooManyBad {
        path: PathBuf::from(&report.source),
        bad: report.bad,
        total,
        max_bad: options.most_bad_files(),
        first: report.first_bad.clone(),
    })
}

/// Decodes into memory.
pub(crate) fn in_memory(format: &dyn Format, job: &Job<'_>) -> Result<Dataset, DataError> {
    let mut sink = Sink::new(Store::Memory(Vec::new()));
    let decoded = format.decode(job, &mut sink)?;
    let (facts, memory) = conclude(format, job, sink.finish(), decoded)?;
    Ok(Dataset { facts: Arc::new(facts), storage: Arc::new(Storage::Memory(memory)) })
}

/// The fingerprint of a set from the hash of its samples. The order is that of old runs: samples and labels, then what they
/// did not have.
pub(crate) fn fingerprint<'a>(
    mut hash: sha2::Sha256,
    labels: Option<&[u32]>,
    further: impl Iterator<Item = (&'a Field, &'a [u8])>,
    groups: Option<&[u32]>,
) -> String {
    if let Some(labels) = labels {
        hash.update(b"labels");
        labels.iter().for_each(|label| hash.update(label.to_le_bytes()));
    }
    for (field, bytes) in further {
        hash.update(b"field");
        hash.update(format!("{} {}", field.name, field.ty));
        hash.update(bytes);
    }
    if let Some(groups) = groups {
        hash.update(b"groups");
        groups.iter().for_each(|group| hash.update(group.to_le_bytes()));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Joins what the sink and the format know into the facts of a set, and hands on the samples in memory.
pub(crate) fn conclude(
    format: &dyn Format,
    job: &Job<'_>,
    filled: Option<Filled>,
    decoded: Decoded,
) -> Result<(Facts, Vec<u8>), DataError> {
    let mut report = decoded.report;
    report.source = job.source.to_string();
    report.format = format.name().into();
    let Some(filled) = filled else {
        check_bad(&report, job.options)?;
        return Err(DataError::Empty { path: job.source.path(), what: "sample" });
    };
    let samples = usize::try_from(filled.samples).unwrap_or(usize::MAX);
    if samples > u32::MAX as usize {
        return Err(DataError::Limit {
            path: job.source.path(),
            at: crate::error::Position::Whole,
            limit: format!("{} samples", u32::MAX),
            found: samples.to_string(),
        });
    }
    let Decoded { labels, classes, groups, columns, .. } = decoded;
    for count in [labels.as_ref().map(Vec::len), groups.as_ref().map(Vec::len)].into_iter().flatten() {
        if count != samples {
            let (images, labels) = (filled.samples, count as u64);
            let at = crate::error::Position::Whole;
            return Err(DataError::LabelCount { path: job.source.path(), at, images, labels });
        }
    }
    let further = columns.iter().map(|column| (&column.field, &column.bytes[..]));
    let fingerprint = fingerprint(filled.fingerprint, labels.as_deref(), further, groups.as_deref());
    let mut per_class = vec![0u64; classes.len()];
    for &label in labels.iter().flatten() {
        if let Some(count) = per_class.get_mut(label as usize) {
            *count += 1;
        }
    }
    report.samples = filled.samples;
    report.sample_type = filled.sample.to_string();
    report.range = decoded.range;
    report.classes = classes.iter().cloned().zip(per_class).collect();
    report.duplicates = filled.equal.len() as u64;
    if report.equal.is_empty() {
        // Without files, samples are rows.
        report.equal = filled.equal.iter().take(NAMED_EQUAL).map(|pair| pair.map(|at| format!("row {at}"))).collect();
    }
    report.fields = columns.iter().map(|column| format!("{} {}", column.field.name, column.field.ty)).collect();
    report.groups =
        groups.as_ref().map_or(0, |groups| groups.iter().collect::<std::collections::HashSet<_>>().len() as u64);
    let sample = decoded.sample.unwrap_or_else(|| Field::sample(filled.sample.clone(), decoded.range));
    let mut fields = vec![sample];
    fields.extend(labels.as_ref().map(|_| Field::label(classes)));
    fields.extend(columns.iter().map(|column| column.field.clone()));
    fields.extend(decoded.modality.derived());
    let codec = Codec::new(format.name(), report.source.clone(), fields, decoded.modality)?;
    let columns = columns.into_iter().map(|column| column.bytes).collect();
    let facts = Facts {
        samples,
        sample: filled.sample,
        labels,
        groups,
        columns,
        duplicates: filled.equal.iter().map(|[again, _]| *again as u32).collect(),
        codec,
        report,
        fingerprint,
        options: job.options.clone(),
    };
    Ok((facts, filled.memory))
}
