//! Complete training steps of two small GANs beside Keras 3 on TensorFlow in float64 (`reference/keras/gan_steps.json`):
//! the programs that `phases` traces, from the same weights on the same batches and latents, give the same losses,
//! weights and statistics after each step. Not here: single layers and optimizers (`ganymede-nn`).

use super::common::numbers_of;
use ganymede_data::Codec;
use ganymede_gan::phases::{Traced, trace};
use ganymede_gan::spec::{NetworkSpec, PhaseSpec, TermSpec, TrainSpec, Update};
use ganymede_graph::ops::{Input, Op};
use ganymede_graph::{Array, Graph, interpret};
use ganymede_nn::{LayerConfig, OptimizerConfig};
use ganymede_runtime::{Backend, CpuBackend, CpuOptions};
use ganymede_tensor::{DType, Tensor, TensorType};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// Samples in a batch of the file.
const BATCH: usize = 4;

fn cases() -> Vec<Value> {
    numbers_of("reference/keras/gan_steps.json").as_array().unwrap().clone()
}

fn array(value: &Value) -> Array {
    let numbers = |key: &str| value[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap());
    Array::new(numbers("shape").map(|v| v as usize).collect::<Vec<_>>(), numbers("data").collect())
}

fn network(case: &Value, name: &str) -> NetworkSpec {
    let layer = |layer: &Value| LayerConfig {
        class_name: layer["class"].as_str().unwrap().into(),
        arguments: layer["config"].as_object().unwrap().clone(),
        ..LayerConfig::default()
    };
    NetworkSpec {
        layers: case["models"][name].as_array().unwrap().iter().map(layer).collect(),
        ..NetworkSpec::default()
    }
}

/// The case as a spec: Keras's losses are the non-saturating ones.
fn spec(case: &Value) -> TrainSpec {
    let mut optimizer = case["optimizer"]["config"].clone();
    optimizer["class_name"] = case["optimizer"]["class"].clone();
    let optimizer = || Some(OptimizerConfig::from_value(optimizer.clone()).unwrap());
    let phase = |name, network| PhaseSpec::new(name, &[network], optimizer(), vec![TermSpec::new("non_saturating")]);
    let mut spec = TrainSpec::default();
    spec.train.batch = BATCH;
    spec.train.update = if case["update"] == "simultaneous" { Update::Simultaneous } else { Update::Alternating };
    spec.phases = vec![phase("d", "discriminator"), phase("g", "generator")];
    spec.networks = ["generator", "discriminator"].map(|name| (name.to_string(), network(case, name))).into();
    spec
}

fn codec(case: &Value) -> Codec {
    Codec::stand_in(TensorType::f32(array(&case["steps"][0]["real"]).ty.shape[1..].to_vec()), [-1.0, 1.0], Vec::new())
}

/// The step as one program that takes its latents as the input `latent`.
fn program(traced: &Traced) -> Graph {
    assert_eq!(traced.groups.len(), 1, "both phases share their fakes");
    let mut graph = traced.groups[0].programs[0].graph.clone();
    let mut random: Vec<_> = graph.nodes.iter_mut().filter(|node| matches!(node.op, Op::Random(_))).collect();
    assert_eq!(random.len(), 1, "the latents, and no other noise");
    random[0].op = Op::Input(Input { name: "latent".into(), scalar: false });
    random[0].inputs.clear();
    graph
}

/// What a step reads: the batch and the numbers of the host.
fn inputs(traced: &Traced, step: u64, expected: &Value) -> HashMap<String, Array> {
    let words =
        |shape: &[usize]| Array { ty: TensorType::new(DType::U32, shape), data: vec![0.0; shape.iter().product()] };
    let mut inputs = HashMap::from([
        ("real".to_string(), array(&expected["real"])),
        ("latent".to_string(), array(&expected["latent"])),
        ("seed".to_string(), words(&[2])),
        ("draw".to_string(), words(&[])),
    ]);
    for phase in &traced.groups[0].programs[0].phases {
        inputs.insert(format!("{}/non_saturating/weight", phase.name), Array::scalar(1.0));
        for (name, value) in phase.optimizer.scalars(step) {
            inputs.insert(format!("{}/{name}", phase.name), Array::scalar(value));
        }
    }
    inputs
}

/// Ours by name to Keras's: both list a network's weights in the order of its layers.
fn weights(traced: &Traced, keras: &Value) -> BTreeMap<String, Array> {
    let mut found = BTreeMap::new();
    for (network, parameters) in &traced.parameters {
        let expected = keras[network].as_array().unwrap();
        assert_eq!(parameters.len(), expected.len(), "{network}");
        for (ours, theirs) in parameters.iter().zip(expected) {
            let last = |name: &str| name.rsplit('/').next().unwrap().to_string();
            assert_eq!(last(&ours.name), last(theirs["path"].as_str().unwrap()));
            found.insert(ours.name.clone(), array(theirs));
        }
    }
    found
}

fn compare(what: &str, expected: &Array, found: &Array, share: f64) {
    assert_eq!(expected.ty.shape, found.ty.shape, "{what}");
    let largest = expected.data.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    for (a, b) in expected.data.iter().zip(&found.data) {
        assert!((a - b).abs() <= share * largest, "{what}: expected {a}, found {b} (largest {largest})");
    }
}

/// Runs the steps of every case with `step` (graph, inputs, states) → outputs, and compares with Keras.
fn check(
    share: f64,
    step: impl Fn(&Graph, &HashMap<String, Array>, &mut BTreeMap<String, Array>) -> BTreeMap<String, Array>,
) {
    for case in cases() {
        let traced = trace(&spec(&case), &codec(&case)).unwrap();
        let graph = program(&traced);
        let mut states: BTreeMap<String, Array> =
            traced.layout.entries.iter().map(|e| (e.name.clone(), Array::zeros(&e.ty))).collect();
        states.extend(weights(&traced, &case["weights"]));
        for (number, expected) in case["steps"].as_array().unwrap().iter().enumerate() {
            let what = |of: &str| format!("{} step {number} {of}", case["name"]);
            let outputs = step(&graph, &inputs(&traced, number as u64, expected), &mut states);
            for (output, loss) in [("d/non_saturating", "discriminator_loss"), ("g/non_saturating", "generator_loss")] {
                let loss = Array::scalar(expected[loss].as_f64().unwrap());
                compare(&what(output), &loss, &outputs[output], share);
            }
            for (name, weight) in weights(&traced, &expected["weights"]) {
                compare(&what(&name), &weight, &states[&name], share);
            }
            // Adam's first momentum is (1 − beta_1) times the gradient.
            for (network, list) in expected["gradients"].as_object().into_iter().flatten() {
                let trained = traced.parameters[network].iter().filter(|p| p.trainable);
                let phase = traced.groups[0].programs[0].phases.iter().find(|p| network.starts_with(&p.name)).unwrap();
                let scalars: HashMap<_, _> = phase.optimizer.scalars(0).into_iter().collect();
                for (parameter, gradient) in trained.zip(list.as_array().unwrap()) {
                    let mut found = states[&format!("{}/momentum/{}", phase.name, parameter.name)].clone();
                    found.data.iter_mut().for_each(|v| *v /= scalars["one_minus_beta_1"]);
                    compare(&what(&format!("gradient of {}", parameter.name)), &array(gradient), &found, share);
                }
            }
        }
    }
}

#[test]
fn the_interpreter_trains_as_keras_does() {
    assert_eq!(
        json!(cases().iter().map(|c| c["name"].clone()).collect::<Vec<_>>()),
        json!(["simultaneous", "alternating"])
    );
    check(1e-9, |graph, inputs, states| interpret::run(graph, inputs, states).unwrap_or_else(|e| panic!("{e}")));
}

#[test]
fn the_cpu_backend_trains_as_keras_does() {
    let cpu = CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap();
    let tensor = |a: &Array| Tensor::from_f32(a.ty.shape.clone(), a.data.iter().map(|&v| v as f32).collect()).unwrap();
    check(1e-4, |graph, inputs, states| {
        let mut store = cpu.store(&ganymede_runtime::StateLayout::of_graph(graph, "states")).unwrap();
        for (name, value) in states.iter() {
            store.write(name, &tensor(value)).unwrap();
        }
        let mut program = cpu.load(graph, store.as_ref()).unwrap();
        for input in program.inputs().to_vec() {
            match inputs[&input.name] {
                ref value if input.ty.dtype == DType::F32 => program.write(&input.name, &tensor(value)).unwrap(),
                _ => program.write(&input.name, &Tensor::zeros(&input.ty)).unwrap(),
            }
        }
        program.run(store.as_mut()).unwrap();
        for (name, value) in states.iter_mut() {
            *value = Array::from(&store.read(name).unwrap());
        }
        graph.outputs.iter().map(|(name, _)| (name.clone(), Array::from(&program.read(name).unwrap()))).collect()
    });
}
