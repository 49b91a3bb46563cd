//! A zip archive of pictures; folders inside are classes, or `labels.csv` names them. Not here: zip itself (`archive.rs`), pictures (`images.rs`).

use super::archive::{self, Archive};
use super::class_table::{self, ClassTable};
use super::images::{self, Pictures};
use super::{Decoded, Format, Input, Inputs, Job, Samples, files, first_bytes};
use crate::error::{DataError, Position};
use crate::picture::decode::has_image_ending;
use crate::picture::grid::write_file;
use crate::sink::Sink;
use crate::source::Source;
use std::path::Path;

/// Zip archives of pictures.
pub(crate) struct ImageZip;

/// The number of the table of classes that lies highest.
fn table(archive: &Archive) -> Option<usize> {
    let tables = (0..archive.names.len()).filter(|&i| class_table::is_table(&archive.names[i]));
    let visible = tables.filter(|&i| !files::parts(&archive.names[i]).iter().any(|part| files::is_hidden(part)));
    visible.min_by_key(|&i| files::parts(&archive.names[i]).len())
}

/// Numbers of the members that are pictures, in the order of their names, and notes on what is left out.
fn pictures(archive: &Archive, tables: usize) -> (Vec<usize>, Vec<String>) {
    let mut chosen: Vec<usize> = (0..archive.names.len()).collect();
    let visible = |name: &[u8]| !files::parts(name).iter().any(|part| files::is_hidden(part));
    chosen.retain(|&i| visible(&archive.names[i]) && !archive.names[i].ends_with(b"/"));
    let all = chosen.len() - tables;
    chosen.retain(|&i| has_image_ending(&archive.names[i]));
    chosen.sort_by(|&a, &b| archive.names[a].cmp(&archive.names[b]));
    let mut notes = Vec::new();
    if all > chosen.len() {
        notes.push(format!("{} members that are no pictures were left out", all - chosen.len()));
    }
    let names: Vec<Vec<u8>> = chosen.iter().map(|&i| archive.names[i].clone()).collect();
    let (used, note) = files::training_part(&names);
    notes.extend(note);
    (chosen.into_iter().zip(used).filter(|(_, used)| *used).map(|(i, _)| i).collect(), notes)
}

impl Format for ImageZip {
    fn name(&self) -> &'static str {
        "image-zip"
    }

    fn reads(&self) -> &'static str {
        "a zip archive of such pictures, with folders as classes or labels.csv"
    }

    fn recognises(&self, path: &Path) -> bool {
        path.is_file() && first_bytes(path, 4).is_ok_and(|bytes| archive::has_zip_magic(&bytes))
    }

    fn inputs(&self, source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs { files: vec![Input::of(source.path())?], notes: Vec::new() })
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let archive = Archive::open(&job.inputs.files[0].path)?;
        let table = table(&archive);
        let (chosen, notes) = pictures(&archive, usize::from(table.is_some()));
        if chosen.is_empty() {
            return Err(DataError::Empty { path: archive.path().into(), what: "picture in the archive" });
        }
        let paths = chosen.iter().map(|&i| archive.names[i].clone()).collect();
        let read = |i: usize| archive.read(chosen[i]);
        let classes = |at: usize| {
            let name = &archive.names[at];
            let member = Position::Member(String::from_utf8_lossy(name).into_owned());
            let refused = |reason| DataError::Malformed { path: archive.path().into(), at: member, reason };
            let bytes = archive.read(at).map_err(refused)?;
            let folder = &name[..name.len() - class_table::NAME.len()];
            ClassTable::parse(&archive.path().join(class_table::NAME), folder, &bytes)
        };
        let classes = table.map(classes).transpose()?;
        images::decode(job, Pictures { paths, read: &read, notes, classes }, sink)
    }

    /// Writes `class/000017.png` into the archive `path`.
    fn write(&self, path: &Path, samples: &Samples<'_>) -> Result<(), DataError> {
        write_file(path, &archive::archive_bytes(path, &images::encode(samples)?)?)
    }
}
