//! The files of the cache as a user sees them: which there are, how large they are, removing them. Not here: what is in one
//! (`cache.rs`).

use crate::cache::MAGIC;
use crate::error::{DataError, io_error};
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A file of decoded samples, or what a crash left of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CacheFile {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// The files of the cache in a folder, by name; none where there is no such folder. Files that ganymede did not write are not
/// among them.
///
/// # Errors
/// [`DataError::Io`] when the folder cannot be read.
pub fn cache_files(folder: &Path) -> Result<Vec<CacheFile>, DataError> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(io_error(folder, "read"))?,
    };
    let files = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| is_ours(path));
    // A file that another process removes meanwhile is none.
    let mut found: Vec<CacheFile> =
        files.filter_map(|path| Some(CacheFile { bytes: fs::metadata(&path).ok()?.len(), path })).collect();
    found.sort();
    Ok(found)
}

/// Whether a file has a name of the cache and begins as its files do.
fn is_ours(path: &Path) -> bool {
    let named = path.extension().is_some_and(|ending| ending == "cache" || ending == "part");
    let mut magic = [0; MAGIC.len()];
    named
        && path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
        && &magic == MAGIC
}

impl CacheFile {
    /// Removes it, unless a process is building it: then it gives false. Processes that read it go on.
    ///
    /// # Errors
    /// [`DataError::Io`].
    pub fn remove(&self) -> Result<bool, DataError> {
        // Locks stay: who waits for one must not wait for a file that is gone.
        let lock = File::open(self.path.with_extension("lock"));
        if let Ok(lock) = &lock
            && matches!(lock.try_lock(), Err(TryLockError::WouldBlock))
        {
            return Ok(false);
        }
        match fs::remove_file(&self.path) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(true),
            removed => removed.map(|()| true).map_err(io_error(&self.path, "remove")),
        }
    }
}
