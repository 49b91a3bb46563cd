//! A zip archive of images. Not here: zip itself (`archive.rs`), what becomes of the images (`images.rs`).

use super::archive::{self, Archive};
use super::tree::{self, HEAD, Tree};
use super::{Decoded, Format, Input, Inputs, Job, Samples, files, first_bytes, images};
use crate::error::DataError;
use crate::picture::grid::write_file;
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

fn list(archive: &Archive) -> Listing {
    let mut notes = Vec::new();
    // The format has `/` alone; old .NET and PowerShell write `\`.
    let foreign = archive.names.iter().filter(|name| name.contains(&b'\\')).count();
    if foreign > 0 {
        notes.push(format!("{foreign} names in the archive have \\ between their folders, which is read as /"));
    }
    let slashed = |name: &Vec<u8>| -> Vec<u8> { name.iter().map(|&b| if b == b'\\' { b'/' } else { b }).collect() };
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
        let tree = Tree { root: archive.path(), names, folders: empty, read: &read, head: &head, notes };
        images::decode(job, tree, sink)
    }

    /// Writes `class/000017.png` into the archive `path`.
    fn write(&self, path: &Path, samples: &Samples<'_>) -> Result<(), DataError> {
        write_file(path, &archive::archive_bytes(path, &images::encode(samples)?)?)
    }
}
