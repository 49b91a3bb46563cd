//! One image in memory and what may happen to it before it is a sample: alpha, channels, size.
//! Not here: decoding files (`decode.rs`), drawing results (`grid.rs`, `labelled_grid.rs`, `scatter.rs`, `canvas.rs`).

pub(crate) mod canvas;
pub(crate) mod content;
pub(crate) mod decode;
pub(crate) mod depth;
mod fit;
pub(crate) mod grid;
mod jpeg;
pub(crate) mod labelled_grid;
mod letters;
mod pages;
pub(crate) mod scatter;
pub(crate) mod tiff;

use crate::options::{DataOptions, Fit};
use crate::range::Census;
use ganymede_tensor::DType;

/// The values of an image, row by row, channels last.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pixels {
    U8(Vec<u8>),
    U16(Vec<u16>),
    F32(Vec<f32>),
}

impl Pixels {
    /// The element type.
    pub(crate) fn dtype(&self) -> DType {
        match self {
            Pixels::U8(_) => DType::U8,
            Pixels::U16(_) => DType::U16,
            Pixels::F32(_) => DType::F32,
        }
    }

    /// The values as `f32`.
    pub(crate) fn into_f32(self) -> Vec<f32> {
        match self {
            Pixels::U8(v) => v.into_iter().map(f32::from).collect(),
            Pixels::U16(v) => v.into_iter().map(f32::from).collect(),
            Pixels::F32(v) => v,
        }
    }

    /// Little-endian bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            Pixels::U8(v) => v,
            Pixels::U16(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Pixels::F32(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        }
    }
}

/// An image: `height` rows of `width` pixels of `channels` values, 1 to 8. Of image files, and where channels are
/// converted: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Image {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: usize,
    pub(crate) pixels: Pixels,
}

/// A type that a channel's value may have.
trait Value: Copy {
    /// The value of full intensity, and of full opacity.
    const FULL: f32;
    fn to_f32(self) -> f32;
    /// Rounds to the nearest value there is.
    fn from_f32(value: f32) -> Self;
}

impl Value for u8 {
    const FULL: f32 = 255.0;
    fn to_f32(self) -> f32 {
        f32::from(self)
    }
    fn from_f32(value: f32) -> Self {
        value.round() as u8
    }
}

impl Value for u16 {
    const FULL: f32 = 65_535.0;
    fn to_f32(self) -> f32 {
        f32::from(self)
    }
    fn from_f32(value: f32) -> Self {
        value.round() as u16
    }
}

impl Value for f32 {
    const FULL: f32 = 1.0;
    fn to_f32(self) -> f32 {
        self
    }
    fn from_f32(value: f32) -> Self {
        value
    }
}

/// The background in the value type, 3 channels.
fn colour<T: Value>(background: [u8; 3]) -> [T; 3] {
    background.map(|b| T::from_f32(f32::from(b) / 255.0 * T::FULL))
}

/// Y = 0.2126 R + 0.7152 G + 0.0722 B.
///
/// # Source
/// ITU-R BT.709.
fn luma<T: Value>(rgb: [T; 3]) -> T {
    let [r, g, b] = rgb.map(Value::to_f32);
    T::from_f32(0.2126 * r + 0.7152 * g + 0.0722 * b)
}

/// Pixels of `from` channels as pixels of `to` (1 or 3): alpha over the background, then luma or replication.
fn convert<T: Value>(values: &[T], from: usize, to: usize, background: [u8; 3]) -> Vec<T> {
    let below = colour::<T>(background);
    let over = |value: T, alpha: T, below: T| {
        let alpha = alpha.to_f32() / T::FULL;
        T::from_f32(value.to_f32() * alpha + below.to_f32() * (1.0 - alpha))
    };
    let mut out = Vec::with_capacity(values.len() / from * to);
    for pixel in values.chunks_exact(from) {
        let rgb = match *pixel {
            [y] => [y; 3],
            [y, a] => below.map(|c| over(y, a, c)),
            [r, g, b] => [r, g, b],
            [r, g, b, a] => [over(r, a, below[0]), over(g, a, below[1]), over(b, a, below[2])],
            _ => unreachable!("channels are converted from 1 to 4"),
        };
        match to {
            1 if from <= 2 && rgb[0].to_f32() == rgb[1].to_f32() && rgb[1].to_f32() == rgb[2].to_f32() => {
                out.push(rgb[0])
            }
            1 => out.push(luma(rgb)),
            _ => out.extend(rgb),
        }
    }
    out
}

impl Image {
    /// The image with as many channels: of 1 to 4, without alpha, 1 or 3; else those that it has.
    pub(crate) fn with_channels(self, channels: usize, background: [u8; 3]) -> Image {
        if self.channels == channels {
            return self;
        }
        let from = self.channels;
        let pixels = match &self.pixels {
            Pixels::U8(v) => Pixels::U8(convert(v, from, channels, background)),
            Pixels::U16(v) => Pixels::U16(convert(v, from, channels, background)),
            Pixels::F32(v) => Pixels::F32(convert(v, from, channels, background)),
        };
        Image { channels, pixels, ..self }
    }

    /// 8-bit values as 16-bit ones, v·257, so that 255 becomes 65535.
    pub(crate) fn deepened(self) -> Image {
        let pixels = match self.pixels {
            Pixels::U8(v) => Pixels::U16(v.iter().map(|&x| u16::from(x) * 257).collect()),
            other => other,
        };
        Image { pixels, ..self }
    }

    /// The image in the size asked for.
    ///
    /// # Errors
    /// The reason as text.
    pub(crate) fn fitted(self, width: u32, height: u32, fit: Fit, background: [u8; 3]) -> Result<Image, String> {
        if (self.width, self.height) == (width, height) {
            return Ok(self);
        }
        fit::fitted(self, width, height, fit, background)
    }
}

/// What every image of a set becomes: chosen once, after all were looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: usize,
    pub(crate) dtype: DType,
}

impl Target {
    /// Turns an image into the bytes of a sample. The census is of its values before it is scaled: filters overshoot.
    ///
    /// # Errors
    /// The reason as text.
    pub(crate) fn apply(&self, image: Image, options: &DataOptions) -> Result<(Vec<u8>, Census), String> {
        let image = image.with_channels(self.channels, options.background);
        let image = if self.dtype == DType::U16 { image.deepened() } else { image };
        let census = Census::of(&image.pixels, options.range);
        let same = (image.width, image.height) == (self.width, self.height);
        let image = image.fitted(self.width, self.height, options.fit, options.background)?;
        let census = if same { census } else { census.stored_as(&image.pixels) };
        if image.pixels.dtype() != self.dtype {
            return Err(format!("expected {} values, found {}", self.dtype, image.pixels.dtype()));
        }
        Ok((image.pixels.into_bytes(), census))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(channels: usize, values: &[u8]) -> Image {
        let width = (values.len() / channels) as u32;
        Image { width, height: 1, channels, pixels: Pixels::U8(values.to_vec()) }
    }

    #[test]
    fn alpha_goes_over_the_background() {
        let rgba = image(4, &[200, 100, 0, 255, 200, 100, 0, 0, 200, 100, 0, 51]);
        let out = rgba.with_channels(3, [10, 20, 30]);
        // opaque: itself; transparent: the background; a fifth: b + (v - b)/5.
        assert_eq!(out.pixels, Pixels::U8(vec![200, 100, 0, 10, 20, 30, 48, 36, 24]));
        let grey = image(2, &[100, 0, 100, 255]).with_channels(1, [255; 3]);
        assert_eq!(grey.pixels, Pixels::U8(vec![255, 100]));
    }

    #[test]
    fn grey_and_rgb_convert_both_ways() {
        let grey = image(1, &[7, 200]);
        let rgb = grey.clone().with_channels(3, [0; 3]);
        assert_eq!(rgb.pixels, Pixels::U8(vec![7, 7, 7, 200, 200, 200]));
        assert_eq!(rgb.with_channels(1, [0; 3]), grey);
        assert_eq!(image(3, &[255, 0, 0]).with_channels(1, [0; 3]).pixels, Pixels::U8(vec![54]));
    }

    #[test]
    fn deepening_keeps_black_and_white() {
        assert_eq!(image(1, &[0, 1, 255]).deepened().pixels, Pixels::U16(vec![0, 257, 65_535]));
    }

    #[test]
    fn every_type_of_value_is_read_and_converted() {
        let image = |channels: usize, pixels: Pixels| Image { width: 1, height: 1, channels, pixels };
        assert_eq!(Pixels::U8(vec![0, 7, 255]).into_f32(), [0.0, 7.0, 255.0]);
        assert_eq!(Pixels::U16(vec![0, 300, 65_535]).into_f32(), [0.0, 300.0, 65_535.0]);
        assert_eq!(Pixels::F32(vec![0.5, -2.0]).into_f32(), [0.5, -2.0]);
        assert_eq!(Pixels::U16(vec![1, 0x0203]).into_bytes(), [1, 0, 3, 2]);
        assert_eq!(Pixels::F32(vec![1.0]).into_bytes(), 1.0f32.to_le_bytes());
        assert_eq!((Pixels::U8(vec![]).dtype(), Pixels::F32(vec![]).dtype()), (DType::U8, DType::F32));
        // A quarter of the pixel over three quarters of white: 3277 and 49151.
        let deep = image(2, Pixels::U16(vec![13_107, 16_384])).with_channels(1, [255; 3]);
        let Pixels::U16(found) = deep.pixels else { panic!() };
        assert!((i32::from(found[0]) - 52_428).abs() <= 1, "{found:?}");
        let float = image(4, Pixels::F32(vec![0.5, 0.25, 1.0, 0.5])).with_channels(3, [255, 0, 255]);
        assert_eq!(float.pixels, Pixels::F32(vec![0.75, 0.125, 1.0]));
        let grey = image(3, Pixels::F32(vec![1.0, 2.0, 4.0])).with_channels(1, [0; 3]);
        let Pixels::F32(found) = grey.pixels else { panic!() };
        // 0.2126 + 2·0.7152 + 4·0.0722
        assert!((found[0] - 1.9318).abs() < 1e-6, "{found:?}");
        // Nothing of a grey pixel over red: the luma of the red.
        let tinted = image(2, Pixels::U8(vec![100, 0])).with_channels(1, [200, 0, 0]);
        assert_eq!(tinted.pixels, Pixels::U8(vec![43]));
    }

    /// Grey stays what it is to the bit, whatever the weights of the colours add up to.
    #[test]
    fn opaque_grey_is_kept_to_the_bit() {
        let grey: Vec<f32> = (0..200).map(|i| i as f32 / 199.0).collect();
        let with_alpha: Vec<f32> = grey.iter().flat_map(|&y| [y, 1.0]).collect();
        assert_eq!(convert(&with_alpha, 2, 1, [10, 20, 30]), grey);
    }
}
