//! Conditions of a data set: a further field is an input of both networks, is learned from, and is given when samples are
//! drawn. Not here: which output or network is which (`roles.rs`).

use ganymede_data::{Dataset, Loader, SourceOptions, Wish};
use ganymede_gan::check::{self, DataFacts};
use ganymede_gan::spec::{Draft, TrainSpec, edit};
use ganymede_gan::{Labels, Sampler, Stepper, Training};
use ganymede_runtime::{CpuBackend, CpuOptions, ReferenceBackend};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Both networks take three numbers that say where the sample is to lie.
const SPEC: &str = r#"
seed = 3
train = { steps = 20, batch = 16 }
[networks.generator]
layers = [
    { class_name = "Input", shape = [4] },
    { class_name = "Input", name = "place", shape = [3] },
    { class_name = "Concatenate", inputs = ["input_layer", "place"] },
    { class_name = "Dense", units = 16, activation = "relu", name = "hidden" },
    { class_name = "Dense", units = 2 },
]
[networks.discriminator]
layers = [
    { class_name = "Input", shape = [2] },
    { class_name = "Input", name = "place", shape = [3] },
    { class_name = "Concatenate", inputs = ["input_layer", "place"] },
    { class_name = "Dense", units = 16, activation = "tanh", name = "hidden" },
    { class_name = "Dense", units = 1 },
]
[[phases]]
name = "d"
trains = ["discriminator"]
optimizer = { class_name = "Adam", learning_rate = 0.01 }
terms = [{ class_name = "non_saturating" }]
[[phases]]
name = "g"
trains = ["generator"]
optimizer = { class_name = "Adam", learning_rate = 0.01 }
terms = [{ class_name = "non_saturating" }]
"#;

fn spec(edits: &[&str]) -> TrainSpec {
    edits.iter().fold(TrainSpec::from_toml(SPEC).unwrap(), |spec, change| edit(&spec, change).unwrap())
}

/// Points around a place that each sample is told of.
fn data() -> Dataset {
    let places: Vec<[f32; 3]> = (0..64).map(|i| [(i % 4) as f32 / 2.0 - 0.75, (i % 3) as f32 - 1.0, 0.5]).collect();
    let points: Vec<[f32; 2]> = places.iter().map(|place| [place[0], place[1] * 0.5]).collect();
    Dataset::from_samples("places", points, [2]).condition("place", places, [3]).build().unwrap()
}

/// The rows of a kernel of `inputs` rows that are multiplied with the last three inputs.
fn of_place(stepper: &Stepper, name: &str) -> Vec<f64> {
    let kernel = stepper.store().read(name).unwrap().to_f64();
    let columns = 16;
    kernel[kernel.len() - 3 * columns..].to_vec()
}

#[test]
fn a_further_field_conditions_both_networks_and_what_is_drawn() {
    let (spec, data) = (spec(&[]), Arc::new(data()));
    let split = data.split(None, 1);
    let codec = data.learn(&split).unwrap();
    let backend = CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap();
    let mut stepper = Stepper::new(&spec, &codec, &backend).unwrap();
    stepper.initialise().unwrap();
    let kernels = ["generator/hidden/kernel", "discriminator/hidden/kernel"];
    let before = kernels.map(|kernel| of_place(&stepper, kernel));
    let batches = codec.batches(Arc::clone(&data), split.train, &SourceOptions::new(16, 1)).unwrap();
    let mut loader = Loader::new(batches, 0, 2).unwrap();
    for step in 0..5 {
        let result = stepper.run(step, || Ok(loader.next()?)).unwrap();
        assert_eq!(result.non_finite, []);
    }
    // The gradient reaches what is multiplied with each of the numbers.
    for (kernel, before) in kernels.iter().zip(before) {
        let after = of_place(&stepper, kernel);
        for (row, (a, b)) in after.chunks(16).zip(before.chunks(16)).enumerate() {
            assert!(a.iter().zip(b).any(|(a, b)| (a - b).abs() > 1e-3), "{kernel}, number {row}");
        }
    }
    let mut sampler = Sampler::new(&spec, &codec, None, &backend).unwrap();
    sampler.copy_from(stepper.store()).unwrap();
    let samples = |sampler: &mut Sampler, place: &str| {
        let wish = Wish::in_turn().with(&codec, "place", place).unwrap();
        sampler.draw_as(5..8, &wish).unwrap().as_f32().unwrap().to_vec()
    };
    let here = samples(&mut sampler, "0.5,-1,0.5");
    let there = samples(&mut sampler, "-0.5,1,0.5");
    assert!(here.iter().zip(&there).all(|(a, b)| a != b), "{here:?}, {there:?}");
    assert_eq!(here, samples(&mut sampler, "0.5,-1,0.5"));
    // By default each sample has the place of one that was trained on, whatever its neighbours are.
    let both = sampler.draw(5..7, Labels::InTurn).unwrap();
    let second = sampler.draw(6..7, Labels::InTurn).unwrap();
    assert_eq!(both.as_f32().unwrap()[2..], *second.as_f32().unwrap());
}

/// The grid of step 0 is drawn under examples of the condition: what is learned stands before the sampler is compiled.
#[test]
fn a_training_draws_under_conditions_from_its_first_step_on() {
    let folder = tempfile::tempdir().unwrap();
    let training = Training::new(spec(&["train.steps=2", "train.snapshot_every=1"]), data()).outdir(folder.path());
    let outcome = training.start().unwrap().run(&AtomicBool::new(false)).unwrap();
    let table = std::fs::read_to_string(outcome.run.join("samples/step-00000000.csv")).unwrap();
    let rows: std::collections::BTreeSet<&str> = table.lines().skip(1).collect();
    assert!(rows.len() > 500, "{} of {} points differ", rows.len(), table.lines().count());
}

#[test]
fn an_input_that_no_field_is_bound_to_is_told_with_the_fields() {
    let data = data();
    let codec = data.learn(&data.split(None, 1)).unwrap();
    let facts = DataFacts::of(&codec, data.len());
    let report =
        |spec: &TrainSpec, facts: Option<&DataFacts>| check::check(&Draft::from(spec.clone()), facts).to_string();
    assert!(report(&spec(&[]), Some(&facts)).contains("0 errors"), "{}", report(&spec(&[]), Some(&facts)));
    // Without data every field is what the networks say.
    assert!(report(&spec(&[]), None).contains("0 errors"), "{}", report(&spec(&[]), None));
    let misspelt = spec(&[
        "networks.generator.layers.1.name=plaice",
        "networks.generator.layers.2.inputs=['input_layer','plaice']",
    ]);
    let unnamed = "networks.discriminator.layers=[{class_name='Input',shape=[2],name='x'},{class_name='Input',shape=[3]},\
                   {class_name='Concatenate',inputs=['x','input_layer']},{class_name='Dense',units=1}]";
    for (spec, parts) in [
        (misspelt, &["input `plaice` of `generator`", "fields of the data: real, place"][..]),
        (spec(&[unnamed]), &["takes labels beside its first input", "no classes"][..]),
    ] {
        let error = Stepper::new(&spec, &codec, &ReferenceBackend).err().unwrap();
        let told = format!("{error} {}", error.hint().unwrap_or_default());
        let checked = report(&spec, Some(&facts));
        for part in parts {
            assert!(told.contains(part), "expected {part} in: {told}");
        }
        assert!(checked.contains(parts[0]), "expected {} in: {checked}", parts[0]);
    }
}
