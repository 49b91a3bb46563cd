//! Algebraic simplification: a node becomes an operand of its own, a cheaper node, or a constant.
//!
//! Here are the driver and what the rules share; the rules are in one file a kind of primitive.
//! Inputs, states and scalars are never folded. What may be NaN or infinite stays: x − x and x·0 are
//! not 0, so that a non-finite value reaches the finite flags.

mod constants;
mod contraction;
mod elementwise;
mod movement;
mod reduction;
#[cfg(test)]
mod tests;

use crate::graph::{Graph, Node, NodeId, ScopeId};
use crate::ops::{Broadcast, Constant, Op};
use ganymede_tensor::{DType, Shape, TensorType};
use std::collections::HashMap;

/// Simplifies every node, operands first; what became unused stays behind for [`dce`](super::dce).
///
/// Equal within rounding: constants are folded in `f64`, and a sum over n equal elements becomes n·x.
/// A zero may change its sign.
pub fn simplify(graph: Graph) -> Graph {
    let new = Graph { nodes: Vec::with_capacity(graph.nodes.len()), ..graph };
    let mut simplifier = Simplifier { graph: new, scalars: HashMap::new() };
    let mut renamed: Vec<NodeId> = Vec::with_capacity(graph.nodes.len());
    for Node { op, inputs, ty, scope } in graph.nodes {
        let inputs: Vec<NodeId> = inputs.iter().map(|i| renamed[i.index()]).collect();
        renamed.push(simplifier.simplified(op, inputs, ty, scope));
    }
    let mut graph = simplifier.graph;
    for (_, id) in graph.outputs.iter_mut().chain(&mut graph.assigns) {
        *id = renamed[id.index()];
    }
    graph
}

/// A node that is about to be added.
struct Site<'a> {
    op: &'a Op,
    inputs: &'a [NodeId],
    ty: &'a TensorType,
    scope: ScopeId,
}

/// A rule: the id of a node with the same value, or `None` where it does not apply.
type Rule = fn(&mut Simplifier, &Site) -> Option<NodeId>;

/// The rules in the order they are tried.
const RULES: &[Rule] = &[
    constants::empty,
    constants::fold,
    elementwise::identity,
    elementwise::hoist,
    movement::identity,
    movement::of_movement,
    reduction::rule,
    contraction::transposed_operand,
];

struct Simplifier {
    graph: Graph,
    scalars: HashMap<(DType, u64), NodeId>,
}

impl Simplifier {
    /// The simplified node; rules build with this too, so what they build is simplified in turn.
    fn make(&mut self, op: impl Into<Op>, inputs: Vec<NodeId>, scope: ScopeId) -> NodeId {
        let op = op.into();
        let types: Vec<TensorType> = inputs.iter().map(|&i| self.graph.ty(i).clone()).collect();
        let ty = op.primitive().infer(&types).expect("a rule builds well-typed nodes");
        self.simplified(op, inputs, ty, scope)
    }

    fn simplified(&mut self, op: Op, inputs: Vec<NodeId>, ty: TensorType, scope: ScopeId) -> NodeId {
        let site = Site { op: &op, inputs: &inputs, ty: &ty, scope };
        match RULES.iter().find_map(|rule| rule(self, &site)) {
            Some(id) => {
                debug_assert_eq!(*self.graph.ty(id), ty, "a rule keeps the type of `{}`", op.primitive().name());
                id
            }
            None => self.push(op, inputs, ty, scope),
        }
    }

    fn push(&mut self, op: Op, inputs: Vec<NodeId>, ty: TensorType, scope: ScopeId) -> NodeId {
        let id = NodeId(self.graph.nodes.len() as u32);
        self.graph.nodes.push(Node { op, inputs, ty, scope });
        id
    }

    fn op(&self, id: NodeId) -> &Op {
        &self.graph.node(id).op
    }

    fn shape(&self, id: NodeId) -> &Shape {
        &self.graph.ty(id).shape
    }

    /// The operand of a node that has one.
    fn operand(&self, id: NodeId) -> NodeId {
        self.graph.node(id).inputs[0]
    }

    /// The value of every element, where they are known to be equal.
    fn splat_value(&self, id: NodeId) -> Option<f64> {
        self.graph.splat_value(id)
    }

    /// A tensor whose elements are all `value`: a broadcast scalar constant.
    fn splat(&mut self, ty: &TensorType, value: f64, scope: ScopeId) -> NodeId {
        let key = (ty.dtype, value.to_bits());
        let scalar = match self.scalars.get(&key) {
            Some(&id) => id,
            None => {
                let constant = Constant::scalar(ty.dtype, value);
                let id = self.push(constant.clone().into(), Vec::new(), constant.ty, scope);
                self.scalars.insert(key, id);
                id
            }
        };
        match ty.shape.rank() {
            0 => scalar,
            _ => {
                let broadcast = Broadcast { shape: ty.shape.clone(), axes: Vec::new() };
                self.push(broadcast.into(), vec![scalar], ty.clone(), scope)
            }
        }
    }
}

/// The sizes that are not 1.
fn squeezed(shape: &[usize]) -> Vec<usize> {
    shape.iter().copied().filter(|&n| n != 1).collect()
}
