//! What Keras's numbers do not cover of `ganymede>Expression`: the graph is that of the same calls, derivatives in a text, what is
//! refused and with which words.

use super::common::{run, trace};
use ganymede_graph::text::print;
use ganymede_graph::{Array, Expr};
use ganymede_nn::layers::ExpressionLayer;
use ganymede_nn::{Layer, LayerConfig, Mode, Scope};
use ganymede_tensor::{DType, TensorType};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

fn printed(types: &[TensorType], build: impl for<'g> Fn(&Scope<'g>, &[Expr<'g>]) -> Vec<Expr<'g>>) -> String {
    print(&trace(Mode::Train, types, build).unwrap().graph)
}

/// Node by node, gradients too: it cannot differ in a bit, nor in speed.
#[test]
fn a_text_is_the_graph_of_the_same_calls() {
    let types = [TensorType::f32([4, 3, 2]), TensorType::f32([4, 2])];
    let text = "
        gate = sigmoid(x2)                      # of each channel
        wide = reshape(gate, [batch, 1, 2])
        x1 * wide + mean(x1, axis=1,
            keepdims=True) / 2";
    let layer = ExpressionLayer::new(text);
    let by_hand = printed(&types, |_, x| {
        let wide = x[1].sigmoid().reshape([4, 1, 2]);
        vec![x[0] * wide + x[0].mean_axes(&[1]).reshape([4, 1, 2]) / 2.0]
    });
    assert_eq!(printed(&types, |scope, x| layer.build(scope, x)), by_hand);
    // In use it is the same, and labels become numbers.
    let label = [TensorType::new(DType::I32, [4])];
    let identity = printed(&label, |_, x| vec![x[0].convert(DType::F32)]);
    assert_eq!(printed(&label, |scope, x| ExpressionLayer::new("x").build(&scope.with_mode(Mode::Infer), x)), identity);
}

/// ∂(Σ x³)/∂x = 3 x², whose derivative is 6 x.
#[test]
fn a_text_can_differentiate_and_be_differentiated() {
    let layer = ExpressionLayer::new("grad(x ** 3, x)");
    let traced = trace(Mode::Train, &[TensorType::f32([2, 1])], |scope, x| layer.build(scope, x)).unwrap();
    let given = HashMap::from([
        ("input0".to_string(), Array::new([2, 1], vec![2.0, -0.5])),
        ("cotangent0".to_string(), Array::new([2, 1], vec![1.0, 10.0])),
    ]);
    let found = run(&traced.graph, &given, &mut BTreeMap::new());
    let near = |found: &[f64], expected: [f64; 2]| found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9);
    assert!(near(&found["output0"].data, [12.0, 0.75]), "{:?}", found["output0"]);
    assert!(near(&found["gradient0"].data, [12.0, -30.0]), "{:?}", found["gradient0"]);
}

#[test]
fn a_text_that_is_none_is_refused_where_it_is_read() {
    for (text, expected) in [
        ("x * sigmod(x)", "line 1 is wrong: expected a function, found `sigmod` (did you mean `sigmoid`?)"),
        (
            "gate = sigmoid(x)\ngaet * x",
            "line 2 is wrong: expected a name of a line before or of an input, found `gaet` (did you mean `gate`?)",
        ),
        ("relu(inputs)", "found `inputs` (the input is `x`; several are `x1`, `x2`, …)"),
        ("x0 + x01", "found `x0`"),
        ("real * x", "found `real`"),
        ("x = 3\nx", "expected a name of its own, found `x`, which is the input"),
        ("batch = 3\nx * batch", "found `batch`, which is the number of samples"),
        ("y = relu(x)", "expected the last line to be the value of the layer, found a name"),
        ("", "expected at least a line with the value of the layer"),
        (
            "x + normal([batch, 3])",
            "expected a function of a layer, found `normal`: a layer GaussianNoise before this one",
        ),
        ("x * uniform([batch, 3])", "found `uniform`: a layer GaussianNoise"),
        ("discriminator(x)", "expected a function, found `discriminator`"),
    ] {
        let config: LayerConfig =
            serde_json::from_value(json!({ "class_name": "ganymede>Expression", "value": text })).unwrap();
        let errors = config.layer().unwrap_err();
        assert!(errors.len() == 1 && errors[0].to_string().contains(expected), "{text}:\n{errors:?}\n{expected}");
        // From Rust it is told when it is built.
        let layer = ExpressionLayer::new(text);
        let error = trace(Mode::Train, &[TensorType::f32([4, 3])], |scope, x| layer.build(scope, x)).err().unwrap();
        assert!(error.contains("of `value`: "), "{error}");
    }
    let config: LayerConfig = serde_json::from_value(json!({ "class_name": "ganymede>Expression" })).unwrap();
    assert!(config.layer().unwrap_err()[0].to_string().contains("expected the argument `value`"));
}

#[test]
fn what_is_no_tensor_of_the_samples_is_refused_with_its_line() {
    let (one, two) = (vec![vec![4, 3]], vec![vec![4, 3], vec![4, 2]]);
    for (text, shapes, expected) in [
        (
            "y = relu(x)\nmean(y)",
            &one,
            "line 2 of `value`, `mean(y)`: expected a tensor of 4 samples as the value of the layer, (N, …), found shape (): leave",
        ),
        ("transpose(x)", &one, "found shape (3, 4): leave the first axis as it is"),
        ("slice(x, [0, 0], [3, 3])", &one, "found shape (3, 3)"),
        ("batch * 2", &one, "found the number 8, which depends on no input"),
        ("[x, x]", &one, "found a list of 2"),
        ("x + x1", &one, "line 1 of `value`, `x1`: expected `x`, the only input, found `x1`"),
        ("x + x1", &two, "line 1 of `value`, `x`: expected `x1` to `x2`, the inputs, found `x`"),
        ("x1 * x3", &two, "expected `x1` to `x2`, the inputs, found `x3`"),
        ("x1 * x2", &two, "line 1 of `value`, `x1 * x2`: `broadcast` expected operands of matching shapes"),
        ("x1", &vec![vec![4, 3], vec![2, 3]], "expected inputs of one batch, found (4, 3) and (2, 3)"),
        ("x", &vec![vec![]], "expected inputs of one batch, found ()"),
        ("x", &vec![], "expected inputs of one batch, found none"),
    ] {
        let types: Vec<TensorType> = shapes.iter().map(|shape: &Vec<usize>| TensorType::f32(shape.clone())).collect();
        let layer = ExpressionLayer::new(text);
        let error = trace(Mode::Train, &types, |scope, x| layer.build(scope, x)).err().unwrap();
        assert!(error.contains(expected) && error.matches("expected").count() == 1, "{text}:\n{error}\n{expected}");
    }
}
