//! Images side by side in one, and images as PNG files. Not here: points (`scatter.rs`).

use super::{Image, Pixels};
use crate::error::{DataError, io_error};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use std::io::Cursor;
use std::path::Path;

/// Images of one size in rows of `columns`, without gaps; missing ones at the end are black.
pub(crate) fn grid(images: &[Vec<u8>], width: usize, height: usize, channels: usize, columns: usize) -> Image {
    let columns = columns.clamp(1, images.len().max(1));
    let rows = images.len().div_ceil(columns).max(1);
    let row = width * channels;
    let mut out = vec![0u8; rows * height * columns * row];
    for (i, image) in images.iter().enumerate() {
        for (y, values) in image.chunks_exact(row).enumerate() {
            let at = ((i / columns * height + y) * columns + i % columns) * row;
            out[at..at + row].copy_from_slice(values);
        }
    }
    Image { width: (columns * width) as u32, height: (rows * height) as u32, channels, pixels: Pixels::U8(out) }
}

/// The image as the bytes of a PNG file.
///
/// # Errors
/// The reason as text, when the image is none that PNG has.
pub(crate) fn png_bytes(image: &Image) -> Result<Vec<u8>, String> {
    let (bytes, colour) = match (&image.pixels, image.channels) {
        (Pixels::U8(v), 1) => (v.clone(), ExtendedColorType::L8),
        (Pixels::U8(v), 3) => (v.clone(), ExtendedColorType::Rgb8),
        (Pixels::U16(v), 1) => (v.iter().flat_map(|x| x.to_ne_bytes()).collect(), ExtendedColorType::L16),
        (Pixels::U16(v), 3) => (v.iter().flat_map(|x| x.to_ne_bytes()).collect(), ExtendedColorType::Rgb16),
        (other, channels) => {
            return Err(format!("expected 8 or 16 bit in 1 or 3 channels, found {} in {channels}", other.dtype()));
        }
    };
    let mut out = Cursor::new(Vec::new());
    PngEncoder::new(&mut out)
        .write_image(&bytes, image.width, image.height, colour)
        .map_err(|e| format!("could not be written as PNG: {e}"))?;
    Ok(out.into_inner())
}

/// Bytes of a PNG file before the chunk after its header: 8 of magic, 25 of the header.
const HEAD: usize = 33;
/// The chunk `tEXt` of what a network generated: by this chunk it is never taken for data that lies around.
const DRAWN: &[u8] = b"tEXtSoftware\0ganymede sample";

/// Writes what a network generated as a PNG file that says so; folders on the way are made.
pub(crate) fn write_png(path: &Path, image: &Image) -> Result<(), DataError> {
    let bytes = png_bytes(image)
        .map_err(|found| DataError::Mismatch { expected: "an image that PNG can hold".into(), found })?;
    let length = ((DRAWN.len() - 4) as u32).to_be_bytes();
    let check = crc32fast::hash(DRAWN).to_be_bytes();
    write_file(path, &[&bytes[..HEAD], &length, DRAWN, &check, &bytes[HEAD..]].concat())
}

/// Whether a PNG file says that a network of ganymede generated it, wherever its chunk stands before the pixels.
pub(crate) fn is_drawn(png: &[u8]) -> bool {
    let mut at = 8usize;
    while let Some(head) = png.get(at..at.saturating_add(8)) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if &head[4..] == b"IDAT" {
            return false;
        }
        if png.get(at + 4..).is_some_and(|chunk| chunk.starts_with(DRAWN)) && length == DRAWN.len() - 4 {
            return true;
        }
        at = at.saturating_add(12).saturating_add(length);
    }
    false
}

/// Writes a small file; folders on the way are made.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(io_error(folder, "create"))?;
    }
    std::fs::write(path, bytes).map_err(io_error(path, "write"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_network_drew_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/x.png");
        let image = Image { width: 1, height: 1, channels: 1, pixels: Pixels::U8(vec![7]) };
        write_png(&path, &image).unwrap();
        let file = std::fs::read(&path).unwrap();
        assert!(is_drawn(&file) && !is_drawn(&png_bytes(&image).unwrap()) && !is_drawn(&file[..40]) && !is_drawn(&[]));
        // The decoder checks the chunk's sum.
        assert_eq!(super::super::decode::decode(&file).unwrap(), image);
    }

    #[test]
    fn images_stand_in_rows() {
        let images: Vec<Vec<u8>> = (1..=3).map(|v| vec![v; 4]).collect();
        let image = grid(&images, 2, 2, 1, 2);
        assert_eq!((image.width, image.height), (4, 4));
        assert_eq!(image.pixels, Pixels::U8(vec![1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 0, 0, 3, 3, 0, 0]));
    }

    #[test]
    fn grids_have_whole_rows_of_any_pixels() {
        let rows = |count: usize, columns: usize| {
            let images: Vec<Vec<u8>> = (0..count).map(|v| vec![v as u8 + 1; 6]).collect();
            // 1 wide, 2 high, RGB.
            let image = grid(&images, 1, 2, 3, columns);
            let Pixels::U8(values) = image.pixels else { panic!() };
            (image.width, image.height, values)
        };
        let (width, height, values) = rows(2, 5);
        assert_eq!((width, height), (2, 2));
        assert_eq!(values, [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]);
        assert_eq!(rows(2, 0).2, [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
        assert_eq!(rows(0, 3), (1, 2, vec![0; 6]));
        assert_eq!((rows(5, 2).0, rows(5, 2).1), (2, 6));
    }

    #[test]
    fn png_holds_what_it_was_given() {
        let image = |channels: usize, pixels: Pixels| Image { width: 2, height: 1, channels, pixels };
        for good in [
            image(1, Pixels::U8(vec![0, 255])),
            image(3, Pixels::U8(vec![1, 2, 3, 4, 5, 6])),
            image(1, Pixels::U16(vec![1, 65_535])),
            image(3, Pixels::U16(vec![256, 2, 3, 4, 5, 60_000])),
        ] {
            let bytes = png_bytes(&good).unwrap();
            assert_eq!(super::super::decode::decode(&bytes).unwrap(), good);
        }
        let error = png_bytes(&image(2, Pixels::U8(vec![0; 4]))).unwrap_err();
        assert!(error.ends_with("found u8 in 2"), "{error}");
        assert!(png_bytes(&image(1, Pixels::F32(vec![0.0; 2]))).unwrap_err().ends_with("found f32 in 1"));
    }
}
