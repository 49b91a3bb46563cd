//! Numbers of Keras 3 on TensorFlow in float64 (`reference/keras`): outputs, gradients of inputs and
//! weights, and updated statistics agree within 1e-9 of the tensor's largest entry on the `f64` interpreter, and within 1e-5
//! on the CPU backend.

use super::common::{Tolerance, array, compare, layer, list, reference, run, run_cpu, trace};
use ganymede_graph::Array;
use ganymede_nn::{Mode, activations};
use ganymede_tensor::TensorType;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

const INTERPRETER: f64 = 1e-9;
const CPU: f64 = 1e-5;

/// Cases whose input gradient is what is left when numbers cancel, with the size of those numbers.
const CANCELLING: &[(&str, f64)] = &[
    ("activations/sigmoid_large", 1.0), // y (1 − y) where y is almost 1
    ("activations/tanh_large", 1.0),    // 1 − y² where y is almost 1
];

/// A weight whose gradient is 0, of numbers of about 1 that cancel: what is added to all scores of a query changes no share of it.
const SHIFTS: &str = "key/bias";

/// What is said of a case that runs there.
const ON_CPU: &str = " on the CPU";

/// Layers of Keras in these files that do not exist here.
const ABSENT: &[&str] = &["ActivityRegularization", "AlphaDropout"];

fn check(file: &str) {
    let cases = reference(file);
    assert!(!cases.is_empty(), "{file}");
    for case in cases.iter().filter(|c| !ABSENT.contains(&c["class"].as_str().unwrap())) {
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
    let mut cpu_states = states.clone();
    let outputs = run(&traced.graph, &given, &mut states);
    agree(what, case, &outputs, &states, INTERPRETER);
    let outputs = run_cpu(&traced.graph, &given, &mut cpu_states);
    agree(&format!("{what}{ON_CPU}"), case, &outputs, &cpu_states, CPU);
}

/// Compares everything that a case has numbers for.
fn agree(what: &str, case: &Value, outputs: &BTreeMap<String, Array>, states: &BTreeMap<String, Array>, share: f64) {
    let tolerance = Tolerance::from(share);
    for (i, expected) in list(&case["outputs"]).iter().enumerate() {
        compare(&format!("{what}: output {i}"), &array(expected), &outputs[&format!("output{i}")], tolerance);
    }
    let terms = CANCELLING.iter().find(|(name, _)| *name == what.trim_end_matches(ON_CPU)).map(|(_, size)| *size);
    for (i, expected) in list(&case["input_gradients"]).iter().enumerate() {
        let tolerance = Tolerance { least: terms.unwrap_or(tolerance.least), ..tolerance };
        let found = &outputs[&format!("gradient{i}")];
        compare(&format!("{what}: input gradient {i}"), &array(expected), found, tolerance);
    }
    for expected in list(&case["weight_gradients"]) {
        let name = expected["name"].as_str().unwrap();
        let found = &outputs[&format!("gradient:{name}")];
        let least = if name == SHIFTS { 1.0 } else { tolerance.least };
        let tolerance = Tolerance { least, ..tolerance };
        compare(&format!("{what}: gradient of {name}"), &array(expected), found, tolerance);
    }
    for expected in list(&case["updated_weights"]) {
        let name = expected["name"].as_str().unwrap();
        compare(&format!("{what}: updated {name}"), &array(expected), &states[&format!("layer/{name}")], tolerance);
    }
}

/// The functions with arguments other than their defaults.
#[test]
fn activation_functions() {
    for case in reference("activation_functions") {
        let what = case["name"].as_str().unwrap();
        let x = array(&case["inputs"][0]);
        let number = |name: &str| case["arguments"][name].as_f64();
        let axis = case["arguments"]["axis"].as_i64().unwrap_or(-1);
        let traced = trace(Mode::Infer, std::slice::from_ref(&x.ty), |_, x| {
            let x = x[0];
            vec![match case["function"].as_str().unwrap() {
                "relu" => {
                    let (slope, threshold) = (number("negative_slope"), number("threshold"));
                    activations::relu(x, slope.unwrap_or(0.0), number("max_value"), threshold.unwrap_or(0.0))
                }
                "leaky_relu" => activations::leaky_relu(x, number("negative_slope").unwrap()),
                "elu" => activations::elu(x, number("alpha").unwrap()),
                "celu" => activations::celu(x, number("alpha").unwrap()),
                "gelu" => activations::gelu(x, case["arguments"]["approximate"] == true),
                "hard_shrink" => activations::hard_shrink(x, number("threshold").unwrap()),
                "soft_shrink" => activations::soft_shrink(x, number("threshold").unwrap()),
                "squareplus" => activations::squareplus(x, number("b").unwrap()),
                "threshold" => {
                    activations::threshold(x, number("threshold").unwrap(), number("default_value").unwrap())
                }
                "softmax" => activations::softmax(x, axis),
                "log_softmax" => activations::log_softmax(x, axis),
                "sparsemax" => activations::sparsemax(x, axis),
                "glu" => activations::glu(x, axis),
                other => panic!("{other}: there is no such function"),
            }]
        })
        .unwrap_or_else(|e| panic!("{what}: {e}"));
        let given =
            HashMap::from([("input0".to_string(), x), ("cotangent0".to_string(), array(&case["cotangents"][0]))]);
        let outputs = run(&traced.graph, &given, &mut BTreeMap::new());
        agree(what, &case, &outputs, &BTreeMap::new(), INTERPRETER);
        let outputs = run_cpu(&traced.graph, &given, &mut BTreeMap::new());
        agree(&format!("{what}{ON_CPU}"), &case, &outputs, &BTreeMap::new(), CPU);
    }
}

/// Every activation that Keras has by name is here, but `threshold`, which has no defaults.
#[test]
fn activation_names() {
    let mut expected: Vec<String> =
        reference("activation_signatures").iter().map(|c| c["name"].as_str().unwrap().to_string()).collect();
    expected.retain(|name| name != "threshold");
    assert_eq!(expected, activations::names().collect::<Vec<_>>());
}

/// Keras's numbers are not the paper's: names, order and shapes are compared.
#[test]
fn spectral_normalization() {
    for case in reference("spectral_normalization") {
        let what = case["name"].as_str().unwrap();
        let mut arguments = case["config"].as_object().unwrap().clone();
        let mut inner = arguments["layer"]["config"].clone();
        inner["class_name"] = arguments["layer"]["class"].clone();
        arguments["layer"] = inner;
        let layer = layer(&json!({ "name": what, "class": "SpectralNormalization", "config": arguments }));
        let x = array(&case["inputs"][0]);
        let traced = trace(Mode::Train, &[x.ty], |scope, x| layer.build(scope, x)).unwrap();
        let expected: Vec<(&str, Vec<usize>)> =
            list(&case["weights"]).iter().map(|w| (w["name"].as_str().unwrap(), array(w).ty.shape.to_vec())).collect();
        let found: Vec<(&str, Vec<usize>)> =
            traced.parameters.iter().map(|p| (p.name.trim_start_matches("layer/"), p.shape.to_vec())).collect();
        assert_eq!(expected, found, "{what}");
        let (_, y) = traced.graph.outputs.iter().find(|(name, _)| name == "output0").unwrap();
        assert_eq!(traced.graph.ty(*y).shape, array(&case["outputs"][0]).ty.shape, "{what}");
    }
}

macro_rules! files {
    ($($file:ident),* $(,)?) => { $(#[test] fn $file() { check(stringify!($file)); })* };
}

files! {
    activation_layers, activations, average_pooling, batch_normalization, bidirectional, category_encoding, conv1d, conv1d_transpose,
    conv2d, conv2d_transpose, conv3d, conv3d_transpose, cropping, dense, depthwise_conv2d, embedding, expression, global_pooling,
    group_normalization, gru, inference_identity, layer_normalization, lstm, max_pooling, merging,
    multi_head_attention, reshaping, resizing, separable_conv2d, simple_rnn, ties, time_distributed, unit_normalization, up_sampling,
    zero_padding,
}
