//! The backends under test, and how a graph is run on one and compared with the interpreter.

use ganymede_graph::{Array, Builder, Graph, interpret};
use ganymede_kernels::isa::Isa;
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, Program, ReferenceBackend, StateLayout, Store};
use ganymede_tensor::{DType, Data, Rng, Tensor, TensorType};
use std::collections::{BTreeMap, HashMap};

/// Every backend that is tested.
pub fn backends() -> Vec<Box<dyn Backend>> {
    let mut all: Vec<Box<dyn Backend>> = vec![Box::new(ReferenceBackend)];
    for isa in Isa::available() {
        for threads in 1..=4 {
            let options = CpuOptions { threads, isa, ..CpuOptions::default() };
            all.push(Box::new(CpuBackend::new(options).unwrap()));
        }
    }
    all
}

/// Runs `behaviour` on every backend.
pub fn on_every_backend(behaviour: impl Fn(&dyn Backend)) {
    for backend in backends() {
        behaviour(backend.as_ref());
    }
}

/// A program over a store of exactly the states that it reads.
pub fn load(backend: &dyn Backend, graph: &Graph) -> (Box<dyn Store>, Box<dyn Program>) {
    let store = backend.store(&StateLayout::of_graph(graph, "states")).unwrap();
    let program = backend.load(graph, store.as_ref()).unwrap_or_else(|e| panic!("{}: {e}", backend.name()));
    (store, program)
}

/// A tensor of the given `f32` values.
pub fn tensor(shape: &[usize], values: &[f32]) -> Tensor {
    Tensor::from_f32(shape, values.to_vec()).unwrap()
}

/// A scalar `u32`.
pub fn word(value: u32) -> Tensor {
    Tensor::new([], Data::U32(vec![value])).unwrap()
}

/// Values for a type: `f32` in [−2, 2) and away from ties, indices in −1..7, bytes, truth values.
pub fn sample(ty: &TensorType, stream: u32) -> Tensor {
    let mut rng = Rng::new(17, stream);
    let n = ty.elements();
    let data = match ty.dtype {
        DType::F32 => Data::F32((0..n).map(|_| rng.uniform_in(-2.0, 2.0) as f32).collect()),
        DType::I32 => Data::I32((0..n).map(|_| rng.below(8) as i32 - 1).collect()),
        DType::U32 => Data::U32((0..n).map(|_| rng.bits()).collect()),
        DType::U16 => Data::U16((0..n).map(|_| rng.bits() as u16).collect()),
        DType::U8 => Data::U8((0..n).map(|_| rng.bits() as u8).collect()),
        DType::Bool => Data::Bool((0..n).map(|_| rng.below(2) == 1).collect()),
    };
    Tensor::new(ty.shape.clone(), data).unwrap()
}

/// Runs `graph` twice on the backend and on the interpreter, from sampled inputs and states, and compares
/// outputs and states after each run.
pub fn agrees(backend: &dyn Backend, graph: &Graph) {
    let (mut store, mut program) = load(backend, graph);
    let (mut inputs, mut states) = (HashMap::new(), BTreeMap::new());
    for (at, spec) in program.inputs().to_vec().iter().enumerate() {
        let value = sample(&spec.ty, at as u32);
        program.write(&spec.name, &value).unwrap();
        inputs.insert(spec.name.clone(), Array::from(&value));
    }
    for (at, entry) in store.layout().entries.clone().iter().enumerate() {
        let value = sample(&entry.ty, 1000 + at as u32);
        store.write(&entry.name, &value).unwrap();
        states.insert(entry.name.clone(), Array::from(&value));
    }
    for run in 0..2 {
        let expected = interpret::run(graph, &inputs, &mut states).unwrap();
        program.run(store.as_mut()).unwrap_or_else(|e| panic!("{}: {e}", backend.name()));
        for (name, value) in &expected {
            let context = format!("{}, {}, run {run}, output {name}", backend.name(), graph.name);
            close(&context, value, &program.read(name).unwrap());
        }
        for (name, value) in &states {
            let context = format!("{}, {}, run {run}, state {name}", backend.name(), graph.name);
            close(&context, value, &store.read(name).unwrap());
        }
    }
}

/// Integers and truth values are equal; floats differ by at most 1e-4 of the largest entry, and are not
/// finite where the expected ones are not.
pub fn close(context: &str, expected: &Array, found: &Tensor) {
    assert_eq!(found.ty(), expected.ty, "{context}");
    let found = found.to_f64();
    let largest = expected.data.iter().filter(|x| x.is_finite()).fold(0.0f64, |m, x| m.max(x.abs()));
    let tolerance = if expected.ty.dtype == DType::F32 { 1e-4 * largest.max(1e-30) } else { 0.0 };
    for (i, (&e, &f)) in expected.data.iter().zip(&found).enumerate() {
        let same = (e.is_nan() && f.is_nan()) || e == f || (e - f).abs() <= tolerance;
        assert!(same, "{context}: element {i} of {} expected {e}, found {f}", expected.ty);
    }
}

/// Builds a graph, or panics with every error.
pub fn graph(name: &str, build: impl FnOnce(&Builder)) -> Graph {
    let builder = Builder::new(name);
    build(&builder);
    builder.finish().unwrap_or_else(|e| panic!("{e}"))
}

/// Builds a graph and compares every backend with the interpreter.
pub fn agree(name: &str, build: impl Fn(&Builder)) {
    let graph = graph(name, build);
    on_every_backend(|backend| agrees(backend, &graph));
}
