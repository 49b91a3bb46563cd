//! What lies in a folder or an archive: one description for both, so that both are read by the same rules.
//! Not here: how it is listed (`image_folder.rs`, `image_zip.rs`), what becomes of it (`images.rs`).

use super::files;
use super::sheet::Fault;
use crate::error::{DataError, Position};
use crate::raster::content;
use crate::raster::decode::{has_image_ending, has_image_magic};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Most bytes of a table.
pub(crate) const MAX_TABLE: u64 = 64 << 20;
/// First bytes that tell what a file is.
pub(crate) const HEAD: u64 = 512;

/// The files of a folder or archive.
pub(crate) struct Tree<'a> {
    /// The folder or archive.
    pub(crate) root: &'a Path,
    /// Relative paths of the files that people see, in the order of their bytes.
    pub(crate) names: Vec<Vec<u8>>,
    /// Relative paths of folders without such a file.
    pub(crate) folders: Vec<Vec<u8>>,
    /// Reads the file of that number; the error is the reason.
    pub(crate) read: &'a (dyn Fn(usize) -> Result<Vec<u8>, String> + Sync),
    /// Reads its first [`HEAD`] bytes, as far as that works.
    pub(crate) head: &'a (dyn Fn(usize) -> Vec<u8> + Sync),
    /// Names that are no UTF-8, as the archive's format reads them.
    pub(crate) decoded: BTreeMap<Vec<u8>, String>,
    /// What was left out, and why.
    pub(crate) notes: Vec<String>,
}

/// The file that `sample` leaves beside what it generates.
pub(super) const MARKER: &[u8] = b"ganymede-samples.json";

impl Tree<'_> {
    /// The folders that `sample` wrote samples into.
    pub(super) fn written(&self) -> BTreeSet<&[u8]> {
        self.names.iter().filter(|name| files::base(name) == MARKER).map(|name| files::folder(name)).collect()
    }

    /// A name as it is compared with those that people write: composed, and text where the archive says of which letters.
    pub(crate) fn spelled(&self, name: &[u8]) -> Vec<u8> {
        match self.decoded.get(name).map(|text| &text[..]).or_else(|| std::str::from_utf8(name).ok()) {
            Some(text) => files::composed(text).into_owned().into_bytes(),
            None => name.to_vec(),
        }
    }

    /// Where a file lies.
    pub(crate) fn path(&self, file: usize) -> PathBuf {
        use std::os::unix::ffi::OsStrExt;
        self.root.join(std::ffi::OsStr::from_bytes(&self.names[file]))
    }

    /// The bytes of a table.
    pub(crate) fn table(&self, file: usize) -> Result<Vec<u8>, String> {
        let bytes = (self.read)(file)?;
        match bytes.len() as u64 > MAX_TABLE {
            true => Err(format!("expected at most {MAX_TABLE} bytes of a table, found {}", bytes.len())),
            false => Ok(bytes),
        }
    }

    /// A fault of a table as an error.
    pub(crate) fn fault(&self, file: usize, fault: Fault) -> DataError {
        DataError::Malformed { path: self.path(file), at: Position::Line(fault.line), reason: fault.reason }
    }
}

/// Endings of files that begin as a TIFF does and are none that is read.
fn is_another(name: &[u8]) -> bool {
    let kind = files::ending(files::base(name)).and_then(|ending| content::of_ending(&ending));
    kind.is_some_and(|kind| matches!(kind.name, "a camera's raw image" | "a microscope's file"))
}

/// Whether a file is an image by its content; one with the ending of an image is one, if a bad one. `head` is only called where
/// the ending does not say it.
pub(crate) fn is_image(name: &[u8], head: impl FnOnce() -> Vec<u8>) -> bool {
    has_image_ending(name) || (!is_another(name) && has_image_magic(&head()))
}

/// Whether a folder with files of these names is a run of ganymede.
pub(crate) fn is_run(has: impl Fn(&[u8]) -> bool) -> bool {
    has(b"spec.toml") && (has(b"codec.json") || has(b"events.jsonl"))
}

/// The folders among some paths that are runs.
pub(crate) fn runs<'a>(paths: impl Iterator<Item = &'a [u8]> + Clone) -> BTreeSet<&'a [u8]> {
    let specs = paths.clone().filter(|path| files::base(path) == b"spec.toml").map(files::folder);
    let others: BTreeSet<&[u8]> =
        paths.filter(|path| matches!(files::base(path), b"codec.json" | b"events.jsonl")).map(files::folder).collect();
    specs.filter(|folder| others.contains(folder)).collect()
}

/// Whether a path lies in one of these folders.
pub(crate) fn is_in(path: &[u8], folders: &BTreeSet<&[u8]>) -> bool {
    !folders.is_empty() && path.iter().enumerate().any(|(at, &byte)| byte == b'/' && folders.contains(&path[..at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_and_not_the_ending() {
        let png = || b"\x89PNG\r\n\x1a\n".to_vec();
        let never = || panic!("the ending says it");
        assert!(is_image(b"x.png", never) && is_image(b"x.JPG", never));
        assert!(is_image(b"x", png) && is_image(b"x.avif", png) && is_image(b"x.dat", png));
        let tiff = || b"II*\0\x08\0\0\0".to_vec();
        assert!(is_image(b"x.scan", tiff) && !is_image(b"x.NEF", tiff) && !is_image(b"x.svs", tiff));
        for text in [&b"BMW,1\n"[..], b"P5 is text", b"hello", b""] {
            assert!(!is_image(b"x.txt", || text.to_vec()), "{text:?}");
        }
    }

    #[test]
    fn runs_are_known_by_what_they_hold() {
        let paths: [&[u8]; 6] = [
            b"runs/1/spec.toml",
            b"runs/1/codec.json",
            b"runs/1/samples/a.png",
            b"x/spec.toml",
            b"a.png",
            b"runs/b.png",
        ];
        let runs = runs(paths.into_iter());
        assert_eq!(runs, BTreeSet::from([&b"runs/1"[..]]));
        assert!(
            is_in(paths[2], &runs) && !is_in(paths[4], &runs) && !is_in(paths[5], &runs) && !is_in(b"runs/10/x", &runs)
        );
    }
}
