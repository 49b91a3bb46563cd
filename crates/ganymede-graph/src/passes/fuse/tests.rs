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
