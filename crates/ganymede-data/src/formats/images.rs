//! Pictures as samples: what formats of pictures share, and raw samples as PNG files.
//! Not here: single pictures (`picture`), where they lie (`image_folder.rs`, `image_zip.rs`), a network's samples as files
//! (`modalities/images.rs`).

use super::class_table::ClassTable;
use super::{Decoded, Job, Samples, class_table, files};
use crate::error::{DataError, Position};
use crate::limits::MAX_ALLOCATION;
use crate::modalities::images::Images;
use crate::picture::decode::{self, Look};
use crate::picture::{Picture, Pixels, Target, grid};
use crate::report::DataReport;
use crate::sink::Sink;
use ganymede_tensor::{DType, TensorType};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of finished samples that are held at a time.
const CHUNK: usize = 64 << 20;

/// Where the bytes of pictures come from.
pub(crate) struct Pictures<'a> {
    /// Relative paths in the order of the samples.
    pub(crate) paths: Vec<Vec<u8>>,
    /// Reads the file of that number; the error is the reason.
    pub(crate) read: &'a (dyn Fn(usize) -> Result<Vec<u8>, String> + Sync),
    /// What was left out, and why.
    pub(crate) notes: Vec<String>,
    /// What classes they are of, where a table says it.
    pub(crate) classes: Option<ClassTable>,
}

/// Chooses what all pictures become: the size asked for, or the one that most have; channels and depth that lose nothing.
fn choose(job: &Job<'_>, looks: &[Look], report: &mut DataReport) -> Result<Target, DataError> {
    let options = job.options;
    let mut sizes = BTreeMap::<(u32, u32), u64>::new();
    for look in looks {
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
        report.notes.push(format!("{others} pictures of other sizes became {width}x{height} ({})", options.fit));
    }
    let [red, green, blue] = options.background;
    let grey = |look: &Look| look.channels == 1 || (look.channels == 2 && red == green && green == blue);
    let channels = options.channels.unwrap_or(if looks.iter().all(grey) { 1 } else { 3 });
    let dtype = if looks.iter().any(|look| look.deep) { DType::U16 } else { DType::U8 };
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

/// Looks at all pictures, chooses what they become, decodes them in parallel and puts them in order into the sink.
pub(crate) fn decode(job: &Job<'_>, pictures: Pictures<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
    let Pictures { paths, read, notes, classes: table } = pictures;
    let total = paths.len();
    let name = |i: usize| String::from_utf8_lossy(&paths[i]).into_owned();
    let mut report = DataReport { notes, ..DataReport::default() };

    job.progress.start("looking at pictures", Some(total as u64));
    let looked: Vec<_> = (0..total)
        .into_par_iter()
        .map(|i| {
            let listed = table.as_ref().is_none_or(|table| table.class(&paths[i]).is_some());
            let look = match listed {
                true => read(i).and_then(|bytes| decode::look(&bytes)),
                false => Err(format!("expected a row with its class in {}, found none", class_table::NAME)),
            };
            job.progress.advance(1);
            look
        })
        .collect();
    job.progress.finish();
    let mut bad: BTreeMap<usize, String> = BTreeMap::new();
    let mut looks = Vec::new();
    let mut good = Vec::new();
    for (i, look) in looked.into_iter().enumerate() {
        match look {
            Ok(look) => {
                looks.push(look);
                good.push(i);
            }
            Err(reason) => {
                bad.insert(i, reason);
            }
        }
    }
    let mut kept = Vec::new();
    let mut dtype = DType::U8;
    if !good.is_empty() {
        let target = choose(job, &looks, &mut report)?;
        dtype = target.dtype;
        sink.begin(target.sample());
        job.progress.start("decoding pictures", Some(good.len() as u64));
        for chunk in good.chunks((CHUNK / target.sample().bytes().max(1)).clamp(1, 4096)) {
            let decoded: Vec<_> = chunk
                .par_iter()
                .map(|&i| {
                    let sample = read(i)
                        .and_then(|bytes| decode::decode(&bytes))
                        .and_then(|picture| target.apply(picture, job.options));
                    job.progress.advance(1);
                    sample
                })
                .collect();
            for (&i, sample) in chunk.iter().zip(decoded) {
                match sample {
                    Ok(bytes) => {
                        sink.push(&bytes)?;
                        kept.push(paths[i].clone());
                    }
                    Err(reason) => {
                        bad.insert(i, reason);
                    }
                }
            }
        }
        job.progress.finish();
    }
    for (i, reason) in bad {
        report.add_bad(name(i), reason);
    }
    if let Some(unused) = table.as_ref().map(|table| table.unused(&paths)).filter(|unused| *unused > 0) {
        report.notes.push(format!("{unused} rows of {} name no picture", class_table::NAME));
    }
    let too_many = |limit| DataError::Limit {
        path: job.source.path(),
        at: Position::Member(class_table::NAME.into()),
        limit,
        found: "more".into(),
    };
    let found = match &table {
        Some(table) => Some(table.classes(&kept).map_err(too_many)?).filter(|(_, names)| names.len() > 1),
        None => {
            report.notes.extend(files::beside_classes(&kept));
            files::classes(&kept)
        }
    };
    let range = if dtype == DType::U16 { [0.0, 65_535.0] } else { [0.0, 255.0] };
    Ok(Decoded::new(Arc::new(Images::of(job.options)), range, report).labelled(found))
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
