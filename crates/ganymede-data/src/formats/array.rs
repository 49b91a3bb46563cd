//! Arrays of numbers as samples: what IDX, `.npy` and `.npz` share. Not here: their headers, which array is taken, labels
//! (`labels.rs`), the order of rows in memory (`rows.rs`) and of an image's axes (`layout.rs`).

use super::element::Element;
use super::labels::Labels;
use super::layout::{Form, Layout};
use super::rows::{CHUNK, Rows};
use super::stream::Stream;
use super::{Decoded, Job};
use crate::error::{DataError, Position};
use crate::field::Field;
use crate::limits::{MAX_ALLOCATION, check_image, checked_bytes};
use crate::modalities::{self, Entry};
use crate::options::MAX_CHANNELS;
use crate::range::Census;
use crate::raster::{Image, Pixels, Target};
use crate::report::DataReport;
use crate::sink::Sink;
use ganymede_tensor::TensorType;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Sides from which an array (a, b, 1 to 4) is rather one image than many of a few columns.
const SIDE: usize = 8;

/// What the elements of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// Numbers.
    Numbers(Element),
    /// Texts of at most so many characters, padded with zeros: UTF-32, or bytes.
    Text { length: usize, unicode: bool },
}

/// What the header of an array says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) values: Values,
    pub(crate) big_endian: bool,
    /// Whether the first index runs fastest in memory.
    pub(crate) column_major: bool,
    /// Sizes, samples first.
    pub(crate) shape: Vec<usize>,
}

/// How an array is read.
#[derive(Debug)]
struct Plan {
    rows: usize,
    /// Elements of a row.
    elements: usize,
    /// The kind of data that it holds.
    entry: &'static Entry,
    /// Height, width and channels of an image; none of other samples.
    sides: Option<[usize; 3]>,
    /// Sizes of a sample that is no image.
    sizes: Vec<usize>,
    form: Form,
    notes: Vec<String>,
}

fn unclear(path: &Path, what: String, hint: String) -> DataError {
    DataError::Unclear { path: path.into(), what, hint }
}

/// What one entry along the first axis is: (N, H, W), (N, H, W, C), (N, C, H, W) or (N, D); or what the options say.
fn plan(job: &Job<'_>, path: &Path, header: &Header, element: Element) -> Result<Plan, DataError> {
    let options = job.options;
    let shape = &header.shape[..];
    let (&rows, own) = shape.split_first().unwrap_or((&0, &[]));
    let elements = |sizes: &[usize]| checked_bytes(path, sizes, 1);
    let mut notes = Vec::new();
    let (rows, sizes) = match &options.reshape {
        None => (rows, own.to_vec()),
        Some(reshape) if elements(reshape)? == elements(own)? => (rows, reshape.clone()),
        // One image, saved without an axis for samples.
        Some(reshape) if elements(reshape)? == elements(shape)? => (1, reshape.clone()),
        Some(reshape) => {
            let (asked, found) = (elements(reshape)?, elements(own)?);
            return Err(DataError::Option {
                name: "shape",
                reason: format!(
                    "expected {found} values a sample, as the array {shape:?} has, found {reshape:?} with {asked}"
                ),
            });
        }
    };
    let asked = modalities::asked(options)?;
    if let Some(entry) = asked.filter(|entry| !entry.images) {
        return numbers(job, path, element, entry, (rows, sizes));
    }
    if let (None, &[a, b, c @ 1..=4]) = (&options.reshape, shape)
        && a.min(b) >= SIDE
    {
        let what = format!(
            "expected images (N, height, width), found {shape:?}: one image of {a}x{b} with {c} channels, or {a} of {b}x{c}?"
        );
        return Err(unclear(
            path,
            what,
            format!("--shape {a}x{b}x{c} reads one image, --shape {b}x{c} reads {a} of them"),
        ));
    }
    if let (None, &[c @ 3..=4, a, b]) = (&options.reshape, shape)
        && a.min(b) >= SIDE
    {
        notes.push(format!("{c} images of {a}x{b}; if it is one image, channels first: --shape {c}x{a}x{b}"));
    }
    let axes = if own.len() == 1 && sizes.len() > 1 { 1 } else { sizes.len() };
    let elements = elements(&sizes)? as usize;
    let (sides, layout) = match sizes[..] {
        [_] if options.layout.is_none() => (None, Layout::Hwc),
        [a, b] => {
            let layout = options.layout.unwrap_or(Layout::Hwc);
            let sizes = if layout.channels_first() { [1, a, b] } else { [a, b, 1] };
            (Some(layout.of_sizes(sizes)), layout)
        }
        [a, b, c] => {
            // The smaller of the outer axes has the channels, in doubt the last.
            let layout = options.layout.unwrap_or(if a < c { Layout::Chw } else { Layout::Hwc });
            let sides = layout.of_sizes([a, b, c]);
            if options.layout.is_none() && a.max(c) <= MAX_CHANNELS {
                notes.push(format!("{sizes:?} was read in the order {layout}; --layout says another"));
            } else if options.layout.is_none() && layout == Layout::Chw {
                notes.push(format!("the array is (N, C, H, W) = {shape:?}; channels were moved last"));
            }
            (Some(sides), layout)
        }
        _ => (None, Layout::Hwc),
    };
    let fits = match sides {
        Some([.., channels]) => (1..=MAX_CHANNELS).contains(&channels),
        None => sizes.len() == 1 && options.layout.is_none() && asked.is_none(),
    };
    if !fits {
        return Err(unclear(
            path,
            format!(
                "expected an array (N, H, W), (N, H, W, C) or (N, C, H, W) of images with 1 to {MAX_CHANNELS} channels, or \
                 (N, D) of points, found {shape:?}"
            ),
            "images are stored samples first; --shape HxWxC says what a sample is, --layout in which order".into(),
        ));
    }
    let sample = sides.map_or_else(|| TensorType::f32(sizes.as_slice()), TensorType::f32);
    let entry = asked.unwrap_or_else(|| modalities::of_sample(&sample));
    Ok(Plan { rows, elements, entry, sides, sizes, form: Form { element, layout, axes }, notes })
}

/// Samples that were said to be no images, with the sizes that they have.
fn numbers(
    job: &Job<'_>,
    path: &Path,
    element: Element,
    entry: &'static Entry,
    (rows, sizes): (usize, Vec<usize>),
) -> Result<Plan, DataError> {
    let elements = checked_bytes(path, &sizes, 1)? as usize;
    let sample = TensorType::f32(sizes.as_slice());
    let form = Form { element, ..Form::of(&sample) };
    (entry.new)(job.options, None).check(&[Field::sample(sample, [-1.0, 1.0])]).map_err(|reason| {
        let hint = "--shape AxB gives the sizes of a sample, --as another kind of data; without --as the sizes decide";
        unclear(path, format!("it was to be read as {}: {reason}", entry.name), hint.into())
    })?;
    if job.options.layout.is_some() {
        let reason = format!("expected images, found {}", entry.name);
        return Err(DataError::Option { name: "layout", reason });
    }
    Ok(Plan { rows, elements, entry, sides: None, sizes, form, notes: Vec::new() })
}

/// What every image becomes; `None` for points, which have no such options.
fn chosen(job: &Job<'_>, plan: &Plan, stream: &Stream<'_>) -> Result<Option<Target>, DataError> {
    let options = job.options;
    let Some([height, width, own]) = plan.sides else {
        let set = [
            ("resolution", options.resolution.is_some()),
            ("channels", options.channels.is_some()),
            ("mirror", options.mirror),
        ];
        return match set.iter().find(|(_, set)| *set) {
            Some(&(name, _)) => {
                let name_of = plan.entry.name;
                let reason = format!("expected images, found {name_of}; --shape HxWxC reads rows of pixels as images");
                Err(DataError::Option { name, reason })
            }
            None => Ok(None),
        };
    };
    check_image(width as u64, height as u64).map_err(|reason| stream.malformed(reason))?;
    let dtype = plan.form.element.dtype();
    let channels = options.channels.unwrap_or(own);
    if channels != own && !(matches!(channels, 1 | 3) && own <= 4) {
        let reason = format!("expected {own}, as the array has, or, of 1 to 4 channels, 1 or 3; found {channels}");
        return Err(DataError::Option { name: "channels", reason });
    }
    if channels != own && matches!(own, 2 | 4) && plan.form.element != Element::U8 {
        return Err(DataError::Unsupported {
            path: stream.path().into(),
            what: format!("expected u8 values to lay over a background, found {}", plan.form.element.name()),
            hint: "leave out --channels: the channels stay as they are; or save the array without its alpha channel",
        });
    }
    let (width, height) = options.resolution.map_or((width as u32, height as u32), |r| (r.width, r.height));
    Ok(Some(Target { width, height, channels, dtype }))
}

/// Decodes an array, positioned after its header, into the sink. `labels` has one entry for each of its rows.
pub(crate) fn decode(
    job: &Job<'_>,
    stream: &mut Stream<'_>,
    header: &Header,
    labels: Option<Labels>,
    sink: &mut Sink<'_>,
) -> Result<Decoded, DataError> {
    let path = stream.path().to_path_buf();
    let Values::Numbers(element) = header.values else {
        let hint = "name an array of numbers; texts may be labels".into();
        return Err(unclear(&path, "expected samples of numbers, found texts".into(), hint));
    };
    let plan = plan(job, &path, header, element)?;
    let rows = plan.rows;
    let row_bytes = checked_bytes(&path, &[plan.elements], element.bytes())?;
    checked_bytes(&path, &header.shape, element.bytes())?;
    if rows == 0 || row_bytes == 0 {
        return Err(DataError::Empty { path, what: "sample" });
    }
    let too_large = |found: String| DataError::Limit {
        path: path.clone(),
        at: Position::Whole,
        limit: format!("{MAX_ALLOCATION} bytes a sample"),
        found,
    };
    if row_bytes > MAX_ALLOCATION {
        return Err(too_large(format!("{row_bytes} bytes")));
    }
    let target = chosen(job, &plan, stream)?;
    let sample = match &target {
        Some(t) => TensorType::new(t.dtype, [t.height as usize, t.width as usize, t.channels]),
        None => TensorType::f32(plan.sizes.as_slice()),
    };
    if sample.bytes() as u64 > MAX_ALLOCATION {
        return Err(too_large(sample.to_string()));
    }
    sink.begin(sample);

    let row_bytes = row_bytes as usize;
    let given = job.options.range;
    let convert = |bytes: &[u8]| -> Result<(Vec<u8>, Census), String> {
        let pixels = match plan.sides {
            Some(sides) if plan.form.layout != Layout::Hwc => {
                element.pixels(header.big_endian, &plan.form.layout.gathered(bytes, sides, element.bytes()))
            }
            _ => element.pixels(header.big_endian, bytes),
        };
        if let Pixels::F32(v) = &pixels
            && let Some(bad) = v.iter().position(|x| !x.is_finite())
        {
            return Err(format!("expected finite values, found {} at element {bad}", v[bad]));
        }
        match (plan.sides, &target) {
            (Some([height, width, channels]), Some(target)) => {
                let image = Image { width: width as u32, height: height as u32, channels, pixels };
                target.apply(image, job.options)
            }
            _ => {
                let census = Census::of(&pixels, given);
                Ok((Pixels::F32(pixels.into_f32()).into_bytes(), census))
            }
        }
    };

    job.progress.start("reading samples", Some(rows as u64));
    let mut report = DataReport::default();
    let mut census = Census::new(given);
    let mut kept = Vec::new();
    let mut row = 0;
    let mut buffer = Vec::new();
    // Column-major memory is laid out by the array's own axes, whatever a sample is.
    let shape = if rows == header.shape[0] { header.shape.clone() } else { vec![rows, plan.elements] };
    let column_major = header.column_major && shape == header.shape;
    if header.column_major && !column_major {
        let hint = "save numpy.ascontiguousarray(array)".into();
        return Err(unclear(&path, "expected one sample in row-major order, found fortran_order".into(), hint));
    }
    let mut reader = Rows::new(stream, &shape, element.bytes(), column_major)?;
    loop {
        let count = reader.read((CHUNK / row_bytes).max(1), &mut buffer)?;
        if count == 0 {
            break;
        }
        let converted: Vec<_> = buffer.par_chunks_exact(row_bytes).map(convert).collect();
        for (i, result) in converted.into_iter().enumerate() {
            match result {
                Ok((bytes, one)) => {
                    census = census.join(&one);
                    sink.push(&bytes)?;
                    kept.push(row + i);
                }
                Err(reason) => report.add_bad(format!("row {}", row + i), reason),
            }
        }
        row += count;
        job.progress.advance(count as u64);
    }
    stream.end()?;
    job.progress.finish();

    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    if plan.sides.is_some() && name.contains("emnist") && job.options.layout.is_none() {
        let note =
            "EMNIST's own files hold the images transposed; if they lie on their side here, --layout whc turns them";
        report.notes.push(note.into());
    }
    report.notes.extend(plan.notes.iter().cloned());
    let range = match plan.sides {
        Some([height, width, channels]) => {
            report.sizes = BTreeMap::from([(format!("{width}x{height}"), rows as u64)]);
            report.colours = BTreeMap::from([(colours(channels, element), rows as u64)]);
            if matches!(channels, 2 | 4) && job.options.channels.is_none() {
                report.notes.push(format!(
                    "the {channels} channels are kept as they are; if the last is alpha, --channels 3 lays them over --background"
                ));
            }
            census.range(element, None)
        }
        None => {
            // Also of values that are scaled to no usual range: images that were standardised are such rows.
            if job.options.modality.is_none() {
                report.notes.extend(flattened(plan.elements));
            }
            census.own()
        }
    };
    let modality = (plan.entry.new)(job.options, Some(plan.form));
    let labels = match labels {
        Some(Labels::Classes { labels, classes, notes }) => {
            report.notes.extend(notes);
            Some((kept.iter().map(|&i| labels[i]).collect(), classes))
        }
        Some(Labels::None(reason)) => {
            report.notes.push(format!("there are no classes: {reason}"));
            None
        }
        None => None,
    };
    report.set_range(&range);
    Ok(Decoded::new(modality, range.ends, report).labelled(labels))
}

/// What the channels of an array are, for people.
fn colours(channels: usize, element: Element) -> String {
    let name = match channels {
        1 => "grey".into(),
        3 => "rgb".into(),
        n => format!("{n} channels"),
    };
    format!("{name} {}", element.name())
}

/// The note on rows of so many values that may be images, row by row.
fn flattened(values: usize) -> Option<String> {
    let side = |channels: usize| {
        let side = (values / channels).isqrt();
        (values == side * side * channels && side >= SIDE).then(|| format!("--shape {side}x{side}x{channels}"))
    };
    let offers: Vec<String> = [1, 3].into_iter().filter_map(side).collect();
    (!offers.is_empty()).then(|| {
        let offers = offers.join(" or ");
        format!("rows of {values} values were read as points; if they are images, row by row: {offers}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::DataOptions;
    use crate::source::Source;

    fn planned(shape: &[usize], reshape: Option<&[usize]>, layout: Option<Layout>) -> Result<Plan, DataError> {
        let options = DataOptions { reshape: reshape.map(<[usize]>::to_vec), layout, ..DataOptions::default() };
        let inputs = super::super::Inputs::default();
        let job = Job { source: &Source::Path("x.npy".into()), inputs: &inputs, options: &options, progress: &() };
        let values = Values::Numbers(Element::U8);
        let header = Header { values, big_endian: false, column_major: false, shape: shape.to_vec() };
        plan(&job, Path::new("x.npy"), &header, Element::U8)
    }

    #[test]
    fn axes_are_told_by_their_sizes() {
        let sides = |shape: &[usize]| planned(shape, None, None).unwrap().sides;
        assert_eq!(sides(&[9, 28, 20]), Some([28, 20, 1]));
        assert_eq!(sides(&[9, 28, 20, 3]), Some([28, 20, 3]));
        assert_eq!(sides(&[9, 28, 20, 8]), Some([28, 20, 8]));
        assert_eq!(sides(&[9, 5, 28, 20]), Some([28, 20, 5]));
        assert_eq!(sides(&[9, 3, 8, 8]), Some([8, 8, 3]));
        assert_eq!(sides(&[9, 8, 8, 3]), Some([8, 8, 3]));
        assert_eq!(sides(&[9, 784]), None);
        for shape in [&[9, 28, 20, 9][..], &[9], &[], &[9, 2, 2, 2, 2]] {
            assert!(planned(shape, None, None).is_err(), "{shape:?}");
        }
    }

    #[test]
    fn what_a_sample_is_can_be_said() {
        let said = |shape: &[usize], reshape: &[usize]| planned(shape, Some(reshape), None).unwrap();
        let flat = said(&[9, 784], &[28, 28, 1]);
        assert_eq!((flat.sides, flat.form.axes, flat.rows), (Some([28, 28, 1]), 1, 9));
        assert_eq!(said(&[9, 784], &[28, 28]).sides, Some([28, 28, 1]));
        assert_eq!(said(&[9, 3072], &[3, 32, 32]).sides, Some([32, 32, 3]));
        assert_eq!(said(&[9, 28, 28], &[784]).sides, None);
        let single = said(&[32, 32, 3], &[32, 32, 3]);
        assert_eq!((single.sides, single.rows), (Some([32, 32, 3]), 1));
        assert_eq!(said(&[32, 32, 3], &[32, 3]).rows, 32);
        let error = planned(&[9, 784], Some(&[28, 27]), None).unwrap_err().to_string();
        assert!(error.contains("784") && error.contains("756"), "{error}");
        let turned = planned(&[9, 28, 20], None, Some(Layout::Whc)).unwrap();
        assert_eq!(turned.sides, Some([20, 28, 1]));
        assert_eq!(planned(&[9, 3, 8, 8], None, Some(Layout::Hwc)).unwrap().sides, Some([3, 8, 8]));
    }

    #[test]
    fn one_image_alone_is_asked_about() {
        for shape in [[32, 32, 3], [8, 9, 4], [100, 28, 1], [64, 64, 2]] {
            let error = planned(&shape, None, None).unwrap_err();
            let [a, b, c] = shape;
            assert!(error.hint().unwrap().contains(&format!("--shape {a}x{b}x{c} ")), "{error}");
        }
        assert!(planned(&[3, 32, 32], None, None).unwrap().notes[0].contains("--shape 3x32x32"));
        assert!(planned(&[2, 1, 1], None, None).unwrap().notes.is_empty());
    }

    #[test]
    fn rows_that_may_be_images_are_said() {
        for (values, offer) in [(784, "28x28x1"), (1024, "32x32x1"), (3072, "32x32x3"), (12_288, "64x64x3")] {
            assert!(flattened(values).unwrap().contains(&format!("--shape {offer}")), "{values}");
        }
        for values in [2, 3, 27, 48, 100_000] {
            assert_eq!(flattened(values), None, "{values}");
        }
    }
}
