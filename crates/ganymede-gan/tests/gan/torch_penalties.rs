//! Penalties of gradients beside PyTorch's in float64: values, and gradients by every parameter of the player's network.
//! Weights, samples and noise are by the formula of `reference/torch_penalties.py`.

use super::common::numbers_of;
use super::dcgan64::value;
use ganymede_data::Codec;
use ganymede_gan::phases::trace;
use ganymede_gan::spec::{TrainSpec, edit};
use ganymede_graph::ops::{Input, Op};
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, ReferenceBackend};
use ganymede_tensor::{Tensor, TensorType, stream_of};
use serde_json::Value;

/// Adam's first momentum is (1 − beta_1) times the gradient, here an exact half of it.
const SPEC: &str = r#"
train = { steps = 1, batch = 3, fresh_fakes = true }
[networks.generator]
layers = [
    { class_name = "Input", shape = [4] },
    { class_name = "Dense", units = 24, activation = "tanh" },
    { class_name = "Reshape", target_shape = [2, 2, 6] },
    { class_name = "Conv2DTranspose", filters = 4, kernel_size = [4, 4], strides = [2, 2], padding = "same" },
    { class_name = "LeakyReLU", negative_slope = 0.2 },
    { class_name = "Conv2DTranspose", filters = 2, kernel_size = [4, 4], strides = [2, 2], padding = "same", activation = "tanh" },
]
[networks.discriminator]
layers = [
    { class_name = "Input", shape = [8, 8, 2] },
    { class_name = "Conv2D", filters = 4, kernel_size = [4, 4], strides = [2, 2], padding = "same" },
    { class_name = "LeakyReLU", negative_slope = 0.2 },
    { class_name = "Conv2D", filters = 6, kernel_size = [4, 4], strides = [2, 2], padding = "same" },
    { class_name = "LeakyReLU", negative_slope = 0.2 },
    { class_name = "Flatten" },
    { class_name = "Activation", activation = "tanh" },
    { class_name = "Dense", units = 1 },
]
[[phases]]
name = "p"
trains = ["discriminator"]
optimizer = { class_name = "Adam", beta_1 = 0.5 }
"#;

fn tensor(salt: u32, shape: &[usize], number: impl Fn(f64) -> f64) -> Tensor {
    let values = (0..shape.iter().product()).map(|i| number(f64::from(value(salt, i) as f32)) as f32);
    Tensor::from_f32(shape, values.collect()).unwrap()
}

fn codec() -> Codec {
    Codec::stand_in(TensorType::f32([8, 8, 2]), [-1.0, 1.0], Vec::new())
}

/// What noise in the program is, by the path that it is drawn under, and its salt.
const NOISE: [(&str, u32); 4] =
    [("latent#0", 1001), ("p/mix#0", 1002), ("p/dragan#0", 1003), ("p/path_length#0", 1004)];

#[test]
fn penalties_and_their_gradients_are_those_of_pytorch() {
    let reference = numbers_of("reference/torch/penalties.json");
    let cases = reference.as_object().unwrap();
    assert_eq!(cases.len(), 7);
    let cpu = CpuBackend::new(CpuOptions { threads: 2, ..CpuOptions::default() }).unwrap();
    for (name, case) in cases {
        for backend in [&ReferenceBackend as &dyn Backend, &cpu] {
            compare(name, case, backend);
        }
    }
}

fn compare(name: &str, case: &Value, backend: &dyn Backend) {
    let mut spec = TrainSpec::from_toml(SPEC).unwrap();
    spec = edit(&spec, &format!("phases.0.terms=[{{class_name='{name}'}}]")).unwrap();
    if name == "path_length" {
        spec.phases[0].trains = vec!["generator".into()];
    }
    let traced = trace(&spec, &codec()).unwrap();
    let mut graph = traced.groups[0].programs[0].graph.clone();
    for node in &mut graph.nodes {
        if let Op::Random(random) = &node.op {
            let (name, _) =
                NOISE.iter().find(|(path, _)| stream_of(path) == random.stream).expect("noise of a known path");
            node.op = Op::Input(Input { name: (*name).into(), scalar: false });
            node.inputs.clear();
        }
    }
    let mut store = backend.store(&traced.layout).unwrap();
    for (network, first, scale) in [("discriminator", 0, 0.75), ("generator", 100, 0.5)] {
        for (salt, parameter) in (first..).zip(traced.parameters.get(network).into_iter().flatten()) {
            store.write(&parameter.name, &tensor(salt, &parameter.shape, |v| v * scale)).unwrap();
        }
    }
    if name == "path_length" {
        store.write("p/path_length", &Tensor::scalar_f32(0.3)).unwrap();
    }
    let mut program = backend.load(&graph, store.as_ref()).unwrap();
    for input in program.inputs().to_vec() {
        match input.name.as_str() {
            "real" => program.write("real", &tensor(1000, &input.ty.shape, |v| v)).unwrap(),
            "p/mix#0" => program.write("p/mix#0", &tensor(1002, &input.ty.shape, |v| (v + 1.0) / 2.0)).unwrap(),
            weight if weight.ends_with("/weight") => program.write_scalar(weight, 1.0).unwrap(),
            noise => match NOISE.iter().find(|(path, _)| *path == noise) {
                Some((_, salt)) => program.write(noise, &tensor(*salt, &input.ty.shape, |v| v)).unwrap(),
                None => program.write(noise, &Tensor::zeros(&input.ty)).unwrap(),
            },
        }
    }
    for (scalar, number) in traced.groups[0].programs[0].phases[0].optimizer.scalars(0) {
        program.write_scalar(&format!("p/{scalar}"), number).unwrap();
    }
    program.run(store.as_mut()).unwrap();
    let (expected, found) = (case["value"].as_f64().unwrap(), program.read_scalar(&format!("p/{name}")).unwrap());
    assert!(
        (expected - found).abs() <= 1e-4 * expected.abs(),
        "{name} on {}: {found}, expected {expected}",
        backend.name()
    );
    let numbers = |list: &Value| list.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>();
    let gradients = case["gradients"].as_object().unwrap();
    let largest = gradients.values().flat_map(numbers).fold(0.0f64, |m, v| m.max(v.abs()));
    assert!(largest > 1e-3, "{name}: its gradients say nothing");
    for (parameter, expected) in gradients {
        let momentum = store.read(&format!("p/momentum/{parameter}")).unwrap().to_f64();
        let expected = numbers(expected);
        assert_eq!(momentum.len(), expected.len(), "{name}, {parameter}");
        for (m, e) in momentum.iter().zip(&expected) {
            let found = m / 0.5;
            let off = (found - e).abs() / largest;
            assert!(off <= 1e-4, "{name} on {}, {parameter}: {found}, expected {e}", backend.name());
        }
    }
}
