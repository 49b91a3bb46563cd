//! Dead code elimination: nodes that no output and no assignment depends on disappear.

use crate::graph::{Graph, NodeId};

/// Removes every node that no output and no assignment depends on; the others keep their order.
pub fn dce(mut graph: Graph) -> Graph {
    let mut live = vec![false; graph.nodes.len()];
    for root in graph.roots().collect::<Vec<_>>() {
        live[root.index()] = true;
    }
    for index in (0..graph.nodes.len()).rev() {
        if live[index] {
            graph.nodes[index].inputs.iter().for_each(|i| live[i.index()] = true);
        }
    }
    let mut renamed = vec![NodeId(0); graph.nodes.len()];
    let mut kept = Vec::with_capacity(graph.nodes.len());
    for (index, mut node) in graph.nodes.into_iter().enumerate() {
        if live[index] {
            renamed[index] = NodeId(kept.len() as u32);
            node.inputs.iter_mut().for_each(|i| *i = renamed[i.index()]);
            kept.push(node);
        }
    }
    graph.nodes = kept;
    for (_, id) in graph.outputs.iter_mut().chain(&mut graph.assigns) {
        *id = renamed[id.index()];
    }
    graph
}
