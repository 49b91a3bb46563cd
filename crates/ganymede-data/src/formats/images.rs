//! Images as samples: which of a folder or archive are used, what they become, their classes; and raw samples as PNG files.
//! Not here: single images (`picture`), what lies there (`image_folder.rs`, `image_zip.rs`), a network's samples as files
//! (`modalities/images.rs`).

use super::class_table::{ClassTable, Index};
use super::element::Element;
use super::folder_classes::Bare;
use super::folder_names::are_alike;
use super::label_source::{ByFolder, Labels};
use super::left_out::LeftOut;
use super::set_parts::Chosen;
use super::tree::Tree;
use super::{Decoded, Job, Samples, files, folder_classes, label_source, left_out, set_parts, tree};
use crate::error::{DataError, Position};
use crate::limits::MAX_ALLOCATION;
use crate::modalities::images::Images;
use crate::options::{DataOptions, Fit, MAX_CHANNELS, Pages};
use crate::picture::content::{self, Content};
use crate::picture::decode::{self, Look};
use crate::picture::{Picture, Pixels, Target, grid};
use crate::range::{Census, Range};
use crate::report::DataReport;
use crate::sink::Sink;
use ganymede_tensor::{DType, TensorType};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bytes of finished samples that are held at a time.
const CHUNK: usize = 64 << 20;

/// Chooses what all pictures become: the size asked for, or the one that most have; channels and depth that lose nothing.
fn choose(job: &Job<'_>, looks: &[&Look], report: &mut DataReport) -> Result<Target, DataError> {
    let options = job.options;
    let mut sizes = BTreeMap::<(u32, u32), u64>::new();
    for &look in looks {
        *sizes.entry((look.width, look.height)).or_default() += 1;
        *report.sizes.entry(format!("{}x{}", look.width, look.height)).or_default() += 1;
        *report.colours.entry(look.colour.clone()).or_default() += 1;
    }
    let mut by_count: Vec<_> = sizes.into_iter().collect();
    by_count.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let (width, height) = match (options.resolution, by_count.first()) {
        (Some(size), _) => (size.width, size.height),
        (None, Some(&(size, count))) if count * 2 > looks.len() as u64 => size,
        _ => {
            let text = |((w, h), n): &((u32, u32), u64)| format!("{w}x{h} ({n} times)");
            let sizes = by_count.iter().take(5).map(text).collect();
            return Err(DataError::MixedSizes { path: job.source.path(), sizes });
        }
    };
    let others = looks.iter().filter(|look| (look.width, look.height) != (width, height)).count();
    if others > 0 {
        report.notes.push({
            let others = files::count(others as u64, "image");
            format!("{others} of another size became {width}x{height} ({})", options.fit)
        });
    }
    let [red, green, blue] = options.background;
    let grey = |look: &&Look| look.channels == 1 || (look.channels == 2 && red == green && green == blue);
    let channels = options.channels.unwrap_or(if looks.iter().all(grey) { 1 } else { 3 });
    if !matches!(channels, 1 | 3) {
        let reason =
            format!("expected 1 or 3 for image files, found {channels}; arrays (.npy) have 1 to {MAX_CHANNELS}");
        return Err(DataError::Option { name: "channels", reason });
    }
    let widest = |a: DType, b: DType| if a.bytes() >= b.bytes() { a } else { b };
    let dtype = looks.iter().map(|look| look.dtype).fold(DType::U8, widest);
    let target = Target { width, height, channels, dtype };
    let bytes = target.sample().bytes() as u64;
    if bytes > MAX_ALLOCATION {
        return Err(DataError::Limit {
            path: job.source.path(),
            at: Position::Whole,
            limit: format!("{MAX_ALLOCATION} bytes a sample"),
            found: bytes.to_string(),
        });
    }
    Ok(target)
}

impl Target {
    fn sample(&self) -> TensorType {
        TensorType::new(self.dtype, [self.height as usize, self.width as usize, self.channels])
    }
}

/// Files of the images that are used, with what is known before they are looked at.
struct Files<'a> {
    tree: &'a Tree<'a>,
    /// The numbers of the images among all files.
    images: Vec<usize>,
    paths: &'a [Vec<u8>],
    chosen: &'a Chosen,
}

/// What became of the images that are used.
#[derive(Default)]
struct Outcome {
    /// Places in `images` of the samples in the sink, in their order.
    kept: Vec<usize>,
    bad: BTreeMap<usize, String>,
    /// Those that ganymede drew itself, and that were left out.
    drawn: Vec<usize>,
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
    let index = Index::new(&paths);
    let by_folder = match folder_classes::classes(&by_folder) {
        None => ByFolder::Nothing,
        Some((_, names)) if are_storage(&names) => ByFolder::Alike,
        Some(_) => ByFolder::Classes,
    };
    let source =
        label_source::find(&tree, &index, &used, job.options, by_folder, &|folder| chosen.is_other_part(folder))?;
    report.notes.extend(source.notes);
    let table = match &source.labels {
        Labels::Table(table) => Some(&**table),
        Labels::Folders | Labels::None => None,
    };

    let files = Files { tree: &tree, images, paths: &paths, chosen: &chosen };
    let (outcome, range) = samples(job, &files, &used, table, sink, &mut report)?;
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
    let mut left = LeftOut::default();
    for file in (0..tree.names.len()).filter(|&file| !contents[file].0 && Some(file) != source.file) {
        let name = &tree.names[file];
        if !chosen.is_other_part(files::folder(name)) && files::base(name) != MARKER {
            left.add(name, contents[file].1);
        }
    }
    left.tell(used.len() as u64, &mut report);
    report.set_range(&range);
    Ok(Decoded::new(Arc::new(Images::of(job.options)), range.ends, report).labelled(found))
}

/// Whether folders may be storage: they differ in numbers alone, and are not just numbers or called classes.
fn are_storage(names: &[String]) -> bool {
    let says_more = |name: &String| {
        let small = name.to_lowercase();
        small.bytes().all(|b| b.is_ascii_digit()) && small.len() < 4 || small.contains("class")
    };
    are_alike(names) && !names.iter().all(says_more)
}

/// The file that `sample` leaves beside what it draws.
const MARKER: &[u8] = b"ganymede-samples.json";

/// Looks at the images that are used, chooses what they become, and decodes them into the sink. Gives their range, too.
fn samples(
    job: &Job<'_>,
    files: &Files<'_>,
    used: &[usize],
    table: Option<&ClassTable>,
    sink: &mut Sink<'_>,
    report: &mut DataReport,
) -> Result<(Outcome, Range), DataError> {
    let read = |image: usize| (files.tree.read)(files.images[image]);
    job.progress.start("looking at images", Some(used.len() as u64));
    let looked: Vec<_> = used
        .par_iter()
        .map(|&image| {
            let look = match table.filter(|table| table.class(image).is_none()) {
                None => read(image).and_then(|bytes| decode::look(&bytes)),
                Some(table) => Err(format!("expected a row with its class in {}, found none", table.name)),
            };
            job.progress.advance(1);
            look
        })
        .collect();
    job.progress.finish();
    let mut outcome = Outcome::default();
    let mut good: Vec<(usize, Look)> = Vec::new();
    for (&image, look) in used.iter().zip(looked) {
        match look {
            Ok(look) => good.push((image, look)),
            Err(reason) => {
                outcome.bad.insert(image, reason);
            }
        }
    }
    own(&mut good, &mut outcome, report);
    wide(&mut good, &mut outcome);
    if good.is_empty() {
        return Ok((outcome, Census::new(None).range(Element::U8, None)));
    }
    let looks: Vec<&Look> = good.iter().map(|(_, look)| look).collect();
    let target = choose(job, &looks, report)?;
    deep(&good, &target, files, report);
    let all = job.options.pages == Pages::All;
    pages(&looks, all, report);
    sink.begin(target.sample());
    let size = target.sample().bytes().max(1);
    job.progress.start("decoding images", Some(good.len() as u64));
    let mut census = Census::new(job.options.range);
    let mut rest = &good[..];
    while !rest.is_empty() {
        let (chunk, later) = rest.split_at(at_a_time(rest, size, all));
        rest = later;
        let decoded: Vec<Result<Vec<Sample>, String>> = chunk
            .par_iter()
            .map(|(image, look)| {
                let samples = read(*image).and_then(|bytes| pages_of(&bytes, look, &target, job.options));
                job.progress.advance(1);
                samples
            })
            .collect();
        for ((image, _), samples) in chunk.iter().zip(decoded) {
            match samples {
                Ok(samples) => {
                    for (bytes, one) in samples {
                        census = census.join(&one);
                        sink.push(&bytes)?;
                        outcome.kept.push(*image);
                    }
                }
                Err(reason) => {
                    outcome.bad.insert(*image, reason);
                }
            }
        }
    }
    job.progress.finish();
    // Files of 8 bits among others were scaled to 16.
    let bits = looks.iter().map(|look| look.bits).collect::<Option<Vec<u32>>>().and_then(|bits| bits.into_iter().max());
    let range = census.range(Element::of_dtype(target.dtype), bits);
    let plain = matches!(job.options.background, [0, 0, 0] | [255, 255, 255]);
    if target.dtype == DType::U16 && range.ends[1] < 65_535.0 && job.options.fit == Fit::Pad && !plain {
        report
            .notes
            .push("the background of padded images is one of 16 bits and becomes white: take black or white".into());
    }
    Ok((outcome, range))
}

/// Most bytes that the pages of one file may become.
const MAX_PAGE_BYTES: u64 = 1 << 30;
/// Most files that are decoded at a time.
const MAX_FILES: usize = 4096;

/// The bytes of a sample, and which values it had.
type Sample = (Vec<u8>, Census);

/// How many of some files to decode at a time: as many as their samples fit, but one in any case.
fn at_a_time(files: &[(usize, Look)], sample: usize, all_pages: bool) -> usize {
    let samples = |look: &Look| if all_pages { look.pages } else { 1 };
    let room = CHUNK / sample;
    let sums = files.iter().take(MAX_FILES).scan(0usize, |sum, (_, look)| {
        *sum = sum.saturating_add(samples(look));
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= room).count().max(1)
}

/// The samples that a file gives: one, or one for each of its pages.
fn pages_of(bytes: &[u8], look: &Look, target: &Target, options: &DataOptions) -> Result<Vec<Sample>, String> {
    if options.pages == Pages::First || look.pages == 1 {
        return Ok(vec![target.apply(decode::decode(bytes)?, options)?]);
    }
    let mut samples = Vec::new();
    let mut taken = 0;
    decode::decode_pages(bytes, &mut |page| {
        samples.push(target.apply(page, options)?);
        taken += target.sample().bytes() as u64;
        match taken > MAX_PAGE_BYTES {
            true => Err(format!("expected at most {MAX_PAGE_BYTES} bytes of pages in one file, found more")),
            false => Ok(()),
        }
    })?;
    Ok(samples)
}

/// Leaves out what ganymede drew, where there is anything else.
fn own(good: &mut Vec<(usize, Look)>, outcome: &mut Outcome, report: &mut DataReport) {
    let drawn = good.iter().filter(|(_, look)| look.drawn).count();
    if drawn == good.len() {
        if drawn > 0 {
            report.notes.push(format!("ganymede drew all of these images ({drawn})"));
        }
        return;
    }
    if drawn > 0 {
        report.notes.push({
            let n = drawn as u64;
            let images = files::count(n, "image");
            format!("{images} that ganymede drew (samples and their grids) {} left out", files::verb(n, "is", "are"))
        });
        outcome.drawn.extend(good.iter().filter(|(_, look)| look.drawn).map(|(image, _)| *image));
        good.retain(|(_, look)| !look.drawn);
    }
}

/// Images of floats and of integers have no common scale: those that are fewer are bad.
fn wide(good: &mut Vec<(usize, Look)>, outcome: &mut Outcome) {
    let is_wide = |look: &Look| look.dtype == DType::F32;
    let count = good.iter().filter(|(_, look)| is_wide(look)).count();
    let most = count * 2 > good.len();
    let (wanted, hint) = match most {
        true => ("floats or wide integers", "as 32-bit float"),
        false => ("8 or 16 bits", "with 8 or 16 bits"),
    };
    good.retain(|(image, look)| {
        if is_wide(look) == most {
            return true;
        }
        outcome
            .bad
            .insert(*image, format!("expected {wanted} as most images have, found {}: save it {hint}", look.colour));
        false
    });
}

/// A note where a few images of 16 bits make all of them so.
fn deep(good: &[(usize, Look)], target: &Target, files: &Files<'_>, report: &mut DataReport) {
    let is_deep = |look: &Look| look.dtype == DType::U16;
    let deep: Vec<usize> = good.iter().filter(|(_, look)| is_deep(look)).map(|(image, _)| *image).collect();
    if target.dtype == DType::U16 && deep.len() < good.len() {
        let names: Vec<String> = deep.iter().map(|&image| files::text(&files.paths[image])).collect();
        let (n, all) = (deep.len(), good.len());
        report
            .notes
            .push(format!("of {all} images {n} with 16 bits a channel made all of them so: {}", files::few(&names)));
    }
}

/// A note on pages and frames.
fn pages(looks: &[&Look], all: bool, report: &mut DataReport) {
    let several: Vec<usize> = looks.iter().map(|look| look.pages).filter(|&pages| pages > 1).collect();
    let (files, pages) = (several.len(), several.iter().sum::<usize>());
    if files > 0 {
        report.notes.push(match all {
            true => format!("files with several pages or frames: {files}, with {pages} in all: each is a sample"),
            false => format!(
                "files with several pages or frames: {files}; the first of each is used, {} more left out; --pages all takes \
                 them too",
                pages - files
            ),
        });
    }
}

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
    let mismatch = |found: String| DataError::Mismatch { expected: "pictures of u8 or u16".into(), found };
    let &[height, width, channels] = &samples.sample.shape[..] else {
        return Err(mismatch(samples.sample.to_string()));
    };
    let one = |(i, bytes): (usize, &[u8])| {
        let pixels = match samples.sample.dtype {
            DType::U8 => Pixels::U8(bytes.to_vec()),
            DType::U16 => Pixels::U16(bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect()),
            other => return Err(mismatch(other.to_string())),
        };
        let picture = Picture { width: width as u32, height: height as u32, channels, pixels };
        let class = samples.labels.and_then(|labels| samples.classes.get(labels[i] as usize));
        let folder = class.map_or(String::new(), |class| class.replace('/', "-") + "/");
        Ok((format!("{folder}{i:06}.png"), grid::png_bytes(&picture).map_err(mismatch)?))
    };
    samples.bytes.chunks_exact(samples.sample.bytes().max(1)).enumerate().map(one).collect()
}
