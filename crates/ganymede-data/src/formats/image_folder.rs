//! A folder of images: what lies in it, however deep. Not here: what becomes of it (`images.rs`).

use super::tree::{HEAD, Tree, is_image, is_run};
use super::{Decoded, Format, Input, Inputs, Job, Samples, files, first_bytes, images};
use crate::error::{DataError, io_error};
use crate::limits::MAX_ALLOCATION;
use crate::raster::decode::{has_image_ending, has_image_magic};
use crate::raster::grid::write_file;
use crate::sink::Sink;
use crate::source::Source;
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Folders of images.
pub(crate) struct ImageFolder;

/// What a walk over a folder finds.
#[derive(Default)]
struct Walk {
    /// Files that people see.
    files: Vec<PathBuf>,
    /// Folders without any; their paths end with `/`.
    empty: Vec<PathBuf>,
    /// Runs of ganymede.
    runs: u64,
    /// Pipes and devices.
    others: u64,
    /// Folders that were reached a second time, by a link.
    again: u64,
    seen: HashSet<(u64, u64)>,
}

impl Walk {
    /// Collects what lies below `folder` until `stop` says of a file that it is enough. A folder that links lead to twice is
    /// read once; a run of ganymede is not read. Gives whether to stop.
    fn enter(&mut self, folder: &Path, top: bool, stop: &dyn Fn(&Path) -> bool) -> Result<bool, DataError> {
        let facts = folder.metadata().map_err(io_error(folder, "read"))?;
        if !self.seen.insert((facts.dev(), facts.ino())) {
            self.again += 1;
            return Ok(false);
        }
        let mut entries = Vec::new();
        for entry in folder.read_dir().map_err(io_error(folder, "read"))? {
            entries.push(entry.map_err(io_error(folder, "read"))?.path());
        }
        entries.sort_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
        if !top && is_run(|name| entries.contains(&folder.join(OsStr::from_bytes(name)))) {
            self.runs += 1;
            return Ok(false);
        }
        let before = (self.files.len(), self.empty.len(), self.runs, self.again);
        for path in entries {
            let name = path.file_name().unwrap_or_default().as_bytes();
            if files::is_hidden(name) {
                continue;
            }
            match path.metadata() {
                Ok(facts) if facts.is_dir() => {
                    if self.enter(&path, false, stop)? {
                        return Ok(true);
                    }
                }
                // Pipes and devices would block for ever.
                Ok(facts) if !facts.is_file() => self.others += 1,
                // A link that leads nowhere is a bad file when it is named like an image.
                Err(_) if !has_image_ending(name) => self.others += 1,
                _ => {
                    let enough = stop(&path);
                    self.files.push(path);
                    if enough {
                        return Ok(true);
                    }
                }
            }
        }
        if !top && before == (self.files.len(), self.empty.len(), self.runs, self.again) {
            self.empty.push([folder.as_os_str().as_bytes(), b"/"].concat().into_os_path());
        }
        Ok(false)
    }
}

/// Bytes as a path.
trait IntoOsPath {
    fn into_os_path(self) -> PathBuf;
}

impl IntoOsPath for Vec<u8> {
    fn into_os_path(self) -> PathBuf {
        use std::os::unix::ffi::OsStringExt;
        std::ffi::OsString::from_vec(self).into()
    }
}

/// The path below the folder, as bytes.
fn relative(folder: &Path, path: &Path) -> Vec<u8> {
    path.strip_prefix(folder).unwrap_or(path).as_os_str().as_bytes().to_vec()
}

/// Reads a file that must not be larger than an image may be.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = first_bytes(path, MAX_ALLOCATION + 1).map_err(|e| format!("could not be read: {e}"))?;
    if bytes.len() as u64 > MAX_ALLOCATION {
        return Err(format!("expected at most {MAX_ALLOCATION} bytes, found more"));
    }
    Ok(bytes)
}

/// The first bytes of a file; none of one that cannot be read: looking at it says why.
fn head(path: &Path) -> Vec<u8> {
    first_bytes(path, HEAD).unwrap_or_default()
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
            let image = |path: &Path| is_image(path.file_name().unwrap_or_default().as_bytes(), || head(path));
            return Walk::default().enter(path, true, &image).is_ok_and(|found| found);
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
        walk.enter(&folder, true, &|_| false)?;
        let mut notes = Vec::new();
        for (n, one, many) in [
            (
                walk.runs,
                "run of ganymede below the folder is left out",
                "runs of ganymede below the folder are left out",
            ),
            (
                walk.again,
                "link to a folder already read was not followed",
                "links to folders already read were not followed",
            ),
            (
                walk.others,
                "pipe, device or link that leads nowhere was left out",
                "pipes, devices and links that lead nowhere were left out",
            ),
        ] {
            if n > 0 {
                notes.push(format!("{n} {}", files::verb(n, one, many)));
            }
        }
        // An empty folder has no facts that matter: that it is there does.
        let empty = walk.empty.into_iter().map(Input::unreadable);
        let mut files: Vec<Input> = walk
            .files
            .into_iter()
            .map(|path| Input::of(&path).unwrap_or_else(|_| Input::unreadable(path)))
            .chain(empty)
            .collect();
        files.sort_by_cached_key(|input| relative(&folder, &input.path));
        Ok(Inputs { files, notes })
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let folder = job.source.path();
        let folder = if folder.is_file() { folder.parent().map(Path::to_path_buf).unwrap_or_default() } else { folder };
        let is_folder = |input: &&Input| input.path.as_os_str().as_bytes().ends_with(b"/");
        let (empty, files): (Vec<&Input>, Vec<&Input>) = job.inputs.files.iter().partition(is_folder);
        let tree = Tree {
            root: &folder,
            names: files.iter().map(|input| relative(&folder, &input.path)).collect(),
            folders: empty.iter().map(|input| relative(&folder, &input.path)).collect(),
            read: &|i| read(&files[i].path),
            head: &|i| head(&files[i].path),
            decoded: BTreeMap::new(),
            notes: Vec::new(),
        };
        images::decode(job, tree, sink)
    }

    /// Writes `class/000017.png` into the folder `path`.
    fn write(&self, path: &Path, samples: &Samples<'_>) -> Result<(), DataError> {
        images::encode(samples)?.iter().try_for_each(|(name, bytes)| write_file(&path.join(name), bytes))
    }
}
