//! Execution order: every cluster after those that write what it reads, else as the graph has it.
//! Not here: what a cluster is (`emit.rs`).

use super::Cluster;
use super::emit::Turn;
use super::group::{Groups, Role};
use crate::graph::Graph;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The clusters in order: of those that can run, the one whose turn comes first in the graph.
pub(super) fn order(graph: &Graph, groups: &Groups, clusters: Vec<Turn>) -> Vec<Cluster> {
    // Steps 0..n are values becoming complete, the others are clusters.
    let n = graph.nodes.len();
    let mut after: Vec<Vec<u32>> = vec![Vec::new(); n + clusters.len()];
    let mut waits = vec![0u32; n + clusters.len()];
    let mut edge = |from: usize, to: usize| {
        after[from].push(to as u32);
        waits[to] += 1;
    };
    for (i, (_, cluster)) in clusters.iter().enumerate() {
        cluster.inputs.iter().for_each(|v| edge(v.index(), n + i));
        cluster.outputs.iter().for_each(|v| edge(n + i, v.index()));
    }
    for (value, buffer) in groups.inside() {
        // A contiguous view is complete with its base, a concatenation with its parts.
        match groups.roles[value.index()] {
            Role::View(_) => edge(buffer.index(), value.index()),
            _ => edge(value.index(), buffer.index()),
        }
    }
    let turn =
        |step: usize| if step < n { Reverse((0, step)) } else { Reverse((1 + clusters[step - n].0.index(), step)) };
    let mut heap: BinaryHeap<Reverse<(usize, usize)>> = (0..waits.len()).filter(|&s| waits[s] == 0).map(turn).collect();
    let mut sequence = Vec::with_capacity(clusters.len());
    while let Some(Reverse((_, step))) = heap.pop() {
        if step >= n {
            sequence.push(step - n);
        }
        for &next in &after[step] {
            waits[next as usize] -= 1;
            if waits[next as usize] == 0 {
                heap.push(turn(next as usize));
            }
        }
    }
    assert_eq!(sequence.len(), clusters.len(), "clusters of graph `{}` wait for each other", graph.name);
    let mut clusters: Vec<Option<Cluster>> = clusters.into_iter().map(|(_, cluster)| Some(cluster)).collect();
    sequence.into_iter().filter_map(|i| clusters[i].take()).collect()
}
