//! The step: joined and separate phases, determinism, numbers that are not finite.

use super::common::{self, DISCRIMINATOR, batch, batch_of, codec, networks, phases, states};
use ganymede_gan::Stepper;
use ganymede_gan::profile::{KernelEvent, KernelProfile, Profile};
use ganymede_gan::spec::{TrainSpec, edit};
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, ReferenceBackend};
use ganymede_tensor::Tensor;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A generator with batch statistics.
fn text() -> String {
    let generator =
        r#"{ class_name = "Dense", units = 6 }, { class_name = "BatchNormalization" }, { class_name = "LeakyReLU" }"#;
    common::text(&head(8), &networks(generator, DISCRIMINATOR), &phases(1.0))
}

fn head(batch: usize) -> String {
    format!("train = {{ batch = {batch}, steps = 10, update = \"alternating\" }}\nema = {{ half_life_kimg = 0.1 }}")
}

fn spec() -> TrainSpec {
    TrainSpec::from_toml(&text()).unwrap()
}

/// Runs `steps` steps from the initial values, or from `start`.
fn run(spec: &TrainSpec, backend: &dyn Backend, steps: u64, start: Option<&BTreeMap<String, Vec<f64>>>) -> Stepper {
    let mut stepper = Stepper::new(spec, &codec(), backend).unwrap();
    stepper.initialise().unwrap();
    for (name, values) in start.into_iter().flatten() {
        let Some(entry) = stepper.store().layout().find(name).cloned() else { continue };
        let value = Tensor::from_f32(entry.ty.shape, values.iter().map(|&v| v as f32).collect()).unwrap();
        stepper.store_mut().write(name, &value).unwrap();
    }
    for step in 0..steps {
        let mut number = step;
        let result = stepper.run(step, || {
            number += 1;
            Ok(batch_of(spec.train.batch, number - 1))
        });
        assert_eq!(result.unwrap().non_finite, []);
    }
    stepper
}

/// With a learning rate of 1, a parameter's change is its gradient.
#[test]
fn the_gradients_of_joined_phases_are_those_of_phases_run_apart() {
    let joined = states(&run(&spec(), &ReferenceBackend, 1, None));
    let only = |phase: &str| {
        let mut spec = spec();
        spec.phases.retain(|p| p.name == phase);
        spec
    };
    let after_d = states(&run(&only("d"), &ReferenceBackend, 1, None));
    let after_g = states(&run(&only("g"), &ReferenceBackend, 1, Some(&after_d)));
    let first = states(&run(&spec(), &ReferenceBackend, 0, None));
    for (name, values) in joined.iter().filter(|(n, _)| n.contains("dense")) {
        let apart = if name.starts_with("discriminator") { &after_d[name] } else { &after_g[name] };
        let largest = values.iter().fold(1e-6f64, |m, v| m.max(v.abs()));
        for (a, b) in values.iter().zip(apart) {
            assert!((a - b).abs() <= 1e-6 * largest, "{name}: {a} joined, {b} apart");
        }
        if !name.contains("bias") && !name.starts_with("generator_ema") {
            assert_ne!(values, &first[name], "{name} did not move");
        }
    }
}

#[test]
fn simultaneous_updates_see_the_old_discriminator() {
    let alternating = states(&run(&spec(), &ReferenceBackend, 1, None));
    let simultaneous = edit(&spec(), "train.update=simultaneous").unwrap();
    let simultaneous = states(&run(&simultaneous, &ReferenceBackend, 1, None));
    assert_eq!(alternating["discriminator/dense/kernel"], simultaneous["discriminator/dense/kernel"]);
    assert_ne!(alternating["generator/dense/kernel"], simultaneous["generator/dense/kernel"]);
}

/// Networks with two layers of 256 units on batches of 256: products of 2²⁴ multiplications and regions of 2¹⁶ points, each
/// of which is cut into several tasks.
fn wide() -> TrainSpec {
    let plain = r#"{ class_name = "Dense", units = 256 }, { class_name = "Dense", units = 256"#;
    let generator = format!("{plain} }}, {{ class_name = \"BatchNormalization\" }}, {{ class_name = \"LeakyReLU\" }}");
    let discriminator = format!("{plain}, activation = \"tanh\" }}");
    let text = common::text(&head(256), &networks(&generator, &discriminator), &phases(0.01));
    TrainSpec::from_toml(&text).unwrap()
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let bytes = |threads| {
        let backend = CpuBackend::new(CpuOptions { threads, ..CpuOptions::default() }).unwrap();
        let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<u64>>();
        let states = states(&run(&wide(), &backend, 3, None));
        states.into_iter().map(|(name, values)| (name, bits(values))).collect::<BTreeMap<_, _>>()
    };
    let one = bytes(1);
    assert!(
        one["generator/dense_1/kernel"].len() == 256 * 256 && one["discriminator/dense_1/kernel"].len() == 256 * 256
    );
    for threads in 2..=4 {
        assert!(bytes(threads) == one, "{threads} threads");
    }
}

#[test]
fn the_cpu_backend_follows_the_interpreter() {
    let cpu = states(&run(&spec(), &CpuBackend::new(CpuOptions::default()).unwrap(), 3, None));
    let reference = states(&run(&spec(), &ReferenceBackend, 3, None));
    for (name, expected) in &reference {
        let largest = expected.iter().fold(1e-3f64, |m, v| m.max(v.abs()));
        for (a, b) in expected.iter().zip(&cpu[name]) {
            assert!((a - b).abs() <= 1e-4 * largest, "{name}: {a} interpreted, {b} on the CPU");
        }
    }
}

#[test]
fn a_number_that_is_not_finite_is_named_and_never_applied() {
    for backend in [&ReferenceBackend as &dyn Backend, &CpuBackend::new(CpuOptions::default()).unwrap()] {
        let mut stepper = run(&spec(), backend, 2, None);
        let before = states(&stepper);
        let mut poisoned = batch(2);
        poisoned.tensors[0].1.as_f32_mut().unwrap()[5] = f32::NAN;
        let result = stepper.run(2, || Ok(poisoned.clone())).unwrap();
        let what: Vec<&str> = result.non_finite.iter().map(|(_, what)| what.as_str()).collect();
        assert!(what.contains(&"term non_saturating"), "{what:?}");
        assert!(what.contains(&"gradient of discriminator/dense/kernel"), "{what:?}");
        assert!(result.non_finite.iter().any(|(phase, _)| phase == "d"));
        assert_eq!(states(&stepper), before, "{}", backend.name());
    }
}

/// The square of a gradient near 1e25 is no f32: Adam's step by an infinite velocity would be 0 for ever, with every parameter finite.
#[test]
fn a_gradient_whose_square_is_not_finite_is_named_and_never_applied() {
    let mut spec = edit(&spec(), "phases.0.optimizer={class_name='Adam'}").unwrap();
    spec.phases[0].terms[0].weight = 1e25.into();
    let mut stepper = Stepper::new(&spec, &codec(), &CpuBackend::new(CpuOptions::default()).unwrap()).unwrap();
    stepper.initialise().unwrap();
    let before = states(&stepper);
    let result = stepper.run(0, || Ok(batch(0))).unwrap();
    let what: Vec<&str> = result.non_finite.iter().map(|(_, what)| what.as_str()).collect();
    assert!(what.contains(&"gradient of discriminator/dense/kernel"), "{what:?}");
    assert!(what.iter().all(|what| what.starts_with("gradient of ")), "{what:?}");
    assert_eq!(states(&stepper), before);
}

/// A learning rate that carries parameters beyond f32, with gradients that are none too large. The generator's: what
/// the discriminator's gives is noticed by the generator's loss in the same step.
#[test]
fn a_state_that_is_not_finite_is_found() {
    let mut spec = edit(&spec(), "phases.1.optimizer={class_name='SGD', learning_rate=3e38}").unwrap();
    spec.phases[1].terms[0].weight = 1e6.into();
    let mut stepper = Stepper::new(&spec, &codec(), &CpuBackend::new(CpuOptions::default()).unwrap()).unwrap();
    stepper.initialise().unwrap();
    assert_eq!(stepper.not_finite().unwrap(), [""; 0]);
    assert_eq!(stepper.run(0, || Ok(batch(0))).unwrap().non_finite, []);
    let found = stepper.not_finite().unwrap();
    assert!(found.contains(&"generator/dense/kernel".to_string()), "{found:?}");
}

#[test]
fn a_critic_that_is_trained_several_times_takes_a_batch_each_time() {
    let spec = edit(&spec(), "train.n_critic=3").unwrap();
    let mut stepper = Stepper::new(&spec, &codec(), &ReferenceBackend).unwrap();
    stepper.initialise().unwrap();
    assert_eq!(stepper.batches_per_step(), 3);
    let mut taken = 0;
    let result = stepper.run(0, || {
        taken += 1;
        Ok(batch(taken))
    });
    assert_eq!((taken, result.unwrap().losses.len()), (3, 2));
}

#[test]
fn a_gradient_penalty_is_a_term_like_any_other() {
    let mut spec = spec();
    let mut term = ganymede_gan::spec::TermSpec::new("gradient_penalty");
    term.weight = 10.0.into();
    spec.phases[0].terms.push(term.clone());
    let result = run(&spec, &CpuBackend::new(CpuOptions::default()).unwrap(), 1, None);
    assert_ne!(states(&result), states(&run(&self::spec(), &CpuBackend::new(CpuOptions::default()).unwrap(), 1, None)));
    spec.phases[1].terms.push(term);
    let error = Stepper::new(&spec, &codec(), &ReferenceBackend).err().unwrap().to_string();
    assert!(error.contains("is a term of the discriminator's loss: move it to the phase that trains it"), "{error}");
}

/// The rates are those of the kernels' own counts, and the parts make up the whole.
#[test]
fn a_profile_says_where_the_time_of_its_steps_went() {
    const STEPS: u64 = 3;
    let mut stepper = run(&spec(), &CpuBackend::new(CpuOptions::default()).unwrap(), 1, None);
    assert!(Profile::of(&stepper, 1).kernels.is_empty());
    let before = Instant::now();
    stepper.profile(true);
    for step in 1..=STEPS {
        stepper.run(step, || Ok(batch(step))).unwrap();
    }
    stepper.profile(false);
    let wall = before.elapsed();
    stepper.run(STEPS + 1, || Ok(batch(STEPS + 1))).unwrap(); // not measured
    let profile = Profile::of(&stepper, STEPS);

    // The clock that was read around the steps bounds what is said of them, and the single runs add up to it.
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    assert!(profile.ms() > 0.0 && profile.ms() * STEPS as f64 <= milliseconds(wall), "{} ms", profile.ms());
    for event in &profile.events {
        assert!(event.start >= before && event.start + event.time <= before + wall, "{event:?}");
    }
    let of_all: Duration = profile.events.iter().map(|event| event.time).sum();
    assert!((milliseconds(of_all) - profile.ms() * STEPS as f64).abs() < 1e-6 * milliseconds(of_all));
    assert!(profile.events.windows(2).all(|two| two[0].start + two[0].time <= two[1].start), "one kernel at a time");
    let runs = |kernel: &KernelProfile| {
        let same = |e: &&KernelEvent| (&e.program, &e.name, &e.scope) == (&kernel.program, &kernel.name, &kernel.scope);
        profile.events.iter().filter(same).collect::<Vec<_>>()
    };
    for kernel in &profile.kernels {
        let (events, alike) = (runs(kernel), profile.kernels.iter().filter(|k| runs(k) == runs(kernel)).count());
        assert_eq!(events.len(), STEPS as usize * alike, "{kernel:?}");
        assert!((kernel.share - kernel.ms / profile.ms()).abs() < 1e-9, "{kernel:?}");
        if alike == 1 {
            let total: Duration = events.iter().map(|event| event.time).sum();
            assert!((milliseconds(total) - kernel.ms * STEPS as f64).abs() < 1e-6 * milliseconds(total), "{kernel:?}");
        }
    }
    assert!(profile.kernels.is_sorted_by(|a, b| a.ms >= b.ms));

    // The first layer of the generator: (8, 4) by (4, 6) is 2·8·4·6 operations, and reads 8·4 and 4·6 floats, writes 8·6.
    let product = profile.kernels.iter().find(|k| k.scope == "generator/dense" && k.algorithm.is_some()).unwrap();
    let (operations, bytes) = (product.gflops * product.ms * 1e6, product.gb_per_s * product.ms * 1e6);
    assert!((384.0..=384.0 + 2.0 * 48.0).contains(&operations), "{operations} with a bias at most: {product:?}");
    assert!((416.0..=416.0 + 4.0 * 54.0).contains(&bytes), "{bytes} with a bias at most: {product:?}");
    assert_eq!(product.algorithm.as_deref(), Some("gemm"));
    assert!(!profile.missed.is_empty() && profile.missed.is_sorted_by(|a, b| a.bytes >= b.bytes));
}

/// A network that is updated in every second step, or twice in one, is averaged as often, by the images between.
#[test]
fn averages_go_with_the_updates_of_their_network() {
    let averaged = |edits: &[&str], step: u64, images: f64| {
        let spec = edits.iter().fold(spec(), |spec, change| edit(&spec, change).unwrap());
        let network = spec.averaged().unwrap().to_string();
        let [before, after] = [step, step + 1].map(|steps| states(&run(&spec, &ReferenceBackend, steps, None)));
        let seen = (step * spec.train.images_per_step()) as f64;
        let rate = 1.0 - spec.ema.as_ref().unwrap().beta(images, seen, step);
        let name = format!("{network}/dense/kernel");
        let average = name.replacen(&network, &format!("{network}_ema"), 1);
        let (value, old, new) = (&after[&name], &before[&average], &after[&average]);
        for ((value, old), new) in value.iter().zip(old).zip(new) {
            assert!((old + rate * (value - old) - new).abs() < 1e-6, "{edits:?}: {old} became {new} by {value}");
        }
    };
    let images = spec().train.batch as f64;
    averaged(&["phases.1.every=2"], 4, 2.0 * images);
    averaged(&["ema.network='discriminator'", "ema.ramp_up=0"], 4, images);
}

/// Parameters and batch statistics: average ← average + (1 − β)(value − average), step after step.
#[test]
fn the_averaged_generator_follows_its_formula() {
    let spec = spec();
    let [before, after] = [5, 6].map(|steps| states(&run(&spec, &ReferenceBackend, steps, None)));
    let rate = 1.0
        - spec.ema.as_ref().unwrap().beta(
            spec.train.images_per_step() as f64,
            5.0 * spec.train.images_per_step() as f64,
            5,
        );
    for name in ["dense/kernel", "batch_normalization/moving_mean", "batch_normalization/moving_variance"] {
        let state = |states: &BTreeMap<String, Vec<f64>>, network: &str| states[&format!("{network}/{name}")].clone();
        let (values, old, new) =
            (state(&after, "generator"), state(&before, "generator_ema"), state(&after, "generator_ema"));
        assert_ne!(values, new, "{name}");
        for ((value, old), new) in values.iter().zip(&old).zip(&new) {
            assert!((old + rate * (value - old) - new).abs() < 1e-6, "{name}: {old} became {new} by {value}");
        }
    }
}
