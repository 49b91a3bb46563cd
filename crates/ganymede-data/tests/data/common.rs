//! What the tests share: opening a path without or with a cache, and raw samples made of random bytes.

use ganymede_data::{DataError, DataOptions, Dataset, Source};
use ganymede_tensor::{Rng, TensorType};
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
