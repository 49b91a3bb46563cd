//! What the caller names as data: a name or a path. Not here: what lies there (`formats`).

use crate::error::DataError;
use crate::formats;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where samples come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Data that ships with the program or is computed: one of [`crate::names`].
    Name(&'static str),
    /// A file or folder.
    Path(PathBuf),
}

impl Source {
    /// Reads what a user typed: one of [`crate::names`], else a path (`./ring2d` is a path).
    ///
    /// # Errors
    /// [`DataError::NotFound`] when it is no name and nothing exists at the path;
    /// [`DataError::Unsupported`] for pipes and devices.
    pub fn parse(text: impl AsRef<OsStr>) -> Result<Self, DataError> {
        let text = text.as_ref();
        if let Some(name) = formats::names().into_iter().find(|name| OsStr::new(name) == text) {
            return Ok(Source::Name(name));
        }
        let path = Path::new(text);
        match path.metadata() {
            Ok(facts) if facts.is_file() || facts.is_dir() => Ok(Source::Path(path.into())),
            // Reading a pipe or a device may never end.
            Ok(_) => Err(DataError::Unsupported {
                path: path.into(),
                what: "expected a file or a folder, found a pipe or a device".into(),
                hint: "write what it gives into a file first",
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(DataError::NotFound {
                text: path.display().to_string(),
                names: formats::names().iter().map(ToString::to_string).collect(),
            }),
            Err(source) => Err(DataError::Io { path: path.into(), doing: "read", source }),
        }
    }

    /// A short name for files and titles: the name itself, or the last part of the path without its endings.
    pub fn stem(&self) -> String {
        match self {
            Source::Name(name) => (*name).into(),
            Source::Path(path) => {
                let full = path.canonicalize().unwrap_or_else(|_| path.clone());
                let last = full.file_name().unwrap_or(OsStr::new("data")).to_string_lossy().into_owned();
                let stem = if full.is_dir() { last.as_str() } else { last.split('.').next().unwrap_or_default() };
                let kept: String = stem
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
                    .collect();
                let kept = kept.trim_matches('-');
                if kept.is_empty() { "data".into() } else { kept.chars().take(48).collect() }
            }
        }
    }

    /// The path to show in messages.
    pub fn path(&self) -> PathBuf {
        match self {
            Source::Name(name) => PathBuf::from(name),
            Source::Path(path) => path.clone(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Name(name) => f.write_str(name),
            Source::Path(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_first_and_a_missing_path_lists_them() {
        assert_eq!(Source::parse("ring2d").unwrap(), Source::Name("ring2d"));
        let error = Source::parse("rnig2d").unwrap_err().to_string();
        assert!(error.contains("ring2d") && error.contains("rnig2d"), "{error}");
        assert!(matches!(Source::parse("/dev/null"), Err(DataError::Unsupported { .. })));
    }

    #[test]
    fn stems_are_plain() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Fashion MNIST.v2.npz");
        std::fs::write(&file, b"x").unwrap();
        assert_eq!(Source::parse(&file).unwrap().stem(), "fashion-mnist");
    }
}
