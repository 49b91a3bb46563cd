//! Scaling images to one size. Not here: which size (`formats`).
//!
//! Scaling is `image`'s and not the faster `fast_image_resize`'s: that one's generic code is compiled into
//! this crate for every pixel type and instruction set, which made its build several times longer, and every
//! image is scaled only once, into the cache.

use super::{Image, Pixels, colour};
use crate::limits::check_image;
use crate::options::Fit;
use image::imageops::{FilterType, crop_imm, resize};
use image::{ImageBuffer, Luma, Pixel, Rgb};

/// The part of an image that is kept before scaling: its corner, width and height.
#[derive(Clone, Copy)]
struct KeptPart {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

/// Scales a part by a Lanczos filter with three lobes, widened when shrinking.
fn resized<P>(values: &[P::Subpixel], size: (u32, u32), part: KeptPart, target: (u32, u32)) -> Option<Vec<P::Subpixel>>
where
    P: Pixel + 'static,
    P::Subpixel: 'static,
{
    let image: ImageBuffer<P, &[P::Subpixel]> = ImageBuffer::from_raw(size.0, size.1, values)?;
    let view = crop_imm(&image, part.left, part.top, part.width, part.height);
    Some(resize(&*view, target.0, target.1, FilterType::Lanczos3).into_raw())
}

/// Scales a part of the image to `width` x `height`.
fn scaled(image: &Image, part: KeptPart, width: u32, height: u32) -> Result<Image, String> {
    // Between the two passes of the filter stands an image as wide as the part and as high as the result.
    check_image(u64::from(part.width), u64::from(height))?;
    let (size, target) = ((image.width, image.height), (width, height));
    let channels = image.channels;
    let pixels = match (&image.pixels, channels) {
        (Pixels::U8(v), 3) => resized::<Rgb<u8>>(v, size, part, target).map(Pixels::U8),
        (Pixels::U8(v), _) => each::<u8>(v, channels, |v| resized::<Luma<u8>>(v, size, part, target)).map(Pixels::U8),
        (Pixels::U16(v), 3) => resized::<Rgb<u16>>(v, size, part, target).map(Pixels::U16),
        (Pixels::U16(v), _) => {
            each::<u16>(v, channels, |v| resized::<Luma<u16>>(v, size, part, target)).map(Pixels::U16)
        }
        (Pixels::F32(v), _) => {
            // The filter takes floats for intensities from 0 to 1 and clamps what overshoots at edges.
            let (low, high) = v.iter().fold((f32::MAX, f32::MIN), |(l, h), &x| (l.min(x), h.max(x)));
            let span = if high > low { high - low } else { 1.0 };
            let unit: Vec<f32> = v.iter().map(|x| (x - low) / span).collect();
            let out = match channels {
                3 => resized::<Rgb<f32>>(&unit, size, part, target),
                _ => each::<f32>(&unit, channels, |v| resized::<Luma<f32>>(v, size, part, target)),
            };
            out.map(|v| Pixels::F32(v.iter().map(|x| (x * span + low).clamp(low, high)).collect()))
        }
    };
    let pixels =
        pixels.ok_or_else(|| format!("expected {}x{} pixels of {channels} channels to scale", size.0, size.1))?;
    Ok(Image { width, height, channels, pixels })
}

/// Each channel on its own, for images that are neither grey nor RGB.
fn each<T: Copy + Default>(values: &[T], channels: usize, resize: impl Fn(&[T]) -> Option<Vec<T>>) -> Option<Vec<T>> {
    if channels == 1 {
        return resize(values);
    }
    let mut out = Vec::new();
    for channel in 0..channels {
        let plane: Vec<T> = values.iter().skip(channel).step_by(channels).copied().collect();
        let plane = resize(&plane)?;
        out.resize(plane.len() * channels, T::default());
        out.iter_mut().skip(channel).step_by(channels).zip(plane).for_each(|(to, from)| *to = from);
    }
    Some(out)
}

/// The largest part in the middle that has the shape of `width` x `height`, to the nearest pixel.
fn middle(image: &Image, width: u32, height: u32) -> KeptPart {
    let (w, h) = (f64::from(image.width), f64::from(image.height));
    let shape = f64::from(width) / f64::from(height);
    let kept_width = ((h * shape).round() as u32).clamp(1, image.width);
    let kept_height = ((w / shape).round() as u32).clamp(1, image.height);
    let (left, top) = ((image.width - kept_width) / 2, (image.height - kept_height) / 2);
    KeptPart { left, top, width: kept_width, height: kept_height }
}

/// The size of an image scaled to fit inside `width` x `height`, its shape kept.
fn inside(image: &Image, width: u32, height: u32) -> (u32, u32) {
    let (w, h) = (f64::from(image.width), f64::from(image.height));
    let scale = (f64::from(width) / w).min(f64::from(height) / h);
    let side = |length: f64, most: u32| ((length * scale).round() as u32).clamp(1, most);
    (side(w, width), side(h, height))
}

fn padded<T: super::Value>(inner: &[T], size: (u32, u32), outer: (u32, u32), channels: usize, fill: [u8; 3]) -> Vec<T> {
    let fill = colour::<T>(fill);
    // Channels that are no colours take the background's brightness.
    let pixel = if channels == 3 { fill.to_vec() } else { vec![super::luma(fill); channels] };
    let mut out = pixel.repeat(outer.0 as usize * outer.1 as usize);
    let (left, top) = (((outer.0 - size.0) / 2) as usize, ((outer.1 - size.1) / 2) as usize);
    let row = size.0 as usize * channels;
    for (y, values) in inner.chunks_exact(row).enumerate() {
        let at = ((top + y) * outer.0 as usize + left) * channels;
        out[at..at + row].copy_from_slice(values);
    }
    out
}

/// The image as `width` x `height`.
pub(super) fn fitted(image: Image, width: u32, height: u32, fit: Fit, background: [u8; 3]) -> Result<Image, String> {
    let whole = KeptPart { left: 0, top: 0, width: image.width, height: image.height };
    match fit {
        Fit::Stretch => scaled(&image, whole, width, height),
        Fit::Crop => scaled(&image, middle(&image, width, height), width, height),
        Fit::Pad => {
            let size = inside(&image, width, height);
            let inner =
                if size == (image.width, image.height) { image } else { scaled(&image, whole, size.0, size.1)? };
            let channels = inner.channels;
            let outer = (width, height);
            let pixels = match &inner.pixels {
                Pixels::U8(v) => Pixels::U8(padded(v, size, outer, channels, background)),
                Pixels::U16(v) => Pixels::U16(padded(v, size, outer, channels, background)),
                Pixels::F32(_) => {
                    return Err(
                        "expected integer values to pad with a background, found f32: take --fit crop or stretch"
                            .into(),
                    );
                }
            };
            Ok(Image { width, height, channels, pixels })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 x 2, left half black, right half white.
    fn halves() -> Image {
        let row = [0, 0, 255, 255];
        Image { width: 4, height: 2, channels: 1, pixels: Pixels::U8([row, row].concat()) }
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
            let image = Image { width: 2, height: 2, channels: 3, pixels: pixels.clone() };
            let out = fitted(image, 5, 1, Fit::Stretch, [0; 3]).unwrap();
            let expected = match pixels {
                Pixels::U8(_) => Pixels::U8(vec![77; 15]),
                Pixels::U16(_) => Pixels::U16(vec![7777; 15]),
                Pixels::F32(_) => Pixels::F32(vec![0.25; 15]),
            };
            assert_eq!(out.pixels, expected);
        }
    }

    #[test]
    fn channels_that_are_no_colours_are_scaled_each_on_its_own() {
        for channels in [2, 4, 5, 8] {
            let values: Vec<u8> = (0..6).flat_map(|pixel| (0..channels).map(move |c| pixel * 20 + c * 3)).collect();
            let pixels = Pixels::U8(values.clone());
            let image = Image { width: 3, height: 2, channels: channels as usize, pixels };
            let Pixels::U8(out) = fitted(image, 4, 5, Fit::Stretch, [0; 3]).unwrap().pixels else { panic!() };
            for c in 0..channels as usize {
                let plane: Vec<u8> = values.iter().skip(c).step_by(channels as usize).copied().collect();
                let grey = Image { width: 3, height: 2, channels: 1, pixels: Pixels::U8(plane) };
                let Pixels::U8(alone) = fitted(grey, 4, 5, Fit::Stretch, [0; 3]).unwrap().pixels else { panic!() };
                assert_eq!(out.iter().skip(c).step_by(channels as usize).copied().collect::<Vec<u8>>(), alone);
            }
        }
        let two = Image { width: 2, height: 1, channels: 2, pixels: Pixels::U8(vec![1, 2, 3, 4]) };
        let padded = fitted(two, 2, 2, Fit::Pad, [9; 3]).unwrap();
        assert_eq!(padded.pixels, Pixels::U8(vec![1, 2, 3, 4, 9, 9, 9, 9]));
    }

    #[test]
    fn a_very_thin_image_keeps_a_pixel() {
        let thin = Image { width: 1000, height: 1, channels: 1, pixels: Pixels::U8(vec![5; 1000]) };
        let out = fitted(thin, 8, 8, Fit::Pad, [0; 3]).unwrap();
        let Pixels::U8(v) = out.pixels else { panic!() };
        assert_eq!(v.iter().filter(|&&x| x == 5).count(), 8);
    }

    fn sized(width: u32, height: u32) -> Image {
        Image { width, height, channels: 1, pixels: Pixels::U8(vec![0; (width * height) as usize]) }
    }

    /// Of the shape that is wanted the largest part, as much off at both ends.
    #[test]
    fn the_middle_has_the_shape_that_is_wanted() {
        for ((width, height), (to_width, to_height), expected) in [
            ((10, 4), (2, 2), (3, 0, 4, 4)),
            ((4, 10), (2, 2), (0, 3, 4, 4)),
            ((11, 4), (2, 2), (3, 0, 4, 4)),
            ((9, 9), (3, 3), (0, 0, 9, 9)),
            ((12, 12), (3, 1), (0, 4, 12, 4)),
            ((12, 12), (1, 3), (4, 0, 4, 12)),
            ((100, 1), (1, 1), (49, 0, 1, 1)),
            ((1, 100), (8, 1), (0, 49, 1, 1)),
        ] {
            let part = middle(&sized(width, height), to_width, to_height);
            let found = (part.left, part.top, part.width, part.height);
            assert_eq!(found, expected, "{width}x{height} to {to_width}x{to_height}");
        }
    }

    #[test]
    fn what_is_to_fit_inside_keeps_its_shape() {
        for ((width, height), (to_width, to_height), expected) in [
            ((10, 5), (4, 4), (4, 2)),
            ((5, 10), (4, 4), (2, 4)),
            ((2, 2), (8, 4), (4, 4)),
            ((1000, 1), (8, 8), (8, 1)),
            ((1, 1000), (8, 8), (1, 8)),
            ((6, 4), (3, 9), (3, 2)),
        ] {
            assert_eq!(inside(&sized(width, height), to_width, to_height), expected, "{width}x{height}");
        }
    }

    /// Two pixels of RGB in the middle of three times four: a row above and one below, a column left and two right of an odd rest.
    #[test]
    fn pads_are_as_wide_on_both_sides() {
        let inner: Vec<u8> = vec![1, 2, 3, 4, 5, 6];
        let out = padded(&inner, (2, 1), (5, 3), 3, [7, 8, 9]);
        let fill = [7, 8, 9];
        let row = [fill; 5].concat();
        let middle = [&fill[..], &[1, 2, 3, 4, 5, 6], &fill, &fill].concat();
        assert_eq!(out, [row.clone(), middle, row].concat());
        // 16 bit have the same colour.
        assert_eq!(padded(&[5u16], (1, 1), (2, 1), 1, [255; 3]), [5, 65_535]);
    }

    /// Floats of any size are scaled as they are: the filter's own range is 0 to 1.
    #[test]
    fn floats_keep_their_range() {
        let values = vec![5.0, 15.0, 5.0, 15.0];
        let image = Image { width: 2, height: 2, channels: 1, pixels: Pixels::F32(values) };
        let out = fitted(image, 2, 1, Fit::Stretch, [0; 3]).unwrap();
        let Pixels::F32(found) = &out.pixels else { panic!() };
        assert!((found[0] - 5.0).abs() < 1e-4 && (found[1] - 15.0).abs() < 1e-4, "{found:?}");
        // Rows of three colours, each a column of one value.
        let row = [-2.0, 0.0, 6.0, -2.0, 0.0, 6.0];
        let image = Image { width: 2, height: 1, channels: 3, pixels: Pixels::F32(row.to_vec()) };
        let out = fitted(image, 1, 1, Fit::Stretch, [0; 3]).unwrap();
        let Pixels::F32(found) = &out.pixels else { panic!() };
        assert!(found.iter().zip(row).all(|(a, b)| (a - b).abs() < 1e-4), "{found:?}");
    }
}
