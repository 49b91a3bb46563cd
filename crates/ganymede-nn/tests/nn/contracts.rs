//! What every layer of the table keeps: Keras's defaults, its configuration through TOML and JSON, a gradient for
//! every parameter, derivatives of order 1 and 2 as finite differences have them, errors instead of panics.

use super::common::{self, Traced, layer, list, reference, run};
use super::examples::examples;
use ganymede_graph::{Array, Builder};
use ganymede_nn::layers::CLASS_NAMES;
use ganymede_nn::{Layer, LayerConfig, Mode, Scope};
use ganymede_tensor::{DType, Rng, TensorType};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

fn example(class: &str, arguments: &Value) -> Arc<dyn Layer> {
    layer(&json!({ "name": class, "class": class, "config": arguments }))
}

fn types(class: &str, shapes: &[Vec<usize>]) -> Vec<TensorType> {
    let whole = ["CategoryEncoding", "Embedding", "ganymede>OneHot"];
    let labels = |at: usize| whole.contains(&class) || (class.contains("Conditional") && at == 1);
    let dtype = |at: usize| if labels(at) { DType::I32 } else { DType::F32 };
    shapes.iter().enumerate().map(|(at, s)| TensorType::new(dtype(at), s.clone())).collect()
}

#[test]
fn every_layer_has_an_example() {
    let mut expected: Vec<&str> = CLASS_NAMES.iter().copied().filter(|c| *c != "InputLayer").collect();
    expected.sort_unstable();
    let mut found: Vec<&str> = examples().iter().map(|e| e.0).collect();
    found.sort_unstable();
    assert_eq!(expected, found);
}

#[test]
fn a_configuration_survives_toml_and_json() {
    for (class, arguments, _) in examples() {
        let written = LayerConfig::from(&*example(class, &arguments));
        assert_eq!(written.class_name, class);
        assert_eq!(Value::Object(written.arguments.clone()), arguments, "{class}: written as given");
        let text = toml::to_string(&written).unwrap_or_else(|e| panic!("{class}: {e}"));
        let read: LayerConfig = toml::from_str(&text).unwrap_or_else(|e| panic!("{class}: {e}\n{text}"));
        assert_eq!(LayerConfig::from(&*read.layer().unwrap()), written, "{class}\n{text}");
        let json: LayerConfig = serde_json::from_str(&serde_json::to_string(&written).unwrap()).unwrap();
        assert_eq!(json, written, "{class}");
    }
}

/// Keras's serialised form with all defaults reads as the layer with none given, and every argument is known.
#[test]
fn defaults_are_those_of_keras() {
    for case in reference("layer_configs") {
        let class = case["class"].as_str().unwrap();
        let mut required = case["required"].clone();
        let strip = |value: &Value| {
            let mut arguments = value.as_object().cloned().unwrap_or_default();
            // A backward_layer is the layer, the other way round.
            let around = ["name", "trainable", "dtype", "backward_layer"];
            around.iter().for_each(|key| drop(arguments.shift_remove(*key)));
            if let Some(Value::Array(sizes)) = arguments.shift_remove("batch_shape") {
                arguments.insert("shape".into(), sizes[1..].to_vec().into());
            }
            arguments
        };
        let serialized = strip(&case["config"]);
        if ["Bidirectional", "SpectralNormalization", "TimeDistributed"].contains(&class) {
            required["layer"] = serialized["layer"].clone();
        }
        let ours = example(class, &required);
        let theirs = example(class, &Value::Object(serialized.clone()));
        let (mut ours, mut theirs) = (ours.arguments(), theirs.arguments());
        // Keras writes the strides of a pool out; they are its size.
        if theirs.get("strides").is_some() && class.contains("Pooling") {
            assert_eq!(list(&serialized["strides"]), list(&serialized["pool_size"]));
            theirs.shift_remove("strides");
            ours.shift_remove("strides");
        }
        // So it writes out the size of the values, which is that of the keys.
        if class == "MultiHeadAttention" {
            assert_eq!(serialized["value_dim"], serialized["key_dim"]);
            theirs.shift_remove("value_dim");
        }
        assert_eq!(ours, theirs, "{class}");
        let mut given = strip(&required);
        let defaults = strip(&case["defaults"]).into_iter();
        // Keras has a null for some arguments that it wants.
        given.extend(defaults.filter(|(key, _)| required.get(key).is_none()).collect::<Vec<_>>());
        assert_eq!(example(class, &Value::Object(given)).arguments(), ours, "{class}: defaults of the constructor");
    }
}

/// Random numbers that keep away from 0, where rectifiers bend.
fn random(rng: &mut Rng, ty: &TensorType) -> Array {
    let number = |rng: &mut Rng| match ty.dtype {
        DType::I32 => f64::from(rng.below(3)),
        _ => rng.uniform_in(0.1, 1.2) * if rng.uniform() < 0.5 { -1.0 } else { 1.0 },
    };
    Array { ty: ty.clone(), data: (0..ty.elements()).map(|_| number(rng)).collect() }
}

/// A layer with values for everything that it reads.
struct Point {
    traced: Traced,
    inputs: HashMap<String, Array>,
    states: BTreeMap<String, Array>,
    /// Names of what is differentiated: floating-point inputs and trainable parameters.
    variables: Vec<String>,
}

impl Point {
    fn new(class: &str, arguments: &Value, shapes: &[Vec<usize>], mode: Mode) -> Self {
        let layer = example(class, arguments);
        let traced = common::trace(mode, &types(class, shapes), |scope, x| layer.build(scope, x))
            .unwrap_or_else(|e| panic!("{class}: {e}"));
        let mut rng = Rng::new(11, 5);
        let mut inputs = HashMap::new();
        for (name, ty) in traced.graph.inputs().filter(|(name, _)| !["seed", "draw"].contains(name)) {
            inputs.insert(name.to_string(), random(&mut rng, ty));
        }
        let mut states = BTreeMap::new();
        for p in &traced.parameters {
            let mut value = random(&mut rng, &TensorType::f32(p.shape.clone()));
            if p.name.ends_with("variance") {
                value.data.iter_mut().for_each(|v| *v = v.abs());
            }
            states.insert(p.name.clone(), value);
        }
        let floating = inputs.iter().filter(|(n, a)| n.starts_with("input") && a.ty.dtype == DType::F32);
        let mut variables: Vec<String> = floating.map(|(n, _)| n.clone()).collect();
        variables.sort();
        variables.extend(traced.parameters.iter().filter(|p| p.trainable).map(|p| p.name.clone()));
        Point { traced, inputs, states, variables }
    }

    fn outputs(&self) -> BTreeMap<String, Array> {
        run(&self.traced.graph, &self.inputs, &mut self.states.clone())
    }

    /// The same, where every variable is moved by `step` times its direction.
    fn moved(&self, directions: &[Vec<f64>], step: f64) -> BTreeMap<String, Array> {
        let (mut inputs, mut states) = (self.inputs.clone(), self.states.clone());
        for (name, direction) in self.variables.iter().zip(directions) {
            let value = inputs.get_mut(name).or(states.get_mut(name)).unwrap();
            value.data.iter_mut().zip(direction).for_each(|(v, d)| *v += step * d);
        }
        run(&self.traced.graph, &inputs, &mut states)
    }

    fn directions(&self, seed: u64) -> Vec<Vec<f64>> {
        let mut rng = Rng::new(seed, 1);
        let elements = |name: &String| self.inputs.get(name).or(self.states.get(name)).unwrap().data.len();
        self.variables.iter().map(|n| (0..elements(n)).map(|_| rng.uniform_in(-1.0, 1.0)).collect()).collect()
    }

    /// Σ output · cotangent.
    fn total(&self, outputs: &BTreeMap<String, Array>) -> f64 {
        let dot = |a: &Array, b: &Array| a.data.iter().zip(&b.data).map(|(x, y)| x * y).sum::<f64>();
        (0..)
            .map_while(|i| Some(dot(outputs.get(&format!("output{i}"))?, &self.inputs[&format!("cotangent{i}")])))
            .sum()
    }

    /// Gradients of the variables, in order.
    fn gradients<'a>(&self, outputs: &'a BTreeMap<String, Array>) -> Vec<&'a Array> {
        let name = |v: &String| match v.strip_prefix("input") {
            Some(i) => format!("gradient{i}"),
            None => format!("gradient:{}", v.trim_start_matches("layer/")),
        };
        self.variables.iter().map(|v| &outputs[&name(v)]).collect()
    }
}

#[test]
fn every_parameter_has_a_gradient() {
    for (class, arguments, shapes) in examples() {
        let point = Point::new(class, &arguments, &shapes, Mode::Train);
        let outputs = point.outputs();
        for (name, gradient) in point.variables.iter().zip(point.gradients(&outputs)) {
            assert!(gradient.data.iter().all(|g| g.is_finite()), "{class}: {name}: {gradient:?}");
            // What is added to all scores of a query changes no share of it.
            let none = name.ends_with("/key/bias");
            assert!(none || gradient.data.iter().any(|g| *g != 0.0), "{class}: {name} has no gradient");
        }
    }
}

/// Order 1: gradient · d against Σ output · cotangent along d. Order 2: the derivative of (gradient · d) along e,
/// as a graph, against the difference of gradients.
#[test]
fn derivatives_agree_with_finite_differences() {
    const STEP: f64 = 1e-5;
    for (class, arguments, shapes) in examples() {
        if class == "SpectralNormalization" {
            continue; // u and v are constants for its derivative; see below
        }
        for mode in [Mode::Train, Mode::Infer] {
            let point = Point::new(class, &arguments, &shapes, mode);
            let (d, e) = (point.directions(3), point.directions(4));
            let outputs = point.outputs();
            let along = |gradients: &[&Array], d: &[Vec<f64>]| -> f64 {
                gradients.iter().zip(d).flat_map(|(g, d)| g.data.iter().zip(d)).map(|(g, d)| g * d).sum()
            };
            let found = along(&point.gradients(&outputs), &d);
            let (above, below) = (point.moved(&d, STEP), point.moved(&d, -STEP));
            let expected = (point.total(&above) - point.total(&below)) / (2.0 * STEP);
            let scale = expected.abs().max(found.abs()).max(1.0);
            assert!((expected - found).abs() < 1e-6 * scale, "{class} {mode:?}: order 1: {expected} {found}");

            let (above, below) = (point.moved(&e, STEP), point.moved(&e, -STEP));
            let expected = (along(&point.gradients(&above), &d) - along(&point.gradients(&below), &d)) / (2.0 * STEP);
            let found = second(class, &arguments, &shapes, mode, &point, &d, &e);
            let scale = expected.abs().max(found.abs()).max(1.0);
            assert!((expected - found).abs() < 1e-5 * scale, "{class} {mode:?}: order 2: {expected} {found}");
        }
    }
}

/// The derivative along e of (gradient · d), both by the graph.
fn second(
    class: &str,
    arguments: &Value,
    shapes: &[Vec<usize>],
    mode: Mode,
    point: &Point,
    d: &[Vec<f64>],
    e: &[Vec<f64>],
) -> f64 {
    let layer = example(class, arguments);
    let builder = Builder::new("second");
    let x: Vec<_> = types(class, shapes)
        .iter()
        .enumerate()
        .map(|(i, ty)| builder.input(&format!("input{i}"), ty.clone()))
        .collect();
    let scope = Scope::root(&builder, "layer", mode);
    let outputs = {
        let _guard = scope.enter();
        layer.build(&scope, &x)
    };
    let variables: Vec<_> = point
        .variables
        .iter()
        .map(|name| match point.states.get(name) {
            Some(state) => builder.state(name, state.ty.clone()),
            None => builder.input(name, point.inputs[name].ty.clone()),
        })
        .collect();
    let total = outputs
        .iter()
        .enumerate()
        .map(|(i, y)| (*y * builder.input(&format!("cotangent{i}"), y.ty())).sum())
        .reduce(|a, b| a + b)
        .unwrap();
    let mut along = builder.constant(0.0);
    for (gradient, direction) in total.grad(&variables).iter().zip(d) {
        along = along + (*gradient * builder.constant_tensor(gradient.ty(), direction)).sum();
    }
    let mut twice = builder.constant(0.0);
    for (gradient, direction) in along.grad(&variables).iter().zip(e) {
        twice = twice + (*gradient * builder.constant_tensor(gradient.ty(), direction)).sum();
    }
    builder.output("twice", twice);
    let graph = builder.finish().unwrap_or_else(|e| panic!("{class}: {e}"));
    run(&graph, &point.inputs, &mut point.states.clone())["twice"].data[0]
}

/// Whatever shapes, types and numbers come, a layer gives an error or a result.
#[test]
fn bad_input_is_an_error_and_never_a_panic() {
    let shapes: Vec<Vec<usize>> = vec![
        vec![],
        vec![0],
        vec![2],
        vec![2, 0],
        vec![2, 3],
        vec![2, 1, 1],
        vec![2, 3, 0],
        vec![2, 3, 3, 1],
        vec![2, 0, 3, 2],
        vec![1, 1, 1, 1, 1],
        vec![1, 2, 3, 2, 2, 2],
    ];
    let numbers =
        [json!(0), json!(1), json!(-1), json!(7), json!(0.5), json!(1e12), json!(u32::MAX), json!("x"), json!([])];
    for (class, arguments, _) in examples() {
        let mut variants = vec![arguments.clone()];
        for key in arguments.as_object().unwrap().keys() {
            for number in &numbers {
                let mut changed = arguments.clone();
                changed[key] = number.clone();
                variants.push(changed);
            }
        }
        for arguments in variants {
            let config = LayerConfig {
                class_name: class.into(),
                arguments: arguments.as_object().unwrap().clone(),
                ..LayerConfig::default()
            };
            let Ok(layer) = config.layer() else { continue };
            for shape in &shapes {
                for dtype in [DType::F32, DType::I32] {
                    let builder = Builder::new("bad");
                    let scope = Scope::root(&builder, "layer", Mode::Train);
                    let _guard = scope.enter();
                    let x = builder.input("x", TensorType::new(dtype, shape.clone()));
                    for inputs in [vec![], vec![x], vec![x, x]] {
                        assert!(!layer.build(&scope, &inputs).is_empty(), "{class}");
                    }
                }
            }
        }
    }
}
