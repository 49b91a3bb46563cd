//! Arrays of numbers as samples: what IDX, `.npy` and `.npz` share. Not here: their headers, labels (`labels.rs`).

use super::stream::Stream;
use super::{Decoded, Job};
use crate::error::{DataError, Position};
use crate::limits::{MAX_ALLOCATION, check_picture, checked_bytes};
use crate::modalities::Modality;
use crate::modalities::images::Images;
use crate::modalities::points::Points;
use crate::picture::{Picture, Pixels, Target};
use crate::report::DataReport;
use crate::sink::Sink;
use ganymede_tensor::{DType, TensorType};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes that are read and converted at a time.
const CHUNK: usize = 4 << 20;

/// The element type of an array in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Element {
    /// Size in bytes.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Element::Bool | Element::U8 | Element::I8 => 1,
            Element::U16 | Element::I16 => 2,
            Element::U32 | Element::I32 | Element::F32 => 4,
            Element::U64 | Element::I64 | Element::F64 => 8,
        }
    }

    /// The type it has as a sample: `u8` and `u16` stay, truth values become `u8`, all others `f32`.
    fn dtype(self) -> DType {
        match self {
            Element::Bool | Element::U8 => DType::U8,
            Element::U16 => DType::U16,
            _ => DType::F32,
        }
    }

    /// One element as `f64`.
    pub(crate) fn value(self, big_endian: bool, bytes: &[u8]) -> f64 {
        let mut b = [0u8; 8];
        let n = self.bytes();
        for (i, &byte) in bytes.iter().enumerate() {
            b[if big_endian { n - 1 - i } else { i }] = byte;
        }
        let (two, four) = ([b[0], b[1]], [b[0], b[1], b[2], b[3]]);
        match self {
            Element::Bool => f64::from(u8::from(b[0] != 0)),
            Element::U8 => f64::from(b[0]),
            Element::I8 => f64::from(b[0] as i8),
            Element::U16 => f64::from(u16::from_le_bytes(two)),
            Element::I16 => f64::from(i16::from_le_bytes(two)),
            Element::U32 => f64::from(u32::from_le_bytes(four)),
            Element::I32 => f64::from(i32::from_le_bytes(four)),
            Element::U64 => u64::from_le_bytes(b) as f64,
            Element::I64 => i64::from_le_bytes(b) as f64,
            Element::F32 => f64::from(f32::from_le_bytes(four)),
            Element::F64 => f64::from_le_bytes(b),
        }
    }

    fn pixels(self, big_endian: bool, bytes: &[u8]) -> Pixels {
        let values = || bytes.chunks_exact(self.bytes()).map(|b| self.value(big_endian, b));
        match self.dtype() {
            DType::U8 if self == Element::U8 => Pixels::U8(bytes.to_vec()),
            DType::U8 => Pixels::U8(values().map(|v| v as u8).collect()),
            DType::U16 => Pixels::U16(values().map(|v| v as u16).collect()),
            _ => Pixels::F32(values().map(|v| v as f32).collect()),
        }
    }
}

/// What the header of an array says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) element: Element,
    pub(crate) big_endian: bool,
    /// Sizes, samples first, in row-major order.
    pub(crate) shape: Vec<usize>,
}

/// What one entry along the first axis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Picture { height: usize, width: usize, channels: usize, channels_first: bool },
    Point { coordinates: usize },
}

impl Header {
    /// (N, H, W), (N, H, W, C), (N, C, H, W) or (N, D).
    fn layout(&self) -> Option<Layout> {
        let picture =
            |height, width, channels, channels_first| Some(Layout::Picture { height, width, channels, channels_first });
        match self.shape[..] {
            [_, d] => Some(Layout::Point { coordinates: d }),
            [_, h, w] => picture(h, w, 1, false),
            [_, h, w, c @ 1..=4] => picture(h, w, c, false),
            [_, c @ (1 | 3 | 4), h, w] => picture(h, w, c, true),
            _ => None,
        }
    }
}

/// The smallest and the largest value seen.
#[derive(Clone, Copy)]
struct Extent {
    low: f64,
    high: f64,
}

impl Extent {
    const NONE: Extent = Extent { low: f64::INFINITY, high: f64::NEG_INFINITY };

    fn of(pixels: &Pixels) -> Extent {
        fn fold(values: impl Iterator<Item = f64>) -> Extent {
            values.fold(Extent::NONE, |e, v| Extent { low: e.low.min(v), high: e.high.max(v) })
        }
        match pixels {
            Pixels::U8(v) => fold(v.iter().map(|&x| f64::from(x))),
            Pixels::U16(v) => fold(v.iter().map(|&x| f64::from(x))),
            Pixels::F32(v) => fold(v.iter().map(|&x| f64::from(x))),
        }
    }

    fn join(self, other: Extent) -> Extent {
        Extent { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// The raw values of pictures that become −1 and 1. Unsigned integers: 0 and the smallest 2ᵏ − 1 that covers
    /// all. Others: 0 and 1, −1 and 1, or 0 and 255 when all values lie there; else the values' own extent.
    fn range(self, dtype: DType) -> [f64; 2] {
        if dtype != DType::F32 {
            let bits = 64 - (self.high as u64).leading_zeros();
            return [0.0, (2f64.powi(bits.max(1) as i32)) - 1.0];
        }
        match (self.low, self.high) {
            (low, high) if low >= 0.0 && high <= 1.0 => [0.0, 1.0],
            (low, high) if low >= -1.0 && high <= 1.0 => [-1.0, 1.0],
            (low, high) if low >= 0.0 && high > 1.0 && high <= 255.0 => [0.0, 255.0],
            _ => self.own(),
        }
    }

    /// The values' own extent, widened when they are all the same.
    fn own(self) -> [f64; 2] {
        if self.low < self.high { [self.low, self.high] } else { [self.low - 1.0, self.low + 1.0] }
    }
}

/// (C, H, W) as (H, W, C).
fn channels_last(bytes: &[u8], channels: usize, plane: usize, element: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for pixel in 0..plane {
        for channel in 0..channels {
            let at = (channel * plane + pixel) * element;
            out.extend_from_slice(&bytes[at..at + element]);
        }
    }
    out
}

fn chosen(job: &Job<'_>, header: &Header, layout: Layout, stream: &Stream<'_>) -> Result<Option<Target>, DataError> {
    let options = job.options;
    let Layout::Picture { height, width, channels, .. } = layout else {
        let set = [
            ("resolution", options.resolution.is_some()),
            ("channels", options.channels.is_some()),
            ("mirror", options.mirror),
        ];
        return match set.iter().find(|(_, set)| *set) {
            Some(&(name, _)) => Err(DataError::Option { name, reason: "expected pictures, found points".into() }),
            None => Ok(None),
        };
    };
    check_picture(width as u64, height as u64).map_err(|reason| stream.malformed(reason))?;
    let dtype = header.element.dtype();
    if matches!(channels, 2 | 4) && dtype == DType::F32 {
        return Err(DataError::Unsupported {
            path: stream.path().into(),
            what: format!("expected 1 or 3 channels of {:?} values, found {channels}", header.element),
            hint: "pictures with transparency must be u8 or u16",
        });
    }
    let [red, green, blue] = options.background;
    let automatic = if channels == 1 || (channels == 2 && red == green && green == blue) { 1 } else { 3 };
    let (width, height) = options.resolution.map_or((width as u32, height as u32), |r| (r.width, r.height));
    Ok(Some(Target { width, height, channels: options.channels.unwrap_or(automatic), dtype }))
}

/// Decodes an array, positioned after its header, into the sink. `labels` has one entry for each of its rows.
pub(crate) fn decode(
    job: &Job<'_>,
    stream: &mut Stream<'_>,
    header: &Header,
    labels: Option<(Vec<u32>, Vec<String>)>,
    sink: &mut Sink<'_>,
) -> Result<Decoded, DataError> {
    let element = header.element;
    let Some(layout) = header.layout() else {
        return Err(DataError::Unsupported {
            path: stream.path().into(),
            what: format!("expected an array (N, H, W), (N, H, W, C) or (N, D), found {:?}", header.shape),
            hint: "pictures are stored samples first, with 1 to 4 channels last",
        });
    };
    let rows = header.shape[0];
    let row_bytes = checked_bytes(stream.path(), &header.shape[1..], element.bytes())?;
    checked_bytes(stream.path(), &header.shape, element.bytes())?;
    if rows == 0 || row_bytes == 0 {
        return Err(DataError::Empty { path: stream.path().into(), what: "sample" });
    }
    let too_large = |found: String| DataError::Limit {
        path: stream.path().into(),
        at: Position::Whole,
        limit: format!("{MAX_ALLOCATION} bytes a sample"),
        found,
    };
    if row_bytes > MAX_ALLOCATION {
        return Err(too_large(format!("{row_bytes} bytes")));
    }
    let target = chosen(job, header, layout, stream)?;
    let sample = match (&target, layout) {
        (Some(t), _) => TensorType::new(t.dtype, [t.height as usize, t.width as usize, t.channels]),
        (None, Layout::Point { coordinates }) => TensorType::f32([coordinates]),
        (None, Layout::Picture { .. }) => unreachable!("pictures have a target"),
    };
    if sample.bytes() as u64 > MAX_ALLOCATION {
        return Err(too_large(sample.to_string()));
    }
    sink.begin(sample);

    let row_bytes = row_bytes as usize;
    let convert = |bytes: &[u8]| -> Result<(Vec<u8>, Extent), String> {
        let pixels = match layout {
            Layout::Picture { height, width, channels, channels_first: true } => {
                element.pixels(header.big_endian, &channels_last(bytes, channels, height * width, element.bytes()))
            }
            _ => element.pixels(header.big_endian, bytes),
        };
        if let Pixels::F32(v) = &pixels
            && let Some(bad) = v.iter().position(|x| !x.is_finite())
        {
            return Err(format!("expected finite values, found {} at element {bad}", v[bad]));
        }
        match (layout, &target) {
            (Layout::Picture { height, width, channels, .. }, Some(target)) => {
                let extent = Extent::of(&pixels);
                let picture = Picture { width: width as u32, height: height as u32, channels, pixels };
                Ok((target.apply(picture, job.options)?, extent))
            }
            _ => {
                let extent = Extent::of(&pixels);
                Ok((Pixels::F32(pixels.into_f32()).into_bytes(), extent))
            }
        }
    };

    job.progress.start("reading samples", Some(rows as u64));
    let mut report = DataReport::default();
    let mut extent = Extent::NONE;
    let mut kept = Vec::new();
    let mut row = 0;
    let mut buffer = Vec::new();
    while row < rows {
        let count = (CHUNK / row_bytes).clamp(1, rows - row);
        buffer.resize(count * row_bytes, 0);
        let got = stream.fill(&mut buffer)?;
        if got < buffer.len() {
            let found = row + got / row_bytes;
            return Err(
                stream.malformed(format!("expected {rows} samples of {row_bytes} bytes, the data ends in row {found}"))
            );
        }
        let converted: Vec<_> = buffer.par_chunks_exact(row_bytes).map(convert).collect();
        for (i, result) in converted.into_iter().enumerate() {
            match result {
                Ok((bytes, one)) => {
                    extent = extent.join(one);
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

    let modality: Arc<dyn Modality> = match layout {
        Layout::Picture { height, width, channels, channels_first } => {
            let colour = ["grey", "grey and alpha", "RGB", "RGBA"][channels - 1];
            report.sizes = BTreeMap::from([(format!("{width}x{height}"), rows as u64)]);
            report.colours = BTreeMap::from([(format!("{colour} {element:?}").to_lowercase(), rows as u64)]);
            if channels_first {
                report.notes.push(format!("the array is (N, C, H, W) = {:?}; channels were moved last", header.shape));
            }
            Arc::new(Images::of(job.options))
        }
        Layout::Point { .. } => Arc::new(Points::default()),
    };
    let labels = labels.map(|(labels, classes)| (kept.iter().map(|&i| labels[i]).collect(), classes));
    let range = match target {
        _ if kept.is_empty() => [0.0, 1.0],
        Some(target) => extent.range(target.dtype),
        None => extent.own(),
    };
    Ok(Decoded::new(modality, range, report).labelled(labels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_in_both_byte_orders() {
        assert_eq!(Element::I16.value(true, &[0xff, 0xfe]), -2.0);
        assert_eq!(Element::I16.value(false, &[0xfe, 0xff]), -2.0);
        assert_eq!(Element::F64.value(true, &1.5f64.to_be_bytes()), 1.5);
        assert_eq!(Element::F32.value(false, &(-2.25f32).to_le_bytes()), -2.25);
        assert_eq!(Element::I8.value(false, &[0x80]), -128.0);
        assert_eq!(Element::U32.value(true, &[0, 0, 1, 0]), 256.0);
    }

    #[test]
    fn ranges_follow_the_values() {
        let range = |low, high, dtype| Extent { low, high }.range(dtype);
        assert_eq!(range(0.0, 255.0, DType::U8), [0.0, 255.0]);
        assert_eq!(range(0.0, 1.0, DType::U8), [0.0, 1.0]);
        assert_eq!(range(0.0, 0.0, DType::U8), [0.0, 1.0]);
        assert_eq!(range(3.0, 3000.0, DType::U16), [0.0, 4095.0]);
        assert_eq!(range(0.1, 0.9, DType::F32), [0.0, 1.0]);
        assert_eq!(range(-0.1, 0.9, DType::F32), [-1.0, 1.0]);
        assert_eq!(range(0.0, 254.0, DType::F32), [0.0, 255.0]);
        assert_eq!(range(-3.0, 5.0, DType::F32), [-3.0, 5.0]);
        assert_eq!(range(400.0, 400.0, DType::F32), [399.0, 401.0]);
    }

    #[test]
    fn channels_move_last() {
        assert_eq!(channels_last(&[1, 2, 3, 4, 5, 6], 3, 2, 1), [1, 3, 5, 2, 4, 6]);
        assert_eq!(channels_last(&[1, 2, 3, 4, 5, 6, 7, 8], 2, 2, 2), [1, 2, 5, 6, 3, 4, 7, 8]);
    }
}
