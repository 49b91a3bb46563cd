//! Files that are there whole or not at all, also after a power cut. Not here: what is in them.

use crate::error::{DataError, io_error};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// Writes a file so that its path names the old contents or all of the new ones, whatever happens: into a temporary
/// file beside it, which is synced and renamed; then the folder is synced.
///
/// # Errors
/// [`DataError::Io`]; the path then has its old contents.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let temporary = folder.join(name);
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|error| {
        // The error that matters is the one that stopped the writing.
        let _ = fs::remove_file(&temporary);
        io_error(path, "write")(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_a_failure_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        write_whole(&path, b"old").unwrap();
        // A link to the old file keeps its contents: they were not written over.
        fs::hard_link(&path, folder.path().join("kept")).unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read(folder.path().join("kept")).unwrap(), b"old");
        fs::create_dir(folder.path().join("d")).unwrap();
        fs::write(folder.path().join("d/inside"), b"").unwrap();
        assert!(write_whole(&folder.path().join("d"), b"x").is_err());
        assert_eq!(folder.path().read_dir().unwrap().count(), 3, "nothing half written stays");
    }
}
