//! Random graphs of every primitive: each backend agrees with the interpreter, and the number of threads changes no byte.

use super::support::{backends, load};
use ganymede_graph::testing::{Sample, difference, random_graph};
use ganymede_graph::{Array, interpret};
use ganymede_tensor::{DType, Data, Tensor};
use std::collections::HashMap;

fn tensor(array: &Array) -> Tensor {
    let all = || array.data.iter();
    let data = match array.ty.dtype {
        DType::F32 => Data::F32(all().map(|&x| x as f32).collect()),
        DType::I32 => Data::I32(all().map(|&x| x as i32).collect()),
        DType::U32 => Data::U32(all().map(|&x| x as u32).collect()),
        DType::U16 => Data::U16(all().map(|&x| x as u16).collect()),
        DType::U8 => Data::U8(all().map(|&x| x as u8).collect()),
        DType::Bool => Data::Bool(all().map(|&x| x != 0.0).collect()),
    };
    Tensor::new(array.ty.shape.clone(), data).unwrap()
}

/// Runs the sample on every backend and on the interpreter; the worst difference of any output or state.
fn check(seed: u64, sample: &Sample) {
    let mut states = sample.states.clone();
    let outputs = interpret::run(&sample.graph, &sample.inputs, &mut states).unwrap();
    // What the first backend of each instruction set gave: its name without the threads, then bytes.
    let mut known: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
    for backend in backends() {
        let name = backend.name();
        let (mut store, mut program) = load(backend.as_ref(), &sample.graph);
        for spec in program.inputs().to_vec() {
            program.write(&spec.name, &tensor(&sample.inputs[&spec.name])).unwrap();
        }
        for entry in store.layout().entries.clone() {
            store.write(&entry.name, &tensor(&sample.states[&entry.name])).unwrap();
        }
        program.run(store.as_mut()).unwrap_or_else(|e| panic!("seed {seed}, {name}: {e}"));
        let mut bytes = Vec::new();
        let mut compare = |what: &str, expected: &Array, found: &Tensor| {
            let error = difference(expected, &Array::from(found));
            assert!(error <= 1e-4, "seed {seed}, {name}: {what} of type {} differs by {error:e}", expected.ty);
            bytes.push(found.to_le_bytes());
        };
        for (output, expected) in &outputs {
            compare(output, expected, &program.read(output).unwrap());
        }
        for entry in &store.layout().entries {
            compare(&entry.name, &states[&entry.name], &store.read(&entry.name).unwrap());
        }
        let isa = name.split(',').next().unwrap_or(&name).to_string();
        let first = known.entry(isa).or_insert_with(|| bytes.clone());
        assert!(*first == bytes, "seed {seed}, {name}: other bytes than with one thread");
    }
}

#[test]
fn small_graphs_agree() {
    for seed in 0..150 {
        check(seed, &random_graph(seed, 12));
    }
}

#[test]
fn large_graphs_agree() {
    for seed in 1000..1015 {
        check(seed, &random_graph(seed, 120));
    }
}
