//! A zip archive of pictures; folders inside are classes. Not here: zip itself (`archive.rs`), pictures (`images.rs`).

use super::archive::{self, Archive};
use super::images::{self, Pictures};
use super::{Decoded, Format, Input, Inputs, Job, Samples, files, first_bytes};
use crate::error::DataError;
use crate::picture::decode::has_image_ending;
use crate::picture::grid::write_file;
use crate::sink::Sink;
use crate::source::Source;
use std::path::Path;

/// Zip archives of pictures.
pub(crate) struct ImageZip;

/// Numbers of the members that are pictures, in the order of their names, and notes on what is left out.
fn pictures(archive: &Archive) -> (Vec<usize>, Vec<String>) {
    let mut chosen: Vec<usize> = (0..archive.names.len()).collect();
    let visible = |name: &[u8]| !files::parts(name).iter().any(|part| files::is_hidden(part));
    chosen.retain(|&i| visible(&archive.names[i]) && !archive.names[i].ends_with(b"/"));
    let all = chosen.len();
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
        "a zip archive of such pictures, with folders as classes"
    }

    fn recognises(&self, path: &Path) -> bool {
        path.is_file() && first_bytes(path, 4).is_ok_and(|bytes| archive::has_zip_magic(&bytes))
    }

    fn inputs(&self, source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs { files: vec![Input::of(source.path())?], notes: Vec::new() })
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let archive = Archive::open(&job.inputs.files[0].path)?;
        let (chosen, notes) = pictures(&archive);
        if chosen.is_empty() {
            return Err(DataError::Empty { path: archive.path().into(), what: "picture in the archive" });
        }
        let paths = chosen.iter().map(|&i| archive.names[i].clone()).collect();
        let read = |i: usize| archive.read(chosen[i]);
        images::decode(job, Pictures { paths, read: &read, notes }, sink)
    }

    /// Writes `class/000017.png` into the archive `path`.
    fn write(&self, path: &Path, samples: &Samples<'_>) -> Result<(), DataError> {
        write_file(path, &archive::archive_bytes(path, &images::encode(samples)?)?)
    }
}
