//! Which checkpoints there are, which is the newest whole one, and which stay. Not here: what stands in one (`mod.rs`).

use super::{LATEST, check, manifest, name};
use crate::durable::{remove_folder, rename, write_whole};
use crate::error::GanError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Names of the checkpoints of a run, oldest first.
///
/// # Errors
/// [`GanError::Io`].
pub fn list(run: &Path) -> Result<Vec<(u64, PathBuf)>, GanError> {
    let folder = run.join("checkpoints");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(GanError::io(&folder, "read", e)),
    };
    let mut found: Vec<(u64, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|e| Some((e.file_name().to_str()?.strip_prefix("step-")?.parse().ok()?, e.path())))
        .collect();
    found.sort();
    Ok(found)
}

/// The checkpoint after `step`, or the newest.
///
/// # Errors
/// [`GanError::Run`] when the folder is no run, [`GanError::NoCheckpoint`] when there is none.
pub fn find(run: &Path, step: Option<u64>) -> Result<PathBuf, GanError> {
    let known = list(run)?;
    if known.is_empty() {
        crate::run_dir::require(run)?;
    }
    let found = match step {
        Some(step) => known.iter().find(|(s, _)| *s == step),
        None => known.last(),
    };
    found.map(|(_, path)| path.clone()).ok_or_else(|| GanError::NoCheckpoint {
        path: run.into(),
        asked: step,
        known: known.iter().map(|(step, _)| *step).collect(),
    })
}

/// The newest checkpoint of a run that is whole, `None` for a run without any. Newer ones that are damaged lose
/// their name (`step-N` becomes `damaged-step-N`) and are listed, each with its damage.
///
/// # Errors
/// What is wrong with the newest one when none is whole, and when one cannot be read.
pub(crate) fn newest_whole(run: &Path) -> Result<Option<(PathBuf, Vec<String>)>, GanError> {
    let mut damaged: Vec<(u64, PathBuf, GanError)> = Vec::new();
    for (step, path) in list(run)?.into_iter().rev() {
        let missing = |e: &std::io::Error| e.kind() == ErrorKind::NotFound;
        match check(&path) {
            Ok(_) => {
                for (step, from, _) in &damaged {
                    let to = run.join("checkpoints").join(format!("damaged-{}", name(*step)));
                    remove_folder(&to)?;
                    rename(from, &to)?;
                }
                return Ok(Some((path, damaged.iter().map(|(_, _, damage)| damage.to_string()).collect())));
            }
            Err(damage @ GanError::Damaged { .. }) => damaged.push((step, path, damage)),
            Err(GanError::Io { path: part, action, source }) if missing(&source) => {
                damaged.push((step, path, GanError::Io { path: part, action, source }));
            }
            // A later version wrote it, or it cannot be read for now: nothing to set aside.
            Err(other) => return Err(other),
        }
    }
    damaged.into_iter().next().map_or(Ok(None), |(_, _, newest)| Err(newest))
}

/// Says in [`LATEST`] that the newest checkpoint is that after `step`.
pub(crate) fn point_to(run: &Path, step: u64) -> Result<(), GanError> {
    write_whole(&run.join("checkpoints").join(LATEST), (name(step) + "\n").as_bytes())
}

/// Removes a checkpoint: first its name in one move, then what it holds, so that no crash leaves a part under its name.
pub(super) fn remove(run: &Path, step: u64) -> Result<(), GanError> {
    let folder = run.join("checkpoints");
    let (path, temporary) = (folder.join(name(step)), folder.join(format!(".{}.removed.tmp", name(step))));
    remove_folder(&temporary)?;
    rename(&path, &temporary)?;
    remove_folder(&temporary)
}

/// Removes what a crash left while a checkpoint was written or removed.
///
/// # Errors
/// [`GanError::Io`].
pub(crate) fn sweep(run: &Path) -> Result<(), GanError> {
    let left = |name: &str| name.starts_with(".step-") && name.ends_with(".tmp");
    let entries = std::fs::read_dir(run.join("checkpoints")).into_iter().flatten().filter_map(Result::ok);
    entries.filter(|e| e.file_name().to_str().is_some_and(left)).try_for_each(|e| remove_folder(&e.path()))
}

/// Whether a checkpoint was written as one that stays. What does not say, or cannot be read, stays.
pub(super) fn stays(checkpoint: &Path) -> bool {
    manifest(checkpoint).map_or(true, |manifest| manifest.stays)
}

/// Removes what need not stay: all but the newest `keep`, the best, and those that were written as ones that stay.
///
/// # Errors
/// [`GanError::Io`].
pub fn prune(run: &Path, keep: usize, best: Option<u64>) -> Result<(), GanError> {
    let known = list(run)?;
    let newest = known.len().saturating_sub(keep.max(1));
    let removed = known[..newest].iter().filter(|(step, path)| Some(*step) != best && !stays(path));
    removed.map(|(step, _)| *step).try_for_each(|step| remove(run, step))
}
