//! Common subexpression elimination: equal primitives on equal operands become one node.
//!
//! Random nodes take part: they are pure functions of seed, draw and stream, so two with the same
//! stream have the same value.

use crate::graph::{Graph, Node, NodeId};
use crate::ops::{Compare, Comparison, Op};
use std::collections::HashMap;

/// Gives equal nodes one id; the duplicates stay behind for [`dce`](super::dce).
pub fn cse(mut graph: Graph) -> Graph {
    let mut known: HashMap<(Op, Vec<NodeId>), NodeId> = HashMap::with_capacity(graph.nodes.len());
    let mut renamed: Vec<NodeId> = Vec::with_capacity(graph.nodes.len());
    for (index, node) in graph.nodes.iter_mut().enumerate() {
        node.inputs.iter_mut().for_each(|i| *i = renamed[i.index()]);
        let id = *known.entry(key(node)).or_insert(NodeId(index as u32));
        renamed.push(id);
    }
    for (_, id) in graph.outputs.iter_mut().chain(&mut graph.assigns) {
        *id = renamed[id.index()];
    }
    graph
}

/// Primitive and operands, those of a commutative primitive in one order.
fn key(node: &Node) -> (Op, Vec<NodeId>) {
    let mut inputs = node.inputs.clone();
    let commutes =
        matches!(&node.op, Op::Add(_) | Op::Mul(_) | Op::Logical(_) | Op::Compare(Compare { kind: Comparison::Equal }));
    if commutes {
        inputs.sort_unstable();
    }
    (node.op.clone(), inputs)
}
