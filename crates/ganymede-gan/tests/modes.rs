//! The preset `ring2d` finds every mode of the ring and of the grid. It trains for real: half a minute each, side by side.

use ganymede_data::{DataOptions, Dataset, Loader, PREFETCH, Source, SourceOptions};
use ganymede_gan::metrics::{Mixture, covered, modes};
use ganymede_gan::{Labels, Sampler, Stepper, presets};
use ganymede_runtime::{CpuBackend, CpuOptions};
use ganymede_tensor::Tensor;
use std::sync::Arc;

/// Generated samples, of which some are to be of each mode.
const SAMPLES: u64 = 5000;

/// The number of modes that a training of the preset reaches, and the share of samples that are of any.
fn reached(name: &str) -> (f64, f64) {
    let options = DataOptions { use_cache: false, ..DataOptions::default() };
    let data = Arc::new(Dataset::open(&Source::parse(name).unwrap(), &options, &()).unwrap());
    let codec = data.codec();
    let spec = presets::preset("ring2d", codec).unwrap();
    let backend = CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap();
    let mut stepper = Stepper::new(&spec, codec, &backend).unwrap();
    stepper.initialise().unwrap();
    let train = data.split(None, spec.seed).train;
    let known: Vec<u32> = train[..20_000].to_vec();
    let options = SourceOptions::new(spec.train.batch, spec.seed);
    let mut loader = Loader::new(codec.batches(Arc::clone(&data), train, &options).unwrap(), 0, PREFETCH).unwrap();
    for step in 0..spec.train.steps.unwrap() {
        let result = stepper.run(step, || Ok(loader.next()?)).unwrap();
        assert_eq!(result.non_finite, [], "step {step}");
    }
    let mut sampler = Sampler::new(&spec, codec, None, &backend).unwrap();
    sampler.copy_from(stepper.store()).unwrap();
    let fake = sampler.draw(0..SAMPLES, Labels::InTurn).unwrap();
    let (scale, offset) = codec.scaling();
    let points = data.gather(&known).unwrap().to_f64().into_iter().map(|v| (v * scale + offset) as f32).collect();
    let points = Tensor::from_f32([known.len(), 2], points).unwrap();
    let labels: Vec<u32> = known.iter().map(|&i| data.labels().unwrap()[i as usize]).collect();
    let mixture = Mixture::of(&points, &labels, codec.classes().len()).unwrap();
    let values = modes(&covered(&mixture, fake.as_f32().unwrap()), codec.classes().len(), 0);
    let number = |name: &str| values.iter().find(|value| value.name == name).unwrap().estimate.value;
    println!("{name}: {} modes, {:.3} of the samples are of one", number("modes"), number("high_quality"));
    (number("modes"), number("high_quality"))
}

#[test]
fn all_modes_of_the_ring_are_found() {
    let (modes, share) = reached("ring2d");
    assert_eq!(modes, 8.0);
    assert!(share > 0.6, "{share} of the samples are of a mode");
}

#[test]
fn all_modes_of_the_grid_are_found() {
    let (modes, share) = reached("grid2d");
    assert_eq!(modes, 25.0);
    assert!(share > 0.2, "{share} of the samples are of a mode");
}
