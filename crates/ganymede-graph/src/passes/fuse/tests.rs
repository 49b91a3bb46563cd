//! What fusion makes of graphs, and that it computes the same.

use super::*;
use crate::interpret::run;
use crate::passes::optimize;
use crate::testing::{difference, random_graph, run_fused};
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
    use crate::{Builder, plan};
    use ganymede_tensor::TensorType;
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
