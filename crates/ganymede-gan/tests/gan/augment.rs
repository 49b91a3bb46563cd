//! Augmentation in a training: the probability of ADA, both backends, stop and resume of its state.

use ganymede_data::{Batch, Codec};
use ganymede_gan::Stepper;
use ganymede_gan::spec::{TrainSpec, edit};
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, ReferenceBackend};
use ganymede_tensor::{Rng, Tensor, TensorType};
use std::collections::BTreeMap;

const SPEC: &str = r#"
train = { steps = 4, batch = 4 }
[networks.generator]
layers = [
    { class_name = "Input", shape = [3] },
    { class_name = "Dense", units = 108, activation = "tanh" },
    { class_name = "Reshape", target_shape = [6, 6, 3] },
]
[networks.discriminator]
layers = [
    { class_name = "Input", shape = [6, 6, 3] },
    { class_name = "Conv2D", filters = 5, kernel_size = [3, 3], activation = "tanh" },
    { class_name = "Flatten" },
    { class_name = "Dense", units = 1 },
]
[[phases]]
name = "d"
trains = ["discriminator"]
optimizer = { class_name = "SGD", learning_rate = 0.1 }
terms = [{ class_name = "non_saturating" }, { class_name = "r1" }]
[[phases]]
name = "g"
trains = ["generator"]
optimizer = { class_name = "SGD", learning_rate = 0.1 }
terms = [{ class_name = "non_saturating" }]
"#;

fn stepper(edits: &[&str], backend: &dyn Backend) -> Stepper {
    let mut spec = TrainSpec::from_toml(SPEC).unwrap();
    for change in edits {
        spec = edit(&spec, change).unwrap();
    }
    let codec = Codec::stand_in(TensorType::f32([6, 6, 3]), [-1.0, 1.0], Vec::new());
    let mut stepper = Stepper::new(&spec, &codec, backend).unwrap();
    stepper.initialise().unwrap();
    stepper
}

fn step(stepper: &mut Stepper, number: u64) -> BTreeMap<String, f32> {
    let mut rng = Rng::at(1, 2, number as u32);
    let values = (0..4 * 108).map(|_| (rng.normal() as f32).tanh()).collect();
    let batch = Batch::new(number, [("real", Tensor::from_f32([4, 6, 6, 3], values).unwrap())]);
    let result = stepper.run(number, || Ok(batch.clone())).unwrap();
    assert_eq!(result.non_finite, []);
    result.losses.into_iter().collect()
}

fn states(stepper: &Stepper) -> BTreeMap<String, Vec<f64>> {
    let store = stepper.store();
    store.layout().entries.iter().map(|e| (e.name.clone(), store.read(&e.name).unwrap().to_f64())).collect()
}

#[test]
fn the_cpu_backend_follows_the_interpreter_through_augmentations() {
    for augmentation in ["{class_name='diff_augment'}", "{class_name='adaptive',p=0.7}"] {
        let run = |backend: &dyn Backend| {
            let mut stepper = stepper(&[&format!("augment=[{augmentation}]")], backend);
            (0..2).for_each(|number| drop(step(&mut stepper, number)));
            states(&stepper)
        };
        let (cpu, reference) = (run(&CpuBackend::new(CpuOptions::default()).unwrap()), run(&ReferenceBackend));
        for (name, expected) in &reference {
            let largest = expected.iter().fold(1e-3f64, |m, v| m.max(v.abs()));
            for (a, b) in expected.iter().zip(&cpu[name]) {
                assert!((a - b).abs() <= 1e-4 * largest, "{augmentation}, {name}: {a} interpreted, {b} on the CPU");
            }
        }
        let plain = {
            let mut stepper = stepper(&[], &ReferenceBackend);
            (0..2).for_each(|number| drop(step(&mut stepper, number)));
            states(&stepper)
        };
        assert_ne!(plain["discriminator/dense/kernel"], reference["discriminator/dense/kernel"], "{augmentation}");
    }
}

/// With a bias that makes all logits of one sign, r is 1 or −1.
#[test]
fn the_probability_follows_the_signs_of_the_logits_within_its_bounds() {
    let backend = CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap();
    let still = ["phases.0.optimizer.learning_rate=0.0", "phases.1.optimizer.learning_rate=0.0"];
    // A batch of 4 at a speed of 0.04 kimg: a tenth each step.
    let augment = "augment=[{class_name='adaptive',speed_kimg=0.04}]";
    for (bias, expected) in [(100.0f32, [0.1, 0.2, 0.3]), (-100.0, [0.0; 3])] {
        let mut stepper = stepper(&[&still[..], &[augment]].concat(), &backend);
        let value = Tensor::from_f32([1], vec![bias]).unwrap();
        stepper.store_mut().write("discriminator/dense/bias", &value).unwrap();
        for (number, expected) in expected.into_iter().enumerate() {
            let shown = step(&mut stepper, number as u64)["augment/0/p"];
            assert!((f64::from(shown) - expected).abs() < 1e-6, "step {number}: {shown}, expected {expected}");
        }
        for number in 3..15 {
            step(&mut stepper, number);
        }
        let p = states(&stepper)["augment/0/p"][0];
        assert_eq!(p, if bias > 0.0 { 1.0 } else { 0.0 });
    }
}

/// p is a state: it is in a checkpoint like every other, and the same steps give the same bytes.
#[test]
fn the_probability_is_a_state_of_the_training() {
    let backend = CpuBackend::new(CpuOptions { threads: 2, ..CpuOptions::default() }).unwrap();
    let augment = "augment=[{class_name='adaptive',speed_kimg=0.04,target=-0.9}]";
    let mut whole = stepper(&[augment], &backend);
    (0..4).for_each(|number| drop(step(&mut whole, number)));
    assert!(states(&whole)["augment/0/p"][0] > 0.0);
    let mut first = stepper(&[augment], &backend);
    (0..2).for_each(|number| drop(step(&mut first, number)));
    let mut resumed = stepper(&[augment], &backend);
    for entry in first.store().layout().clone().entries {
        resumed.store_mut().write(&entry.name, &first.store().read(&entry.name).unwrap()).unwrap();
    }
    (2..4).for_each(|number| drop(step(&mut resumed, number)));
    assert_eq!(states(&whole), states(&resumed));
}
