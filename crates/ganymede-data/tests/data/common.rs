//! What the tests share: opening a path without or with a cache, raw samples made of random bytes, and folders that are opened as
//! archives too.

use ganymede_data::{DataError, DataOptions, Dataset, Source};
use ganymede_tensor::{Rng, TensorType};
use image::{DynamicImage, GrayImage, ImageFormat};
use std::io::{Cursor, Write};
use std::path::Path;

/// Opens a path in memory.
pub fn open(path: &Path, options: &DataOptions) -> Result<Dataset, DataError> {
    Dataset::open_with(&Source::parse(path)?, options, None, &())
}

/// All samples as bytes.
pub fn all(data: &Dataset) -> Vec<u8> {
    let indices: Vec<u32> = (0..data.len() as u32).collect();
    let mut bytes = vec![0; data.len() * data.sample_type().bytes()];
    data.read(&indices, &mut bytes).unwrap();
    bytes
}

/// Random samples; finite numbers from −1 to 1 for `f32`. Every second value is small, so that files compress.
pub fn random_samples(sample: &TensorType, n: usize, seed: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed, 0);
    if sample.dtype == ganymede_tensor::DType::F32 {
        return (0..n * sample.elements()).flat_map(|_| (rng.uniform_in(-1.0, 1.0) as f32).to_le_bytes()).collect();
    }
    (0..n * sample.bytes()).map(|i| if i % 2 == 0 { rng.below(256) as u8 } else { rng.below(4) as u8 * 64 }).collect()
}

/// Writes a file, making its folder.
pub fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A grey image of one value, and its file.
pub fn flat(value: u8) -> Vec<u8> {
    let image = DynamicImage::ImageLuma8(GrayImage::from_pixel(2, 2, image::Luma([value])));
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

/// The name and bytes of each file; a name that ends with `/` is a folder.
pub type Files = Vec<(String, Vec<u8>)>;

/// Images of these paths, the first of value 0, the next of 1 …
pub fn images(paths: &str) -> Files {
    (0..)
        .zip(paths.split_whitespace())
        .map(|(value, path)| (path.to_string(), if path.ends_with('/') { Vec::new() } else { flat(value) }))
        .collect()
}

/// Files with one more.
pub fn with(mut files: Files, name: &str, bytes: impl AsRef<[u8]>) -> Files {
    files.push((name.into(), bytes.as_ref().to_vec()));
    files
}

/// Writes them as an archive.
pub fn zip_of(path: &Path, files: &Files) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in files {
        match name.strip_suffix('/') {
            Some(folder) => zip.add_directory(folder, options).unwrap(),
            None => zip.start_file(name.clone(), options).and_then(|()| Ok(zip.write_all(bytes)?)).unwrap(),
        }
    }
    zip.finish().unwrap();
}

/// Whether a note is of the range of the values.
fn of_range(note: &str) -> bool {
    note.contains("of their range") || note.contains("nothing to learn") || note.contains("became the range")
}

/// What a set gave: first values of the samples, the class of each, notes and warnings.
#[derive(Debug, PartialEq)]
pub struct Seen {
    pub values: Vec<u8>,
    pub classes: Vec<String>,
    pub names: Vec<String>,
    pub notes: Vec<String>,
    pub left_out: String,
    pub bad: u64,
}

fn seen(data: &Dataset) -> Seen {
    let report = data.report();
    let name = |label: &u32| data.classes()[*label as usize].clone();
    Seen {
        values: all(data).chunks(data.sample_type().bytes()).map(|sample| sample[0]).collect(),
        classes: data.labels().unwrap_or_default().iter().map(name).collect(),
        names: data.classes().to_vec(),
        // The images are of few values: what is said of their range is told in `range.rs`.
        notes: report.warnings.iter().chain(&report.notes).filter(|note| !of_range(note)).cloned().collect(),
        left_out: report.left_out.iter().map(|(kind, n)| format!("{kind} {n}")).collect::<Vec<_>>().join(" "),
        bad: report.bad,
    }
}

/// Opens files as a folder and as an archive.
pub fn both(files: &Files, options: &DataOptions) -> (Result<Seen, DataError>, Result<Seen, DataError>) {
    let place = tempfile::tempdir().unwrap();
    let (folder, archive) = (place.path().join("set"), place.path().join("set.zip"));
    std::fs::create_dir(&folder).unwrap();
    for (name, bytes) in files {
        match name.strip_suffix('/') {
            Some(name) => std::fs::create_dir_all(folder.join(name)).unwrap(),
            None => put(&folder.join(name), bytes),
        }
    }
    zip_of(&archive, files);
    (open(&folder, options).map(|data| seen(&data)), open(&archive, options).map(|data| seen(&data)))
}

/// What both give, which must be the same.
pub fn same(files: &Files, options: &DataOptions) -> Seen {
    let (folder, archive) = both(files, options);
    let (folder, mut archive) = (folder.unwrap(), archive.unwrap());
    archive.notes.iter_mut().for_each(|note| *note = note.replace("in the archive", "below the folder"));
    assert_eq!(folder, archive, "{:?}", files.iter().map(|(name, _)| name).collect::<Vec<_>>());
    folder
}

/// The default options.
pub fn default() -> DataOptions {
    DataOptions::default()
}
