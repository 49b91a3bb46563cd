//! Every preset's first steps, for samples of every shape that it takes. Not here: its spec (`presets/mod.rs`).

use ganymede_data::{Batch, Codec};
use ganymede_gan::Stepper;
use ganymede_gan::presets::{PRESETS, PresetInput, preset_for};
use ganymede_runtime::{CpuBackend, CpuOptions};
use ganymede_tensor::{Data, Rng, Shape, Tensor, TensorType};

fn codec(shape: &[usize]) -> Codec {
    Codec::stand_in(TensorType::f32(shape), [-1.0, 1.0], (0..10).map(|class| class.to_string()).collect())
}

fn batch(number: u64, size: usize, shape: &[usize]) -> Batch {
    let shape: Vec<usize> = [size].iter().chain(shape).copied().collect();
    let mut rng = Rng::at(1, 2, number as u32);
    let values = (0..shape.iter().product()).map(|_| (rng.normal() as f32).tanh()).collect();
    let labels = (0..size).map(|_| rng.below(10) as i32).collect();
    let label = Tensor::new([size], Data::I32(labels)).unwrap();
    Batch::new(number, [("real", Tensor::from_f32(Shape::from(shape), values).unwrap()), ("label", label)])
}

#[test]
fn every_preset_takes_three_finite_steps_that_move_every_network() {
    let backend = CpuBackend::new(CpuOptions { threads: 2, ..CpuOptions::default() }).unwrap();
    for entry in PRESETS {
        let mut taken = 0;
        for shape in [vec![2], vec![8, 8, 1], vec![28, 28, 1], vec![28, 28, 3], vec![16, 32, 3], vec![128, 128, 1]] {
            let Ok(mut spec) =
                preset_for(entry.name, &PresetInput { width: Some(8), ..PresetInput::of(shape.clone()) })
            else {
                continue;
            };
            let what = format!("{} for {shape:?}", entry.name);
            // Ten rows are judged as one there.
            let rows = if entry.name == "ctgan" { 10 } else { 4 };
            spec.train.batch = rows;
            let mut stepper = Stepper::new(&spec, &codec(&shape), &backend).unwrap();
            stepper.initialise().unwrap();
            let names: Vec<String> = stepper.store().layout().entries.iter().map(|e| e.name.clone()).collect();
            let kernels: Vec<&String> = names.iter().filter(|n| n.ends_with("/kernel")).collect();
            let read = |stepper: &Stepper, name: &str| stepper.store().read(name).unwrap().to_f64();
            let before: Vec<_> = kernels.iter().map(|name| read(&stepper, name)).collect();
            let mut number = 0;
            for step in 0..3 {
                let result = stepper.run(step, || {
                    number += 1;
                    Ok(batch(number, rows, &shape))
                });
                let result = result.unwrap();
                assert_eq!(result.non_finite, [], "{what}");
                assert!(result.losses.iter().all(|(_, loss)| loss.is_finite()), "{what}: {:?}", result.losses);
            }
            for (name, before) in kernels.iter().zip(&before) {
                assert_ne!(&read(&stepper, name), before, "{what}: {name} did not move");
            }
            taken += 1;
        }
        assert!(taken > 0, "{} takes none of the shapes", entry.name);
    }
}
