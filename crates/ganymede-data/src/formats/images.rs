//! Pictures as samples: what formats of pictures share, and how samples become PNG files again.
//! Not here: single pictures (`picture`), where they lie (`image_folder.rs`, `image_zip.rs`).

use crate::codec::Codec;
use crate::error::DataError;
use crate::picture::{Picture, Pixels, grid};
use ganymede_tensor::DType;
use std::path::{Path, PathBuf};

/// Height, width and channels of a codec of pictures.
fn sizes(codec: &Codec) -> (usize, usize, usize) {
    (codec.shape[0], codec.shape[1], codec.shape[2])
}

/// Network values −1 … 1 as 0 … 255.
fn eight_bit(values: &[f32]) -> Vec<u8> {
    values.iter().map(|&v| ((f64::from(v) + 1.0) * 127.5).round() as u8).collect()
}

/// Writes all samples as one PNG of 8 bits, in rows of `columns`.
pub(crate) fn write_grid(codec: &Codec, path: &Path, values: &[f32], columns: usize) -> Result<(), DataError> {
    let (height, width, channels) = sizes(codec);
    let pictures: Vec<Vec<u8>> = values.chunks_exact(height * width * channels).map(eight_bit).collect();
    grid::write_png(path, &grid::grid(&pictures, width, height, channels, columns))
}

/// Writes one sample as PNG: 16 bits when the data had them, else 8.
pub(crate) fn write_sample(codec: &Codec, dir: &Path, index: u64, values: &[f32]) -> Result<PathBuf, DataError> {
    let (height, width, channels) = sizes(codec);
    let pixels = match codec.dtype {
        DType::U16 => Pixels::U16(values.iter().map(|&v| ((f64::from(v) + 1.0) * 32_767.5).round() as u16).collect()),
        _ => Pixels::U8(eight_bit(values)),
    };
    let path = dir.join(format!("{index:06}.png"));
    grid::write_png(&path, &Picture { width: width as u32, height: height as u32, channels, pixels })?;
    Ok(path)
}
