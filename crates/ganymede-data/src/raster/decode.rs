//! Images out of the bytes of image files, by foreign decoders under limits. Not here: what becomes of them.

use super::{Image, Pixels, content, depth, grid, jpeg, pages, tiff};
use crate::limits::{MAX_ALLOCATION, MAX_SIDE, check_image};
use ganymede_tensor::DType;
use image::codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{AnimationDecoder, ColorType, DynamicImage, Frames, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::borrow::Cow;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The formats that are read.
const FORMATS: [ImageFormat; 7] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::WebP,
    ImageFormat::Gif,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
    ImageFormat::Pnm,
];

/// Images of more decoded bytes than this are decoded one at a time, whatever the number of threads.
const LARGE: u64 = 32 << 20;
static LARGE_IMAGE: Mutex<()> = Mutex::new(());

/// What the head of an image file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Pixels along a row, as the image is to be seen.
    pub(crate) width: u32,
    /// Number of rows, as the image is to be seen.
    pub(crate) height: u32,
    /// Channels when decoded: 1 to 4 as in [`Image`].
    pub(crate) channels: usize,
    /// Type of a value when decoded: `u8`, `u16` or `f32`.
    pub(crate) dtype: DType,
    /// How many bits of 16 the file says its values have.
    pub(crate) bits: Option<u32>,
    /// The colour type for people, e.g. `palette 4 bit PNG`.
    pub(crate) colour: String,
    /// Pages or frames.
    pub(crate) pages: usize,
    /// Whether it says that ganymede generated it.
    pub(crate) drawn: bool,
}

/// Whether a file is worth a look, by the ending of its name.
pub(crate) fn has_image_ending(name: &[u8]) -> bool {
    const ENDINGS: [&str; 16] = [
        "png", "apng", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "bmp", "dib", "tif", "tiff", "pbm", "pgm", "ppm",
        "pnm",
    ];
    let ending = name.rsplit(|&b| b == b'.').next().filter(|ending| ending.len() < name.len());
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known.as_bytes())))
}

/// Whether first bytes are those of an image file. PNM is not among them: its magic is text that others share.
pub(crate) fn has_image_magic(bytes: &[u8]) -> bool {
    match image::guess_format(bytes) {
        Ok(ImageFormat::Pnm) => false,
        // Two letters are few: the length of the header that follows must be one there is.
        Ok(ImageFormat::Bmp) => {
            bytes.get(14..18).is_some_and(|b| matches!(b, [12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
        }
        Ok(format) => FORMATS.contains(&format),
        Err(_) => false,
    }
}

/// Runs a foreign decoder; a panic of its own becomes a reason like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("the decoder failed on it (a defect of the decoder)".into()))
}

/// The format of a file, and its bytes without those that its decoder would stumble over.
fn format(bytes: &[u8]) -> Result<(ImageFormat, Cow<'_, [u8]>), String> {
    if bytes.is_empty() {
        return Err("the file is empty".into());
    }
    let format = image::guess_format(bytes).ok().filter(|format| FORMATS.contains(format)).ok_or_else(|| {
        let found = match content::of_bytes(&bytes[..bytes.len().min(512)]) {
            Some(kind) => format!("{}: {}", kind.name, kind.todo),
            None => {
                let first: Vec<String> = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect();
                format!("{} bytes that start with [{}]", bytes.len(), first.join(" "))
            }
        };
        format!("expected PNG, JPEG, WebP, GIF, BMP, TIFF or PNM, found {found}")
    })?;
    let clean = if format == ImageFormat::Jpeg { jpeg::segments(bytes)?.bytes } else { Cow::Borrowed(bytes) };
    Ok((format, clean))
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOCATION);
    limits
}

fn decoder(format: ImageFormat, bytes: &[u8]) -> Result<impl ImageDecoder + '_, String> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let unsupported = |e: image::ImageError| match e {
        image::ImageError::Unsupported(_) => format!("{e}: save it as RGB or grey of 8 or 16 bits"),
        e => e.to_string(),
    };
    let decoder = reader.into_decoder().map_err(unsupported)?;
    let (width, height) = decoder.dimensions();
    check_image(u64::from(width), u64::from(height))?;
    if decoder.total_bytes() > MAX_ALLOCATION {
        return Err(format!("expected at most {MAX_ALLOCATION} decoded bytes, found {}", decoder.total_bytes()));
    }
    Ok(decoder)
}

fn channels(colour: ColorType) -> (usize, bool) {
    match colour {
        ColorType::L8 => (1, false),
        ColorType::La8 => (2, false),
        ColorType::Rgb8 => (3, false),
        ColorType::Rgba8 => (4, false),
        ColorType::L16 => (1, true),
        ColorType::La16 => (2, true),
        ColorType::Rgb16 | ColorType::Rgb32F => (3, true),
        // What comes later in the library has alpha at most.
        _ => (4, true),
    }
}

/// The colour type as the file has it, for people.
fn colour_name(bytes: &[u8], format: ImageFormat, decoded: ColorType) -> String {
    let kind = match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Tiff => "TIFF",
        _ => "PNM",
    };
    let names = ["grey", "grey and alpha", "RGB", "RGBA"];
    let (channels, deep) = channels(decoded);
    let plain = || format!("{} {} bit {kind}", names[channels - 1], if deep { 16 } else { 8 });
    match format {
        // The header chunk comes first: depth is byte 24, colour type byte 25.
        ImageFormat::Png => match (bytes.get(24), bytes.get(25)) {
            (Some(depth), Some(3)) => format!("palette {depth} bit PNG"),
            (Some(depth), Some(0)) => format!("grey {depth} bit PNG"),
            _ => plain(),
        },
        ImageFormat::Jpeg if jpeg::segments(bytes).is_ok_and(|s| s.components == 4) => "CMYK 8 bit JPEG".into(),
        ImageFormat::Gif => "palette 8 bit GIF".into(),
        _ => plain(),
    }
}

fn turned(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

/// Reads the head of an image file.
///
/// # Errors
/// The reason as text.
pub(crate) fn look(bytes: &[u8]) -> Result<Look, String> {
    guarded(|| {
        let (format, clean) = format(bytes)?;
        let pages = pages::count(format, bytes);
        if format == ImageFormat::Tiff
            && let Some(head) = tiff::head(bytes)
        {
            let tiff::Head { width, height, channels, bits, float } = head?;
            let names = ["grey", "grey and alpha", "RGB", "RGBA"];
            let colour = format!("{} {bits} bit {}TIFF", names[channels - 1], if float { "float " } else { "" });
            return Ok(Look { width, height, channels, dtype: DType::F32, bits: None, colour, pages, drawn: false });
        }
        let mut decoder = decoder(format, &clean)?;
        let (mut width, mut height) = decoder.dimensions();
        if turned(decoder.orientation().unwrap_or(Orientation::NoTransforms)) {
            (width, height) = (height, width);
        }
        let (channels, deep) = channels(decoder.color_type());
        let dtype = if deep { DType::U16 } else { DType::U8 };
        let bits = depth::stated(bytes);
        let colour = colour_name(bytes, format, decoder.color_type());
        let drawn = format == ImageFormat::Png && grid::is_drawn(bytes);
        Ok(Look { width, height, channels, dtype, bits, colour, pages, drawn })
    })
}

/// Decodes an image file, turned as its EXIF orientation says: of pages and frames the first.
///
/// # Errors
/// The reason as text.
pub(crate) fn decode(bytes: &[u8]) -> Result<Image, String> {
    guarded(|| {
        let (format, clean) = format(bytes)?;
        if format == ImageFormat::Tiff
            && let Some(head) = tiff::head(bytes)
        {
            let head = head?;
            let _one_at_a_time = one_at_a_time(head.bytes());
            return tiff::decode(bytes, head);
        }
        whole(decoder(format, &clean)?)
    })
}

/// What is to be held while an image of so many decoded bytes is decoded.
fn one_at_a_time(bytes: u64) -> Option<MutexGuard<'static, ()>> {
    // A poisoned lock means that another image's decoder panicked: no state of ours is behind it.
    (bytes > LARGE).then(|| LARGE_IMAGE.lock().unwrap_or_else(PoisonError::into_inner))
}

fn whole(mut decoder: impl ImageDecoder) -> Result<Image, String> {
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let _one_at_a_time = one_at_a_time(decoder.total_bytes());
    let mut image = DynamicImage::from_decoder(decoder).map_err(|e| e.to_string())?;
    image.apply_orientation(orientation);
    Ok(in_memory(image))
}

/// Hands every page or frame of an image file to `each`, in order.
///
/// # Errors
/// The reason as text, and what `each` gives.
pub(crate) fn decode_pages(bytes: &[u8], each: &mut dyn FnMut(Image) -> Result<(), String>) -> Result<(), String> {
    guarded(|| {
        let (format, _) = format(bytes)?;
        if pages::count(format, bytes) == 1 {
            return each(decode(bytes)?);
        }
        let mut reader = Cursor::new(bytes);
        let error = |e: image::ImageError| e.to_string();
        match format {
            ImageFormat::Tiff => {
                // One copy for all pages: a scan may have thousands.
                let mut file = bytes.to_vec();
                pages::directories(bytes).into_iter().try_for_each(|directory| {
                    pages::put_first(&mut file, directory).ok_or("expected the head of a TIFF, the file ends")?;
                    each(decode(&file)?)
                })
            }
            ImageFormat::Gif => frames(limited(GifDecoder::new(&mut reader).map_err(error)?)?.into_frames(), each),
            ImageFormat::WebP => frames(limited(WebPDecoder::new(&mut reader).map_err(error)?)?.into_frames(), each),
            _ => frames(
                limited(PngDecoder::new(&mut reader).map_err(error)?)?.apng().map_err(error)?.into_frames(),
                each,
            ),
        }
    })
}

/// A decoder of frames under the limits that one of images has.
fn limited<D: ImageDecoder>(mut decoder: D) -> Result<D, String> {
    let (width, height) = decoder.dimensions();
    check_image(u64::from(width), u64::from(height))?;
    decoder.set_limits(limits()).map_err(|e| e.to_string())?;
    Ok(decoder)
}

fn frames(frames: Frames<'_>, each: &mut dyn FnMut(Image) -> Result<(), String>) -> Result<(), String> {
    frames.take(pages::MAX_PAGES).try_for_each(|frame| {
        each(in_memory(DynamicImage::ImageRgba8(frame.map_err(|e| e.to_string())?.into_buffer())))
    })
}

fn in_memory(decoded: DynamicImage) -> Image {
    let (width, height) = (decoded.width(), decoded.height());
    let (channels, pixels) = match decoded {
        DynamicImage::ImageLuma8(i) => (1, Pixels::U8(i.into_raw())),
        DynamicImage::ImageLumaA8(i) => (2, Pixels::U8(i.into_raw())),
        DynamicImage::ImageRgb8(i) => (3, Pixels::U8(i.into_raw())),
        DynamicImage::ImageRgba8(i) => (4, Pixels::U8(i.into_raw())),
        DynamicImage::ImageLuma16(i) => (1, Pixels::U16(i.into_raw())),
        DynamicImage::ImageLumaA16(i) => (2, Pixels::U16(i.into_raw())),
        DynamicImage::ImageRgb16(i) => (3, Pixels::U16(i.into_raw())),
        DynamicImage::ImageRgba16(i) => (4, Pixels::U16(i.into_raw())),
        DynamicImage::ImageRgb32F(_) => (3, Pixels::U16(decoded.into_rgb16().into_raw())),
        other => (4, Pixels::U16(other.into_rgba16().into_raw())),
    };
    Image { width, height, channels, pixels }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn large_images_of_every_kind_wait_for_each_other() {
        let side = 3000;
        let floats = tiff::float_bytes(side, side, 1, &vec![0.5; (side * side) as usize]).unwrap();
        let small = tiff::float_bytes(2, 2, 1, &[0.5; 4]).unwrap();
        let held = one_at_a_time(LARGE + 1);
        assert!(held.is_some() && one_at_a_time(LARGE).is_none());
        let (send, receive) = channel();
        let waiting = std::thread::spawn(move || send.send(decode(&floats).map(|image| image.width)));
        decode(&small).unwrap();
        // It waits as long as the other lasts, however long that is.
        assert!(receive.recv_timeout(Duration::from_millis(500)).is_err());
        drop(held);
        assert_eq!(receive.recv().unwrap(), Ok(side));
        waiting.join().unwrap().unwrap();
    }

    /// Before memory is asked for.
    #[test]
    fn sides_that_are_too_long_are_refused() {
        let wide = |width: u32| {
            let image = Image { width, height: 1, channels: 1, pixels: Pixels::U8(vec![7; width as usize]) };
            decode(&grid::png_bytes(&image).unwrap()).map(|image| image.width)
        };
        assert_eq!(wide(MAX_SIDE), Ok(MAX_SIDE));
        assert!(wide(MAX_SIDE + 1).is_err());
    }

    #[test]
    fn colours_are_named_with_their_kind_of_file() {
        for (format, colour, name) in [
            (ImageFormat::Png, ColorType::L8, "grey 8 bit PNG"),
            (ImageFormat::Png, ColorType::Rgba16, "RGBA 16 bit PNG"),
            (ImageFormat::Jpeg, ColorType::Rgb8, "RGB 8 bit JPEG"),
            (ImageFormat::WebP, ColorType::Rgba8, "RGBA 8 bit WebP"),
            (ImageFormat::Gif, ColorType::Rgba8, "palette 8 bit GIF"),
            (ImageFormat::Bmp, ColorType::Rgb8, "RGB 8 bit BMP"),
            (ImageFormat::Tiff, ColorType::La16, "grey and alpha 16 bit TIFF"),
            (ImageFormat::Pnm, ColorType::L16, "grey 16 bit PNM"),
        ] {
            assert_eq!(colour_name(&[], format, colour), name);
        }
    }
}
