//! What the tests of layers share: the cases in `reference/keras`, one layer as a graph, comparison.
#![allow(dead_code, reason = "each test binary uses its part")]

use ganymede_graph::{Array, Builder, Expr, Graph, interpret};
use ganymede_nn::{Layer, LayerConfig, Mode, Parameter, Scope};
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, StateLayout};
use ganymede_tensor::{DType, Data, Tensor, TensorType};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::LazyLock;

/// The entries of `reference/keras/<file>.json`.
pub fn reference(file: &str) -> Vec<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../reference/keras").join(format!("{file}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A tensor of a case: {shape, data}, with a dtype where it holds integers.
pub fn array(value: &Value) -> Array {
    let shape: Vec<usize> = list(&value["shape"]).iter().map(|v| v.as_u64().unwrap() as usize).collect();
    let dtype = if value["dtype"] == "int32" { DType::I32 } else { DType::F32 };
    let ty = TensorType::new(dtype, shape);
    let data = match value["data"].as_array() {
        Some(data) => data.iter().map(|v| v.as_f64().unwrap()).collect(),
        None => vec![0.5; ty.elements()],
    };
    Array { ty, data }
}

/// The items of a list; none where there is no list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The layer of a case (`class`, `config`, as passed to Keras's constructor).
pub fn layer(case: &Value) -> std::sync::Arc<dyn Layer> {
    let mut arguments = case["config"].as_object().cloned().unwrap_or_default();
    arguments.shift_remove("trainable"); // an argument of every layer, which its model handles
    let config =
        LayerConfig { class_name: case["class"].as_str().unwrap().into(), arguments, ..LayerConfig::default() };
    config.layer().unwrap_or_else(|e| panic!("{}: {e:?}", case["name"]))
}

/// What a function of tensors with parameters gives, for one set of inputs.
pub struct Traced {
    /// Outputs `output0` …, `gradient0` … of the floating-point inputs, and `gradient:name` of the trainable parameters.
    pub graph: Graph,
    /// The parameters, in order.
    pub parameters: Vec<Parameter>,
}

/// Traces `build` on the input types and the gradients of Σ output · cotangent; cotangents are the inputs `cotangent0` ….
///
/// # Errors
/// What the builder recorded.
pub fn trace(
    mode: Mode,
    types: &[TensorType],
    build: impl for<'g> Fn(&Scope<'g>, &[Expr<'g>]) -> Vec<Expr<'g>>,
) -> Result<Traced, String> {
    let builder = Builder::new("case");
    let inputs: Vec<Expr> =
        types.iter().enumerate().map(|(i, ty)| builder.input(&format!("input{i}"), ty.clone())).collect();
    let scope = Scope::root(&builder, "layer", mode);
    let outputs = {
        let _guard = scope.enter();
        build(&scope, &inputs)
    };
    let parameters = scope.parameters();
    if builder.has_errors() {
        return Err(builder.take_errors().iter().map(|e| format!("{e}\n")).collect());
    }
    let mut total = builder.constant(0.0);
    for (i, &output) in outputs.iter().enumerate() {
        builder.output(&format!("output{i}"), output);
        total = total + (output * builder.input(&format!("cotangent{i}"), output.ty())).sum();
    }
    let floating: Vec<Expr> = inputs.iter().copied().filter(|x| x.dtype() == DType::F32).collect();
    let trainable: Vec<&Parameter> = parameters.iter().filter(|p| p.trainable).collect();
    let states: Vec<Expr> =
        trainable.iter().map(|p| builder.state(&p.name, TensorType::f32(p.shape.clone()))).collect();
    let gradients = total.grad(&floating.iter().chain(&states).copied().collect::<Vec<_>>());
    for (i, &gradient) in gradients[..floating.len()].iter().enumerate() {
        builder.output(&format!("gradient{i}"), gradient);
    }
    for (parameter, &gradient) in trainable.iter().zip(&gradients[floating.len()..]) {
        let name = parameter.name.trim_start_matches("layer/");
        builder.output(&format!("gradient:{name}"), gradient);
    }
    let graph = builder.finish().map_err(|e| e.to_string())?;
    graph.verify().map_err(|e| e.to_string())?;
    Ok(Traced { graph, parameters })
}

/// What runs a graph on inputs and states.
pub type Run = fn(&Graph, &HashMap<String, Array>, &mut BTreeMap<String, Array>) -> BTreeMap<String, Array>;

/// Runs a graph with the interpreter; `states` are changed by what it assigns.
pub fn run(
    graph: &Graph,
    inputs: &HashMap<String, Array>,
    states: &mut BTreeMap<String, Array>,
) -> BTreeMap<String, Array> {
    let mut inputs = inputs.clone();
    inputs.insert("seed".into(), Array { ty: TensorType::new(DType::U32, [2]), data: vec![7.0, 0.0] });
    inputs.insert("draw".into(), Array { ty: TensorType::new(DType::U32, []), data: vec![0.0] });
    interpret::run(graph, &inputs, states).unwrap_or_else(|e| panic!("{e}"))
}

/// The same on the CPU backend, in `f32`.
pub fn run_cpu(
    graph: &Graph,
    inputs: &HashMap<String, Array>,
    states: &mut BTreeMap<String, Array>,
) -> BTreeMap<String, Array> {
    static CPU: LazyLock<CpuBackend> =
        LazyLock::new(|| CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap());
    run_on(&*CPU, graph, inputs, states)
}

/// The same on any backend.
pub fn run_on(
    backend: &dyn Backend,
    graph: &Graph,
    inputs: &HashMap<String, Array>,
    states: &mut BTreeMap<String, Array>,
) -> BTreeMap<String, Array> {
    let mut store = backend.store(&StateLayout::of_graph(graph, "states")).unwrap();
    for entry in store.layout().entries.clone() {
        store.write(&entry.name, &tensor(&states[&entry.name])).unwrap();
    }
    let mut program = backend.load(graph, store.as_ref()).unwrap();
    for spec in program.inputs().to_vec() {
        match inputs.get(&spec.name) {
            Some(value) => program.write(&spec.name, &tensor(value)).unwrap(),
            None => program.write(&spec.name, &Tensor::zeros(&spec.ty)).unwrap(), // seed and draw
        }
    }
    program.run(store.as_mut()).unwrap();
    for entry in store.layout().entries.clone() {
        states.insert(entry.name.clone(), Array::from(&store.read(&entry.name).unwrap()));
    }
    graph.outputs.iter().map(|(name, _)| (name.clone(), Array::from(&program.read(name).unwrap()))).collect()
}

/// What the initializers give for every parameter and statistic.
pub fn first_states(parameters: &[Parameter]) -> BTreeMap<String, Array> {
    let value = |p: &Parameter| Array::new(p.shape.clone(), p.initializer.values(3, &p.name, &p.shape).unwrap());
    parameters.iter().map(|p| (p.name.clone(), value(p))).collect()
}

fn tensor(array: &Array) -> Tensor {
    let data = match array.ty.dtype {
        DType::I32 => Data::I32(array.data.iter().map(|&v| v as i32).collect()),
        _ => Data::F32(array.data.iter().map(|&v| v as f32).collect()),
    };
    Tensor::new(array.ty.shape.clone(), data).unwrap()
}

/// How far from the expected number a result may be: a share of the tensor's largest entry.
#[derive(Clone, Copy)]
pub struct Tolerance {
    pub share: f64,
    /// The largest entry counts as at least this: more than a floor under 0 only where a case says why.
    pub least: f64,
}

impl From<f64> for Tolerance {
    fn from(share: f64) -> Self {
        Tolerance { share, least: 1e-30 } // of a tensor of zeros
    }
}

/// Panics when an entry of `found` is further from that of `expected` than the tolerance.
pub fn compare(what: &str, expected: &Array, found: &Array, tolerance: impl Into<Tolerance>) {
    let tolerance = tolerance.into();
    assert_eq!(expected.ty.shape, found.ty.shape, "{what}: shape");
    let largest = expected.data.iter().fold(tolerance.least, |m, x| m.max(x.abs()));
    for (i, (e, f)) in expected.data.iter().zip(&found.data).enumerate() {
        let bound = tolerance.share * largest;
        assert!((e - f).abs() <= bound, "{what}: entry {i}: expected {e}, found {f} (largest {largest})");
    }
}
