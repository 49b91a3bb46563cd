//! Files of Keras itself.

use crate::common::{bytes, expected, near, parameters, run, values};
use ganymede_interop::keras::{arrays, read_bytes, write_bytes};

#[test]
fn networks_compute_what_keras_computes_and_come_back_as_they_are() {
    let expected = expected();
    assert!(expected.len() >= 8);
    for (name, facts) in &expected {
        let network = read_bytes(bytes(name)).unwrap();
        let inputs: Vec<Vec<f64>> = facts["inputs"].as_array().unwrap().iter().map(values).collect();
        let outputs: Vec<Vec<f64>> = facts["outputs"].as_array().unwrap().iter().map(values).collect();
        let check = |made: Vec<Vec<f32>>| {
            assert_eq!(made.len(), outputs.len(), "{name}");
            for (made, wanted) in made.iter().zip(&outputs) {
                let worst = made.iter().zip(wanted).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
                assert!(made.len() == wanted.len() && worst <= 1e-5, "{name}: {worst}");
            }
        };
        check(run(&network, &inputs, 2));
        let written = write_bytes(&network.name, &network.config, &network.weights).unwrap();
        assert_eq!(written, write_bytes(&network.name, &network.config, &network.weights).unwrap(), "{name}");
        let again = read_bytes(written).unwrap();
        assert_eq!((&again.name, &again.config), (&network.name, &network.config), "{name}");
        let exact = if name.starts_with("wrapped") { 1e-6 } else { 0.0 };
        assert!(near(&again.weights, &network.weights, exact), "{name}");
        check(run(&again, &inputs, 2));
    }
}

#[test]
fn weights_are_in_keras_order_under_keras_names() {
    for (name, facts) in &expected() {
        let ends = |names: &[String]| {
            // The name of the model is a part of some paths there; a wrapped layer has a name of its own there.
            let wrapped = |path: &String| name.starts_with("wrapped") || path.contains("time_distributed");
            let count = |path: &String| if wrapped(path) { 1 } else { 2 };
            let end = |path: &String| path.rsplit('/').take(count(path)).map(str::to_string).collect::<Vec<_>>();
            names.iter().map(end).collect::<Vec<_>>()
        };
        let paths = facts["paths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_string());
        let found = parameters(&read_bytes(bytes(name)).unwrap());
        assert_eq!(ends(&found), ends(&paths.collect::<Vec<_>>()), "{name}");
    }
}

#[test]
fn layers_in_another_order_are_the_same_file() {
    // Keras sorts layers when it makes a model: its files are in that order, and ours must be, whatever order a spec has.
    for name in ["merging", "shared", "nested"] {
        let network = read_bytes(bytes(name)).unwrap();
        let named = parameters(&network).into_iter().zip(network.weights.clone());
        let named: std::collections::HashMap<_, _> = named.collect();
        let mut turned = network.clone();
        let inputs = turned.config.layers.iter().filter(|layer| layer.class_name == "Input").count();
        turned.config.layers[inputs..].reverse();
        turned.weights = parameters(&turned).iter().map(|name| named[name].clone()).collect();
        let wanted = write_bytes(&network.name, &network.config, &network.weights).unwrap();
        assert!(write_bytes(&turned.name, &turned.config, &turned.weights).unwrap() == wanted, "{name}");
    }
}

#[test]
fn a_kernel_that_is_divided_by_sigma_gives_the_same_network() {
    let mut network = read_bytes(bytes("wrapped")).unwrap();
    let facts = &expected()["wrapped"];
    let inputs: Vec<Vec<f64>> = facts["inputs"].as_array().unwrap().iter().map(values).collect();
    // W and 3·W are one network here; Keras takes the kernel as it is.
    let kernel = network.weights[0].clone();
    let tripled = kernel.as_f32().unwrap().iter().map(|w| 3.0 * w).collect();
    network.weights[0] = ganymede_tensor::Tensor::from_f32(kernel.shape().clone(), tripled).unwrap();
    let written = read_bytes(write_bytes(&network.name, &network.config, &network.weights).unwrap()).unwrap();
    assert!(near(&written.weights[..1], &[kernel], 1e-6));
    let (a, b) = (run(&network, &inputs, 2), run(&written, &inputs, 2));
    assert!(a[0].iter().zip(&b[0]).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn arrays_of_another_network_are_refused_with_the_array() {
    let dense = read_bytes(bytes("dense")).unwrap();
    let other = read_bytes(bytes("conditional")).unwrap();
    let error = arrays(&other.name, &other.config, bytes("dense")).unwrap_err().to_string();
    assert!(error.contains("expected HDF5"), "{error}");
    let text = error_of(write_bytes(&dense.name, &dense.config, &other.weights));
    assert!(text.contains("expected 7 arrays, found 5"), "{text}");
}

#[test]
fn an_array_more_than_the_network_has_is_told() {
    let layers = |bias: bool| {
        let json = serde_json::json!({ "layers": [{ "class_name": "Input", "shape": [2] },
            { "class_name": "Dense", "units": 3, "use_bias": bias, "name": "d" }] });
        serde_json::from_value::<ganymede_nn::ModelConfig>(json).unwrap()
    };
    let tensor = |shape: &[usize]| ganymede_tensor::Tensor::from_f32(shape, vec![1.0; shape.iter().product()]).unwrap();
    let file = write_bytes("n", &layers(true), &[tensor(&[2, 3]), tensor(&[3])]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.keras");
    std::fs::write(&path, file).unwrap();
    assert_eq!(ganymede_interop::keras::read_weights(&path, "other", &layers(true)).unwrap().len(), 2);
    let text = error_of(ganymede_interop::keras::read_weights(&path, "n", &layers(false)));
    assert!(text.contains("layers/dense/vars: expected 1 arrays, found more"), "{text}");
}

fn error_of<T: std::fmt::Debug>(result: Result<T, ganymede_interop::InteropError>) -> String {
    result.unwrap_err().to_string()
}
