//! What a phase can do beside its loss: lazy terms, parts of a batch, schedules, flipped verdicts, the best fakes, cut
//! weights, frozen layers. Not here: the plain step (`step.rs`).

use super::common::{self, DISCRIMINATOR, GENERATOR, States, batch, codec, edited, networks, phases, states};
use ganymede_data::{Batch, Codec};
use ganymede_gan::Stepper;
use ganymede_gan::spec::TrainSpec;
use ganymede_runtime::{CpuBackend, CpuOptions, ReferenceBackend};
use ganymede_tensor::{Rng, Tensor, TensorType};
use std::collections::BTreeMap;

/// With a dropout in the discriminator.
fn text() -> String {
    let networks = networks(GENERATOR, &format!("{DISCRIMINATOR}, {DROPOUT}"));
    common::text("train = { batch = 8, steps = 10, fresh_fakes = true }", &networks, &phases(1.0))
}

const DROPOUT: &str = r#"{ class_name = "Dropout", rate = 0.5 }"#;

fn spec(edits: &[&str]) -> TrainSpec {
    edited(&text(), edits)
}

struct Ran {
    states: States,
    losses: Vec<BTreeMap<String, f32>>,
}

/// The states after so many steps from the initial values, and each step's losses.
fn run(spec: &TrainSpec, steps: u64) -> Ran {
    let mut stepper = Stepper::new(spec, &codec(), &ReferenceBackend).unwrap();
    stepper.initialise().unwrap();
    let mut losses = Vec::new();
    for step in 0..steps {
        let result = stepper.run(step, || Ok(batch(step))).unwrap();
        assert_eq!(result.non_finite, []);
        losses.push(result.losses.into_iter().collect());
    }
    Ran { states: states(&stepper), losses }
}

/// What a parameter changes by in the first step.
fn change(spec: &TrainSpec, name: &str) -> Vec<f64> {
    let (before, after) = (run(spec, 0), run(spec, 1));
    after.states[name].iter().zip(&before.states[name]).map(|(a, b)| a - b).collect()
}

fn close(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    let largest = a.iter().chain(b).fold(1e-9f64, |m, v| m.max(v.abs()));
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance * largest)
}

const KERNEL: &str = "discriminator/dense/kernel";
const LAZY: &str = "phases.0.terms=[{class_name='non_saturating'},{class_name='r1',every=3,weight=0.5}]";
const EVERY: &str = "phases.0.terms=[{class_name='non_saturating'},{class_name='r1',weight=1.5}]";

/// Raw values 0 to 10 are −1 to 1 to a network: v/5 − 1.
#[test]
fn networks_see_samples_in_their_own_range() {
    let gradients = |range: [f64; 2], value: fn(f32) -> f32| -> Vec<f64> {
        let codec = Codec::stand_in(TensorType::f32([3]), range, Vec::new());
        let mut stepper = Stepper::new(&spec(&[]), &codec, &ReferenceBackend).unwrap();
        stepper.initialise().unwrap();
        let raw = (0..24).map(|i| value(i as f32 / 2.4)).collect();
        let real = Tensor::from_f32([8, 3], raw).unwrap();
        stepper.run(0, || Ok(Batch::new(0, [("real", real.clone())]))).unwrap();
        stepper.store().read(KERNEL).unwrap().to_f64()
    };
    let scaled = gradients([-1.0, 1.0], |raw| raw / 5.0 - 1.0);
    assert!(close(&gradients([0.0, 10.0], |raw| raw), &scaled, 1e-5));
    assert!(!close(&gradients([-1.0, 1.0], |raw| raw), &scaled, 1e-2));
}

#[test]
fn a_lazy_term_counts_as_often_as_its_interval_and_in_no_other_run() {
    let plain = spec(&[]);
    // In step 0 it is due: the step is that of three times the weight at every step.
    assert!(close(&change(&spec(&[LAZY]), KERNEL), &change(&spec(&[EVERY]), KERNEL), 1e-6));
    assert!(!close(&change(&spec(&[LAZY]), KERNEL), &change(&plain, KERNEL), 1e-3));
    let shown: Vec<bool> = run(&spec(&[LAZY]), 7).losses.iter().map(|l| l.contains_key("d/r1")).collect();
    assert_eq!(shown, [true, false, false, true, false, false, true]);
}

#[test]
fn intervals_combine_and_those_that_never_do_are_no_program() {
    let terms = "phases.0.terms=[{class_name='non_saturating'},{class_name='r1',every=2},{class_name='r2',every=4}]";
    let spec = spec(&[terms]);
    let losses = run(&spec, 5).losses;
    let shown = |name: &str| losses.iter().map(|l| l.contains_key(name)).collect::<Vec<_>>();
    assert_eq!(shown("d/r1"), [true, false, true, false, true]);
    assert_eq!(shown("d/r2"), [true, false, false, false, true]);
    let traced = ganymede_gan::phases::trace(&spec, &codec()).unwrap();
    assert_eq!(traced.groups[0].programs.len(), 3, "r2 is never due without r1");
}

#[test]
fn so_many_different_intervals_are_joined_and_no_more() {
    let traced = |intervals: &[u64]| {
        let lazy: String = intervals.iter().map(|every| format!(",{{class_name='r1',every={every}}}")).collect();
        let spec = spec(&[&format!("phases.0.terms=[{{class_name='non_saturating'}}{lazy}]")]);
        ganymede_gan::phases::trace(&spec, &codec())
    };
    // Each subset of four coprime intervals is due in some step.
    assert_eq!(traced(&[2, 3, 5, 7]).unwrap().groups[0].programs.len(), 16);
    for intervals in [&[2, 3, 5, 7, 11][..], &[2, 3, 5, 7, 11, 13]] {
        let error = traced(intervals).err().unwrap().to_string();
        assert!(error.contains("phase `d`: expected at most 4 different intervals of terms"), "{error}");
    }
}

/// What an optimizer moves lies side by side, and what it does not beside it.
#[test]
fn parameters_and_statistics_are_laid_out_apart() {
    let layers = "networks.discriminator.layers=[{class_name='Input',shape=[3]},{class_name='Dense',units=2},\
                  {class_name='BatchNormalization'},{class_name='Dense',units=1}]";
    let traced = ganymede_gan::phases::trace(&spec(&[layers, "ema.half_life_kimg=1.0"]), &codec()).unwrap();
    let names = |group: &str| -> Vec<String> {
        let entries = traced.layout.entries.iter().filter(|entry| entry.group == group);
        entries.map(|entry| entry.name.split_once('/').unwrap().1.to_string()).collect()
    };
    assert_eq!(
        names("discriminator/parameters"),
        [
            "dense/kernel",
            "dense/bias",
            "batch_normalization/gamma",
            "batch_normalization/beta",
            "dense_1/kernel",
            "dense_1/bias"
        ]
    );
    let statistics = names("discriminator/statistics");
    assert_eq!(statistics, ["batch_normalization/moving_mean", "batch_normalization/moving_variance"]);
    assert_eq!(names("generator_ema/parameters"), ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"]);
}

#[test]
fn the_parts_of_a_batch_give_the_gradients_of_the_whole() {
    for parts in [2, 4, 8] {
        let parted = spec(&[&format!("train.micro_batches={parts}")]);
        for name in [KERNEL, "generator/dense/kernel", "generator/dense_1/bias"] {
            let (whole, parted) = (change(&spec(&[]), name), change(&parted, name));
            assert!(close(&whole, &parted, 1e-5), "{parts} parts, {name}: {whole:?}, {parted:?}");
        }
        // The second update begins from nothing again.
        assert!(close(&run(&spec(&[]), 3).states[KERNEL], &run(&parted, 3).states[KERNEL], 1e-4));
        let (whole, parted) = (&run(&spec(&[]), 1).losses[0], &run(&parted, 1).losses[0]);
        for (name, loss) in whole {
            assert!((loss - parted[name]).abs() < 1e-5, "{name}: {loss} whole, {} in parts", parted[name]);
        }
    }
}

/// Two layers of 256 units, and parts of 128 samples: each product is cut into several tasks.
#[test]
fn parts_are_repeated_to_the_byte_for_any_number_of_threads() {
    let hidden = r#"{ class_name = "Dense", units = 256 }, { class_name = "Dense", units = 256, activation = "tanh" }"#;
    let networks = networks(hidden, &format!("{hidden}, {DROPOUT}"));
    let head = "train = { batch = 512, micro_batches = 4, steps = 10, fresh_fakes = true }";
    let text = common::text(head, &networks, &phases(0.01));
    let wide = TrainSpec::from_toml(&text).unwrap();
    let values = |number| {
        let mut rng = Rng::at(1, 2, number as u32);
        (0..512 * 3).map(|_| rng.normal() as f32).collect()
    };
    let batch = |number| Batch::new(number, [("real", Tensor::from_f32([512, 3], values(number)).unwrap())]);
    let bytes = |threads| {
        let backend = CpuBackend::new(CpuOptions { threads, ..CpuOptions::default() }).unwrap();
        let mut stepper = Stepper::new(&wide, &codec(), &backend).unwrap();
        stepper.initialise().unwrap();
        for step in 0..3 {
            assert_eq!(stepper.run(step, || Ok(batch(step))).unwrap().non_finite, []);
        }
        let store = stepper.store();
        store.layout().entries.iter().map(|e| store.read(&e.name).unwrap().to_le_bytes()).collect::<Vec<_>>()
    };
    let one = bytes(1);
    for threads in [1, 2, 3] {
        assert!(bytes(threads) == one, "{threads} threads");
    }
}

#[test]
fn parts_that_no_batch_has_are_refused() {
    for (edits, expected) in [
        (vec!["train.micro_batches=3"], "expected a number that divides the batch of 8, found 3"),
        (vec!["train.micro_batches=0"], "expected a number that divides the batch of 8, found 0"),
        (vec!["train.micro_batches=2", "train.update=simultaneous"], "use `alternating`"),
        (vec!["phases.0.terms=[{class_name='r1',every=0}]"], "expected `every` to be at least 1, found 0"),
        (vec!["phases.0.terms=[{class_name='r1',every=2}]"], "expected at least one term at every step, found none"),
    ] {
        let error = Stepper::new(&spec(&edits), &codec(), &ReferenceBackend).err().unwrap().to_string();
        assert!(error.contains(expected), "{edits:?}: {error}");
    }
}

#[test]
fn weights_follow_their_schedules() {
    let falling = "{class_name='PolynomialDecay',initial_learning_rate=2.0,decay_steps=2,end_learning_rate=0.0}";
    let falling = spec(&[&format!("phases.0.terms=[{{class_name='non_saturating',weight={falling}}}]")]);
    let twice = spec(&["phases.0.terms=[{class_name='non_saturating',weight=2.0}]"]);
    assert_eq!(change(&falling, KERNEL), change(&twice, KERNEL));
    // After two steps the weight is 0: nothing moves the discriminator any more.
    assert_eq!(run(&falling, 2).states[KERNEL], run(&falling, 3).states[KERNEL]);
    assert_ne!(run(&falling, 1).states[KERNEL], run(&falling, 2).states[KERNEL]);
}

/// When every pair changes places, the loss is that of real and fake exchanged: the discriminator's losses add up to
/// that of both.
#[test]
fn flipped_verdicts_change_places() {
    let wasserstein = "phases.0.terms=[{class_name='wasserstein'}]";
    let loss = |flip: &str| run(&spec(&[wasserstein, flip]), 1).losses[0]["d/wasserstein"];
    let (none, all) = (loss("phases.0.label_flip=0.0"), loss("phases.0.label_flip=1.0"));
    assert!(none != 0.0 && (none + all).abs() < 1e-6, "{none}, {all}");
    let some = loss("phases.0.label_flip=0.5");
    assert!(some.abs() < none.abs() && some != none, "{some}");
}

/// With the whole share nothing changes. By a linear discriminator every fake gives the last bias the same gradient:
/// then the mean of the best is that of all.
#[test]
fn the_best_fakes_alone_are_learned_from() {
    let no_noise = "networks.discriminator.layers.2.rate=0.0";
    let wasserstein = "phases.1.terms=[{class_name='wasserstein'}]";
    let changed =
        |edits: &[&str]| change(&spec(&[&[no_noise, wasserstein][..], edits].concat()), "generator/dense_1/bias");
    assert!(close(&changed(&[]), &changed(&["phases.1.top_k=1.0"]), 1e-6));
    let (half, one) = (changed(&["phases.1.top_k=0.5"]), changed(&["phases.1.top_k=0.01"]));
    assert!(!close(&changed(&[]), &half, 1e-3) && !close(&half, &one, 1e-3));
    let linear = "networks.discriminator.layers=[{class_name='Input',shape=[3]},{class_name='Dense',units=1}]";
    assert!(close(&changed(&[linear]), &changed(&[linear, "phases.1.top_k=0.25"]), 1e-6));
}

#[test]
fn weights_are_cut_and_frozen_layers_stay() {
    let states = run(&spec(&["phases.0.clip_weights=0.01"]), 2).states;
    for (name, values) in states.iter().filter(|(name, _)| name.starts_with("discriminator")) {
        assert!(values.iter().all(|v| v.abs() <= 0.01f32.into()), "{name}: {values:?}");
    }
    assert!(states["generator/dense/kernel"].iter().any(|v| v.abs() > 0.01));
    let frozen = spec(&["phases.0.freeze=['discriminator/dense']"]);
    let (before, after) = (run(&frozen, 0).states, run(&frozen, 2).states);
    assert_eq!(before[KERNEL], after[KERNEL]);
    assert_ne!(before["discriminator/dense_1/kernel"], after["discriminator/dense_1/kernel"]);
    let wrong = Stepper::new(&spec(&["phases.0.freeze=['discriminator/dens']"]), &codec(), &ReferenceBackend);
    let error = wrong.err().unwrap().to_string();
    assert!(error.contains("expected `freeze` to name layers that it trains") && error.contains("dens`"), "{error}");
}

#[test]
fn instance_noise_fades_by_its_schedule() {
    let noise = |sigma: &str| spec(&[&format!("augment=[{{class_name='instance_noise',sigma={sigma}}}]")]);
    assert_eq!(change(&noise("0.0"), KERNEL), change(&spec(&[]), KERNEL));
    assert_ne!(change(&noise("0.3"), KERNEL), change(&spec(&[]), KERNEL));
    let fading = noise("{class_name='PiecewiseConstantDecay',boundaries=[0],values=[0.3,0.0]}");
    assert_eq!(change(&fading, KERNEL), change(&noise("0.3"), KERNEL));
    let unknown = spec(&["augment=[{class_name='instant_noise'}]"]);
    let error = Stepper::new(&unknown, &codec(), &ReferenceBackend).err().unwrap().to_string();
    assert!(error.contains("expected an augmentation, found `instant_noise`"), "{error}");
}
