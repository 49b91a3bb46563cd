//! What fusion makes of graphs, and that it computes the same.

use super::*;
use crate::builder::Builder;
use crate::compose::concat;
use crate::interpret::run;
use crate::ops::Window;
use crate::passes::optimize;
use crate::testing::{difference, random_graph, run_fused};
use ganymede_tensor::TensorType;
use std::collections::BTreeSet;

#[test]
fn random_graphs_mean_the_same_optimised_and_fused() {
    let mut seen = BTreeSet::new();
    for seed in 0..400 {
        let sample = random_graph(seed, 30);
        seen.extend(sample.graph.nodes.iter().map(|n| n.op.primitive().name()));
        let mut states = sample.states.clone();
        let expected = run(&sample.graph, &sample.inputs, &mut states).unwrap();
        let optimised = optimize(sample.graph.clone());
        let mut found_states = sample.states.clone();
        let found = run(&optimised, &sample.inputs, &mut found_states).unwrap();
        let fusion = fuse(&optimised);
        let mut fused_states = sample.states.clone();
        let fused = run_fused(&optimised, &fusion, &sample.inputs, &mut fused_states).unwrap();
        for (name, value) in &expected {
            let difference = difference(value, &found[name]);
            assert!(difference < 1e-9, "seed {seed}: output {name} differs by {difference} after the passes");
            let difference = super::super::super::testing::difference(&found[name], &fused[name]);
            assert!(difference < 1e-12, "seed {seed}: output {name} differs by {difference} after fusion");
        }
        for (name, value) in &states {
            assert!(difference(value, &found_states[name]) < 1e-9, "seed {seed}: state {name} after the passes");
            assert!(difference(value, &fused_states[name]) < 1e-9, "seed {seed}: state {name} after fusion");
        }
    }
    let missing: Vec<_> = crate::Op::NAMES.iter().filter(|n| !seen.contains(*n)).collect();
    assert!(missing.is_empty(), "no random graph has {missing:?}");
}

/// 100,000 nodes of every kind that grows with a model: chains, layers, reductions, parameters.
#[test]
fn large_graphs_compile() {
    use crate::plan;
    let builder = Builder::new("large");
    let x = builder.input("x", TensorType::f32([8, 16]));
    let mut h = x;
    let mut layer = 0;
    let mut updates = Vec::new();
    while updates.len() * 45 < 100_000 {
        let _scope = builder.enter(&format!("layer_{layer}"));
        let w = builder.state(&format!("w{layer}"), TensorType::f32([16, 16]));
        let b = builder.state(&format!("b{layer}"), TensorType::f32([16]));
        let y = h.matmul(w) + b;
        let centred = y - y.mean_keep(&[0]);
        h = (centred * (centred.square().mean_keep(&[0]) + 1e-3).rsqrt()).maximum(y * 0.2) + h;
        updates.push((format!("w{layer}"), w));
        layer += 1;
    }
    let parameters: Vec<_> = updates.iter().map(|(_, w)| *w).collect();
    let gradients = h.square().mean().grad(&parameters);
    for ((name, w), gradient) in updates.into_iter().zip(gradients) {
        builder.assign(&name, w - gradient * builder.scalar("learning_rate"));
    }
    let mut chain = x;
    for i in 0..3000 {
        chain = if i % 7 == 0 { chain.tanh() } else { chain * 0.99 + x };
    }
    builder.output("chain", chain.sum());
    let graph = builder.finish().unwrap();
    assert!(graph.nodes.len() >= 100_000, "{} nodes", graph.nodes.len());
    let started = std::time::Instant::now();
    let optimised = optimize(graph);
    let passes = started.elapsed();
    let fusion = fuse(&optimised);
    let fused = started.elapsed() - passes;
    let mut requests = std::collections::BTreeMap::new();
    for (step, cluster) in fusion.clusters.iter().enumerate() {
        for value in cluster.inputs.iter().chain(&cluster.outputs) {
            let buffer = fusion.place(*value).buffer;
            let bytes = optimised.ty(buffer).bytes();
            requests.entry(buffer).or_insert(plan::Request { bytes, first: step, last: step }).last = step;
        }
    }
    let layout = plan::memory(&requests.into_values().collect::<Vec<_>>());
    println!(
        "{} nodes, {} clusters, {} bytes: passes {passes:?}, fuse {fused:?}, plan {:?}",
        optimised.nodes.len(),
        fusion.clusters.len(),
        layout.total,
        started.elapsed() - fused - passes,
    );
    // Near linear: a layer's work does not depend on how many there are.
    assert!(fusion.clusters.len() < optimised.nodes.len() / 3);
}

/// The clusters of an optimised graph, in words.
fn clusters(build: impl FnOnce(&Builder)) -> String {
    let builder = Builder::new("g");
    build(&builder);
    let graph = optimize(builder.finish().unwrap_or_else(|errors| panic!("{errors}")));
    describe(&graph, &fuse(&graph))
}

#[track_caller]
fn check(found: &str, expected: &[&str]) {
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{found}");
}

fn window(strides: usize, pad: usize) -> Window {
    Window { strides: vec![strides; 2], low: vec![pad; 2], high: vec![pad; 2], dilation: vec![1; 2], groups: 1 }
}

#[test]
fn what_hangs_on_a_convolution_is_its_epilogue() {
    let found = clusters(|b| {
        let kernel = b.state("kernel", TensorType::f32([4, 4, 3, 32]));
        let y = b.input("x", TensorType::f32([8, 16, 16, 3])).conv(kernel, window(2, 1));
        let y = y + b.state("bias", TensorType::f32([32]));
        b.output("y", y.maximum(y * 0.2));
    });
    check(&found, &["conv %2(%1 %0) then (512, 32): %2 %3:_,1 | add 0.2 mul maximum | %9"]);
}

#[test]
fn batch_norm_reads_its_input_three_times_and_writes_once() {
    let found = clusters(|b| {
        let x = b.input("x", TensorType::f32([8, 4, 4, 64]));
        let centred = x - x.mean_keep(&[0, 1, 2]);
        let scale = (centred.square().mean_keep(&[0, 1, 2]) + 1e-3).rsqrt() * b.state("gamma", TensorType::f32([64]));
        b.output("y", (centred * scale + b.state("beta", TensorType::f32([64]))).tanh());
    });
    check(
        &found,
        &[
            "(128, 64): %0 |  | %1=sum[0]",
            "(64,): %1 | 0.0078125 mul | %4",
            "(128, 64): %0 %4:_,1 | sub mul | %8=sum[0]",
            "(64,): %8 %18 | 0.0078125 mul 0.001 add sqrt 1.0 div mul | %20",
            "(128, 64): %0 %4:_,1 %20:_,1 %24:_,1 | sub mul add tanh | %27",
        ],
    );
}

#[test]
fn pooling_is_one_pass() {
    let found = clusters(|b| {
        let x = b.input("x", TensorType::f32([2, 4, 4, 3]));
        let shifted = |i, j| x.slice(&[0, i, j, 0], &[2, 4, 4, 3], &[1, 2, 2, 1]);
        b.output("y", shifted(0, 0).maximum(shifted(0, 1)).maximum(shifted(1, 0)).maximum(shifted(1, 1)));
    });
    let reads = "%0:24,6,1 %0:24,6,1+3 %0:24,6,1+12 %0:24,6,1+15";
    check(&found, &[&format!("(4, 2, 3): {reads} | maximum maximum maximum | %7")]);
}

#[test]
fn an_optimizer_is_one_pass_a_parameter() {
    let found = clusters(|b| {
        let ty = TensorType::f32([64, 16]);
        let [w, m, v] = ["w", "m", "v"].map(|name| b.state(name, ty.clone()));
        let x = b.input("x", TensorType::f32([32, 64]));
        let g = x.matmul(w).square().mean().grad(&[w])[0];
        let finite = (g * 0.0).sum().is_finite();
        let m2 = m + (g - m) * (1.0 - b.scalar("beta_1"));
        let v2 = v + (g * g - v) * (1.0 - b.scalar("beta_2"));
        let w2 = w - b.scalar("learning_rate") * m2 / (v2.sqrt() + 1e-7);
        for (name, old, new) in [("w", w, w2), ("m", m, m2), ("v", v, v2)] {
            b.assign(name, finite.select(new, old));
        }
    });
    let last = found.lines().last().unwrap();
    let reads = last.split(" | ").next().unwrap().split(' ').skip(1).filter(|read| !read.contains(':')).count();
    let writes = last.split(" | ").nth(2).unwrap().split(' ').count();
    assert_eq!((reads, writes), (4, 3), "gradient, parameter and two slots in, three out: {found}");
}

#[test]
fn parts_of_a_concatenation_are_written_in_place() {
    let found = clusters(|b| {
        let (x, y) = (b.input("x", TensorType::f32([4, 16])), b.input("y", TensorType::f32([4, 8])));
        b.output("side by side", concat(&[x.exp(), y.tanh()], 1));
        b.output("in a row", concat(&[x.sin(), x.cos(), x], 0));
    });
    check(
        &found,
        &["(4, 8): %1 | tanh | %4:24,1+16", "(4, 16): %0 | exp sin cos | %4:24,1 %5 %6", "(64,): %0 |  | %7:1+128"],
    );
}

#[test]
fn what_goes_through_memory_has_a_reason() {
    let builder = Builder::new("missed");
    let x = builder.input("x", TensorType::f32([8, 16]));
    let w = builder.state("w", TensorType::f32([16, 32]));
    let y = x.matmul(w).tanh();
    // The mean is complete only after a pass over y; then y is read again.
    builder.output("centred", y - y.mean_keep(&[0]));
    let graph = optimize(builder.finish().unwrap());
    let fusion = fuse(&graph);
    let missed = missed(&graph, &fusion);
    let found: Vec<_> = missed.iter().map(|m| (m.bytes, m.reason)).collect();
    // y to its sum and to the difference; the sum to the mean, and the mean to the difference.
    let (y, mean) = (8 * 32 * 4, 32 * 4);
    let expected = [(y, Refusal::Epilogue), (y, Refusal::Order), (mean, Refusal::Reduction), (mean, Refusal::Order)];
    assert_eq!(found, expected);
    assert!(missed.iter().all(|m| m.writer < m.reader), "{missed:?}");
}

#[test]
fn notes_say_why_not() {
    let builder = Builder::new("g");
    let x = builder.input("x", TensorType::f32([6, 4]));
    let y = x.matmul(builder.state("w", TensorType::f32([4, 5]))).tanh();
    builder.output("total", y.sum());
    let graph = builder.finish().unwrap();
    let notes = fuse(&graph).notes;
    assert!(notes.iter().any(|n| n.reason == Refusal::Epilogue), "{notes:?}");
    assert!(notes[0].reason.to_string().contains("epilogue"));
}

/// The gradient of a weight that is used twice: it is stored, and what follows from it is computed where it is assigned.
#[test]
fn a_gradient_of_two_products_stands_for_its_update() {
    let builder = Builder::new("update");
    let input = |name| builder.input(name, TensorType::f32([16, 16]));
    let state = |name| builder.state(name, TensorType::f32([16, 16]));
    let first = input("a").matmul(input("b"));
    let gradient = first + first.tanh().matmul(input("c"));
    let momentum = state("m") + (gradient - state("m")) * 0.1;
    let velocity = state("v") + (gradient.square() - state("v")) * 0.1;
    builder.assign("p", state("p") - momentum * 0.5 / (velocity.sqrt() + 1e-7));
    builder.assign("m", momentum);
    builder.assign("v", velocity);
    builder.guard_assigns((gradient - gradient).sum().equal(0.0));
    let graph = optimize(builder.finish().unwrap());
    let written = fuse(&graph).clusters.iter().flat_map(|c| c.outputs.clone()).collect::<BTreeSet<_>>();
    let large = written.iter().filter(|id| graph.ty(**id).elements() == 256).count();
    assert_eq!(large, 6, "one product and its tanh, the gradient, three states");
}
