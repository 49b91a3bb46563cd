//! Damaged files: a seeded mutator cuts and flips; each result loads or gives an error that names the file,
//! and never panics, hangs or takes memory out of proportion.

use super::common::{put, random_samples};
use ganymede_data::{DataError, DataOptions, Dataset, Resolution, Samples, Source, write};
use ganymede_tensor::{Rng, TensorType, stream_of};
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

/// Number of damaged versions of each kind of file.
const VERSIONS: usize = 240;

/// A version of a file: cut off, or some bits flipped, or some bytes replaced by telling values, in turn.
fn mutated(good: &[u8], rng: &mut Rng, version: usize) -> Vec<u8> {
    let mut bytes = good.to_vec();
    // Every third damage falls on the head, where sizes are.
    let head = good.len().min(64);
    let place = |rng: &mut Rng| rng.below(if version.is_multiple_of(3) { head } else { good.len() } as u32) as usize;
    match version % 4 {
        0 => bytes.truncate(place(rng)),
        1 => (0..1 + rng.below(4)).for_each(|_| {
            let at = place(rng);
            bytes[at] ^= 1 << rng.below(8);
        }),
        2 => {
            let at = place(rng);
            let value = [0x00, 0x7f, 0x80, 0xff][rng.below(4) as usize];
            let end = (at + 1 + rng.below(4) as usize).min(bytes.len());
            bytes[at..end].fill(value);
        }
        _ => {
            let (from, to) = (place(rng), place(rng));
            let length = (good.len() - from.max(to)).min(16);
            bytes.copy_within(from..from + length, to);
        }
    }
    bytes
}

/// Damages `good` in every way and opens each result with `open`; gives (loaded, refused).
fn damage(name: &str, good: &[u8], mut open: impl FnMut(&[u8]) -> Result<Dataset, DataError>) -> (usize, usize) {
    let mut rng = Rng::new(20, stream_of(name));
    let (mut loaded, mut refused) = (0, 0);
    assert!(open(good).is_ok(), "{name} is readable when it is whole");
    for version in 0..VERSIONS {
        let bytes = mutated(good, &mut rng, version);
        let start = Instant::now();
        match open(&bytes) {
            Ok(data) => {
                let mut sample = vec![0; data.sample_type().bytes()];
                data.read(&[data.len() as u32 - 1], &mut sample).unwrap();
                loaded += 1;
            }
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(name), "{name} version {version}: the error does not name the file: {text}");
                assert!(!text.contains("defect of"), "{name} version {version}: {text}");
                refused += 1;
            }
        }
        // A hang, not a measurement: a healthy file takes milliseconds.
        assert!(start.elapsed() < Duration::from_secs(60), "{name} version {version} takes too long");
    }
    (loaded, refused)
}

/// Opens a file of this name and these bytes, without a cache.
fn opener(folder: &Path, name: &str) -> impl FnMut(&[u8]) -> Result<Dataset, DataError> {
    let path = folder.join(name);
    move |bytes| {
        put(&path, bytes);
        let options = DataOptions { max_bad: Some(0.0), ..DataOptions::default() };
        Dataset::open_with(&Source::parse(&path)?, &options, None, &())
    }
}

/// An image with structure, so that compressed files have some length.
fn image() -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(24, 20, |x, y| {
        image::Rgb([(x * 10) as u8, (y * 12) as u8, ((x * y) % 251) as u8])
    }))
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    match format {
        ImageFormat::Gif => DynamicImage::ImageRgba8(image().to_rgba8()).write_to(&mut out, format).unwrap(),
        _ => image().write_to(&mut out, format).unwrap(),
    }
    out.into_inner()
}

#[test]
fn damaged_images() {
    let folder = tempfile::tempdir().unwrap();
    for (name, format) in [
        ("x.png", ImageFormat::Png),
        ("x.jpg", ImageFormat::Jpeg),
        ("x.webp", ImageFormat::WebP),
        ("x.gif", ImageFormat::Gif),
        ("x.bmp", ImageFormat::Bmp),
        ("x.tiff", ImageFormat::Tiff),
        ("x.ppm", ImageFormat::Pnm),
    ] {
        let (loaded, refused) = damage(name, &encoded(format), opener(folder.path(), name));
        assert_eq!(loaded + refused, VERSIONS);
        assert!(refused >= VERSIONS / 8, "{name}: {refused} refused");
    }
    let mut progressive = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut progressive, 80);
    encoder.set_progressive(true);
    encoder.encode(&image().to_rgb8().into_raw(), 24, 20, jpeg_encoder::ColorType::Rgb).unwrap();
    damage("p.jpg", &progressive, opener(folder.path(), "p.jpg"));
}

/// The bytes of the file that the format writes for ten small images.
fn written(format: &str, folder: &Path, file: &str) -> Vec<u8> {
    let sample = TensorType::new(ganymede_tensor::DType::U8, [6, 6, 1]);
    let bytes = random_samples(&sample, 10, 5);
    let labels: Vec<u32> = (0..10).map(|i| i / 5).collect();
    let classes = ["0", "1"].map(String::from);
    let samples = Samples { sample: &sample, bytes: &bytes, labels: Some(&labels), classes: &classes };
    write(format, &folder.join("good").join(file), &samples).unwrap();
    std::fs::read(folder.join("good").join(file).join(if format == "idx" { "train-images-idx3-ubyte.gz" } else { "" }))
        .or_else(|_| std::fs::read(folder.join("good").join(file)))
        .unwrap()
}

#[test]
fn damaged_arrays_and_archives() {
    let folder = tempfile::tempdir().unwrap();
    for (format, file, name) in [
        ("idx", "", "x-images-idx3-ubyte.gz"),
        ("npy", "x.npy", "x.npy"),
        ("npz", "x.npz", "x.npz"),
        ("image-zip", "x.zip", "x.zip"),
    ] {
        let good = written(format, folder.path(), file);
        let (loaded, refused) = damage(name, &good, opener(folder.path(), name));
        assert_eq!(loaded + refused, VERSIONS);
        assert!(refused >= VERSIONS / 4, "{name}: {refused} refused");
    }
    // Plain IDX, whose sizes no checksum protects.
    let mut plain = vec![0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 6, 0, 0, 0, 6];
    plain.extend(random_samples(&TensorType::new(ganymede_tensor::DType::U8, [6, 6]), 10, 5));
    damage("x-images-idx3-ubyte", &plain, opener(folder.path(), "x-images-idx3-ubyte"));
}

/// A `.npy` file of this type, order and shape.
fn npy(descr: &str, fortran: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), values].concat()
}

#[test]
fn damaged_arrays_in_column_major_order_and_labels_of_every_kind() {
    let folder = tempfile::tempdir().unwrap();
    // No byte of an exponent of ones: all values are finite.
    let values: Vec<u8> = (0..6 * 9 * 9 * 2).map(|i| (i * 7 % 113) as u8).collect();
    let fortran = npy("<f2", "True", "(6, 9, 9)", &values);
    let (loaded, refused) = damage("f.npy", &fortran, opener(folder.path(), "f.npy"));
    assert!(loaded + refused == VERSIONS && refused >= VERSIONS / 8, "{refused} refused");
    let texts: Vec<u8> = "catowlcatcatowlowl".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let one_hot: Vec<u8> = (0..6).flat_map(|i| [u8::from(i % 2 == 0), u8::from(i % 2 == 1)]).collect();
    for (name, labels) in [
        ("t.npz", npy("<U3", "False", "(6,)", &texts)),
        ("b.npz", npy("|S3", "True", "(6, 1)", b"catowlcatcatowlowl")),
        ("h.npz", npy("|u1", "True", "(6, 2)", &one_hot)),
    ] {
        // Stored without compression, so that damage falls on the arrays; the archive's checksum sees most of it.
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        for (member, bytes) in [("images.npy", &fortran), ("labels.npy", &labels)] {
            zip.start_file(member, stored).unwrap();
            std::io::Write::write_all(&mut zip, bytes).unwrap();
        }
        let good = zip.finish().unwrap().into_inner();
        let (loaded, refused) = damage(name, &good, opener(folder.path(), name));
        assert!(loaded + refused == VERSIONS && refused >= VERSIONS / 4, "{name}: {refused} refused");
    }
    // The labels alone, whose bytes no checksum protects, as samples with another meaning.
    for (name, bytes) in [("t.npy", npy("<U3", "False", "(6,)", &texts)), ("o.npy", npy("|O", "False", "(6,)", b"x"))] {
        assert!(opener(folder.path(), name)(&bytes).unwrap_err().to_string().contains(name));
    }
}

#[test]
fn damaged_caches_are_built_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    put(&path, &written("npz", folder.path(), "x.npz"));
    let cache = folder.path().join("cache");
    let options = DataOptions { resolution: Some(Resolution::square(4)), ..DataOptions::default() };
    let open = || Dataset::open_with(&Source::parse(&path).unwrap(), &options, Some(&cache), &()).unwrap();
    let first = open();
    let samples = super::common::all(&first);
    let file = first.cache_file().unwrap().to_path_buf();
    let (loaded, refused) = damage("x.npz", &std::fs::read(&file).unwrap(), |bytes| {
        std::fs::write(&file, bytes).unwrap();
        let data = open();
        assert_eq!(super::common::all(&data), samples);
        assert_eq!((data.report(), data.labels()), (first.report(), first.labels()));
        Ok(data)
    });
    assert_eq!((loaded, refused), (VERSIONS, 0));
}

#[test]
fn damaged_tables_of_classes() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("images");
    let sample = TensorType::new(ganymede_tensor::DType::U8, [6, 6, 1]);
    let bytes = random_samples(&sample, 10, 5);
    write("image-folder", &root, &Samples { sample: &sample, bytes: &bytes, labels: None, classes: &[] }).unwrap();
    let rows: String = (0..10).map(|i| format!("{i:06}.png,\"class {}\"\n", i % 3)).collect();
    let options = DataOptions { max_bad: Some(0.0), ..DataOptions::default() };
    let (loaded, refused) = damage("images", format!("file,class\n{rows}").as_bytes(), |bytes| {
        put(&root.join("labels.csv"), bytes);
        Dataset::open_with(&Source::parse(&root)?, &options, None, &())
    });
    assert_eq!(loaded + refused, VERSIONS);
    // Damage to a class is another class, if still UTF-8; damage to a name or a row is refused.
    assert!(refused >= VERSIONS / 8 && loaded >= VERSIONS / 20, "{refused} refused");
}
