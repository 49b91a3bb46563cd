//! Images that are used as samples: looked at, brought to one size and depth, decoded in order. Not here: which are used and
//! what classes they are of (`images.rs`), single images (`raster`).

use super::class_table::ClassTable;
use super::element::Element;
use super::images::Files;
use super::{Job, files};
use crate::error::{DataError, Position};
use crate::limits::MAX_ALLOCATION;
use crate::options::{DataOptions, Fit, MAX_CHANNELS, Pages};
use crate::range::{Census, Range};
use crate::raster::Target;
use crate::raster::decode::{self as image, Look};
use crate::report::DataReport;
use crate::sink::Sink;
use ganymede_tensor::{DType, TensorType};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Bytes of finished samples that are held at a time.
const CHUNK: usize = 64 << 20;

/// The sizes of images, the most frequent first.
fn sizes_of<'l>(looks: impl Iterator<Item = &'l Look>) -> Vec<((u32, u32), u64)> {
    let mut sizes = BTreeMap::<(u32, u32), u64>::new();
    looks.for_each(|look| *sizes.entry((look.width, look.height)).or_default() += 1);
    let mut by_count: Vec<_> = sizes.into_iter().collect();
    by_count.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    by_count
}

/// Chooses what all images become: the size asked for, or the one that most have; channels and depth that lose nothing.
fn choose(job: &Job<'_>, looks: &[&Look]) -> Result<Target, DataError> {
    let options = job.options;
    let by_count = sizes_of(looks.iter().copied());
    let (width, height) = match (options.resolution, by_count.first()) {
        (Some(size), _) => (size.width, size.height),
        (None, Some(&(size, count))) if count * 2 > looks.len() as u64 => size,
        _ => {
            let text = |((w, h), n): &((u32, u32), u64)| format!("{w}x{h} ({n} times)");
            let sizes = by_count.iter().take(5).map(text).collect();
            return Err(DataError::MixedSizes { path: job.source.path(), sizes });
        }
    };
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

/// A note on images of other sizes than the one that they become: how many are enlarged and reduced, and from which sizes.
fn resized(by_count: &[((u32, u32), u64)], target: (u32, u32), fit: Fit) -> Option<String> {
    const NAMED: usize = 3;
    let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
    let others: Vec<_> = by_count.iter().filter(|(size, _)| *size != target).collect();
    let sizes_text = |order: std::cmp::Ordering, what: &str| {
        let sizes: Vec<_> = others.iter().filter(|(size, _)| area(*size).cmp(&area(target)) == order).collect();
        let mut names: Vec<String> = sizes.iter().take(NAMED).map(|((w, h), _)| format!("{w}x{h}")).collect();
        names.extend((sizes.len() > NAMED).then(|| format!("{} other sizes", sizes.len() - NAMED)));
        let count: u64 = sizes.iter().map(|(_, count)| count).sum();
        (count > 0).then(|| format!("{} {what} from {}", files::grouped(count), names.join(", ")))
    };
    let parts = [
        sizes_text(std::cmp::Ordering::Less, "enlarged"),
        sizes_text(std::cmp::Ordering::Greater, "reduced"),
        sizes_text(std::cmp::Ordering::Equal, "changed in shape"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let count: u64 = others.iter().map(|(_, count)| count).sum();
    let (width, height) = target;
    let images = files::count(count, "image");
    (count > 0).then(|| format!("{images} of another size became {width}x{height} ({fit}): {}", parts.join("; ")))
}

impl Target {
    fn sample(&self) -> TensorType {
        TensorType::new(self.dtype, [self.height as usize, self.width as usize, self.channels])
    }
}

/// What became of the images that are used.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Places in `images` of the samples in the sink, in their order.
    pub(crate) kept: Vec<usize>,
    pub(crate) bad: BTreeMap<usize, String>,
    /// Those that ganymede generated itself, and that were left out.
    pub(crate) drawn: Vec<usize>,
}

/// Looks at the images that are used, chooses what they become, and decodes them into the sink. Gives their range, too.
pub(crate) fn decode(
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
                None => read(image).and_then(|bytes| image::look(&bytes)),
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
    numbered(&mut good, files);
    own(&mut good, &mut outcome, report);
    wide(&mut good, &mut outcome);
    if good.is_empty() {
        return Ok((outcome, Census::new(None).range(Element::U8, None)));
    }
    let looks: Vec<&Look> = good.iter().map(|(_, look)| look).collect();
    let target = choose(job, &looks)?;
    let place_of_note = report.notes.len();
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
    // What could not be decoded after all counts nowhere.
    let decoded = || good.iter().filter(|(image, _)| !outcome.bad.contains_key(image)).map(|(_, look)| look);
    for look in decoded() {
        *report.sizes.entry(format!("{}x{}", look.width, look.height)).or_default() += 1;
        *report.colours.entry(look.colour.clone()).or_default() += 1;
    }
    let note = resized(&sizes_of(decoded()), (target.width, target.height), job.options.fit);
    note.into_iter().for_each(|note| report.notes.insert(place_of_note, note));
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
        return Ok(vec![target.apply(image::decode(bytes)?, options)?]);
    }
    let mut samples = Vec::new();
    let mut taken = 0;
    image::decode_pages(bytes, &mut |page| {
        samples.push(target.apply(page, options)?);
        taken += target.sample().bytes() as u64;
        match taken > MAX_PAGE_BYTES {
            true => Err(format!("expected at most {MAX_PAGE_BYTES} bytes of pages in one file, found more")),
            false => Ok(()),
        }
    })?;
    Ok(samples)
}

/// Float images do not say what generated them: those that lie beside the file that `sample` leaves, under names that are
/// seeds, are generated ones.
fn numbered(good: &mut [(usize, Look)], files: &Files<'_>) {
    let written = files.tree.written();
    let is_seed = |name: &[u8]| {
        name.strip_suffix(b".tiff").is_some_and(|seed| seed.len() >= 6 && seed.iter().all(u8::is_ascii_digit))
    };
    for (image, look) in good {
        let path = &files.paths[*image];
        look.drawn |= is_seed(files::base(path)) && written.contains(files::folder(path));
    }
}

/// Leaves out what ganymede generated, where there is anything else.
fn own(good: &mut Vec<(usize, Look)>, outcome: &mut Outcome, report: &mut DataReport) {
    let drawn = good.iter().filter(|(_, look)| look.drawn).count();
    if drawn == good.len() {
        if drawn > 0 {
            report.notes.push(format!("ganymede generated all of these images ({drawn})"));
        }
        return;
    }
    if drawn > 0 {
        report.notes.push({
            let n = drawn as u64;
            let images = files::count(n, "image");
            format!(
                "{images} that ganymede generated (samples and their grids) {} left out",
                files::verb(n, "is", "are")
            )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_other_sizes_are_said_to_be_enlarged_or_reduced() {
        let sizes = [((32, 32), 2260), ((64, 64), 5), ((128, 64), 3), ((24, 32), 1)];
        assert_eq!(
            resized(&sizes, (64, 64), Fit::Crop).unwrap(),
            "2,264 images of another size became 64x64 (crop): 2,261 enlarged from 32x32, 24x32; 3 reduced from 128x64"
        );
        assert_eq!(resized(&[((8, 8), 2)], (8, 8), Fit::Pad), None);
        let many: Vec<_> = (1..=5).map(|side| ((side, 10), 1)).collect();
        assert!(resized(&many, (9, 9), Fit::Pad).unwrap().ends_with("5 enlarged from 1x10, 2x10, 3x10, 2 other sizes"));
        assert!(resized(&[((4, 9), 1)], (6, 6), Fit::Pad).unwrap().ends_with("1 changed in shape from 4x9"));
    }
}
