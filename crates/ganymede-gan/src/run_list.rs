//! The runs in a folder, each in short: what it trains, how far it is, and whether it can go on. Not here: what a run holds
//! (`run_dir.rs`).

use crate::best::Evaluations;
use crate::checkpoint;
use crate::error::GanError;
use crate::evaluate::Score;
use crate::events::{self, Event};
use crate::run_dir::{self, LOCK};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// A run in short. What cannot be read of it is left empty, and its state says why.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RunSummary {
    /// Its folder.
    pub path: PathBuf,
    /// The preset; empty for a spec of another origin.
    pub preset: String,
    /// The data, as its last name.
    pub data: String,
    /// Steps of the newest checkpoint; while a process trains it, steps that it told of.
    pub step: u64,
    /// Seconds of training over all processes, as the events say.
    pub seconds: f64,
    /// The leading number of the best checkpoint ([`best_checkpoint`](crate::best_checkpoint)), else of the newest evaluation, and its
    /// step.
    pub score: Option<(u64, Score)>,
    /// The newest grid of samples.
    pub grid: Option<PathBuf>,
    /// Whether it can go on.
    pub state: RunState,
}

/// Whether a run can go on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunState {
    /// A process trains it.
    Running,
    /// It did all that its spec says.
    Finished,
    /// It goes on from its newest checkpoint.
    Resumable,
    /// It cannot go on as it is: why.
    Broken(String),
}

impl RunState {
    /// Its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Finished => "finished",
            RunState::Resumable => "resumable",
            RunState::Broken(_) => "broken",
        }
    }
}

/// The runs in a folder, the newest last. A run that cannot be read is broken and keeps nothing else from being listed; a folder that
/// is a run itself is the only one. Other folders are left out.
///
/// ```
/// use ganymede_data::{DataOptions, Dataset, Source};
/// use ganymede_gan::{RunState, Training, run_list};
///
/// let folder = std::env::temp_dir().join("ganymede-doc-runs");
/// # std::fs::remove_dir_all(&folder).ok();
/// let data = Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?;
/// Training::preset("mlp", data)?.steps(1).outdir(&folder).start()?.run(&false.into())?;
/// std::fs::create_dir(folder.join("00007-cut-off"))?;
/// let runs = run_list(&folder)?;
/// assert_eq!((runs[0].preset.as_str(), runs[0].step, &runs[0].state), ("mlp", 1, &RunState::Finished));
/// assert!(matches!(runs[1].state, RunState::Broken(_)));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`GanError::Io`] when the folder itself cannot be read.
pub fn run_list(folder: &Path) -> Result<Vec<RunSummary>, GanError> {
    if run_dir::is_run(folder) {
        return Ok(vec![summary(folder)]);
    }
    let entries = std::fs::read_dir(folder).map_err(|e| GanError::io(folder, "read", e))?;
    let folders = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_dir());
    let number = |path: &Path| run_dir::number(path.file_name()?.to_str()?);
    let runs = folders.filter(|path| run_dir::is_run(path) || number(path).is_some());
    let mut runs: Vec<(Option<u32>, PathBuf)> = runs.map(|path| (number(&path), path)).collect();
    runs.sort();
    Ok(runs.iter().map(|(_, path)| summary(path)).collect())
}

/// A run in short.
fn summary(path: &Path) -> RunSummary {
    let mut found = RunSummary {
        path: path.into(),
        preset: String::new(),
        data: String::new(),
        step: 0,
        seconds: 0.0,
        score: None,
        grid: newest_grid(path),
        state: RunState::Resumable,
    };
    let spec = run_dir::read_spec(path);
    if let Ok(spec) = &spec {
        found.preset.clone_from(&spec.preset);
        let name = Path::new(&spec.data.source).file_name().unwrap_or_default();
        found.data = name.to_string_lossy().into_owned();
    }
    let lines = events::read(&path.join("events.jsonl"));
    if let Ok(lines) = &lines {
        found.seconds = events::trained_time(lines, u64::MAX).as_secs_f64();
        let evaluations = Evaluations::of(lines);
        let kept = |step: u64| path.join("checkpoints").join(checkpoint::name(step)).is_dir();
        let score = evaluations.best(kept).or_else(|| evaluations.newest());
        found.score = score.map(|(step, score)| (step, score.clone()));
    }
    let checkpoints = checkpoint::list(path).unwrap_or_default();
    // Hashes are checked when it goes on, and an older one is taken where the newest is damaged.
    let newest = checkpoints.iter().rev().find(|(_, path)| checkpoint::manifest(path).is_ok());
    found.step = newest.map_or(0, |(step, _)| *step);
    let last = lines.as_deref().ok().and_then(|lines| lines.last());
    if is_locked(path) {
        found.step = last.map_or(0, |line| line.step);
        found.state = RunState::Running;
        return found;
    }
    let end = last.and_then(|line| match &line.event {
        Event::End { reason } => Some(reason.as_str()),
        _ => None,
    });
    let unreadable = |what: &str, error: &GanError| {
        let text = error.to_string();
        format!("{what} cannot be read: {}", text.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&text))
    };
    found.state = match (&spec, &lines, newest, end) {
        (Err(_), ..) if !run_dir::is_run(path) => RunState::Broken("no spec.toml".into()),
        (Err(error), ..) => RunState::Broken(unreadable("spec.toml", error)),
        (_, _, None, _) => RunState::Broken("no whole checkpoint".into()),
        (_, Err(error), ..) => RunState::Broken(unreadable("events.jsonl", error)),
        (.., Some("diverged")) => RunState::Broken("the training diverged".into()),
        (Ok(spec), .., Some("minutes")) if spec.train.last_step().is_some_and(|last| found.step < last) => {
            RunState::Resumable
        }
        (.., Some("steps" | "minutes" | "stopped")) => RunState::Finished,
        _ => RunState::Resumable,
    };
    found
}

/// The grid of the highest step.
fn newest_grid(run: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(run.join("samples")).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let is_grid = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("step-") && name.ends_with(".png")
    };
    files.filter(is_grid).max()
}

/// Whether a process holds the run's lock.
fn is_locked(run: &Path) -> bool {
    let lock = File::open(run.join(LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::EventLog;
    use crate::presets::{PresetInput, preset_for};

    /// Whatever lies there is listed, and nothing is an error.
    #[test]
    fn bad_folders_are_broken_runs_with_their_reason() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, spec: Option<&str>| {
            let run = folder.path().join(name);
            std::fs::create_dir_all(run.join("checkpoints")).unwrap();
            if let Some(text) = spec {
                std::fs::write(run.join("spec.toml"), text).unwrap();
            }
            run
        };
        make("00010-none", None);
        make("00002-torn", Some("[train\n"));
        make("mine", Some("preset = \"mlp\"\n"));
        make("notes", None);
        std::fs::write(folder.path().join("00003-file"), "").unwrap();
        let mut spec = preset_for("dcgan", &PresetInput::of(vec![28, 28, 1])).unwrap();
        spec.data.source = "/some/photos".into();
        let empty = make("00004-empty", Some(&spec.to_toml()));
        EventLog::open(&empty.join("events.jsonl")).unwrap();
        let runs = run_list(folder.path()).unwrap();
        let names: Vec<_> = runs.iter().map(|run| run.path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["mine", "00002-torn", "00004-empty", "00010-none"]);
        let why = |at: usize| match &runs[at].state {
            RunState::Broken(why) => why.clone(),
            other => panic!("{other:?}"),
        };
        assert!(why(1).starts_with("spec.toml cannot be read: "), "{}", why(1));
        assert_eq!((why(2).as_str(), runs[2].data.as_str()), ("no whole checkpoint", "photos"));
        assert_eq!((why(3).as_str(), runs[3].preset.as_str()), ("no spec.toml", ""));
        assert_eq!(run_list(&empty).unwrap(), runs[2..3]);
        assert!(run_list(&folder.path().join("nowhere")).is_err());
    }

    #[test]
    fn a_run_that_a_process_holds_is_running() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("spec.toml"), "").unwrap();
        let lock = File::create(folder.path().join(LOCK)).unwrap();
        assert_ne!(summary(folder.path()).state, RunState::Running);
        lock.lock().unwrap();
        assert_eq!(summary(folder.path()).state, RunState::Running);
    }
}
