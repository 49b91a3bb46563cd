//! Sums of weight gradients: Σ over two batches is one gradient over the joined batch. So are sums of
//! sums over the samples, as gradients of biases are, where the batches lie side by side.
//! Not here: what the gradients are of (`sets.rs`).

use super::is_placeable;
use crate::graph::{Graph, Node, NodeId, ScopeId};
use crate::ops::{Concat, Op};
use ganymede_tensor::TensorType;
use std::collections::HashMap;

/// Makes one gradient of each sum of two that nothing else uses.
pub(super) fn merge(mut graph: Graph) -> Graph {
    let mut uses = graph.use_counts();
    let old = std::mem::take(&mut graph.nodes);
    let mut new = Sums { graph, uses: Vec::with_capacity(old.len()), joined: HashMap::new() };
    let mut renamed: Vec<NodeId> = Vec::with_capacity(old.len());
    for (index, mut node) in old.into_iter().enumerate() {
        node.inputs.iter_mut().for_each(|i| *i = renamed[i.index()]);
        let merged = match (&node.op, &node.inputs[..]) {
            (Op::Add(_), &[a, b]) if a != b && new.uses[a.index()] == 1 && new.uses[b.index()] == 1 => new.sum(a, b),
            _ => None,
        };
        let id = match merged {
            Some((op, pairs)) => {
                let inputs = pairs.into_iter().map(|parts| new.concat(parts, node.scope)).collect();
                new.push(op, inputs, node.scope)
            }
            None => {
                if let (Op::Concat(Concat { axis: 0 }), &[a, b]) = (&node.op, &node.inputs[..]) {
                    new.joined.insert([a, b], NodeId(new.graph.nodes.len() as u32));
                }
                new.add(node)
            }
        };
        new.uses[id.index()] = std::mem::take(&mut uses[index]);
        renamed.push(id);
    }
    let mut graph = new.graph;
    for (_, id) in graph.outputs.iter_mut().chain(&mut graph.assigns) {
        *id = renamed[id.index()];
    }
    graph
}

struct Sums {
    graph: Graph,
    /// Uses of the new nodes.
    uses: Vec<u32>,
    /// Pairs that are joined into one batch already.
    joined: HashMap<[NodeId; 2], NodeId>,
}

impl Sums {
    fn add(&mut self, node: Node) -> NodeId {
        self.graph.nodes.push(node);
        self.uses.push(1);
        NodeId(self.graph.nodes.len() as u32 - 1)
    }

    fn push(&mut self, op: Op, inputs: Vec<NodeId>, scope: ScopeId) -> NodeId {
        let types: Vec<TensorType> = inputs.iter().map(|&i| self.graph.ty(i).clone()).collect();
        let ty = op.primitive().infer(&types).expect("a pass builds well-typed nodes");
        self.add(Node { op, inputs, ty, scope })
    }

    fn concat(&mut self, parts: [NodeId; 2], scope: ScopeId) -> NodeId {
        match self.joined.get(&parts) {
            Some(&known) => known,
            None => {
                let id = self.push(Concat { axis: 0 }.into(), parts.to_vec(), scope);
                self.joined.insert(parts, id);
                id
            }
        }
    }

    /// The gradient of both batches, and the parts of its operands in the order in which they lie side by side.
    fn sum(&self, a: NodeId, b: NodeId) -> Option<(Op, Vec<[NodeId; 2]>)> {
        let (first, second) = (self.graph.node(a), self.graph.node(b));
        let mut anywhere = true;
        let over_batch = match &first.op {
            Op::ConvWeightGrad(_) => true,
            Op::MatMul(op) => op.transpose_a && !op.transpose_b && first.ty.shape.rank() == 2,
            Op::ReduceSum(op) => {
                anywhere = false;
                op.axes.contains(&0)
            }
            _ => false,
        };
        if !over_batch || first.op != second.op {
            return None;
        }
        let pairs = || first.inputs.iter().zip(&second.inputs);
        let parts: Vec<[NodeId; 2]> = pairs().map(|(&x, &y)| [x, y]).collect();
        let turned: Vec<[NodeId; 2]> = pairs().map(|(&x, &y)| [y, x]).collect();
        let beside = |parts: &[[NodeId; 2]]| parts.iter().filter(|&&pair| self.are_beside(pair)).count();
        let parts = if beside(&turned) > beside(&parts) { turned } else { parts };
        let fits = |&pair: &[NodeId; 2]| self.can_join(pair) && (anywhere || self.are_beside(pair));
        parts.iter().all(fits).then(|| (first.op.clone(), parts))
    }

    /// Whether two values lie side by side already.
    fn are_beside(&self, [x, y]: [NodeId; 2]) -> bool {
        let slices = match (&self.graph.node(x).op, &self.graph.node(y).op) {
            (Op::Slice(a), Op::Slice(b)) => {
                self.graph.node(x).inputs == self.graph.node(y).inputs && a.limit[0] == b.start[0]
            }
            _ => false,
        };
        slices || self.joined.contains_key(&[x, y])
    }

    fn can_join(&self, [x, y]: [NodeId; 2]) -> bool {
        let sample = |id: NodeId| self.graph.ty(id).shape.without(&[0]);
        let placeable = || is_placeable(&self.graph, x) && is_placeable(&self.graph, y);
        sample(x) == sample(y) && (self.are_beside([x, y]) || placeable())
    }
}
