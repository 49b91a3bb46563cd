//! Images (height, width, channels). Not here: reading them (`formats/images.rs`), single ones (`raster`).

use super::{ARRAY, Entry, GridRows, Modality, Preview};
use crate::codec::Codec;
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::field::Field;
use crate::formats::layout::Form;
use crate::formats::npy;
use crate::options::{DataOptions, Fit, MAX_CHANNELS};
use crate::raster::labelled_grid::{enlarged, labelled_grid};
use crate::raster::{Image, Pixels, grid, tiff};
use crate::sources::{BatchSource, Mirrored, Shuffled, SourceOptions};
use ganymede_tensor::{DType, TensorType};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "images",
    takes: |sample| sample.shape.len() == 3,
    images: true,
    of_arrays: true,
    new: |options, array| Arc::new(Images { array, ..Images::of(options) }),
    read: |learned| Ok(Arc::new(serde_json::from_value::<Images>(learned).map_err(|e| e.to_string())?)),
};

/// Images, which were all brought to one size.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Images {
    /// What was put under transparent pixels and around padded images.
    background: [u8; 3],
    /// How images of another shape were fitted.
    fit: Fit,
    /// The form of the array that they came from; none of image files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    array: Option<Form>,
}

impl Images {
    /// Images that were read with these options.
    pub(crate) fn of(options: &DataOptions) -> Images {
        Images { background: options.background, fit: options.fit, array: None }
    }
}

/// Height, width and channels.
fn sizes(codec: &Codec) -> (usize, usize, usize) {
    (codec.shape()[0], codec.shape()[1], codec.shape()[2])
}

/// Network values −1 … 1 as 0 … 255.
fn eight_bit(values: &[f32]) -> Vec<u8> {
    values.iter().map(|&v| ((f64::from(v) + 1.0) * 127.5).round() as u8).collect()
}

/// Raw values, none outside the range.
fn raw(codec: &Codec, values: &[f32]) -> Vec<f64> {
    let [low, high] = codec.range();
    values.iter().map(|&v| codec.sample().raw(v).clamp(low, high)).collect()
}

/// Channels that are neither grey nor RGB, side by side as grey images.
fn side_by_side(pixels: &[u8], width: usize, channels: usize) -> Vec<u8> {
    let row = |values: &[u8]| -> Vec<u8> {
        (0..channels).flat_map(|channel| values.iter().skip(channel).step_by(channels).copied()).collect()
    };
    pixels.chunks_exact(width * channels).flat_map(row).collect()
}

impl Modality for Images {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn learned(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn check(&self, fields: &[Field]) -> Result<(), String> {
        match fields[0].ty.shape[..] {
            [_, _, 1..=MAX_CHANNELS] => Ok(()),
            _ => {
                Err(format!("expected the shape of an image with 1 to {MAX_CHANNELS} channels, found {}", fields[0].ty))
            }
        }
    }

    fn source(
        &self,
        _codec: &Codec,
        dataset: Arc<Dataset>,
        rows: Vec<u32>,
        options: &SourceOptions,
    ) -> Result<Box<dyn BatchSource>, DataError> {
        let shuffled = Box::new(Shuffled::new(dataset, rows, options)?);
        Ok(if options.mirror { Box::new(Mirrored::new(shuffled, options.seed)) } else { shuffled })
    }

    fn preview(&self) -> Preview {
        Preview { samples: 64, files: &["png"] }
    }

    fn preview_scale(&self, codec: &Codec, places: [usize; 2]) -> usize {
        let (height, width, _) = sizes(codec);
        enlarged([width, height], places)
    }

    /// All as one PNG of 8 bits, in rows; of channels that are no colours each is a grey image beside the last. Small images are
    /// enlarged.
    fn write_preview(&self, codec: &Codec, path: &Path, samples: &[f32], rows: &GridRows) -> Result<(), DataError> {
        let (height, width, channels) = sizes(codec);
        let images = samples.chunks_exact(height * width * channels).map(eight_bit);
        let image = match channels {
            1 | 3 => labelled_grid(&images.collect::<Vec<_>>(), [width, height, channels], rows.columns, &rows.names),
            _ => {
                let images: Vec<Vec<u8>> = images.map(|pixels| side_by_side(&pixels, width, channels)).collect();
                labelled_grid(&images, [width * channels, height, 1], rows.columns, &rows.names)
            }
        };
        grid::write_png(path, &image)
    }

    /// In the values of the data. Of image files a PNG each, of 16 bits when the data had them, else of 8; a TIFF of floats each
    /// when they were wider. Of an array the array `samples.npy` of all.
    fn write_samples(
        &self,
        codec: &Codec,
        dir: &Path,
        all: Range<u64>,
        first: u64,
        samples: &[f32],
    ) -> Result<Vec<PathBuf>, DataError> {
        if let Some(form) = &self.array {
            let path = dir.join(ARRAY);
            let begins = npy::write_part(&path, form, codec.shape(), &all, first, &raw(codec, samples))?;
            return Ok(if begins { vec![path] } else { Vec::new() });
        }
        let (height, width, channels) = sizes(codec);
        let (wide, high) = (width as u32, height as u32);
        let write = |(number, sample): (u64, &[f32])| {
            let values = raw(codec, sample);
            let pixels = match codec.dtype() {
                DType::U8 => Pixels::U8(values.iter().map(|v| v.round() as u8).collect()),
                DType::U16 => Pixels::U16(values.iter().map(|v| v.round() as u16).collect()),
                // Runs of version 1 do not know the form of their arrays.
                _ if !codec.format.starts_with("image-") => Pixels::U8(eight_bit(sample)),
                _ => {
                    let path = dir.join(format!("{number:06}.tiff"));
                    let values: Vec<f32> = values.iter().map(|&v| v as f32).collect();
                    let bytes = tiff::float_bytes(wide, high, channels, &values).map_err(|found| {
                        DataError::Mismatch { expected: "an image that TIFF can hold".into(), found }
                    })?;
                    grid::write_file(&path, &bytes)?;
                    return Ok(path);
                }
            };
            let path = dir.join(format!("{number:06}.png"));
            grid::write_png(&path, &Image { width: wide, height: high, channels, pixels })?;
            Ok(path)
        };
        (first..).zip(samples.chunks_exact(height * width * channels)).map(write).collect()
    }

    fn presets(&self, _sample: &TensorType) -> &'static [&'static str] {
        &["dcgan", "quick", "quick_projection", "lsgan", "wgan_gp", "sngan", "r3gan", "acgan", "projection", "mlp"]
    }

    /// What their numbers mean must be the same: the element type, which is the unit of integers whatever range of it was
    /// chosen; of floats the range, too.
    fn comparable(&self, codec: &Codec, other: &Codec) -> Result<(), String> {
        let same = codec.dtype() != DType::F32 || other.range() == codec.range();
        if other.dtype() == codec.dtype() && same {
            return Ok(());
        }
        let text = |codec: &Codec| format!("{} from {} to {}", codec.dtype(), codec.range()[0], codec.range()[1]);
        Err(format!("expected images of {}, as the run's, found {}", text(codec), text(other)))
    }
}
