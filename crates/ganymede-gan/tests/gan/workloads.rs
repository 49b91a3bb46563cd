//! The workloads of the benchmarks: each is a complete spec of the size that its peers have, and trains. Not here: their
//! times (`ganymede bench`), the presets (`presets.rs`).

use ganymede_data::{Batch, Codec};
use ganymede_gan::Stepper;
use ganymede_gan::spec::TrainSpec;
use ganymede_runtime::{CpuBackend, CpuOptions};
use ganymede_tensor::{Rng, Shape, Tensor, TensorType};
use std::collections::BTreeMap;
use std::path::Path;

/// File, batch of the test, trainable numbers of generator and discriminator as the scripts in `benches/peers` print them.
const WORKLOADS: &[(&str, usize, u64, u64)] = &[
    ("dcgan3d", 2, 4_723_584, 2_642_688),
    ("r3gan", 2, 714_963, 521_665),
    ("sngan", 2, 4_276_739, 1_053_825),
    ("tabular", 20, 299_404, 721_665),
    ("wgan_gp", 2, 1_068_928, 662_528),
];

fn codec(shape: &[usize]) -> Codec {
    Codec::stand_in(TensorType::f32(shape), [-1.0, 1.0], Vec::new())
}

fn batch(number: u64, size: usize, shape: &[usize]) -> Batch {
    let shape: Vec<usize> = [size].iter().chain(shape).copied().collect();
    let mut rng = Rng::at(1, 2, number as u32);
    let values = (0..shape.iter().product()).map(|_| (rng.normal() as f32).tanh()).collect();
    Batch::new(number, [("real", Tensor::from_f32(Shape::from(shape), values).unwrap())])
}

#[test]
fn every_workload_has_its_peers_size_and_takes_three_finite_steps() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/workloads");
    let mut specs: BTreeMap<String, TrainSpec> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().into(), TrainSpec::load(&path).unwrap()))
        .collect();
    let backend = CpuBackend::new(CpuOptions { threads: 2, ..CpuOptions::default() }).unwrap();
    for &(name, size, generator, discriminator) in WORKLOADS {
        let mut spec = specs.remove(name).unwrap_or_else(|| panic!("expected {name}.toml in {}", folder.display()));
        spec.train.batch = size;
        let shape = spec.data.shape.clone();
        let mut stepper = Stepper::new(&spec, &codec(&shape), &backend).unwrap_or_else(|e| panic!("{name}: {e}"));
        let parameters = stepper.plan().parameters;
        assert_eq!(parameters["generator"].0, generator, "{name}");
        assert_eq!(parameters["discriminator"].0, discriminator, "{name}");
        stepper.initialise().unwrap();
        let mut number = 0;
        for step in 0..3 {
            let result = stepper.run(step, || {
                number += 1;
                Ok(batch(number, size, &shape))
            });
            let result = result.unwrap();
            assert_eq!(result.non_finite, [], "{name}");
            assert!(result.losses.iter().all(|(_, loss)| loss.is_finite()), "{name}: {:?}", result.losses);
        }
    }
    assert_eq!(specs.keys().collect::<Vec<_>>(), Vec::<&String>::new(), "files without a line in WORKLOADS");
}
