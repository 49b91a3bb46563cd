//! Runs to export.

use ganymede_data::Dataset;
use ganymede_gan::{Sampler, SamplerOptions, Training};
use ganymede_interop::Trained;
use ganymede_runtime::{CpuBackend, CpuOptions};
use ganymede_tensor::Tensor;
use std::path::{Path, PathBuf};

/// A run of one step of this preset on small images of two classes, with batch statistics that are not those of the start.
pub fn images(folder: &Path, preset: &str) -> PathBuf {
    let images: Vec<u8> = (0..8 * 16 * 16).map(|i| (i * 7 % 251) as u8).collect();
    let data = Dataset::from_samples("stripes", images, [16, 16, 1]).labels(vec![0, 1, 0, 1, 0, 1, 0, 1], ["a", "b"]);
    run(folder, preset, data.build().unwrap(), Some(8))
}

/// The same of points.
pub fn points(folder: &Path, preset: &str) -> PathBuf {
    let points: Vec<[f32; 2]> = (0..16).map(|i| [(i as f32).sin(), (i as f32).cos()]).collect();
    run(folder, preset, Dataset::from_samples("points", points, [2]).build().unwrap(), Some(8))
}

fn run(folder: &Path, preset: &str, data: Dataset, width: Option<usize>) -> PathBuf {
    let training = Training::preset_of_width(preset, width, data).unwrap().batch(4).steps(1);
    training.outdir(folder).start().unwrap().train().unwrap().run
}

/// A run, and what its generator makes of the latents of the first seeds: latents, labels (where it takes them), samples.
pub fn generated(run: &Path, count: u64) -> (Trained, Tensor, Vec<(String, Tensor)>, Tensor) {
    let backend = CpuBackend::new(CpuOptions { threads: 2, ..CpuOptions::default() }).unwrap();
    let (mut sampler, codec, _) = Sampler::open(run, SamplerOptions::default(), &backend).unwrap();
    let latents = sampler.latents(0..count).unwrap();
    let mut given = codec.conditions(&ganymede_data::Wish::in_turn(), 0..count).unwrap();
    given.retain(|(name, _)| sampler.given().contains(&name.as_str()));
    let samples = sampler.generate(&latents, &given).unwrap();
    (Trained::open(run, None, false).unwrap(), latents, given, samples)
}
