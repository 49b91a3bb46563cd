//! Two batches through one network: merged where they can be, and the same values.

use crate::builder::Builder;
use crate::expr::Expr;
use crate::graph::Graph;
use crate::interpret::{Array, run};
use crate::ops::Window;
use crate::passes::{fuse, optimize};
use crate::testing::{difference, run_fused};
use ganymede_tensor::{Rng, TensorType};
use std::collections::{BTreeMap, HashMap};

fn count(graph: &Graph, name: &str) -> usize {
    graph.nodes.iter().filter(|n| n.op.primitive().name() == name).count()
}

fn window(stride: usize) -> Window {
    Window { strides: vec![stride; 2], low: vec![1; 2], high: vec![1; 2], dilation: vec![1; 2], groups: 1 }
}

/// A layer of a critic with its own parameters, by number.
fn layer<'g>(builder: &'g Builder, kind: usize, index: usize, x: Expr<'g>) -> Expr<'g> {
    let state = |name: &str, shape: &[usize]| builder.state(&format!("{name}{index}"), TensorType::f32(shape));
    let channels = x.shape()[3];
    match kind {
        0 => x.conv(state("same", &[3, 3, channels, 4]), window(1)) + state("bias", &[4]),
        1 => x.maximum(x * 0.2),
        2 => x * builder.uniform(x.shape()).less(0.7).convert(ganymede_tensor::DType::F32),
        3 => (x - x.mean_keep(&[0, 1, 2])) * (x.variance_axes(&[0, 1, 2]) + 1e-3).rsqrt(),
        4 => x - x.mean_keep(&[1, 2, 3]),
        5 => x.conv_input_grad(state("up", &[3, 3, 4, channels]), window(1), &x.shape()[1..3]),
        6 => x.slice(&[0, 0, 1, 0], &x.shape(), &[1, 1, 2, 1]).pad(&[0; 4], &[0, 0, 2, 0], &[0; 4], 0.0),
        _ => x.reshape([x.shape()[0], 16 * channels]).tanh().reshape(x.shape()),
    }
}

fn values(graph: &Graph, seed: u64) -> (HashMap<String, Array>, BTreeMap<String, Array>) {
    let mut rng = Rng::new(seed, 3);
    let mut array = |ty: &TensorType| Array {
        ty: ty.clone(),
        data: (0..ty.elements())
            .map(|_| if ty.dtype == ganymede_tensor::DType::F32 { rng.uniform_in(-1.0, 1.0) } else { 3.0 })
            .collect(),
    };
    let inputs = graph.inputs().map(|(name, ty)| (name.to_string(), array(ty))).collect();
    let states = graph.states().map(|(name, ty)| (name.to_string(), array(ty))).collect();
    (inputs, states)
}

/// Optimised and fused, the graph computes the same.
fn check(graph: Graph, seed: u64) -> Graph {
    let (inputs, states) = values(&graph, seed);
    let mut expected_states = states.clone();
    let expected = run(&graph, &inputs, &mut expected_states).unwrap();
    let optimised = optimize(graph);
    let (mut found_states, mut fused_states) = (states.clone(), states);
    let found = run(&optimised, &inputs, &mut found_states).unwrap();
    let fused = run_fused(&optimised, &fuse(&optimised), &inputs, &mut fused_states).unwrap();
    for (name, value) in &expected {
        assert!(difference(value, &found[name]) < 1e-9, "seed {seed}: output {name} after the passes");
        assert!(difference(value, &fused[name]) < 1e-9, "seed {seed}: output {name} after fusion");
    }
    for (name, value) in &expected_states {
        assert!(difference(value, &found_states[name]) < 1e-9, "seed {seed}: state {name} after the passes");
        assert!(difference(value, &fused_states[name]) < 1e-9, "seed {seed}: state {name} after fusion");
    }
    optimised
}

/// The critic's loss on computed batches, and its derivatives.
fn critic(kinds: &[usize], batches: &[usize], couple: bool, seed: u64) -> Graph {
    let builder = Builder::new("d");
    let mut losses = Vec::new();
    let mut before: Option<Expr> = None;
    for (i, &batch) in batches.iter().enumerate() {
        let mut h = builder.input(&format!("x{i}"), TensorType::f32([batch, 4, 4, 4])).sin();
        if let (Some(other), true) = (before, couple) {
            h = h + other.mean();
        }
        for (index, &kind) in kinds.iter().enumerate() {
            h = layer(&builder, kind, index, h);
        }
        before = Some(h);
        let logits = h.reshape([batch, 64]).matmul(builder.state("dense", TensorType::f32([64, 3])));
        losses.push(if i == 0 { logits.softplus().mean() } else { logits.square().mean() });
    }
    let loss = losses.into_iter().reduce(|a, b| a + b).expect("at least one batch");
    builder.output("loss", loss);
    let names: Vec<(String, TensorType)> =
        builder.with_graph(|g| g.states().map(|(name, ty)| (name.to_string(), ty.clone())).collect());
    let parameters: Vec<Expr> = names.iter().map(|(name, ty)| builder.state(name, ty.clone())).collect();
    for ((name, _), (parameter, gradient)) in names.iter().zip(parameters.iter().zip(loss.grad(&parameters))) {
        builder.assign(name, *parameter - gradient * 0.1);
    }
    builder.finish().unwrap_or_else(|errors| panic!("seed {seed}: {errors}"))
}

#[test]
fn real_and_fake_become_one_batch() {
    let optimised = check(critic(&[0, 1, 0, 1, 5, 7], &[4, 8], false, 0), 0);
    let counts = ["conv", "conv_input_grad", "conv_weight_grad", "maximum", "tanh"].map(|name| count(&optimised, name));
    // Gradients: the input of each contraction but the first, the kernel of each; one loss is a softplus.
    assert_eq!(counts, [3, 2, 3, 2 + 1, 1], "conv, conv_input_grad, conv_weight_grad, maximum, tanh");
    // The logits, and what their losses send back: x·W, dy·Wᵀ, Σ xᵀ·dy (on 3 logits the batches are no whole lines).
    assert!((3..=6).contains(&count(&optimised, "matmul")));
}

#[test]
fn batch_statistics_stay_apart() {
    let optimised = check(critic(&[0, 3, 1, 0], &[4, 4], false, 1), 1);
    assert_eq!(count(&optimised, "conv"), 2 + 1 - 1);
    // Each half has its own mean and variance: the square root is taken twice.
    assert_eq!(count(&optimised, "sqrt"), 2);
}

#[test]
fn what_depends_on_the_other_is_not_merged() {
    let alone = check(critic(&[0, 1], &[4, 4], false, 2), 2);
    let coupled = check(critic(&[0, 1], &[4, 4], true, 2), 2);
    assert_eq!((count(&alone, "conv"), count(&coupled, "conv")), (1, 2));
}

#[test]
fn random_critics_mean_the_same_merged() {
    for seed in 0..100 {
        let mut rng = Rng::new(seed, 8);
        let kinds: Vec<usize> = (0..1 + rng.below(6)).map(|_| rng.below(8) as usize).collect();
        let batches: Vec<usize> = (0..2 + rng.below(2)).map(|_| 1 + rng.below(3) as usize).collect();
        let couple = rng.below(3) == 0;
        check(critic(&kinds, &batches, couple, seed), seed);
    }
}
