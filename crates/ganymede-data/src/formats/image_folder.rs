//! A folder of pictures; sub-folders are classes, or `labels.csv` names them. Not here: pictures as samples (`images.rs`), classes
//! (`files.rs`, `class_table.rs`).

use super::class_table::{self, ClassTable};
use super::images::{self, Pictures};
use super::{Decoded, Format, Input, Inputs, Job, Samples, files, first_bytes};
use crate::error::{DataError, Position, io_error};
use crate::limits::MAX_ALLOCATION;
use crate::picture::decode::{has_image_ending, has_image_magic};
use crate::picture::grid::write_file;
use crate::sink::Sink;
use crate::source::Source;
use std::collections::HashSet;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Folders of pictures.
pub(crate) struct ImageFolder;

/// What a walk over a folder finds.
#[derive(Default)]
struct Walk {
    /// Files that are pictures by their ending or first bytes.
    pictures: Vec<PathBuf>,
    /// Number of other files.
    others: u64,
    /// Folders that were reached a second time, by a link.
    again: u64,
    seen: HashSet<(u64, u64)>,
}

impl Walk {
    /// Collects pictures below `folder`; stops after `most`. A folder that links lead to twice is read once.
    fn enter(&mut self, folder: &Path, most: usize) -> Result<(), DataError> {
        let facts = folder.metadata().map_err(io_error(folder, "read"))?;
        if !self.seen.insert((facts.dev(), facts.ino())) {
            self.again += 1;
            return Ok(());
        }
        let mut entries = Vec::new();
        for entry in folder.read_dir().map_err(io_error(folder, "read"))? {
            entries.push(entry.map_err(io_error(folder, "read"))?.path());
        }
        entries.sort_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
        for path in entries {
            let name = path.file_name().unwrap_or_default().as_bytes();
            if files::is_hidden(name) {
                continue;
            }
            if self.pictures.len() >= most {
                return Ok(());
            }
            match path.metadata() {
                Ok(facts) if facts.is_dir() => self.enter(&path, most)?,
                // Pipes and devices would block for ever.
                Ok(facts) if !facts.is_file() => self.others += 1,
                // A link that leads nowhere is a bad file when it is named like a picture.
                _ if has_image_ending(name) => self.pictures.push(path),
                // Other endings speak for other formats, some of which begin like a picture.
                Ok(_) if !name.contains(&b'.') && first_bytes(&path, 32).is_ok_and(|bytes| has_image_magic(&bytes)) => {
                    self.pictures.push(path)
                }
                _ => self.others += 1,
            }
        }
        Ok(())
    }
}

/// The path below the folder, as bytes.
fn relative(folder: &Path, path: &Path) -> Vec<u8> {
    path.strip_prefix(folder).unwrap_or(path).as_os_str().as_bytes().to_vec()
}

/// Reads a file that must not be larger than a picture may be.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = first_bytes(path, MAX_ALLOCATION + 1).map_err(|e| format!("could not be read: {e}"))?;
    if bytes.len() as u64 > MAX_ALLOCATION {
        return Err(format!("expected at most {MAX_ALLOCATION} bytes, found more"));
    }
    Ok(bytes)
}

impl Format for ImageFolder {
    fn name(&self) -> &'static str {
        "image-folder"
    }

    fn reads(&self) -> &'static str {
        "a folder of PNG, JPEG, WebP, GIF, BMP, TIFF or PNM files, with sub-folders as classes or labels.csv; or one such file"
    }

    fn recognises(&self, path: &Path) -> bool {
        if path.is_dir() {
            let mut walk = Walk::default();
            return walk.enter(path, 1).is_ok() && !walk.pictures.is_empty();
        }
        first_bytes(path, 32).is_ok_and(|bytes| has_image_magic(&bytes))
            || has_image_ending(path.file_name().unwrap_or_default().as_bytes())
    }

    fn inputs(&self, source: &Source) -> Result<Inputs, DataError> {
        let folder = source.path();
        if folder.is_file() {
            return Ok(Inputs { files: vec![Input::of(folder)?], notes: Vec::new() });
        }
        let mut walk = Walk::default();
        walk.enter(&folder, usize::MAX)?;
        let mut found: Vec<(Vec<u8>, PathBuf)> =
            walk.pictures.into_iter().map(|p| (relative(&folder, &p), p)).collect();
        found.sort();
        let names: Vec<Vec<u8>> = found.iter().map(|(name, _)| name.clone()).collect();
        let (used, note) = files::training_part(&names);
        let mut notes: Vec<String> = note.into_iter().collect();
        let table = Some(folder.join(class_table::NAME)).filter(|table| table.is_file());
        let others = walk.others.saturating_sub(u64::from(table.is_some()));
        if others > 0 {
            notes.push(format!("{others} files that are no pictures were left out"));
        }
        if walk.again > 0 {
            notes.push(format!("{} links to folders already read were not followed", walk.again));
        }
        let files = found.into_iter().zip(used).filter(|(_, used)| *used);
        let mut files: Vec<Input> =
            files.map(|((_, path), _)| Input::of(&path).unwrap_or_else(|_| Input::unreadable(path))).collect();
        if let Some(table) = table {
            files.push(Input::of(table)?);
        }
        Ok(Inputs { files, notes })
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let folder = job.source.path();
        let folder = if folder.is_file() { folder.parent().map(Path::to_path_buf).unwrap_or_default() } else { folder };
        let mut files = &job.inputs.files[..];
        let mut classes = None;
        if let Some((last, pictures)) = files.split_last()
            && class_table::is_table(&relative(&folder, &last.path))
        {
            let refused = |reason| DataError::Malformed { path: last.path.clone(), at: Position::Whole, reason };
            let bytes = read(&last.path).map_err(refused)?;
            classes = Some(ClassTable::parse(&last.path, b"", &bytes)?);
            files = pictures;
        }
        let paths = files.iter().map(|input| relative(&folder, &input.path)).collect();
        let read = |i: usize| read(&files[i].path);
        images::decode(job, Pictures { paths, read: &read, notes: job.inputs.notes.clone(), classes }, sink)
    }

    /// Writes `class/000017.png` into the folder `path`.
    fn write(&self, path: &Path, samples: &Samples<'_>) -> Result<(), DataError> {
        images::encode(samples)?.iter().try_for_each(|(name, bytes)| write_file(&path.join(name), bytes))
    }
}
