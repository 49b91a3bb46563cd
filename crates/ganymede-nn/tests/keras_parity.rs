//! Numbers of Keras 3 on TensorFlow in float64 (`reference/keras`): outputs, gradients of inputs and
//! weights, and updated statistics agree within 1e-9 of the largest entry on the `f64` interpreter.

mod common;

use common::{array, compare, layer, list, reference, run, trace};
use ganymede_graph::Array;
use ganymede_nn::Mode;
use ganymede_tensor::TensorType;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

const TOLERANCE: f64 = 1e-9;

fn check(file: &str) {
    let cases = reference(file);
    assert!(!cases.is_empty(), "{file}");
    for case in &cases {
        check_case(&format!("{file}/{}", case["name"].as_str().unwrap()), case);
    }
}

fn check_case(what: &str, case: &Value) {
    let layer = layer(case);
    let inputs: Vec<Array> = list(&case["inputs"]).iter().map(array).collect();
    let types: Vec<TensorType> = inputs.iter().map(|a| a.ty.clone()).collect();
    let mode = if case["training"] == true { Mode::Train } else { Mode::Infer };
    let frozen = case["config"]["trainable"] == false;
    let traced =
        trace(mode, &types, |scope, x| if frozen { layer.build(&scope.frozen(), x) } else { layer.build(scope, x) });
    if case.get("rejected").is_some() {
        assert!(traced.is_err(), "{what}: Keras refuses it");
        return;
    }
    let traced = traced.unwrap_or_else(|e| panic!("{what}: {e}"));

    let names: Vec<&str> = list(&case["weights"]).iter().map(|w| w["name"].as_str().unwrap()).collect();
    let found: Vec<&str> = traced.parameters.iter().map(|p| p.name.trim_start_matches("layer/")).collect();
    assert_eq!(names, found, "{what}: order of weights");
    let mut states: BTreeMap<String, Array> =
        list(&case["weights"]).iter().map(|w| (format!("layer/{}", w["name"].as_str().unwrap()), array(w))).collect();
    let mut given: HashMap<String, Array> =
        inputs.into_iter().enumerate().map(|(i, a)| (format!("input{i}"), a)).collect();
    for (i, cotangent) in list(&case["cotangents"]).iter().enumerate() {
        given.insert(format!("cotangent{i}"), array(cotangent));
    }
    let outputs = run(&traced.graph, &given, &mut states);

    for (i, expected) in list(&case["outputs"]).iter().enumerate() {
        compare(&format!("{what}: output {i}"), &array(expected), &outputs[&format!("output{i}")], TOLERANCE);
    }
    for (i, expected) in list(&case["input_gradients"]).iter().enumerate() {
        compare(&format!("{what}: input gradient {i}"), &array(expected), &outputs[&format!("gradient{i}")], TOLERANCE);
    }
    for expected in list(&case["weight_gradients"]) {
        let name = expected["name"].as_str().unwrap();
        compare(
            &format!("{what}: gradient of {name}"),
            &array(expected),
            &outputs[&format!("gradient:{name}")],
            TOLERANCE,
        );
    }
    for expected in list(&case["updated_weights"]) {
        let name = expected["name"].as_str().unwrap();
        compare(&format!("{what}: updated {name}"), &array(expected), &states[&format!("layer/{name}")], TOLERANCE);
    }
}

macro_rules! files {
    ($($file:ident),* $(,)?) => { $(#[test] fn $file() { check(stringify!($file)); })* };
}

files! {
    activations, average_pooling, batch_normalization, conv1d, conv1d_transpose, conv2d, conv2d_transpose, conv3d,
    conv3d_transpose, dense, max_pooling, merging,
}
