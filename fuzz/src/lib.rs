//! What the fuzz targets share: bytes as a file, and data opened as the command opens it.
//! Not here: the targets (`fuzz_targets/`, one parser each) and their first inputs (`examples/seeds.rs`).
#![forbid(unsafe_code)]

use ganymede_data::{DataError, DataOptions, Dataset, Source};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A folder of this process.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| tempfile::tempdir().expect("a temporary folder")).path()
}

/// Writes the bytes to a file of this name.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    std::fs::write(&path, bytes).expect("a temporary file");
    path
}

/// Opens the bytes as the data file `name`, without a cache, and reads its last sample.
pub fn open(name: &str, bytes: &[u8]) {
    let path = file(name, bytes);
    let options = DataOptions { max_bad: Some(0.0), ..DataOptions::default() };
    let opened = Source::parse(&path).and_then(|source| Dataset::open_with(&source, &options, None, &()));
    read_last(opened);
}

/// Reads the last sample of what was opened; an error must have words.
pub fn read_last(opened: Result<Dataset, DataError>) {
    match opened {
        Ok(data) => drop(data.gather(&[data.len() as u32 - 1]).expect("a sample of a set that was opened")),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Panics that someone catches are no finding: the hook that ends the process at once goes. A panic that
/// nobody catches is still one.
pub fn catching() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| drop(std::panic::take_hook()));
}
