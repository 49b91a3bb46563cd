//! A step of the preset `ctgan` beside algorithm 1 of its paper in float64 (`reference/ctgan_step.py`): losses, gradients, weights and
//! batch statistics after an update of the critic and one of the generator, from the same weights, rows, conditions and noise.

use super::common::numbers_of;
use super::dcgan64::value;
use ganymede_data::table::{Condition, Numbers};
use ganymede_data::{Codec, DataOptions, Dataset, Head, Source};
use ganymede_gan::phases::trace;
use ganymede_gan::presets::preset_of_width;
use ganymede_gan::spec::edit;
use ganymede_graph::interpret::{Array, run};
use ganymede_graph::ops::{Input, Op};
use ganymede_tensor::stream_of;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Rows of a batch: two packs.
const BATCH: usize = 20;

/// Three colours, a number in two heaps, two answers.
fn codec() -> Codec {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("three.csv");
    let colour = |i: usize| ["red", "green", "red", "blue", "green", "red"][i % 6];
    let size = |i: usize| i % 2 * 1000 + i * 7 % 120;
    let line = |i: usize| format!("{},{}.5,{}\n", colour(i), size(i), if i.is_multiple_of(4) { "yes" } else { "no" });
    let lines: String = (0..120).map(line).collect();
    std::fs::write(&path, format!("colour,size,big\n{lines}")).unwrap();
    let (numbers, condition) = (Numbers::Modes, Condition::Category);
    let options = DataOptions { use_cache: false, numbers, condition, ..DataOptions::default() };
    let data = Dataset::open(&Source::parse(&path).unwrap(), &options, &()).unwrap();
    data.learn(&data.split(Some(0.0), 1)).unwrap()
}

/// Numbers of a stream, in (−1, 1).
fn numbers(salt: u32, shape: &[usize]) -> Array {
    Array::new(shape, (0..shape.iter().product()).map(|i| value(salt, i)).collect())
}

/// The same in (0, 1).
fn uniform(salt: u32, shape: &[usize]) -> Array {
    let Array { ty, data } = numbers(salt, shape);
    Array { ty, data: data.into_iter().map(|v| (v + 1.0) / 2.0).collect() }
}

/// One of `count`, from a number in (−1, 1).
fn one_of(count: usize, number: f64) -> usize {
    ((number + 1.0) / 2.0 * count as f64) as usize
}

/// Rows and their conditions: a category of the condition's column is the row's own.
fn batch(salt: u32, modes: usize) -> (Array, Array) {
    let (mut rows, mut conditions) = (Vec::new(), Vec::new());
    for row in 0..BATCH {
        let at = |what: usize| value(salt, 5 * row + what);
        let one_hot =
            |count: usize, number: f64| (0..count).map(move |k| f64::from(u8::from(k == one_of(count, number))));
        rows.extend(one_hot(3, at(0)).chain([at(1)]).chain(one_hot(modes, at(2))).chain(one_hot(2, at(3))));
        let of_colour = f64::from(u8::from(at(4) < 0.0));
        conditions
            .extend(one_hot(3, at(0)).map(|v| v * of_colour).chain(one_hot(2, at(3)).map(|v| v * (1.0 - of_colour))));
    }
    (Array::new([BATCH, 6 + modes], rows), Array::new([BATCH, 5], conditions))
}

/// What noise is, by the path that it is drawn under, and its salt; the generator's phase adds 100.
const NOISE: [(&str, u32); 9] = [
    ("latent#0", 1000),
    ("generator/columns#0", 1001),
    ("d/mix#0", 1002),
    ("discriminator/dropout#0", 1003),
    ("discriminator/dropout#1", 1004),
    ("discriminator/dropout#2", 1005),
    ("discriminator/dropout_1#0", 1006),
    ("discriminator/dropout_1#1", 1007),
    ("discriminator/dropout_1#2", 1008),
];

fn close(what: &str, found: &[f64], expected: &Value) {
    let expected: Vec<f64> = expected.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1e-9f64, |m, v| m.max(v.abs()));
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() <= 1e-8 * largest, "{what}: {found}, expected {expected} (largest {largest})");
    }
}

#[test]
fn a_step_is_that_of_the_paper() {
    let reference = numbers_of("reference/ctgan_step.json");
    let codec = codec();
    let rows = codec.modality().rows().unwrap();
    let modes = reference["modes"].as_u64().unwrap() as usize;
    assert_eq!(rows.heads, [Head::Choice(3), Head::Modes(modes), Head::Choice(2)]);
    let mut spec = preset_of_width("ctgan", &codec, Some(6)).unwrap();
    assert_eq!((spec.train.batch, spec.ema.is_none()), (120, true));
    for change in [&format!("train.batch={BATCH}"), "networks.generator.layers.0.shape=[4]"] {
        spec = edit(&spec, change).unwrap();
    }
    let traced = trace(&spec, &codec).unwrap();
    let mut states: BTreeMap<String, Array> =
        traced.layout.entries.iter().map(|entry| (entry.name.clone(), Array::zeros(&entry.ty))).collect();
    for (network, first) in [("generator", 100), ("discriminator", 200)] {
        for (salt, parameter) in (first..).zip(&traced.parameters[network]) {
            let Array { ty, data } = numbers(salt, &parameter.shape);
            states.insert(parameter.name.clone(), Array { ty, data: data.into_iter().map(|v| 0.5 * v).collect() });
        }
    }
    assert_eq!(traced.groups.len(), 2);
    for (group, further) in traced.groups.iter().zip([0, 100]) {
        let program = &group.programs[0];
        let mut graph = program.graph.clone();
        for node in &mut graph.nodes {
            if let Op::Random(random) = &node.op {
                let known = NOISE.iter().find(|(path, _)| stream_of(path) == random.stream);
                let (name, _) = known.unwrap_or_else(|| panic!("noise of a known path, found {random:?}"));
                node.op = Op::Input(Input { name: (*name).into(), scalar: false });
                node.inputs.clear();
            }
        }
        let (real, condition) = batch(1010 + further, modes);
        let mut inputs: HashMap<String, Array> = HashMap::new();
        for (name, ty) in graph.inputs() {
            let noise = NOISE.iter().find(|(path, _)| *path == name).map(|(_, salt)| salt + further);
            let given = match (name, noise) {
                ("real", _) => real.clone(),
                ("condition", _) => condition.clone(),
                ("latent#0", Some(salt)) => numbers(salt, &ty.shape),
                (_, Some(salt)) => uniform(salt, &ty.shape),
                ("d/gradient_penalty/weight", _) => Array::scalar(10.0),
                (name, _) if name.ends_with("/weight") => Array::scalar(1.0),
                _ => Array::zeros(ty),
            };
            inputs.insert(name.to_string(), given);
        }
        let phase = &program.phases[0];
        for (scalar, number) in phase.optimizer.scalars(0) {
            inputs.insert(format!("{}/{scalar}", phase.name), Array::scalar(number));
        }
        let outputs = run(&graph, &inputs, &mut states).unwrap();
        for term in &program.terms {
            close(term, &outputs[term].data, &Value::Array(vec![reference["losses"][term].clone()]));
        }
    }
    for (network, phase) in [("generator", "g"), ("discriminator", "d")] {
        let known = reference["after"][network].as_array().unwrap();
        let gradients = reference["gradients"][network].as_array().unwrap();
        assert_eq!(known.len(), traced.parameters[network].len());
        for ((parameter, after), gradient) in traced.parameters[network].iter().zip(known).zip(gradients) {
            close(&parameter.name, &states[&parameter.name].data, after);
            if parameter.trainable {
                // Adam's first momentum is (1 − beta_1) times the gradient, here an exact half of it.
                let momentum = &states[&format!("{phase}/momentum/{}", parameter.name)].data;
                let found: Vec<f64> = momentum.iter().map(|m| 2.0 * m).collect();
                close(&format!("gradient of {}", parameter.name), &found, gradient);
            }
        }
    }
}
