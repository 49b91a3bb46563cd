//! Scaling pictures to one size. Not here: which size (`formats`).

use super::{Picture, Pixels, colour};
use crate::options::Fit;
use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

fn pixel_type(picture: &Picture) -> Option<PixelType> {
    Some(match (&picture.pixels, picture.channels) {
        (Pixels::U8(_), 1) => PixelType::U8,
        (Pixels::U8(_), 3) => PixelType::U8x3,
        (Pixels::U16(_), 1) => PixelType::U16,
        (Pixels::U16(_), 3) => PixelType::U16x3,
        (Pixels::F32(_), 1) => PixelType::F32,
        (Pixels::F32(_), 3) => PixelType::F32x3,
        _ => return None,
    })
}

/// Scales by a Lanczos filter with three lobes, widened when shrinking.
fn scaled(picture: &Picture, width: u32, height: u32, options: &ResizeOptions) -> Result<Picture, String> {
    let kind =
        pixel_type(picture).ok_or_else(|| format!("expected 1 or 3 channels to scale, found {}", picture.channels))?;
    let mut source = Image::new(picture.width, picture.height, kind);
    match &picture.pixels {
        Pixels::U8(v) => source.buffer_mut().copy_from_slice(v),
        Pixels::U16(v) => {
            source.buffer_mut().chunks_exact_mut(2).zip(v).for_each(|(b, x)| b.copy_from_slice(&x.to_ne_bytes()));
        }
        Pixels::F32(v) => {
            source.buffer_mut().chunks_exact_mut(4).zip(v).for_each(|(b, x)| b.copy_from_slice(&x.to_ne_bytes()));
        }
    }
    let mut out = Image::new(width, height, kind);
    Resizer::new().resize(&source, &mut out, options).map_err(|e| format!("could not be scaled: {e}"))?;
    let bytes = out.buffer();
    let pixels = match &picture.pixels {
        Pixels::U8(_) => Pixels::U8(bytes.to_vec()),
        Pixels::U16(_) => Pixels::U16(bytes.chunks_exact(2).map(|b| u16::from_ne_bytes([b[0], b[1]])).collect()),
        Pixels::F32(v) => {
            // The filter overshoots at edges; integers are clamped by their type, floats by what was there.
            let (low, high) = v.iter().fold((f32::MAX, f32::MIN), |(l, h), &x| (l.min(x), h.max(x)));
            let value = |b: &[u8]| f32::from_ne_bytes([b[0], b[1], b[2], b[3]]).max(low).min(high);
            Pixels::F32(bytes.chunks_exact(4).map(value).collect())
        }
    };
    Ok(Picture { width, height, channels: picture.channels, pixels })
}

/// The size of a picture scaled to fit inside `width` x `height`, its shape kept.
fn inside(picture: &Picture, width: u32, height: u32) -> (u32, u32) {
    let (w, h) = (f64::from(picture.width), f64::from(picture.height));
    let scale = (f64::from(width) / w).min(f64::from(height) / h);
    let side = |length: f64, most: u32| ((length * scale).round() as u32).clamp(1, most);
    (side(w, width), side(h, height))
}

fn padded<T: super::Value>(inner: &[T], size: (u32, u32), outer: (u32, u32), channels: usize, fill: [u8; 3]) -> Vec<T> {
    let fill = colour::<T>(fill);
    let pixel = if channels == 1 { vec![super::luma(fill)] } else { fill.to_vec() };
    let mut out = pixel.repeat(outer.0 as usize * outer.1 as usize);
    let (left, top) = (((outer.0 - size.0) / 2) as usize, ((outer.1 - size.1) / 2) as usize);
    let row = size.0 as usize * channels;
    for (y, values) in inner.chunks_exact(row).enumerate() {
        let at = ((top + y) * outer.0 as usize + left) * channels;
        out[at..at + row].copy_from_slice(values);
    }
    out
}

/// The picture as `width` x `height`.
pub(super) fn fitted(
    picture: Picture,
    width: u32,
    height: u32,
    fit: Fit,
    background: [u8; 3],
) -> Result<Picture, String> {
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(false);
    match fit {
        Fit::Stretch => scaled(&picture, width, height, &options),
        Fit::Crop => scaled(&picture, width, height, &options.fit_into_destination(None)),
        Fit::Pad => {
            let size = inside(&picture, width, height);
            let inner = if size == (picture.width, picture.height) {
                picture
            } else {
                scaled(&picture, size.0, size.1, &options)?
            };
            let channels = inner.channels;
            let outer = (width, height);
            let pixels = match &inner.pixels {
                Pixels::U8(v) => Pixels::U8(padded(v, size, outer, channels, background)),
                Pixels::U16(v) => Pixels::U16(padded(v, size, outer, channels, background)),
                Pixels::F32(_) => return Err("expected integer values to pad with a background, found f32".into()),
            };
            Ok(Picture { width, height, channels, pixels })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 x 2, left half black, right half white.
    fn halves() -> Picture {
        let row = [0, 0, 255, 255];
        Picture { width: 4, height: 2, channels: 1, pixels: Pixels::U8([row, row].concat()) }
    }

    #[test]
    fn crop_keeps_the_middle() {
        let out = fitted(halves(), 2, 2, Fit::Crop, [0; 3]).unwrap();
        assert_eq!(out.pixels, Pixels::U8(vec![0, 255, 0, 255]));
    }

    #[test]
    fn pad_surrounds_with_the_background() {
        let out = fitted(halves(), 4, 4, Fit::Pad, [9; 3]).unwrap();
        assert_eq!(out.pixels, Pixels::U8([[9; 4], [0, 0, 255, 255], [0, 0, 255, 255], [9; 4]].concat()));
        let rgb = halves().with_channels(3, [0; 3]);
        let out = fitted(rgb, 4, 3, Fit::Pad, [1, 2, 3]).unwrap();
        let Pixels::U8(v) = out.pixels else { panic!("{:?}", out.pixels) };
        assert_eq!(v.len(), 36);
        assert_eq!(v[24..27], [1, 2, 3]);
    }

    #[test]
    fn stretch_keeps_a_constant_constant_in_every_type() {
        for pixels in [Pixels::U8(vec![77; 12]), Pixels::U16(vec![7777; 12]), Pixels::F32(vec![0.25; 12])] {
            let picture = Picture { width: 2, height: 2, channels: 3, pixels: pixels.clone() };
            let out = fitted(picture, 5, 1, Fit::Stretch, [0; 3]).unwrap();
            let expected = match pixels {
                Pixels::U8(_) => Pixels::U8(vec![77; 15]),
                Pixels::U16(_) => Pixels::U16(vec![7777; 15]),
                Pixels::F32(_) => Pixels::F32(vec![0.25; 15]),
            };
            assert_eq!(out.pixels, expected);
        }
    }

    #[test]
    fn a_very_thin_picture_keeps_a_pixel() {
        let thin = Picture { width: 1000, height: 1, channels: 1, pixels: Pixels::U8(vec![5; 1000]) };
        let out = fitted(thin, 8, 8, Fit::Pad, [0; 3]).unwrap();
        let Pixels::U8(v) = out.pixels else { panic!() };
        assert_eq!(v.iter().filter(|&&x| x == 5).count(), 8);
    }
}
