//! What the tests of initializers, losses and optimizers share beside `common`: functions of tensors without
//! parameters, and objects by name.
#![allow(dead_code, reason = "each test binary uses its part")]

use super::common;
use ganymede_graph::{Array, Builder, Expr};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// `{class_name, config}` of a case.
pub fn object(case: &Value) -> Value {
    json!({ "class_name": case["class"], "config": case["config"] })
}

/// A list of numbers.
pub fn floats(value: &Value) -> Vec<f64> {
    common::list(value).iter().map(|v| v.as_f64().unwrap_or_else(|| panic!("expected a number, found {v}"))).collect()
}

/// A list of sizes.
pub fn sizes(value: &Value) -> Vec<usize> {
    floats(value).into_iter().map(|v| v as usize).collect()
}

/// Requires equal shapes and elements within 1e-9 of the largest expected one.
pub fn assert_close(name: &str, expected: &Array, found: &Array) {
    common::compare(name, expected, found, 1e-9);
}

/// Builds a graph of named inputs and runs it in `f64`.
pub fn evaluate<const N: usize>(
    inputs: [(&str, &Array); N],
    build: impl for<'g> FnOnce(&'g Builder, [Expr<'g>; N]),
) -> BTreeMap<String, Array> {
    evaluate_on(common::run, inputs, build)
}

/// The same on the interpreter ([`common::run`]) or the CPU ([`common::run_cpu`]).
pub fn evaluate_on<const N: usize>(
    run: common::Run,
    inputs: [(&str, &Array); N],
    build: impl for<'g> FnOnce(&'g Builder, [Expr<'g>; N]),
) -> BTreeMap<String, Array> {
    let builder = Builder::new("test");
    build(&builder, inputs.map(|(name, array)| builder.input(name, array.ty.clone())));
    let graph = builder.finish().unwrap_or_else(|errors| panic!("{errors}"));
    graph.verify().expect("a graph that holds together");
    let values: HashMap<String, Array> =
        inputs.iter().map(|(name, array)| (name.to_string(), (*array).clone())).collect();
    run(&graph, &values, &mut BTreeMap::new())
}
