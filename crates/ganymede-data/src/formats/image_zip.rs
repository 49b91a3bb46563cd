//! A zip archive of images. Not here: zip itself (`archive.rs`), what becomes of the images (`images.rs`).

use super::archive::{self, Archive};
use super::tree::{self, HEAD, Tree};
use super::{Decoded, Format, Input, Inputs, Job, Samples, files, first_bytes, images};
use crate::error::DataError;
use crate::raster::grid::write_file;
use crate::sink::Sink;
use crate::source::Source;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// Zip archives of images.
pub(crate) struct ImageZip;

/// What lies in an archive.
struct Listing {
    /// Members with their paths, in the order of these.
    members: Vec<(usize, Vec<u8>)>,
    /// Folders without a member.
    empty: Vec<Vec<u8>>,
    notes: Vec<String>,
}

/// Whether a name has `\` between its folders, as old .NET and PowerShell write it; the format has `/` alone. Beside `/` it is a part
/// of a name, and in other encodings than UTF-8 it may be half of a letter (Shift-JIS).
fn has_other_slashes(name: &[u8]) -> bool {
    let path = name.strip_suffix(b"/").unwrap_or(name);
    path.contains(&b'\\') && !path.contains(&b'/') && std::str::from_utf8(path).is_ok()
}

fn list(archive: &Archive) -> Listing {
    let mut notes = Vec::new();
    let foreign = archive.names.iter().filter(|name| has_other_slashes(name)).count() as u64;
    if foreign > 0 {
        let (names, verb) = (files::count(foreign, "name"), files::verb(foreign, "has", "have"));
        notes.push(format!("{names} in the archive {verb} \\ between their folders, which is read as /"));
    }
    let kept =
        archive.names.iter().filter(|name| name.contains(&b'\\') && std::str::from_utf8(name).is_err()).count() as u64;
    if kept > 0 {
        let (names, verb) = (files::count(kept, "name"), files::verb(kept, "is", "are"));
        notes.push(format!(
            "{names} in the archive {verb} no UTF-8: \\ is taken for a part of a letter there, not for a folder"
        ));
    }
    let slashed = |name: &Vec<u8>| -> Vec<u8> {
        let slash = has_other_slashes(name);
        name.iter().map(|&b| if slash && b == b'\\' { b'/' } else { b }).collect()
    };
    let names: Vec<Vec<u8>> = archive.names.iter().map(slashed).collect();
    let runs = tree::runs(names.iter().map(|name| &name[..]));
    if !runs.is_empty() {
        notes.push({
            let n = runs.len() as u64;
            format!("{} of ganymede in the archive {} left out", files::count(n, "run"), files::verb(n, "is", "are"))
        });
    }
    let visible = |name: &[u8]| !files::parts(name).iter().any(|part| files::is_hidden(part));
    let (mut members, mut folders) = (Vec::new(), BTreeSet::new());
    for (member, name) in names.iter().enumerate().filter(|(_, name)| visible(name) && !tree::is_in(name, &runs)) {
        match name.strip_suffix(b"/") {
            Some(folder) => _ = folders.insert(folder.to_vec()),
            None => members.push((member, name.clone())),
        }
    }
    // A folder with something in it is not empty, nor is one with a run.
    for name in members.iter().map(|(_, name)| &name[..]).chain(runs.iter().copied()) {
        let mut folder = if runs.contains(name) { name } else { files::folder(name) };
        while !folder.is_empty() {
            folders.remove(folder);
            folder = files::folder(folder);
        }
    }
    members.sort_by(|a, b| archive.names[a.0].cmp(&archive.names[b.0]));
    Listing { members, empty: folders.into_iter().collect(), notes }
}

impl Format for ImageZip {
    fn name(&self) -> &'static str {
        "image-zip"
    }

    fn reads(&self) -> &'static str {
        "a zip archive of such images, with folders as classes or labels.csv"
    }

    fn recognises(&self, path: &Path) -> bool {
        path.is_file() && first_bytes(path, 4).is_ok_and(|bytes| archive::has_zip_magic(&bytes))
    }

    fn inputs(&self, source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs { files: vec![Input::of(source.path())?], notes: Vec::new() })
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let archive = Archive::open(&job.inputs.files[0].path)?;
        let Listing { members, empty, notes } = list(&archive);
        archive.check_methods(members.iter().map(|(member, _)| *member))?;
        let head = |i: usize| {
            let first = archive.with(members[i].0, |reader| {
                let mut bytes = Vec::new();
                reader.take(HEAD).read_to_end(&mut bytes).map(|_| bytes).unwrap_or_default()
            });
            first.unwrap_or_default()
        };
        let names: Vec<Vec<u8>> = members.iter().map(|(_, name)| name.clone()).collect();
        if !(0..names.len()).any(|i| tree::is_image(&names[i], || head(i))) {
            return Err(DataError::Empty { path: archive.path().into(), what: "image in the archive" });
        }
        let read = |i: usize| archive.read(members[i].0);
        let decoded = members
            .iter()
            .filter_map(|(member, name)| Some((name.clone(), archive.decoded.get(member)?.clone())))
            .collect();
        let tree = Tree { root: archive.path(), names, folders: empty, read: &read, head: &head, decoded, notes };
        images::decode(job, tree, sink)
    }

    /// Writes `class/000017.png` into the archive `path`.
    fn write(&self, path: &Path, samples: &Samples<'_>) -> Result<(), DataError> {
        write_file(path, &archive::archive_bytes(path, &images::encode(samples)?)?)
    }
}
