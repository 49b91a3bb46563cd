//! From a fused graph to kernel calls on buffers: inputs, states, outputs, assignments.
//! Not here: the calls of a cluster (`clusters.rs`), where buffers lie (`plan.rs`).

use super::kernel::Draft;
use super::plan::{BufferId, Call, Home, Lowered, Slice};
use crate::convert::place;
use crate::{KernelInfo, RuntimeError};
use ganymede_graph::passes::Fusion;
use ganymede_graph::{Graph, NodeId, Op};
use ganymede_kernels::arena::{MemoryError, Span};
use ganymede_tensor::region::Constant;
use ganymede_tensor::{DType, TensorType};
use std::collections::{HashMap, HashSet};

/// Where a lowered graph is written to and read from.
pub(super) struct Edges {
    /// Buffer of each input of the original graph, in order of their nodes.
    pub inputs: Vec<BufferId>,
    /// Buffer of each output, in order.
    pub outputs: Vec<BufferId>,
    /// Buffers of constants, and their bytes.
    pub constants: Vec<(BufferId, Vec<u8>)>,
}

/// Lowers a fused graph. `original` is the graph before it was optimised, which may have more inputs; `state` gives
/// the place of each state.
pub(super) fn lower(
    original: &Graph,
    graph: &Graph,
    fusion: &Fusion,
    state: impl Fn(&str) -> Option<Span>,
) -> Result<(Lowered, Edges), RuntimeError> {
    let lowered = Lowered { program: graph.name.clone(), ..Lowered::default() };
    let mut lowering = Lowering { graph, fusion, lowered, buffers: HashMap::new(), results: HashSet::new() };
    let (mut given, mut constants, mut states) = (HashMap::new(), Vec::new(), HashMap::new());
    for id in graph.ids() {
        match &graph.node(id).op {
            Op::Input(op) => {
                given.insert(op.name.to_string(), lowering.leaf(id, Home::Fixed));
            }
            Op::State(op) => {
                if let Some(span) = state(&op.name) {
                    states.insert(op.name.to_string(), lowering.leaf(id, Home::State(span)));
                }
            }
            Op::Constant(op) if fusion.places[id.index()].is_some() => {
                let bytes = op.values().flat_map(|value| element_bytes(op.ty.dtype, value)).collect();
                constants.push((lowering.leaf(id, Home::Fixed), bytes));
            }
            _ => {}
        }
    }
    for (name, id) in &graph.assigns {
        if !states.contains_key(name) {
            let ty = graph.ty(*id);
            let span = state(name).ok_or_else(|| RuntimeError::unknown("state", name, std::iter::empty()))?;
            states.insert(name.clone(), lowering.lowered.buffer(ty.bytes(), ty.dtype, Home::State(span)));
        }
    }
    let assigned: HashSet<BufferId> = graph.assigns.iter().map(|(name, _)| states[name]).collect();
    let mut late = Vec::new();
    let outputs = graph.outputs.iter().map(|(_, id)| lowering.output(*id, &mut late)).collect();
    for (name, id) in &graph.assigns {
        lowering.assign(states[name], *id, &assigned);
    }
    for cluster in &fusion.clusters {
        lowering.cluster(cluster)?;
    }
    lowering.lowered.calls.extend(late);
    let mut lowered = lowering.lowered;
    let input = |(name, ty): (&str, &TensorType)| {
        // Inputs that nothing depends on can be written all the same.
        given.get(name).copied().unwrap_or_else(|| lowered.buffer(ty.bytes(), ty.dtype, Home::Fixed))
    };
    let inputs = original.inputs().map(input).collect();
    Ok((lowered, Edges { inputs, outputs, constants }))
}

/// Refuses values that no memory holds, before anyone computes with their sizes.
pub(super) fn check_sizes(graph: &Graph) -> Result<(), RuntimeError> {
    const ADDRESSABLE: usize = 1 << 47;
    match graph.ids().map(|id| (id, graph.ty(id).bytes())).find(|(_, bytes)| *bytes > ADDRESSABLE) {
        None => Ok(()),
        Some((id, bytes)) => {
            let what = format!("{}, a value of type {}", place(&graph.name, graph.scope(id)), graph.ty(id));
            Err(RuntimeError::Memory { what, source: MemoryError::OutOfMemory { bytes } })
        }
    }
}

/// A graph on the way to calls.
pub(super) struct Lowering<'g> {
    pub graph: &'g Graph,
    pub fusion: &'g Fusion,
    pub lowered: Lowered,
    /// The buffer of every value that owns one.
    pub buffers: HashMap<NodeId, BufferId>,
    /// Buffers that are outputs.
    results: HashSet<BufferId>,
}

impl Lowering<'_> {
    pub fn leaf(&mut self, id: NodeId, home: Home) -> BufferId {
        let ty = self.graph.ty(id);
        let buffer = self.lowered.buffer(ty.bytes(), ty.dtype, home);
        self.buffers.insert(id, buffer);
        buffer
    }

    /// Where the value of a node lies.
    pub fn slice(&mut self, id: NodeId) -> Slice {
        let ty = self.graph.ty(id);
        let (owner, offset) = match (self.fusion.places[id.index()], self.buffers.get(&id)) {
            // A kernel's result that only its epilogue reads, where that is a call of its own.
            (None, Some(_)) => (id, 0),
            _ => {
                let place = self.fusion.place(id);
                (place.buffer, place.offset)
            }
        };
        let buffer = match self.buffers.get(&owner) {
            Some(&buffer) => buffer,
            None => self.leaf(owner, Home::Arena),
        };
        Slice { buffer, offset: offset * ty.dtype.bytes(), bytes: ty.bytes() }
    }

    /// The buffer of an output: that of the value if it has one of its own, else a copy.
    fn output(&mut self, id: NodeId, late: &mut Vec<Call>) -> BufferId {
        let value = self.slice(id);
        let computed = self.lowered.buffers[value.buffer].home == Home::Arena || self.results.contains(&value.buffer);
        if computed && value == self.lowered.whole(value.buffer) {
            self.lowered.buffers[value.buffer].home = Home::Fixed;
            self.results.insert(value.buffer);
            return value.buffer;
        }
        let buffer = self.lowered.buffer(value.bytes, self.graph.ty(id).dtype, Home::Fixed);
        let call = copy(value, self.lowered.whole(buffer), "output");
        // What is given is copied first, before it can change.
        if computed {
            late.push(call)
        } else {
            self.lowered.calls.push(call)
        }
        buffer
    }

    /// Notes an assignment. A value that is (part of) a state which is itself assigned is copied first.
    fn assign(&mut self, state: BufferId, id: NodeId, assigned: &HashSet<BufferId>) {
        let mut value = self.slice(id);
        if value.buffer != state && assigned.contains(&value.buffer) {
            let ty = self.graph.ty(id);
            let copied = self.lowered.buffer(ty.bytes(), ty.dtype, Home::Arena);
            let copied = self.lowered.whole(copied);
            self.lowered.calls.push(copy(value, copied, "assign"));
            value = copied;
        }
        self.lowered.assigns.push((state, value));
    }

    pub fn push(&mut self, kernel: Draft, reads: Vec<Slice>, writes: Vec<Slice>, mut info: KernelInfo) {
        info.bytes = reads.iter().chain(&writes).map(|slice| slice.bytes as u64).fold(0, u64::saturating_add);
        self.lowered.calls.push(Call { kernel, reads, writes, info });
    }

    /// What a call computes: its kind, then the names of its nodes in order, each once; `of` says where in the model
    /// it is.
    pub fn info(&self, nodes: &[NodeId], kind: &'static str, of: NodeId) -> KernelInfo {
        let mut names: Vec<&str> = vec![kind];
        let mut flops = 0u64;
        for &id in nodes {
            let node = self.graph.node(id);
            let name = node.op.primitive().name();
            if !names.contains(&name) {
                names.push(name);
            }
            flops = flops.saturating_add(self.graph.node_flops(node));
        }
        let (name, scope) = (names.join(" "), self.graph.scope(of).to_string());
        KernelInfo { name, scope, flops, bytes: 0, algorithm: None, reason: None }
    }

    pub fn unsupported(&self, id: NodeId, reason: String) -> RuntimeError {
        let node = self.graph.node(id);
        let operands: Vec<String> = node.inputs.iter().map(|&i| self.graph.ty(i).to_string()).collect();
        let what = format!("{}({}) -> {}", node.op.primitive().name(), operands.join(", "), node.ty);
        RuntimeError::Kernel { place: place(&self.graph.name, self.graph.scope(id)), what, reason }
    }
}

/// A copy of one value.
pub(super) fn copy(from: Slice, to: Slice, why: &str) -> Call {
    let (name, bytes) = (format!("copy {why}"), 2 * to.bytes as u64);
    let info = KernelInfo { name, scope: String::new(), flops: 0, bytes, algorithm: None, reason: None };
    Call { kernel: Draft::Copy, reads: vec![from], writes: vec![to], info }
}

fn element_bytes(dtype: DType, value: f64) -> Vec<u8> {
    let bits = Constant::new(dtype, value).bits();
    match dtype.bytes() {
        4 => bits.to_ne_bytes().to_vec(),
        2 => (bits as u16).to_ne_bytes().to_vec(),
        _ => vec![bits as u8],
    }
}
