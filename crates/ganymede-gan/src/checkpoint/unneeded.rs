//! Checkpoints that a user may remove to have the room: all but the first, the newest and the best. Not here: what a training
//! removes on its own (`keep.rs`).

use super::{check, keep, list};
use crate::best::best_checkpoint;
use crate::error::GanError;
use crate::run_dir::RunDir;
use std::path::{Path, PathBuf};

/// A checkpoint that a run can do without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unneeded {
    /// Steps after which it was written.
    pub step: u64,
    /// Its folder.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// The checkpoints between the first and the newest whole one, but for the best of a run that evaluates itself. The run is locked: nothing is written meanwhile. Newer
/// ones that are damaged stay, for `resume` sets them aside; without a whole one all stay.
///
/// # Errors
/// [`GanError::Io`] when they cannot be listed; what reading the run's events gives.
pub fn unneeded(run: &RunDir) -> Result<Vec<Unneeded>, GanError> {
    let known = list(run.path())?;
    let whole = known.iter().rposition(|(_, path)| check(path).is_ok()).unwrap_or(0);
    let best = best_checkpoint(run.path())?.map(|best| best.step);
    let between = known[..whole].iter().skip(1).filter(|(step, _)| Some(*step) != best);
    Ok(between.map(|(step, path)| Unneeded { step: *step, path: path.clone(), bytes: folder_bytes(path) }).collect())
}

/// Removes those of these checkpoints that the run, which is locked, still can do without; gives their number and size.
///
/// # Errors
/// [`GanError::Io`].
pub fn remove_unneeded(run: &RunDir, chosen: &[Unneeded]) -> Result<(usize, u64), GanError> {
    let (mut count, mut bytes) = (0, 0);
    for now in unneeded(run)?.iter().filter(|now| chosen.iter().any(|one| one.step == now.step)) {
        keep::remove(run.path(), now.step)?;
        (count, bytes) = (count + 1, bytes + now.bytes);
    }
    Ok((count, bytes))
}

/// Bytes of the files in a folder.
fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.metadata().ok()).filter(std::fs::Metadata::is_file).map(|file| file.len()).sum()
}
