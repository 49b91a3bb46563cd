//! The committed files, and running a network.

use ganymede_graph::Builder;
use ganymede_interop::keras::KerasNetwork;
use ganymede_nn::{Layer, Mode, Model, Scope};
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, StateLayout};
use ganymede_tensor::{DType, Tensor};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The folder of the files.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keras/files")
}

/// The bytes of a file.
pub fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.keras"))).unwrap()
}

/// What Keras computes of the files: by name `inputs`, `outputs` and `paths`.
pub fn expected() -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Names and sizes of the parameters of a network, in its own order.
pub fn parameters(network: &KerasNetwork) -> Vec<String> {
    let model = Model::from_config(&network.name, &network.config).unwrap();
    let builder = Builder::new("network");
    let scope = Scope::root(&builder, model.name(), Mode::Infer);
    let types = model.input_types(1);
    let inputs: Vec<_> = types.iter().enumerate().map(|(at, ty)| builder.input(&at.to_string(), ty.clone())).collect();
    model.build(&scope, &inputs);
    scope.parameters().into_iter().map(|p| p.name.split_once('/').unwrap().1.to_string()).collect()
}

/// What a network gives for values of its inputs.
pub fn run(network: &KerasNetwork, inputs: &[Vec<f64>], batch: usize) -> Vec<Vec<f32>> {
    let model = Model::from_config(&network.name, &network.config).unwrap();
    let builder = Builder::new("network");
    let scope = Scope::root(&builder, model.name(), Mode::Infer);
    let types = model.input_types(batch);
    let given: Vec<_> = types.iter().enumerate().map(|(at, ty)| builder.input(&at.to_string(), ty.clone())).collect();
    let outputs = model.build(&scope, &given);
    outputs.iter().enumerate().for_each(|(at, output)| builder.output(&format!("out{at}"), *output));
    let (parameters, count) = (scope.parameters(), outputs.len());
    drop(scope);
    let graph = builder.finish().unwrap();
    let backend = CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap();
    let mut store = backend.store(&StateLayout::of_graph(&graph, model.name())).unwrap();
    for (parameter, value) in parameters.iter().zip(&network.weights) {
        store.write(&parameter.name, value).unwrap();
    }
    let mut program = backend.load(&graph, store.as_ref()).unwrap();
    for (at, (ty, values)) in types.iter().zip(inputs).enumerate() {
        let bytes: Vec<u8> = match ty.dtype {
            DType::I32 => values.iter().flat_map(|v| (*v as i32).to_le_bytes()).collect(),
            _ => values.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect(),
        };
        program.write_bytes(&at.to_string(), &bytes).unwrap();
    }
    program.run(store.as_mut()).unwrap();
    let read = |at: usize| program.read(&format!("out{at}")).unwrap().as_f32().unwrap().to_vec();
    (0..count).map(read).collect()
}

/// The values of `{"values": […]}`.
pub fn values(value: &Value) -> Vec<f64> {
    value["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Whether arrays differ by so much at most.
pub fn near(left: &[Tensor], right: &[Tensor], most: f32) -> bool {
    let same = |(a, b): (&Tensor, &Tensor)| {
        let pairs = || a.as_f32().unwrap().iter().zip(b.as_f32().unwrap());
        a.shape() == b.shape() && pairs().all(|(a, b)| (a - b).abs() <= most)
    };
    left.len() == right.len() && left.iter().zip(right).all(same)
}
