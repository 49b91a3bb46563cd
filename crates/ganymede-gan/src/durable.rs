//! Files and folders that are whole after any crash: written beside, to disk, then renamed, and the folder that holds
//! the name to disk too. Not here: what stands in them.

use crate::error::GanError;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a file in one move: beside it, to disk, renamed, and the name to disk. `ganymede_data::write_whole` does the same in one
/// piece; here every change on disk is one that a test may crash before, and what a crash leaves has a name that is used again.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), GanError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    write_synced(&temporary, bytes)?;
    rename(&temporary, path)
}

/// Writes a file through to the disk; its name is not yet there for certain.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), GanError> {
    crash_point();
    let write = || -> std::io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|e| GanError::io(path, "write", e))
}

/// Gives a file or folder another name in the same folder, and writes the names to disk.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), GanError> {
    crash_point();
    std::fs::rename(from, to).map_err(|e| GanError::io(to, "rename", e))?;
    sync_folder(parent(to))
}

/// Writes the names in a folder to disk.
pub(crate) fn sync_folder(path: &Path) -> Result<(), GanError> {
    crash_point();
    File::open(path).and_then(|f| f.sync_all()).map_err(|e| GanError::io(path, "sync", e))
}

/// Makes a folder and those above it that are missing; each name is on disk. What is there stays.
pub(crate) fn create_folders(path: &Path) -> Result<(), GanError> {
    let missing: Vec<&Path> = path.ancestors().take_while(|p| !p.as_os_str().is_empty() && !p.is_dir()).collect();
    for folder in missing.into_iter().rev() {
        match create_folder(folder) {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(GanError::io(folder, "create", e)),
            _ => sync_folder(parent(folder))?,
        }
    }
    Ok(())
}

/// Makes one folder whose name may be lost in a crash.
pub(crate) fn create_folder(path: &Path) -> std::io::Result<()> {
    crash_point();
    std::fs::create_dir(path)
}

/// Removes a folder with all that it holds, if it is there.
pub(crate) fn remove_folder(path: &Path) -> Result<(), GanError> {
    crash_point();
    match std::fs::remove_dir_all(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(GanError::io(path, "remove", e)),
        _ => Ok(()),
    }
}

/// The folder that holds a name; `.` for a bare one.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name beside `path` that no other process takes.
pub(crate) fn beside(path: &Path) -> PathBuf {
    path.with_extension(format!("{}.tmp", std::process::id()))
}

#[cfg(not(test))]
pub(crate) fn crash_point() {}

/// Before each change on disk a test may end the process, as a power cut does.
#[cfg(test)]
pub(crate) fn crash_point() {
    crash::point();
}

#[cfg(test)]
pub(crate) mod crash {
    use std::sync::atomic::{AtomicI64, Ordering};

    /// The exit code of a process that ended at its point.
    pub(crate) const CRASHED: i32 = 86;
    static LEFT: AtomicI64 = AtomicI64::new(i64::MAX);

    /// Ends this process before its change number `n`, from 0.
    pub(crate) fn before(n: i64) {
        LEFT.store(n, Ordering::SeqCst);
    }

    pub(super) fn point() {
        if LEFT.fetch_sub(1, Ordering::SeqCst) == 0 {
            std::process::exit(CRASHED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_where_they_are_missing_and_files_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        create_folders(&deep).unwrap();
        create_folders(&deep).unwrap();
        let file = deep.join("x.json");
        for text in ["one", "another"] {
            write_whole(&file, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        assert_eq!(std::fs::read_dir(&deep).unwrap().count(), 1, "nothing is left beside it");
        let error = create_folders(&file.join("below")).unwrap_err().to_string();
        assert!(error.contains("x.json"), "{error}");
        remove_folder(&deep).unwrap();
        remove_folder(&deep).unwrap();
        assert!(!deep.exists());
    }
}
