//! Reading the reference numbers under `reference/keras`. Not here: what is compared with them.
#![allow(dead_code)]

use ganymede_graph::{Array, Builder, Expr, Graph, interpret};
use ganymede_tensor::{DType, TensorType};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The cases of a file.
pub fn cases(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reference/keras").join(file).with_extension("json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// `{class_name, config}` of a case.
pub fn object(case: &Value) -> Value {
    serde_json::json!({ "class_name": case["class"], "config": case["config"] })
}

/// A list of numbers.
pub fn floats(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap_or_else(|| panic!("expected a list, found {value}"));
    list.iter().map(|v| v.as_f64().unwrap_or_else(|| panic!("expected a number, found {v}"))).collect()
}

/// A list of sizes.
pub fn sizes(value: &Value) -> Vec<usize> {
    floats(value).into_iter().map(|v| v as usize).collect()
}

/// A tensor `{shape, data}`.
pub fn array(value: &Value) -> Array {
    let dtype = if value["dtype"] == "int32" { DType::I32 } else { DType::F32 };
    let ty = TensorType::new(dtype, sizes(&value["shape"]));
    Array { ty, data: floats(&value["data"]) }
}

/// Requires equal shapes and elements within 1e-9 of the largest expected one.
pub fn assert_close(name: &str, expected: &Array, found: &Array) {
    assert_eq!(expected.ty.shape, found.ty.shape, "{name}: shape");
    let largest = expected.data.iter().fold(1e-3, |m: f64, x| m.max(x.abs()));
    for (i, (e, f)) in expected.data.iter().zip(&found.data).enumerate() {
        assert!((e - f).abs() <= 1e-9 * largest, "{name}: element {i} expected {e}, found {f}");
    }
}

/// Builds a graph of named inputs and runs it in `f64`.
pub fn evaluate<const N: usize>(
    inputs: [(&str, &Array); N],
    build: impl for<'g> FnOnce(&'g Builder, [Expr<'g>; N]),
) -> BTreeMap<String, Array> {
    let values = inputs.iter().map(|(name, array)| (name.to_string(), (*array).clone())).collect();
    run(&graph(inputs.map(|(name, array)| (name, array.ty.clone())), build), &values)
}

fn graph<const N: usize>(
    inputs: [(&str, TensorType); N],
    build: impl for<'g> FnOnce(&'g Builder, [Expr<'g>; N]),
) -> Graph {
    let builder = Builder::new("test");
    build(&builder, inputs.map(|(name, ty)| builder.input(name, ty)));
    let graph = builder.finish().unwrap_or_else(|errors| panic!("{errors}"));
    graph.verify().expect("a graph that holds together");
    graph
}

/// Runs a graph without states in `f64`.
pub fn run(graph: &Graph, inputs: &HashMap<String, Array>) -> BTreeMap<String, Array> {
    interpret::run(graph, inputs, &mut BTreeMap::new()).unwrap_or_else(|e| panic!("{e}"))
}
