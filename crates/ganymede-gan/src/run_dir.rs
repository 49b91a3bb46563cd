//! The run directory, the only contract between trainer, command, studio and Python:
//! `spec.toml`, `codec.json`, `env.json`, `events.jsonl`, `samples/`, `checkpoints/`, `log.txt`. Here are
//! its names, its lock and what it was made of. Not here: checkpoints (`checkpoint/`), lines (`events/`).

use crate::checkpoint;
use crate::durable::{create_folder, create_folders, sync_folder, write_whole};
use crate::error::GanError;
use crate::spec::{TrainSpec, differences, numerics};
use ganymede_data::{Codec, Dataset};
use ganymede_runtime::{Backend, Numerics};
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The environment of a run: it helps to explain results and does not decide them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Env {
    /// Version of ganymede.
    pub version: String,
    /// Instruction set, such as `avx2`.
    pub isa: String,
    /// Numerics of the convolutions at the start.
    #[serde(default, with = "numerics")]
    pub numerics: Numerics,
    /// Threads at the start.
    pub threads: usize,
    /// Operating system and processor architecture.
    pub platform: String,
    /// Fingerprint of the data.
    pub data: String,
    /// Number of samples; `None` for runs that are older than this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
}

impl Env {
    /// What a run that starts now on this data is made with.
    pub fn now(backend: &dyn Backend, threads: usize, numerics: Numerics, dataset: &Dataset) -> Env {
        Env {
            version: env!("CARGO_PKG_VERSION").into(),
            isa: backend.isa().into(),
            numerics,
            threads,
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            data: dataset.fingerprint().into(),
            samples: Some(dataset.len() as u64),
        }
    }
}

/// The file of a run that the process which trains it has locked.
pub(crate) const LOCK: &str = ".lock";
/// How long a run that another process holds is waited for.
const PATIENCE: Duration = Duration::from_millis(300);

/// A run's folder, locked for this process while it exists.
///
/// ```
/// use ganymede_data::{DataOptions, Dataset, Source};
/// use ganymede_gan::run_dir::{Env, RunDir, read_spec};
/// use ganymede_gan::{GanError, presets};
/// use ganymede_runtime::{CpuBackend, CpuOptions};
///
/// let folder = std::env::temp_dir().join("ganymede-doc-run-dir");
/// # std::fs::remove_dir_all(&folder).ok();
/// let data = Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?;
/// let (spec, backend) = (presets::preset("mlp", data.codec())?, CpuBackend::new(CpuOptions::default())?);
/// let env = Env::now(&backend, 1, spec.train.numerics, &data);
/// let run = RunDir::create(&folder, "mine", &spec, data.codec(), &env)?;
/// assert!(run.path().ends_with("00000-mine") && read_spec(run.path())? == spec);
/// assert!(matches!(RunDir::open(run.path()), Err(GanError::Locked { .. })));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    _lock: File,
}

/// Keys that a resumed run may change: how long it trains, how often it shows and saves, and how exactly; and where its
/// data lies, which is another question than what it is: that is told by the fingerprint in [`Env`].
const MAY_CHANGE: [&str; 7] = [
    "train.steps",
    "train.kimg",
    "train.minutes",
    "train.snapshot_every",
    "train.checkpoint_every",
    "train.numerics",
    "data.source",
];

impl RunDir {
    /// Makes `outdir/NNNNN-name` with the next free number, and writes spec, codec and env into it.
    ///
    /// # Errors
    /// [`GanError::Io`].
    pub fn create(outdir: &Path, name: &str, spec: &TrainSpec, codec: &Codec, env: &Env) -> Result<RunDir, GanError> {
        let text = readable(spec)?;
        create_folders(outdir)?;
        let mut number = next_number(outdir)?;
        let path = loop {
            let path = outdir.join(format!("{number:05}-{}", file_name(name)));
            match create_folder(&path) {
                Ok(()) => break path,
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(e) => return Err(GanError::io(&path, "create", e)),
            }
        };
        let run = RunDir::lock(path)?;
        run.create_parts()?;
        codec.save(&run.path.join("codec.json"))?;
        let env = serde_json::to_string_pretty(env).map_err(|e| GanError::io(&run.path, "write", e.into()))?;
        write_whole(&run.path.join("env.json"), (env + "\n").as_bytes())?;
        // The run's own name is on disk before its spec, which comes last: a folder with one is a whole run.
        sync_folder(outdir)?;
        write_whole(&run.path.join("spec.toml"), text.as_bytes())?;
        Ok(run)
    }

    /// Its folders; what copies runs may leave out empty ones.
    fn create_parts(&self) -> Result<(), GanError> {
        ["samples", "checkpoints"].iter().try_for_each(|folder| create_folders(&self.path.join(folder)))
    }

    /// Opens and locks a run that is there, and removes what a crash left half written or half removed.
    ///
    /// # Errors
    /// [`GanError::Run`] when it is none, [`GanError::Locked`].
    pub fn open(path: &Path) -> Result<RunDir, GanError> {
        require(path)?;
        let run = RunDir::lock(path.into())?;
        run.create_parts()?;
        checkpoint::sweep(&run.path)?;
        Ok(run)
    }

    fn lock(path: PathBuf) -> Result<RunDir, GanError> {
        let file = path.join(LOCK);
        let lock = File::create(&file).map_err(|e| GanError::io(&file, "create", e))?;
        let begin = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(RunDir { path, _lock: lock }),
                // A process that is being started holds a copy of every open file for a moment, also of a lock that was let go.
                Err(TryLockError::WouldBlock) if begin.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => return Err(GanError::Locked { path }),
                Err(TryLockError::Error(e)) => return Err(GanError::io(&file, "lock", e)),
            }
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The grid of samples after `step`.
    pub fn snapshot(&self, step: u64) -> PathBuf {
        self.path.join("samples").join(format!("step-{step:08}.png"))
    }

    /// Whether a spec differs from the run's only in what a resumed run may change.
    ///
    /// # Errors
    /// [`GanError::Changed`] with every other difference.
    pub fn compare(&self, spec: &TrainSpec) -> Result<(), GanError> {
        let old = read_spec(&self.path)?;
        let show = |value: Option<String>| value.unwrap_or_else(|| "none".into());
        let changes: Vec<String> = differences(&old, spec)
            .into_iter()
            .filter(|d| !MAY_CHANGE.contains(&d.key.as_str()))
            .map(|d| format!("{}: {} -> {}", d.key, show(d.left), show(d.right)))
            .collect();
        if changes.is_empty() { Ok(()) } else { Err(GanError::Changed { path: self.path.clone(), changes }) }
    }

    /// Stores a spec that [`compare`](RunDir::compare) allows. Minutes beside a goal in steps are those of one process: what
    /// the run says of them stays.
    ///
    /// # Errors
    /// As [`compare`](RunDir::compare), and [`GanError::Io`].
    pub fn change(&self, spec: &TrainSpec) -> Result<(), GanError> {
        self.compare(spec)?;
        let mut kept = spec.clone();
        if kept.train.last_step().is_some() {
            kept.train.minutes = read_spec(&self.path)?.train.minutes.filter(|_| spec.train.minutes.is_some());
        }
        write_whole(&self.path.join("spec.toml"), readable(&kept)?.as_bytes())
    }
}

/// A spec as text, once that text is known to be readable.
fn readable(spec: &TrainSpec) -> Result<String, GanError> {
    let text = spec.to_toml();
    TrainSpec::draft(&text).map_err(|e| e.in_file(Path::new("spec.toml")))?;
    Ok(text)
}

/// Whether a folder is a run.
pub fn is_run(path: &Path) -> bool {
    path.join("spec.toml").is_file()
}

/// Requires a folder to be a run.
///
/// # Errors
/// [`GanError::Run`].
pub(crate) fn require(path: &Path) -> Result<(), GanError> {
    if is_run(path) {
        return Ok(());
    }
    let found = if path.exists() { "no spec.toml" } else { "no such folder" };
    Err(GanError::Run { path: path.into(), reason: format!("expected a run, found {found}") })
}

/// The run of the highest number in a folder of runs.
///
/// # Errors
/// [`GanError::Io`]; [`GanError::Run`] when there is none.
pub fn newest(outdir: &Path) -> Result<PathBuf, GanError> {
    let entries = std::fs::read_dir(outdir).map_err(|e| GanError::io(outdir, "read", e))?;
    let runs = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| is_run(path));
    let numbered = runs.filter_map(|path| Some((number(path.file_name()?.to_str()?)?, path)));
    let none = || GanError::Run { path: outdir.into(), reason: "expected a run in this folder, found none".into() };
    numbered.max().map(|(_, path)| path).ok_or_else(none)
}

/// The spec of a run.
///
/// # Errors
/// [`GanError::Run`] when the folder is none, and what reading its spec gives.
pub fn read_spec(run: &Path) -> Result<TrainSpec, GanError> {
    require(run)?;
    TrainSpec::load(&run.join("spec.toml"))
}

/// The codec of a run.
///
/// # Errors
/// What reading it gives.
pub fn read_codec(run: &Path) -> Result<Codec, GanError> {
    Ok(Codec::load(&run.join("codec.json"))?)
}

/// What a run was made with.
///
/// # Errors
/// [`GanError::Io`]; [`GanError::Run`] when it is not an env.
pub fn read_env(run: &Path) -> Result<Env, GanError> {
    let path = run.join("env.json");
    let text = std::fs::read_to_string(&path).map_err(|e| GanError::io(&path, "read", e))?;
    serde_json::from_str(&text).map_err(|e| GanError::Run { path, reason: e.to_string() })
}

/// Data that is to stand beside a run: what the run was started on is read as the run reads it, other data with the same
/// classes has the run's numbers of them, and other rows are read as the run's table was.
///
/// # Errors
/// What reading the run and the samples gives.
pub(crate) fn beside(run: &Path, dataset: Dataset) -> Result<Dataset, GanError> {
    let codec = read_codec(run)?;
    if codec.modality().lines().is_some() && read_env(run)?.data != dataset.fingerprint() {
        return Ok(dataset.rows_of(&codec)?);
    }
    let dataset = dataset.with_class_order(codec.classes())?;
    let own = read_env(run)?.data == dataset.fingerprint();
    Ok(if own { dataset.in_range_of(&codec) } else { dataset })
}

/// Refuses data that is not what a run was started on, and says what is different; and the same data where it is not read as the
/// run reads it.
///
/// # Errors
/// [`GanError::DataChanged`], [`GanError::Argument`]; what reading the run gives.
pub fn same_data(run: &Path, dataset: &Dataset) -> Result<(), GanError> {
    let (known, old, new) = (read_env(run)?, read_codec(run)?, dataset.codec());
    if known.data == dataset.fingerprint() {
        if dataset.is_of_run(&old) {
            return Ok(());
        }
        let ([low, high], [other_low, other_high]) = (old.range(), new.range());
        let reason = format!(
            "expected the run's range, {low} to {high}, found {other_low} to {other_high}: take `Dataset::of_run` first, or \
             `open_run_data`"
        );
        return Err(GanError::Argument { what: "data".into(), reason });
    }
    let mut changes = Vec::new();
    match known.samples {
        Some(samples) if samples != dataset.len() as u64 => {
            changes.push(format!("{} samples instead of {samples}", dataset.len()));
        }
        _ => {}
    }
    let types = (old.sample_type().to_string(), new.sample_type().to_string());
    if types.0 != types.1 {
        changes.push(format!("samples of type {} instead of {}", types.1, types.0));
    }
    if old.classes() != new.classes() {
        let names = |classes: &[String]| match classes.len() {
            0 => "no classes".to_string(),
            1..=4 => format!("classes {}", classes.join(", ")),
            n => format!("{n} classes ({} …)", classes[..3].join(", ")),
        };
        changes.push(format!("{} instead of {}", names(new.classes()), names(old.classes())));
    }
    if changes.is_empty() {
        let counted = if known.samples.is_some() { "as many samples" } else { "samples" };
        changes.push(format!("{counted} of the same type with other values or labels"));
    }
    let source_name = read_spec(run)?.data.source;
    Err(GanError::DataChanged { run: run.into(), source_name, changes })
}

/// The number that a run's name begins with: five digits.
pub(crate) fn number(name: &str) -> Option<u32> {
    name.split('-').next().filter(|n| n.len() == 5)?.parse().ok()
}

fn next_number(outdir: &Path) -> Result<u32, GanError> {
    let entries = std::fs::read_dir(outdir).map_err(|e| GanError::io(outdir, "read", e))?;
    let names = entries.filter_map(Result::ok).filter_map(|e| e.file_name().into_string().ok());
    Ok(names.filter_map(|name| number(&name)).max().map_or(0, |n| n + 1))
}

/// A name without what file systems do not take.
fn file_name(name: &str) -> String {
    let clean = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let name: String = name.chars().map(clean).take(80).collect();
    if name.is_empty() { "run".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::{PresetInput, preset_for};
    use crate::spec::edit;
    use ganymede_tensor::TensorType;

    #[test]
    fn a_lock_that_is_let_go_at_once_is_waited_for_and_one_that_is_held_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let held = RunDir::lock(folder.path().into()).unwrap();
        assert!(matches!(RunDir::lock(folder.path().into()), Err(GanError::Locked { .. })));
        let letting_go = std::thread::spawn(move || {
            std::thread::sleep(PATIENCE / 4);
            drop(held);
        });
        RunDir::lock(folder.path().into()).unwrap();
        letting_go.join().unwrap();
    }

    #[test]
    fn runs_are_numbered_behind_the_last() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(next_number(folder.path()).unwrap(), 0);
        // Five digits are a run's number; other names say nothing.
        for (name, next) in
            [("notes", 0), ("123-x", 0), ("0000008-x", 0), ("00007-x", 8), ("00003-y", 8), ("00012", 13)]
        {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            assert_eq!(next_number(folder.path()).unwrap(), next, "{name}");
        }
    }

    #[test]
    fn the_newest_run_has_the_highest_number() {
        let folder = tempfile::tempdir().unwrap();
        let error = newest(folder.path()).unwrap_err().to_string();
        assert!(error.contains("expected a run in this folder, found none"), "{error}");
        assert!(newest(&folder.path().join("nowhere")).is_err());
        for name in ["00002-b", "00010-a", "00007-c", "notes-99999"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("spec.toml"), "").unwrap();
        }
        // A folder that is no run does not count.
        std::fs::create_dir(folder.path().join("00011-d")).unwrap();
        assert_eq!(newest(folder.path()).unwrap(), folder.path().join("00010-a"));
    }

    #[test]
    fn a_resumed_run_changes_only_lengths_intervals_numerics_and_the_place_of_its_data() {
        let folder = tempfile::tempdir().unwrap();
        let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
        let codec = Codec::stand_in(TensorType::f32([2]), [-1.0, 1.0], Vec::new());
        let text = String::new;
        let numerics = Numerics::default();
        let (data, samples) = (text(), None);
        let env = Env { version: text(), isa: text(), numerics, threads: 1, platform: text(), data, samples };
        let run = RunDir::create(folder.path(), "x", &spec, &codec, &env).unwrap();
        let edited = |assignments: &[&str]| assignments.iter().fold(spec.clone(), |s, a| edit(&s, a).unwrap());
        let allowed = edited(&[
            "train.steps=7",
            "train.kimg=2.5",
            "train.minutes=3.0",
            "train.snapshot_every=9",
            "train.checkpoint_every=11",
            "train.numerics='strict'",
            "data.source='/moved/points.npy'",
        ]);
        run.compare(&allowed).unwrap();
        assert_eq!(read_spec(run.path()).unwrap(), spec, "comparing writes nothing");
        run.change(&allowed).unwrap();
        // Minutes beside a goal are those of one process.
        let mut allowed = allowed;
        allowed.train.minutes = None;
        assert_eq!(read_spec(run.path()).unwrap(), allowed);
        let refused = ["train.keep=5", "train.tick_every=7", "train.batch=9", "seed=4", "phases.0.every=2"];
        for one in refused {
            assert!(
                matches!(run.change(&edited(&[one])), Err(GanError::Changed { changes, .. }) if changes.len() == 1)
            );
        }
        let Err(GanError::Changed { changes, .. }) = run.change(&edited(&refused)) else { panic!("it was allowed") };
        assert_eq!(changes.len(), refused.len(), "{changes:?}");
        assert!(changes.contains(&"train.keep: 3 -> 5".to_string()), "{changes:?}");
        assert_eq!(read_spec(run.path()).unwrap(), allowed, "what is refused is not written");
        (allowed.train.steps, allowed.train.kimg, allowed.train.minutes) = (None, None, Some(3.0));
        run.change(&allowed).unwrap();
        assert_eq!(read_spec(run.path()).unwrap(), allowed, "minutes that are the goal stay");
    }
}
