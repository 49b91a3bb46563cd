//! Signals: series of values over time, (time,) or (time, channels), out of arrays. An array of such sizes has other
//! meanings too, so it is asked for: `--as signals`. Not here: reading arrays (`formats/array.rs`).

use super::{ARRAY, Entry, GridRows, Modality, Preview};
use crate::codec::Codec;
use crate::error::DataError;
use crate::field::Field;
use crate::formats::layout::Form;
use crate::formats::npy;
use crate::raster::grid;
use ganymede_tensor::TensorType;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The line of the table.
pub(super) const ENTRY: Entry = Entry {
    name: "signals",
    takes: |sample| sample.shape.len() == 2,
    images: false,
    of_arrays: true,
    new: |_, array| Arc::new(Signals { array }),
    read: |learned| Ok(Arc::new(serde_json::from_value::<Signals>(learned).map_err(|e| e.to_string())?)),
};

/// Width and height of the drawing of one signal, in pixels.
const PANEL: [usize; 2] = [192, 96];
/// Colours of channels, in turn.
const COLOURS: [[u8; 3]; 4] = [[31, 90, 180], [200, 80, 30], [40, 140, 70], [130, 60, 150]];
/// Colour of the frame, and of the middle of the range.
const LINES: [u8; 3] = [215, 215, 215];

/// Signals, and the form of the array that they came from.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Signals {
    array: Option<Form>,
}

/// Time steps and channels.
fn sizes(codec: &Codec) -> (usize, usize) {
    (codec.shape()[0], codec.shape().get(1).copied().unwrap_or(1))
}

/// One signal in the network's range as a drawing: time to the right, −1 at the bottom and 1 at the top.
fn drawing(signal: &[f32], channels: usize) -> Vec<u8> {
    let [width, height] = PANEL;
    let mut pixels = vec![255; width * height * 3];
    let mut dot = |x: usize, y: usize, colour: [u8; 3]| pixels[(y * width + x) * 3..][..3].copy_from_slice(&colour);
    (0..width).for_each(|x| [0, height / 2].into_iter().for_each(|y| dot(x, y, LINES)));
    (0..height).for_each(|y| dot(0, y, LINES));
    let steps = signal.len() / channels;
    for channel in 0..channels {
        let row = |x: usize| {
            let time = x as f64 / (width - 1) as f64 * (steps - 1) as f64;
            let signal_value = |step: usize| f64::from(signal[step.min(steps - 1) * channels + channel]);
            let value = signal_value(time as usize)
                + (signal_value(time as usize + 1) - signal_value(time as usize)) * time.fract();
            ((1.0 - value.clamp(-1.0, 1.0)) / 2.0 * (height - 1) as f64).round() as usize
        };
        for x in 0..width {
            // From the row before, so that a steep line has no gaps.
            let (from, to) = (row(x.saturating_sub(1)), row(x));
            (from.min(to)..=from.max(to)).for_each(|y| dot(x, y, COLOURS[channel % COLOURS.len()]));
        }
    }
    pixels
}

impl Signals {
    /// Raw values as the array that the data were, or would be.
    fn write(
        &self,
        codec: &Codec,
        path: &Path,
        all: &Range<u64>,
        first: u64,
        samples: &[f32],
    ) -> Result<bool, DataError> {
        let form = self.array.unwrap_or_else(|| Form::of(codec.sample_type()));
        let raw: Vec<f64> = samples.iter().map(|&v| codec.sample().raw(v)).collect();
        npy::write_part(path, &form, codec.shape(), all, first, &raw)
    }
}

impl Modality for Signals {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn learned(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn check(&self, fields: &[Field]) -> Result<(), String> {
        match fields[0].ty.shape[..] {
            [_] | [_, _] => Ok(()),
            _ => Err(format!("expected the shape of a signal, (time,) or (time, channels), found {}", fields[0].ty)),
        }
    }

    fn preview(&self) -> Preview {
        Preview { samples: 16, files: &["png", "npy"] }
    }

    /// Draws the signals as curves, at most four beside each other, and writes their values beside it as an array.
    fn write_preview(&self, codec: &Codec, path: &Path, samples: &[f32], rows: &GridRows) -> Result<(), DataError> {
        let (steps, channels) = sizes(codec);
        let drawings: Vec<Vec<u8>> = samples.chunks_exact(steps * channels).map(|s| drawing(s, channels)).collect();
        grid::write_png(path, &grid::grid(&drawings, PANEL[0], PANEL[1], 3, rows.columns.min(4)))?;
        let count = drawings.len() as u64;
        self.write(codec, &path.with_extension("npy"), &(0..count), 0, samples).map(|_| ())
    }

    /// The array `samples.npy` of all.
    fn write_samples(
        &self,
        codec: &Codec,
        dir: &Path,
        all: Range<u64>,
        first: u64,
        samples: &[f32],
    ) -> Result<Vec<PathBuf>, DataError> {
        let path = dir.join(ARRAY);
        Ok(if self.write(codec, &path, &all, first, samples)? { vec![path] } else { Vec::new() })
    }

    fn presets(&self, _sample: &TensorType) -> &'static [&'static str] {
        &["mlp"]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_stands_where_its_values_are() {
        // One channel rises from −1 to 1, the other stays at 1.
        let pixels = drawing(&[-1.0, 1.0, 0.0, 1.0, 1.0, 1.0], 2);
        let [width, height] = PANEL;
        let pixel = |x: usize, y: usize| <[u8; 3]>::try_from(&pixels[(y * width + x) * 3..][..3]).unwrap();
        assert_eq!(pixel(0, height - 1), COLOURS[0]);
        assert_eq!(pixel(width / 4, 3 * height / 4), COLOURS[0]);
        assert!((0..width).all(|x| pixel(x, 0) == COLOURS[1]), "drawn last");
        assert_eq!(pixel(width - 1, height - 1), [255; 3]);
        assert!(drawing(&[f32::NAN, 9.0], 1).chunks(3).any(|p| p == COLOURS[0]), "whatever a network makes");
    }
}
