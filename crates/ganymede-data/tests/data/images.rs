//! Image files: every PNG colour type, depths, JPEG with its colour spaces and orientations, other formats,
//! and folders as people have them. Files are made here with the encoders of `png`, `image` and `jpeg-encoder`.

use super::common::{all, open, put};
use ganymede_data::{DataError, DataOptions, Dataset, Duplicates, Fit, Resolution, Source};
use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use std::io::Cursor;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

fn options() -> DataOptions {
    DataOptions::default()
}

/// Puts one file into a folder of its own and opens that.
fn one(name: &str, bytes: &[u8], options: &DataOptions) -> Result<Dataset, DataError> {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join(name), bytes);
    open(folder.path(), options)
}

/// A PNG of `width` x 1 pixels from packed bytes.
fn png_file(
    width: u32,
    colour: png::ColorType,
    depth: png::BitDepth,
    row: &[u8],
    palette: &[u8],
    alpha: &[u8],
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, 1);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if !palette.is_empty() {
        encoder.set_palette(palette.to_vec());
    }
    if !alpha.is_empty() {
        encoder.set_trns(alpha.to_vec());
    }
    encoder.write_header().unwrap().write_image_data(row).unwrap();
    out
}

#[test]
fn every_colour_type_of_png_is_read() {
    use png::{BitDepth::*, ColorType::*};
    let palette = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];
    let cases: Vec<(&str, Vec<u8>, &str, Vec<u8>)> = vec![
        ("grey 1", png_file(4, Grayscale, One, &[0b1010_0000], &[], &[]), "u8[1,4,1]", vec![255, 0, 255, 0]),
        ("grey 2", png_file(4, Grayscale, Two, &[0b0001_1011], &[], &[]), "u8[1,4,1]", vec![0, 85, 170, 255]),
        ("grey 4", png_file(2, Grayscale, Four, &[0x0f], &[], &[]), "u8[1,2,1]", vec![0, 255]),
        ("grey 8", png_file(2, Grayscale, Eight, &[3, 200], &[], &[]), "u8[1,2,1]", vec![3, 200]),
        ("grey 16", png_file(1, Grayscale, Sixteen, &[0x12, 0x34], &[], &[]), "u16[1,1,1]", vec![0x34, 0x12]),
        ("alpha 8", png_file(2, GrayscaleAlpha, Eight, &[3, 255, 3, 0], &[], &[]), "u8[1,2,1]", vec![3, 255]),
        ("alpha 16", png_file(1, GrayscaleAlpha, Sixteen, &[1, 2, 0xff, 0xff], &[], &[]), "u16[1,1,1]", vec![2, 1]),
        ("rgb 8", png_file(1, Rgb, Eight, &[1, 2, 3], &[], &[]), "u8[1,1,3]", vec![1, 2, 3]),
        ("rgb 16", png_file(1, Rgb, Sixteen, &[1, 2, 3, 4, 5, 6], &[], &[]), "u16[1,1,3]", vec![2, 1, 4, 3, 6, 5]),
        (
            "rgba 8",
            png_file(2, Rgba, Eight, &[1, 2, 3, 255, 1, 2, 3, 0], &[], &[]),
            "u8[1,2,3]",
            vec![1, 2, 3, 255, 255, 255],
        ),
        (
            "rgba 16",
            png_file(1, Rgba, Sixteen, &[1, 1, 2, 2, 3, 3, 0xff, 0xff], &[], &[]),
            "u16[1,1,3]",
            vec![1, 1, 2, 2, 3, 3],
        ),
        (
            "palette 1",
            png_file(2, Indexed, One, &[0b0100_0000], &palette[..6], &[]),
            "u8[1,2,3]",
            palette[..6].to_vec(),
        ),
        ("palette 2", png_file(4, Indexed, Two, &[0b0001_1011], &palette, &[]), "u8[1,4,3]", palette.to_vec()),
        ("palette 4", png_file(2, Indexed, Four, &[0x12], &palette, &[]), "u8[1,2,3]", palette[3..9].to_vec()),
        ("palette 8", png_file(2, Indexed, Eight, &[2, 3], &palette, &[]), "u8[1,2,3]", palette[6..].to_vec()),
        (
            "palette with transparency",
            png_file(2, Indexed, Eight, &[0, 1], &palette, &[0, 255]),
            "u8[1,2,3]",
            vec![255, 255, 255, 0, 255, 0],
        ),
        (
            "rgb with a transparent colour",
            png_file(2, Rgb, Eight, &[9, 9, 9, 1, 2, 3], &[], &[0, 9, 0, 9, 0, 9]),
            "u8[1,2,3]",
            vec![255, 255, 255, 1, 2, 3],
        ),
    ];
    for (name, file, ty, expected) in cases {
        let data = one("x.png", &file, &options()).unwrap();
        assert_eq!((data.sample_type().to_string().as_str(), all(&data)), (ty, expected), "{name}");
        assert_eq!(data.report().colours.len(), 1, "{name}: {:?}", data.report().colours);
    }
}

#[test]
fn transparency_shows_the_background() {
    let file = png_file(1, png::ColorType::GrayscaleAlpha, png::BitDepth::Eight, &[50, 0], &[], &[]);
    let data = one("x.png", &file, &DataOptions { background: [1, 2, 3], ..options() }).unwrap();
    assert_eq!((data.sample_type().to_string(), all(&data)), ("u8[1,1,3]".into(), vec![1, 2, 3]));
    let data = one("x.png", &file, &DataOptions { background: [7; 3], ..options() }).unwrap();
    assert_eq!((data.sample_type().to_string(), all(&data)), ("u8[1,1,1]".into(), vec![7]));
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// Four pixels, all different in every channel.
fn four() -> RgbImage {
    RgbImage::from_fn(2, 2, |x, y| Rgb([x as u8 * 255, y as u8 * 255, 128]))
}

#[test]
fn lossless_formats_give_the_same_pixels() {
    let image = DynamicImage::ImageRgb8(four());
    for (name, format) in [
        ("x.png", ImageFormat::Png),
        ("x.webp", ImageFormat::WebP),
        ("x.gif", ImageFormat::Gif),
        ("x.bmp", ImageFormat::Bmp),
        ("x.tif", ImageFormat::Tiff),
        ("x.ppm", ImageFormat::Pnm),
        ("without-ending", ImageFormat::Png),
        ("wrong-ending.jpg", ImageFormat::Bmp),
    ] {
        let file = if format == ImageFormat::Gif {
            encoded(&DynamicImage::ImageRgba8(image.to_rgba8()), format)
        } else {
            encoded(&image, format)
        };
        let data = one(name, &file, &options()).unwrap();
        assert_eq!(data.sample_type().to_string(), "u8[2,2,3]", "{name}");
        assert_eq!(all(&data), four().into_raw(), "{name}");
    }
    let deep = DynamicImage::ImageLuma16(image::ImageBuffer::from_vec(2, 1, vec![258u16, 40_000]).unwrap());
    let data = one("x.tiff", &encoded(&deep, ImageFormat::Tiff), &options()).unwrap();
    assert_eq!((data.sample_type().to_string(), all(&data)), ("u16[1,2,1]".into(), vec![2, 1, 0x40, 0x9c]));
    for text in ["P2 2 1 255 7 200\n", "P3 1 1 255 7 200 9\n"] {
        assert_eq!(all(&one("x.pnm", text.as_bytes(), &options()).unwrap())[..2], [7, 200]);
    }
    assert_eq!(all(&one("x.pbm", b"P1 2 1 1 0\n", &options()).unwrap()), [0, 255]);
}

#[test]
fn of_an_animation_the_first_frame_is_read() {
    let mut file = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut file);
    for value in [10, 200] {
        let frame = RgbaImage::from_pixel(2, 2, Rgba([value, value, value, 255]));
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    assert_eq!(all(&one("x.gif", &file, &options()).unwrap()), [10; 12]);
}

/// A JPEG of one colour, 8 x 8, in the given colour space.
fn jpeg(values: &[u8], colour: jpeg_encoder::ColorType) -> Vec<u8> {
    let mut out = Vec::new();
    jpeg_encoder::Encoder::new(&mut out, 100).encode(&values.repeat(64), 8, 8, colour).unwrap();
    out
}

#[test]
fn jpeg_in_grey_rgb_and_cmyk_is_read() {
    use jpeg_encoder::ColorType::{Cmyk, CmykAsYcck, Luma, Rgb};
    let near = |file: &[u8], expected: &[u8], name: &str| {
        let data = one("x.jpg", file, &options()).unwrap();
        assert_eq!(data.sample_type().shape[2], expected.len(), "{name}");
        for (found, wanted) in all(&data).iter().zip(expected.iter().cycle()) {
            assert!(found.abs_diff(*wanted) <= 3, "{name}: {found} for {wanted}");
        }
    };
    near(&jpeg(&[77], Luma), &[77], "grey");
    near(&jpeg(&[200, 100, 50], Rgb), &[200, 100, 50], "RGB");
    // Ink values: no cyan, half magenta, full yellow, no black = red 255, green 128, blue 0.
    near(&jpeg(&[0, 127, 255, 0], Cmyk), &[255, 128, 0], "CMYK");
    near(&jpeg(&[0, 127, 255, 0], CmykAsYcck), &[255, 128, 0], "YCCK");
    let data = one("x.jpg", &jpeg(&[0, 127, 255, 0], Cmyk), &options()).unwrap();
    assert_eq!(data.report().colours.keys().next().unwrap(), "CMYK 8 bit JPEG");
}

/// A JPEG 16 x 8 with a white left half, and an EXIF orientation.
fn oriented(orientation: u16) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend_from_slice(&orientation.to_le_bytes());
    exif.extend_from_slice(&[0; 6]);
    let pixels: Vec<u8> = (0..128).map(|i| if i % 16 < 8 { 255 } else { 0 }).collect();
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 100);
    encoder.add_app_segment(1, &exif).unwrap();
    encoder.encode(&pixels, 16, 8, jpeg_encoder::ColorType::Luma).unwrap();
    out
}

#[test]
fn exif_orientation_turns_the_image() {
    // Where the white half is to be seen: (size, corners top left, top right, bottom left).
    for (orientation, ty, corners) in [
        (1, "u8[8,16,1]", [255, 0, 255]),
        (2, "u8[8,16,1]", [0, 255, 0]),
        (3, "u8[8,16,1]", [0, 255, 0]),
        (6, "u8[16,8,1]", [255, 255, 0]),
        (8, "u8[16,8,1]", [0, 0, 255]),
    ] {
        let data = one("x.jpg", &oriented(orientation), &options()).unwrap();
        assert_eq!(data.sample_type().to_string(), ty, "orientation {orientation}");
        let (height, width) = (data.sample_type().shape[0], data.sample_type().shape[1]);
        let pixels = all(&data);
        let found = [pixels[0], pixels[width - 1], pixels[(height - 1) * width]];
        let white = found.map(|v| if v > 128 { 255 } else { 0 });
        assert_eq!(white, corners, "orientation {orientation}");
    }
}

/// A grey PNG of one value.
fn flat(width: u32, height: u32, value: u8) -> Vec<u8> {
    encoded(&DynamicImage::ImageLuma8(GrayImage::from_pixel(width, height, image::Luma([value]))), ImageFormat::Png)
}

#[test]
fn folders_are_classes_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (i, name) in ["b/2.png", "a/x/1.png", "b/10.png", "a/0.png", "Z/3.png"].iter().enumerate() {
        put(&path(name), &flat(2, 2, i as u8));
    }
    for name in [".DS_Store", "a/Thumbs.db", ".hidden/9.png", "b/.x.png", "__MACOSX/b/2.png"] {
        put(&path(name), b"nothing");
    }
    put(&path("readme.txt"), b"hello");
    let data = open(folder.path(), &options()).unwrap();
    assert_eq!(data.classes(), ["Z", "a", "b"]);
    assert_eq!(data.labels().unwrap(), [0, 1, 1, 2, 2]);
    let firsts: Vec<u8> = all(&data).chunks(4).map(|p| p[0]).collect();
    assert_eq!(firsts, [4, 3, 1, 2, 0], "Z/3, a/0, a/x/1, b/10, b/2");
    assert_eq!(data.report().bad, 0);
    assert_eq!(data.report().left_out, [(".txt".to_string(), 1)].into());
    put(&path("lone.png"), &flat(2, 2, 9));
    assert_eq!(open(folder.path(), &options()).unwrap().labels(), None);
}

#[test]
fn sizes_are_fitted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    put(&path("1.png"), &flat(4, 4, 10));
    put(&path("2.png"), &flat(4, 4, 20));
    put(&path("3.png"), &flat(8, 2, 30));
    let data = open(folder.path(), &options()).unwrap();
    assert_eq!(data.sample_type().to_string(), "u8[4,4,1]", "the size that most have");
    assert_eq!(all(&data)[32..], [30; 16]);
    let pad = DataOptions { fit: Fit::Pad, background: [0; 3], ..options() };
    let padded = all(&open(folder.path(), &pad).unwrap());
    assert_eq!(padded[32..], [[0; 4], [30; 4], [0; 4], [0; 4]].concat());
    let wide = DataOptions { resolution: Some(Resolution { width: 6, height: 3 }), channels: Some(3), ..options() };
    assert_eq!(open(folder.path(), &wide).unwrap().sample_type().to_string(), "u8[3,6,3]");
    put(&path("4.png"), &flat(9, 9, 30));
    assert!(matches!(open(folder.path(), &options()), Err(DataError::MixedSizes { .. })));
}

#[test]
fn grey_and_deep_images_among_others_keep_all_they_have() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    put(&path("1.png"), &flat(1, 1, 255));
    put(&path("2.png"), &png_file(1, png::ColorType::Rgb, png::BitDepth::Sixteen, &[1, 2, 3, 4, 5, 6], &[], &[]));
    let data = open(folder.path(), &options()).unwrap();
    assert_eq!(data.sample_type().to_string(), "u16[1,1,3]");
    assert_eq!(all(&data), [255, 255, 255, 255, 255, 255, 2, 1, 4, 3, 6, 5]);
    assert_eq!(data.codec().range(), [0.0, 65_535.0]);
}

#[test]
fn files_of_16_bits_have_the_range_that_they_say_or_that_is_in_use() {
    let gray = |value: u16, bits: Option<u8>| {
        let mut file = png_file(1, png::ColorType::Grayscale, png::BitDepth::Sixteen, &value.to_be_bytes(), &[], &[]);
        if let Some(bits) = bits {
            // sBIT behind the header, whose 25 bytes follow the magic's 8.
            let body = [&b"sBIT"[..], &[bits]].concat();
            let chunk = [&[0, 0, 0, 1], &body[..], &crc32fast::hash(&body).to_be_bytes()].concat();
            file.splice(33..33, chunk);
        }
        file
    };
    let range = |files: &[Vec<u8>]| {
        let folder = tempfile::tempdir().unwrap();
        for (i, file) in files.iter().enumerate() {
            put(&folder.path().join(format!("{i}.png")), file);
        }
        open(folder.path(), &options()).unwrap().codec().range()
    };
    assert_eq!(range(&[gray(9, None), gray(4095, None)]), [0.0, 4095.0]);
    assert_eq!(range(&[gray(9, None), gray(4096, None)]), [0.0, 65_535.0]);
    assert_eq!(range(&[gray(9, Some(14)), gray(3000, Some(14))]), [0.0, 16_383.0]);
    assert_eq!(range(&[gray(9, Some(12)), gray(900, Some(16))]), [0.0, 65_535.0]);
    assert_eq!(range(&[gray(9, Some(14)), gray(3000, None)]), [0.0, 4095.0], "what only some say is no fact of all");
    // An image of 8 bits among them is scaled to 16.
    assert_eq!(range(&[gray(9, None), flat(1, 1, 255)]), [0.0, 65_535.0]);
}

#[test]
fn bad_files_are_skipped_counted_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for i in 0..40 {
        put(&path(&format!("{}/{i:02}.png", if i < 20 { "a" } else { "b" })), &flat(3, 3, i));
    }
    let good = open(folder.path(), &options()).unwrap();
    put(&path("a/05x.png"), &flat(3, 3, 1)[..40]);
    put(&path("b/empty.jpg"), b"");
    let data = open(folder.path(), &options()).unwrap();
    assert_eq!((all(&data), data.labels()), (all(&good), good.labels()));
    let report = data.report();
    assert_eq!(
        (report.bad, report.first_bad[0].path.as_str(), report.first_bad[1].path.as_str()),
        (2, "a/05x.png", "b/empty.jpg")
    );
    std::os::unix::fs::symlink("/nowhere/at/all.png", path("b/zlink.png")).unwrap();
    let error = open(folder.path(), &options()).unwrap_err();
    assert!(matches!(error, DataError::TooManyBad { bad: 3, total: 43, .. }), "{error}");
    assert!(error.to_string().contains("a/05x.png") && error.hint().unwrap().contains("--max-bad"));
    let only_bad = tempfile::tempdir().unwrap();
    put(&only_bad.path().join("1.png"), b"nothing");
    let lax = DataOptions { max_bad: Some(1.0), ..options() };
    assert!(matches!(open(only_bad.path(), &lax), Err(DataError::TooManyBad { .. })));
}

#[test]
fn odd_folders_are_read() {
    let folder = tempfile::tempdir().unwrap();
    // One image; links in a circle; a pipe; a name that is no UTF-8.
    let name = Path::new(std::ffi::OsStr::from_bytes(b"\xff\xfe.png"));
    put(&folder.path().join("a").join(name), &flat(2, 2, 5));
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/circle")).unwrap();
    std::os::unix::fs::symlink("self.png", folder.path().join("self.png")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe.png")).status();
    let data = open(folder.path(), &DataOptions { max_bad: Some(0.6), ..options() }).unwrap();
    assert_eq!((data.len(), data.report().bad), (1, 1));
    assert!(data.report().notes.iter().any(|note| note.contains("1 link ")), "{:?}", data.report().notes);
    if made.is_ok_and(|status| status.success()) {
        assert!(data.report().notes.iter().any(|note| note.starts_with("1 pipe,")));
    }
    let single = open(&folder.path().join("a").join(name), &options()).unwrap();
    assert_eq!((single.len(), single.split(None, 0).train), (1, vec![0]));
}

#[test]
fn the_training_part_is_used() {
    let folder = tempfile::tempdir().unwrap();
    for (i, name) in ["s/train/a/1.png", "s/train/b/2.png", "s/test/a/3.png"].iter().enumerate() {
        put(&folder.path().join(name), &flat(1, 1, i as u8));
    }
    let data = open(folder.path(), &options()).unwrap();
    assert_eq!((all(&data), data.classes()), (vec![0, 1], &["a".to_string(), "b".to_string()][..]));
}

#[test]
fn a_decompression_bomb_is_refused_before_it_is_decoded() {
    // The header says 16,000 x 16,000; there are no pixels behind it.
    let mut file = flat(1, 1, 0);
    file[16..24].copy_from_slice(&[0, 0, 0x3e, 0x80, 0, 0, 0x3e, 0x80]);
    let crc = crc32fast::hash(&file[12..29]);
    file[29..33].copy_from_slice(&crc.to_be_bytes());
    let error = one("x.png", &file, &options()).unwrap_err().to_string();
    assert!(error.contains("at most 67108864 pixels, found 16000x16000"), "{error}");
}

#[test]
fn a_cut_jpeg_is_bad_and_not_half_grey() {
    let file = jpeg(&[10, 200, 30], jpeg_encoder::ColorType::Rgb);
    for length in [file.len() - 1, file.len() - 2, file.len() / 2, 3] {
        let error = one("x.jpg", &file[..length], &options()).unwrap_err().to_string();
        assert!(error.contains("byte") || error.contains("PNG, JPEG"), "{error}");
    }
}

/// Duplicates have the names of their files; what is empty is said to be so; of files that are no images the first are named.
#[test]
fn files_that_are_of_no_use_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let image = |value: u8| [b"P5 2 2 255\n".as_slice(), &[value, 1, 2, 3]].concat();
    for (name, value) in [("a/1.pgm", 1), ("a/2.pgm", 2), ("b/3.pgm", 1), ("b/4.pgm", 4), ("b/5.pgm", 1)] {
        put(&folder.path().join(name), &image(value));
    }
    put(&folder.path().join("a/empty.png"), b"");
    put(&folder.path().join("notes.txt"), b"text");
    let options = DataOptions { max_bad: Some(0.5), ..DataOptions::default() };
    let data = open(folder.path(), &options).unwrap();
    let report = data.report();
    let pair = |again: &str| [again.to_string(), "a/1.pgm".into()];
    assert_eq!((report.duplicates, &report.equal), (2, &vec![pair("b/3.pgm"), pair("b/5.pgm")]));
    assert_eq!(
        (report.first_bad[0].path.as_str(), report.first_bad[0].reason.as_str()),
        ("a/empty.png", "the file is empty")
    );
    assert_eq!(report.first_left_out, ["notes.txt"]);
    // What is dropped is neither trained on nor held out, from files and from the cache; the data are the same.
    let drop = DataOptions { duplicates: Duplicates::Drop, ..options.clone() };
    let cache = tempfile::tempdir().unwrap();
    for folder_of_cache in [None, Some(cache.path()), Some(cache.path())] {
        let source = Source::parse(folder.path()).unwrap();
        let dropped = Dataset::open_with(&source, &drop, folder_of_cache, &()).unwrap();
        let split = dropped.split(Some(0.4), 0);
        let mut used = [split.train, split.holdout.clone()].concat();
        used.sort_unstable();
        assert_eq!((used, split.holdout.len()), (vec![0, 1, 3], 1));
        assert_eq!(dropped.fingerprint(), data.fingerprint());
        let note = "2 duplicates neither trained on nor held out";
        assert!(dropped.report().notes.iter().any(|found| found.starts_with(note)), "{}", dropped.report());
    }
    assert_eq!(data.split(None, 0).train, [0, 1, 2, 3, 4]);
}
