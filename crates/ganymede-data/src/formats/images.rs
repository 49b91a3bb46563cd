//! Images of a folder or archive: which are used, and of what classes they are; and raw samples as PNG files.
//! Not here: how they become samples (`image_samples.rs`), what lies there (`image_folder.rs`, `image_zip.rs`), a network's
//! samples as files (`modalities/images.rs`).

use super::class_table::ClassTable;
use super::folder_classes::Bare;
use super::folder_names::are_alike;
use super::image_samples::Outcome;
use super::label_source::{ByFolder, Labels};
use super::left_out::LeftOut;
use super::set_parts::Chosen;
use super::tree::Tree;
use super::{Decoded, Job, Samples, files, folder_classes, image_samples, label_source, left_out, set_parts, tree};
use crate::error::{DataError, Position};
use crate::modalities::images::Images;
use crate::raster::content::{self, Content};
use crate::raster::{Image, Pixels, grid};
use crate::report::{DataReport, NAMED_EQUAL};
use crate::sink::Sink;
use ganymede_tensor::DType;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Files of the images that are used, with what is known before they are looked at.
pub(crate) struct Files<'a> {
    pub(crate) tree: &'a Tree<'a>,
    /// The numbers of the images among all files.
    pub(crate) images: Vec<usize>,
    pub(crate) paths: &'a [Vec<u8>],
    pub(crate) chosen: &'a Chosen,
}

/// Finds the images of a tree, chooses among them, decodes them in parallel and puts them in order into the sink.
pub(crate) fn decode(job: &Job<'_>, mut tree: Tree<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
    let mut report = DataReport { notes: std::mem::take(&mut tree.notes), ..DataReport::default() };
    let contents: Vec<(bool, Option<Content>)> = (0..tree.names.len())
        .into_par_iter()
        .map(|file| {
            let mut head = Vec::new();
            let is_image = tree::is_image(&tree.names[file], || {
                head = (tree.head)(file);
                head.clone()
            });
            (is_image, content::of_bytes(&head))
        })
        .collect();
    let images: Vec<usize> = (0..tree.names.len()).filter(|&file| contents[file].0).collect();
    let paths: Vec<Vec<u8>> = images.iter().map(|&file| tree.names[file].clone()).collect();
    let image_paths: Vec<&[u8]> = paths.iter().map(|path| &path[..]).collect();
    let others: BTreeSet<&[u8]> = (0..tree.names.len())
        .filter(|&file| !contents[file].0)
        .map(|file| files::folder(&tree.names[file]))
        .chain(tree.folders.iter().map(|folder| &folder[..]))
        .collect();
    let others: Vec<&[u8]> = others.into_iter().collect();
    let chosen = set_parts::choose(&image_paths, &others, job.options.part.as_deref())
        .map_err(|reason| DataError::Option { name: "part", reason })?;
    report.notes.extend(chosen.notes.iter().cloned());
    let used: Vec<usize> = (0..images.len()).filter(|&image| chosen.used[image]).collect();

    let folders = |image: usize| chosen.class_folders(files::folder(&paths[image]));
    let by_folder: Vec<Vec<&[u8]>> = used.iter().map(|&image| folders(image)).collect();
    let by_folder = match folder_classes::classes(&by_folder) {
        None => ByFolder::Nothing,
        Some((_, names)) if are_storage(&names) => ByFolder::Alike,
        Some(_) => ByFolder::Classes,
    };
    let source =
        label_source::find(&tree, &paths, &used, job.options, by_folder, &|folder| chosen.is_other_part(folder))?;
    report.notes.extend(source.notes);
    let table = match &source.labels {
        Labels::Table(table) => Some(&**table),
        Labels::Folders | Labels::None => None,
    };

    let used = match table.filter(|_| !source.strict) {
        Some(table) => named(table, used, &paths, &mut report),
        None => used,
    };
    let files = Files { tree: &tree, images, paths: &paths, chosen: &chosen };
    let (outcome, range) = image_samples::decode(job, &files, &used, table, sink, &mut report)?;
    let name = |sample: usize| files::text(&paths[outcome.kept[sample]]);
    report.equal = sink.equal().into_iter().take(NAMED_EQUAL).map(|pair| pair.map(name)).collect();
    for (&image, reason) in &outcome.bad {
        report.add_bad(files::text(&paths[image]), reason.clone());
    }
    let found = match (&source.labels, table) {
        (_, Some(table)) => {
            let too_many = |limit| DataError::Limit {
                path: job.source.path(),
                at: Position::Member(table.name.clone()),
                limit,
                found: "more".into(),
            };
            report.notes.extend(table.notes.iter().cloned());
            if table.unused > 0 {
                report.notes.push({
                    let (n, verb) = (table.unused as u64, files::verb(table.unused as u64, "names", "name"));
                    format!("{} of {} {verb} no image", files::count(n, "row"), table.name)
                });
                let without = table.without(&outcome.kept);
                if !without.is_empty() {
                    report.notes.push(format!(
                        "no image is of these classes of {}: {}",
                        table.name,
                        files::few(&without)
                    ));
                }
            }
            Some(table.classes(&outcome.kept).map_err(too_many)?).filter(|(_, names)| names.len() > 1)
        }
        (Labels::None, _) => None,
        _ => {
            let kept: Vec<Vec<&[u8]>> = outcome.kept.iter().map(|&image| folders(image)).collect();
            let kept_paths: Vec<&[u8]> = outcome.kept.iter().map(|&image| &paths[image][..]).collect();
            report.notes.extend(folder_classes::beside(&kept, &kept_paths));
            let bare = bare(&files, &contents, &outcome);
            let bare: Vec<Bare<'_>> = bare
                .iter()
                .map(|(folder, why)| Bare { folders: chosen.class_folders(folder), why: why.clone() })
                .collect();
            report.notes.extend(folder_classes::without_images(&kept, &bare));
            folder_classes::classes(&kept)
        }
    };
    let written = tree.written();
    let mut left = LeftOut::default();
    for file in (0..tree.names.len()).filter(|&file| !contents[file].0 && Some(file) != source.file) {
        let name = &tree.names[file];
        let folder = files::folder(name);
        let is_written =
            files::base(name) == tree::MARKER || (files::base(name) == WRITTEN_LABELS && written.contains(folder));
        if !chosen.is_other_part(folder) && !is_written {
            left.add(name, contents[file].1);
        }
    }
    left.tell(used.len() as u64, &mut report);
    report.set_range(&range);
    Ok(Decoded::new(Arc::new(Images::of(job.options)), range.ends, report).labelled(found))
}

/// The images of which a table that was found has a row; the others are left out, and told.
fn named(table: &ClassTable, used: Vec<usize>, paths: &[Vec<u8>], report: &mut DataReport) -> Vec<usize> {
    let all = used.len();
    let (used, others): (Vec<usize>, Vec<usize>) = used.into_iter().partition(|&image| table.class(image).is_some());
    if !others.is_empty() {
        let names: Vec<String> = others.iter().map(|&image| files::text(&paths[image])).collect();
        let (n, name) = (others.len() as u64, &table.name);
        let (have, are) = (files::verb(n, "has", "have"), files::verb(n, "is", "are"));
        report.notes.push(format!(
            "of {all} images {n} {have} no row in {name} and {are} left out: {}; --labels none takes all, without classes",
            files::few(&names)
        ));
    }
    used
}

/// Whether folders may be storage: they differ in numbers alone, and are not just numbers or called classes.
fn are_storage(names: &[String]) -> bool {
    let says_more = |name: &String| {
        let small = name.to_lowercase();
        small.bytes().all(|b| b.is_ascii_digit()) && small.len() < 4 || small.contains("class")
    };
    are_alike(names) && !names.iter().all(says_more)
}

/// The file of the classes of generated samples, beside them.
const WRITTEN_LABELS: &[u8] = b"labels.csv";

/// Folders that give no image, with what lies in them.
fn bare(files: &Files<'_>, contents: &[(bool, Option<Content>)], outcome: &Outcome) -> Vec<(Vec<u8>, String)> {
    let mut full: BTreeSet<&[u8]> = BTreeSet::new();
    for &image in outcome.kept.iter().chain(&outcome.drawn) {
        let mut folder = files::folder(&files.paths[image]);
        while !folder.is_empty() && full.insert(folder) {
            folder = files::folder(folder);
        }
    }
    let mut found = BTreeMap::<&[u8], BTreeMap<String, u64>>::new();
    let bad = outcome.bad.keys().map(|&image| (&files.paths[image], "image that cannot be read".to_string()));
    let others = (0..contents.len()).filter(|&file| !contents[file].0);
    let others =
        others.map(|file| (&files.tree.names[file], left_out::kind(&files.tree.names[file], contents[file].1)));
    for (name, kind) in bad.chain(others) {
        let folder = files::folder(name);
        if !folder.is_empty() && !full.contains(folder) && !files.chosen.is_left(folder) {
            *found.entry(folder).or_default().entry(kind).or_default() += 1;
        }
    }
    let empty = files.tree.folders.iter().filter(|folder| !files.chosen.is_left(folder));
    let empty = empty.map(|folder| (folder.clone(), folder_classes::EMPTY.to_string()));
    found.into_iter().map(|(folder, kinds)| (folder.to_vec(), left_out::counts(&kinds))).chain(empty).collect()
}

/// Raw samples as PNG files with their relative paths: `class/000017.png`, or `000017.png` without classes.
pub(crate) fn encode(samples: &Samples<'_>) -> Result<Vec<(String, Vec<u8>)>, DataError> {
    let mismatch = |found: String| DataError::Mismatch { expected: "images of u8 or u16".into(), found };
    let &[height, width, channels] = &samples.sample.shape[..] else {
        return Err(mismatch(samples.sample.to_string()));
    };
    let one = |(i, bytes): (usize, &[u8])| {
        let pixels = match samples.sample.dtype {
            DType::U8 => Pixels::U8(bytes.to_vec()),
            DType::U16 => Pixels::U16(bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect()),
            other => return Err(mismatch(other.to_string())),
        };
        let image = Image { width: width as u32, height: height as u32, channels, pixels };
        let class = samples.labels.and_then(|labels| samples.classes.get(labels[i] as usize));
        let folder = class.map_or(String::new(), |class| class.replace('/', "-") + "/");
        Ok((format!("{folder}{i:06}.png"), grid::png_bytes(&image).map_err(mismatch)?))
    };
    samples.bytes.chunks_exact(samples.sample.bytes().max(1)).enumerate().map(one).collect()
}
