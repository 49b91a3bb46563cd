//! Pictures out of the bytes of image files, by foreign decoders under limits. Not here: what becomes of them.

use super::{Picture, Pixels};
use crate::limits::{MAX_ALLOCATION, MAX_SIDE, check_picture};
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

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

/// Pictures of more decoded bytes than this are decoded one at a time, whatever the number of threads.
const LARGE: u64 = 32 << 20;
static LARGE_PICTURE: Mutex<()> = Mutex::new(());

/// What the head of an image file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Pixels along a row, as the picture is to be seen.
    pub(crate) width: u32,
    /// Number of rows, as the picture is to be seen.
    pub(crate) height: u32,
    /// Channels when decoded: 1 to 4 as in [`Picture`].
    pub(crate) channels: usize,
    /// Whether it has more than 8 bits a channel.
    pub(crate) deep: bool,
    /// The colour type for people, e.g. `palette 4 bit PNG`.
    pub(crate) colour: String,
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
    image::guess_format(bytes).is_ok_and(|format| FORMATS.contains(&format) && format != ImageFormat::Pnm)
}

/// Runs a foreign decoder; a panic of its own becomes a reason like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("the decoder failed on it (a defect of the decoder)".into()))
}

fn decoder(bytes: &[u8]) -> Result<(ImageFormat, impl ImageDecoder + '_), String> {
    let format = image::guess_format(bytes).ok().filter(|format| FORMATS.contains(format)).ok_or_else(|| {
        let first: Vec<String> = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect();
        format!(
            "expected PNG, JPEG, WebP, GIF, BMP, TIFF or PNM, found {} bytes that start with [{}]",
            bytes.len(),
            first.join(" ")
        )
    })?;
    if format == ImageFormat::Jpeg {
        jpeg(bytes)?;
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOCATION);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|e| e.to_string())?;
    let (width, height) = decoder.dimensions();
    check_picture(u64::from(width), u64::from(height))?;
    if decoder.total_bytes() > MAX_ALLOCATION {
        return Err(format!("expected at most {MAX_ALLOCATION} decoded bytes, found {}", decoder.total_bytes()));
    }
    Ok((format, decoder))
}

/// The number of components of a JPEG file, which must have its end marker: its decoder would fill in what is cut off.
fn jpeg(bytes: &[u8]) -> Result<u8, String> {
    let mut at = 2;
    let mut components = None;
    loop {
        let Some(&[marker, code]) = bytes.get(at..at + 2).and_then(|b| b.first_chunk()) else {
            return Err(format!("expected a JPEG marker at byte {at}, the file ends"));
        };
        if marker != 0xff {
            return Err(format!("expected a JPEG marker at byte {at}, found {marker:02x}"));
        }
        match code {
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xda => break,
            _ => {
                let Some(&length) = bytes.get(at + 2..at + 4).and_then(|b| b.first_chunk::<2>()) else {
                    return Err(format!("expected the length of a JPEG segment at byte {at}, the file ends"));
                };
                if matches!(code, 0xc0..=0xcf) && !matches!(code, 0xc4 | 0xc8 | 0xcc) {
                    components = bytes.get(at + 9).copied();
                }
                at += 2 + usize::from(u16::from_be_bytes(length));
            }
        }
    }
    if !bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]) {
        return Err(format!("expected JPEG's end marker, the file is cut off at byte {}", bytes.len()));
    }
    components.ok_or_else(|| format!("expected a JPEG frame before byte {at}, found none"))
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
        ImageFormat::Jpeg if jpeg(bytes) == Ok(4) => "CMYK 8 bit JPEG".into(),
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
        let (format, mut decoder) = decoder(bytes)?;
        let (mut width, mut height) = decoder.dimensions();
        if turned(decoder.orientation().unwrap_or(Orientation::NoTransforms)) {
            (width, height) = (height, width);
        }
        let (channels, deep) = channels(decoder.color_type());
        Ok(Look { width, height, channels, deep, colour: colour_name(bytes, format, decoder.color_type()) })
    })
}

/// Decodes an image file, turned as its EXIF orientation says; of an animation the first frame.
///
/// # Errors
/// The reason as text.
pub(crate) fn decode(bytes: &[u8]) -> Result<Picture, String> {
    guarded(|| {
        let (_, mut decoder) = decoder(bytes)?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        // A poisoned lock means that another picture's decoder panicked: no state of ours is behind it.
        let _one_at_a_time = (decoder.total_bytes() > LARGE)
            .then(|| LARGE_PICTURE.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let mut image = DynamicImage::from_decoder(decoder).map_err(|e| e.to_string())?;
        image.apply_orientation(orientation);
        Ok(picture(image))
    })
}

fn picture(image: DynamicImage) -> Picture {
    let (width, height) = (image.width(), image.height());
    let (channels, pixels) = match image {
        DynamicImage::ImageLuma8(i) => (1, Pixels::U8(i.into_raw())),
        DynamicImage::ImageLumaA8(i) => (2, Pixels::U8(i.into_raw())),
        DynamicImage::ImageRgb8(i) => (3, Pixels::U8(i.into_raw())),
        DynamicImage::ImageRgba8(i) => (4, Pixels::U8(i.into_raw())),
        DynamicImage::ImageLuma16(i) => (1, Pixels::U16(i.into_raw())),
        DynamicImage::ImageLumaA16(i) => (2, Pixels::U16(i.into_raw())),
        DynamicImage::ImageRgb16(i) => (3, Pixels::U16(i.into_raw())),
        DynamicImage::ImageRgba16(i) => (4, Pixels::U16(i.into_raw())),
        DynamicImage::ImageRgb32F(_) => (3, Pixels::U16(image.into_rgb16().into_raw())),
        other => (4, Pixels::U16(other.into_rgba16().into_raw())),
    };
    Picture { width, height, channels, pixels }
}
