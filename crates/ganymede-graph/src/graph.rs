//! The graph itself: an append-only list of nodes. Not here: how it is built (`builder.rs`),
//! what the primitives mean (`ops/`), what is always true of it (`verify.rs`).

use crate::ops::Op;
use ganymede_tensor::{DType, TensorType};

/// Index of a node in its graph; inputs of a node have smaller indices than the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

impl NodeId {
    /// As an index into [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Index of a scope path in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// One primitive applied to earlier nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The primitive with its attributes.
    pub op: Op,
    /// Its operands.
    pub inputs: Vec<NodeId>,
    /// Element type and shape of the result.
    pub ty: TensorType,
    /// Where in the model it was made.
    pub scope: ScopeId,
}

/// A pure function with named inputs and outputs that reads and writes named states.
///
/// `nodes` is in topological order: every input of a node has a smaller index.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Name of the phase, such as `d` or `sample`.
    pub name: String,
    /// All nodes, operands first.
    pub nodes: Vec<Node>,
    /// Named results.
    pub outputs: Vec<(String, NodeId)>,
    /// Final values of states: each state at most once, with its name.
    pub assigns: Vec<(String, NodeId)>,
    /// Scope paths; entry 0 is the empty path.
    pub scopes: Vec<String>,
}

impl Graph {
    /// An empty graph.
    pub fn new(name: impl Into<String>) -> Self {
        Graph {
            name: name.into(),
            nodes: Vec::new(),
            outputs: Vec::new(),
            assigns: Vec::new(),
            scopes: vec![String::new()],
        }
    }

    /// The node of an id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// Element type and shape of a node's result.
    pub fn ty(&self, id: NodeId) -> &TensorType {
        &self.nodes[id.index()].ty
    }

    /// All node ids in topological order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// The scope path of a node.
    pub fn scope(&self, id: NodeId) -> &str {
        &self.scopes[self.node(id).scope.0 as usize]
    }

    /// Named inputs (batch inputs and scalars) with their types, in order of their nodes.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, &TensorType)> {
        self.nodes.iter().filter_map(|n| match &n.op {
            Op::Input(input) => Some((input.name.as_ref(), &n.ty)),
            _ => None,
        })
    }

    /// Named states that are read, with their types, in order of their nodes.
    pub fn states(&self) -> impl Iterator<Item = (&str, &TensorType)> {
        self.nodes.iter().filter_map(|n| match &n.op {
            Op::State(state) => Some((state.name.as_ref(), &n.ty)),
            _ => None,
        })
    }

    /// Floating-point operations of one run: the sum over all nodes.
    pub fn flops(&self) -> u64 {
        self.nodes.iter().map(|n| self.node_flops(n)).fold(0, u64::saturating_add)
    }

    /// Floating-point operations of one node.
    pub fn node_flops(&self, node: &Node) -> u64 {
        let inputs: Vec<TensorType> = node.inputs.iter().map(|&i| self.ty(i).clone()).collect();
        node.op.primitive().flops(&inputs, &node.ty)
    }

    /// The ids that outputs and assignments name: what must be computed.
    pub fn roots(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.outputs.iter().chain(&self.assigns).map(|(_, id)| *id)
    }

    /// How many times each node is used: as an operand, an output or an assigned value.
    pub fn use_counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.nodes.len()];
        for id in self.nodes.iter().flat_map(|n| n.inputs.iter().copied()).chain(self.roots()) {
            counts[id.index()] += 1;
        }
        counts
    }

    /// The value of every element of a node, where it is one constant, repeated or not.
    pub(crate) fn splat_value(&self, id: NodeId) -> Option<f64> {
        match &self.node(id).op {
            Op::Constant(constant) => constant.as_scalar(),
            Op::Broadcast(_) => self.splat_value(self.node(id).inputs[0]),
            _ => None,
        }
    }

    /// Whether a node's result is of the floating-point type that gradients flow through.
    pub fn is_float(&self, id: NodeId) -> bool {
        self.ty(id).dtype == DType::F32
    }
}
