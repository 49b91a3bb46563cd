//! Merging: the same work on several batches becomes one piece of work on the joined batch.
//!
//! Contractions with the same weight and the same attributes join (`sets.rs`), then whatever follows
//! sample by sample in the same way (`batched.rs`); the results are sliced back where they part. Sums of
//! weight gradients become one over the joined batch (`weights.rs`). Joining and slicing cost nothing
//! where they are along the first axis: the fuser places the parts side by side. Random nodes and what
//! mixes samples (batch statistics) are never merged.

mod batched;
mod sets;
#[cfg(test)]
mod tests;
mod weights;

use crate::graph::{Graph, Node, NodeId, ScopeId};
use crate::ops::{Class, Concat, Op, Slice};
use sets::Sets;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Merges what can be merged; what became unused stays behind for [`dce`](super::dce).
///
/// # Panics
/// When merged nodes would wait for each other: a bug of ours.
pub fn merge(graph: Graph) -> Graph {
    let mut sets = Sets::of_contractions(&graph);
    if !sets.is_empty() {
        batched::extend(&graph, &mut sets);
    }
    let graph = if sets.is_empty() { graph } else { rebuild(&graph, &sets) };
    weights::merge(graph)
}

/// Bytes that each part of a joined batch must be a multiple of, so that it can be placed.
const PART: usize = super::fuse::ALIGNMENT;

/// Whether a value can be made right where it lies in a joined batch: it is computed, and fills whole lines.
fn is_placeable(graph: &Graph, id: NodeId) -> bool {
    let mut source = id;
    while let Op::Reshape(_) = graph.node(source).op {
        source = graph.node(source).inputs[0];
    }
    let computed = match graph.node(source).op.primitive().class() {
        Class::Leaf => false,
        Class::Movement => matches!(graph.node(source).op, Op::Concat(_)),
        _ => true,
    };
    computed && graph.ty(id).bytes().is_multiple_of(PART)
}

/// The graph with every set as one node, and slices where members are used one by one.
fn rebuild(graph: &Graph, sets: &Sets) -> Graph {
    let n = graph.nodes.len();
    // Steps: a set stands at its first member.
    let step = |id: NodeId| sets.of(id).map_or(id.index(), |(set, _)| sets.members(set)[0].index());
    let mut after: Vec<Vec<u32>> = vec![Vec::new(); n];
    let mut waits = vec![0u32; n];
    for id in graph.ids() {
        for &input in &graph.node(id).inputs {
            after[step(input)].push(step(id) as u32);
            waits[step(id)] += 1;
        }
    }
    let steps: Vec<usize> = graph.ids().filter(|&id| step(id) == id.index()).map(NodeId::index).collect();
    let mut heap: BinaryHeap<Reverse<usize>> = steps.iter().copied().filter(|&s| waits[s] == 0).map(Reverse).collect();
    let (name, outputs, assigns) = (graph.name.clone(), graph.outputs.clone(), graph.assigns.clone());
    let empty = Graph { name, nodes: Vec::with_capacity(n), outputs, assigns, scopes: graph.scopes.clone() };
    let mut new = Rebuilt { graph: empty, renamed: vec![NodeId(0); n] };
    let mut done = 0;
    while let Some(Reverse(at)) = heap.pop() {
        done += 1;
        let id = NodeId(at as u32);
        match sets.of(id) {
            None => new.copy(graph, id),
            Some((set, _)) => new.merged(graph, sets, set),
        }
        for &next in &after[at] {
            waits[next as usize] -= 1;
            if waits[next as usize] == 0 {
                heap.push(Reverse(next as usize));
            }
        }
    }
    assert_eq!(done, steps.len(), "merged nodes of graph `{}` wait for each other", graph.name);
    let Rebuilt { mut graph, renamed } = new;
    for (_, id) in graph.outputs.iter_mut().chain(&mut graph.assigns) {
        *id = renamed[id.index()];
    }
    graph
}

struct Rebuilt {
    graph: Graph,
    renamed: Vec<NodeId>,
}

impl Rebuilt {
    fn push(&mut self, op: impl Into<Op>, inputs: Vec<NodeId>, scope: ScopeId) -> NodeId {
        let op = op.into();
        let types: Vec<_> = inputs.iter().map(|&i| self.graph.ty(i).clone()).collect();
        let ty = op.primitive().infer(&types).expect("a pass builds well-typed nodes");
        self.graph.nodes.push(Node { op, inputs, ty, scope });
        NodeId(self.graph.nodes.len() as u32 - 1)
    }

    fn copy(&mut self, graph: &Graph, id: NodeId) {
        let mut node = graph.node(id).clone();
        node.inputs.iter_mut().for_each(|i| *i = self.renamed[i.index()]);
        self.graph.nodes.push(node);
        self.renamed[id.index()] = NodeId(self.graph.nodes.len() as u32 - 1);
    }

    fn merged(&mut self, graph: &Graph, sets: &Sets, set: usize) {
        let members = sets.members(set);
        let first = graph.node(members[0]);
        let batch: usize = members.iter().map(|&m| graph.ty(m).shape[0]).sum();
        let op = batched::of_batch(graph, members[0], batch).expect("members work sample by sample");
        let mut inputs = Vec::with_capacity(first.inputs.len());
        for operand in 0..first.inputs.len() {
            let parts: Vec<NodeId> = members.iter().map(|&m| graph.node(m).inputs[operand]).collect();
            inputs.push(self.joined(graph, batched::is_shared(graph, &parts, operand, members[0]), &parts, batch));
        }
        let node = self.push(op, inputs, first.scope);
        let mut start = 0;
        for &member in members {
            let slice = batch_slice(graph, member, start, batch);
            start += graph.ty(member).shape[0];
            self.renamed[member.index()] = self.push(slice, vec![node], graph.node(member).scope);
        }
    }

    /// An operand for the joined batch.
    fn joined(&mut self, graph: &Graph, shared: batched::Shared, parts: &[NodeId], batch: usize) -> NodeId {
        let scope = graph.node(parts[0]).scope;
        match shared {
            batched::Shared::Whole => self.renamed[parts[0].index()],
            batched::Shared::Repeated => {
                let op = batched::of_batch(graph, parts[0], batch).expect("a broadcast repeats over any batch");
                let source = self.renamed[graph.node(parts[0]).inputs[0].index()];
                self.push(op, vec![source], scope)
            }
            batched::Shared::Parts => {
                let parts = parts.iter().map(|p| self.renamed[p.index()]).collect();
                self.push(Concat { axis: 0 }, parts, scope)
            }
        }
    }
}

/// Samples of a joined batch that were a value of their own.
fn batch_slice(graph: &Graph, member: NodeId, start: usize, batch: usize) -> Slice {
    let shape = &graph.ty(member).shape;
    let mut slice = Slice { start: vec![0; shape.rank()], limit: shape.to_vec(), stride: vec![1; shape.rank()] };
    debug_assert!(start + shape[0] <= batch, "a part lies inside the joined batch");
    (slice.start[0], slice.limit[0]) = (start, start + shape[0]);
    slice
}
