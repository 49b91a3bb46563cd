//! From a fused graph to kernel calls on buffers. Not here: how a call runs (`kernel.rs`), where buffers lie (`plan.rs`).

use super::contraction;
use super::kernel::{Draft, EPILOGUE_WRITES};
use super::plan::{BufferId, Call, Home, Lowered, Slice};
use super::translate::{constant, translate};
use crate::{KernelInfo, RuntimeError};
use ganymede_graph::ops::Distribution;
use ganymede_graph::passes::fuse::region::{Region, RegionResult, ResultKind};
use ganymede_graph::passes::{Cluster, ClusterKind, Fusion};
use ganymede_graph::{Graph, NodeId, Op};
use ganymede_kernels::arena::Span;
use ganymede_kernels::transpose::Transpose;
use ganymede_kernels::{fused, random};
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
    let mut lowering =
        Lowering { graph, fusion, lowered: Lowered::default(), buffers: HashMap::new(), results: HashSet::new() };
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

struct Lowering<'g> {
    graph: &'g Graph,
    fusion: &'g Fusion,
    lowered: Lowered,
    /// The buffer of every value that owns one.
    buffers: HashMap<NodeId, BufferId>,
    /// Buffers that are outputs.
    results: HashSet<BufferId>,
}

impl Lowering<'_> {
    fn leaf(&mut self, id: NodeId, home: Home) -> BufferId {
        let ty = self.graph.ty(id);
        let buffer = self.lowered.buffer(ty.bytes(), ty.dtype, home);
        self.buffers.insert(id, buffer);
        buffer
    }

    /// Where the value of a node lies.
    fn slice(&mut self, id: NodeId) -> Slice {
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

    fn cluster(&mut self, cluster: &Cluster) -> Result<(), RuntimeError> {
        match &cluster.kind {
            ClusterKind::Region(region) => self.region(cluster, region, None),
            ClusterKind::Kernel { node, epilogue } => self.kernel(cluster, *node, epilogue.as_ref()),
        }
    }

    /// A region as one call, or as several where its results do not go together. `kernel` has stored its own result.
    fn region(&mut self, cluster: &Cluster, region: &Region, kernel: Option<NodeId>) -> Result<(), RuntimeError> {
        let mut results: Vec<&RegionResult> = region.results.iter().filter(|r| Some(r.value) != kernel).collect();
        let nodes: Vec<NodeId> = cluster.nodes.iter().copied().filter(|&node| Some(node) != kernel).collect();
        while let Some(first) = results.first() {
            let info = self.info(&nodes, "fused", first.value);
            let (mut writes, mut reads) = (Vec::new(), Vec::new());
            let (now, later) = self.together(&results, &mut writes);
            let fused = translate(region, &now, |value| read(&mut reads, self.slice(value)));
            let fused = fused.map_err(|reason| self.unsupported(first.value, reason))?;
            let draft = match permutation(&fused) {
                Some(transpose) => Draft::Transpose { transpose, dtype: fused.operands[0].dtype },
                None => Draft::Fused(fused),
            };
            self.push(draft, reads, writes, info);
            results = later;
        }
        Ok(())
    }

    /// The results that can be written by one call, with the numbers of their buffers, which are added to `writes`;
    /// and the others. Two results in one buffer go together as parts of one concatenation.
    fn together<'r>(
        &mut self,
        results: &[&'r RegionResult],
        writes: &mut Vec<Slice>,
    ) -> (Vec<(&'r RegionResult, usize)>, Vec<&'r RegionResult>) {
        let (mut now, mut later): (Vec<(&RegionResult, usize)>, _) = (Vec::new(), Vec::new());
        for &result in results {
            let slice = self.slice(result.value);
            let Some(write) = writes.iter().position(|write| write.buffer == slice.buffer) else {
                now.push((result, writes.len()));
                writes.push(slice);
                continue;
            };
            let known = now.iter().find(|(_, at)| *at == write).map(|(known, _)| *known);
            match known.is_some_and(|known| writes[write] == slice && same_strides(known, result)) {
                true => now.push((result, write)),
                false => later.push(result),
            }
        }
        (now, later)
    }

    fn kernel(&mut self, cluster: &Cluster, id: NodeId, epilogue: Option<&Region>) -> Result<(), RuntimeError> {
        let node = self.graph.node(id);
        let mut draft = self.draft(id)?;
        let mut reads: Vec<Slice> = match draft {
            Draft::Fused(_) => Vec::new(),
            _ => node.inputs.iter().map(|&input| self.slice(input)).collect(),
        };
        let name = node.op.primitive().name();
        if let Some(region) = epilogue.filter(|region| draft.takes_epilogue() && is_epilogue(region)) {
            // The matrix is the kernel's own value, or that of a result which takes its place row by row.
            let others: Vec<&RegionResult> = region.results.iter().filter(|r| r.value != id).collect();
            let stored = self.fusion.places[id.index()].is_some();
            let in_place = others.iter().find(|result| !stored && self.replaces(result, region)).copied();
            let mut writes = vec![match in_place {
                Some(result) => self.slice(result.value),
                None => self.own(id),
            }];
            let rest: Vec<&RegionResult> =
                others.into_iter().filter(|r| in_place.is_none_or(|i| !std::ptr::eq(*r, i))).collect();
            let (mut results, later) = self.together(&rest, &mut writes);
            results.extend(in_place.map(|result| (result, 0)));
            if later.is_empty() && writes.len() <= EPILOGUE_WRITES {
                let fused = translate(region, &results, |value| match value == id {
                    true => fused::Buffer::Write(0),
                    false => {
                        reads.push(self.slice(value));
                        fused::Buffer::Read(reads.len() - 1 - node.inputs.len())
                    }
                });
                draft.set_epilogue(fused.map_err(|reason| self.unsupported(id, reason))?);
                let info = self.info(&cluster.nodes, name, id);
                self.push(draft, reads, writes, info);
                return Ok(());
            }
        }
        let write = self.own(id);
        let info = self.info(&[id], name, id);
        self.push(draft, reads, vec![write], info);
        epilogue.map_or(Ok(()), |region| self.region(cluster, region, Some(id)))
    }

    /// Where a kernel's result lies; a buffer of its own if nothing but the epilogue reads it.
    fn own(&mut self, id: NodeId) -> Slice {
        if self.fusion.places[id.index()].is_none() && !self.buffers.contains_key(&id) {
            self.leaf(id, Home::Arena);
        }
        self.slice(id)
    }

    /// Whether a result of an epilogue can take the place of the kernel's own: dense `f32`, and not the new value of a
    /// state whose old value is read there, as it is to be updated in place.
    fn replaces(&mut self, result: &RegionResult, region: &Region) -> bool {
        let ResultKind::Store(map) = &result.kind else { return false };
        let mut dense = 1;
        let in_order = map.axes.iter().zip(&region.space[..]).rev().all(|(axis, &size)| {
            let fits = axis.stride == dense;
            dense *= size as isize;
            fits
        });
        let value = self.slice(result.value);
        let state = self.lowered.assigns.iter().find(|(_, v)| *v == value).map(|&(state, _)| state);
        let read = state.is_some_and(|state| region.operands.iter().any(|o| self.slice_buffer(o.value) == Some(state)));
        map.offset == 0 && in_order && region.dtypes[result.register] == DType::F32 && !read
    }

    /// The buffer of a value, if it has one already.
    fn slice_buffer(&self, id: NodeId) -> Option<BufferId> {
        let place = self.fusion.places[id.index()]?;
        self.buffers.get(&place.buffer).copied()
    }

    /// The kernel of a node.
    fn draft(&self, id: NodeId) -> Result<Draft, RuntimeError> {
        let node = self.graph.node(id);
        let operand = |i: usize| &self.graph.ty(node.inputs[i]).shape;
        if node.ty.elements() == 0 || node.inputs.iter().any(|&i| self.graph.ty(i).elements() == 0) {
            return self.draft_of_nothing(id);
        }
        match &node.op {
            Op::Random(op) => Ok(Draft::Random {
                distribution: match op.distribution {
                    Distribution::Uniform => random::Distribution::Uniform,
                    Distribution::Normal => random::Distribution::Normal,
                },
                stream: op.stream,
                per_sample: operand(0).rank() == 2,
            }),
            Op::Gather(_) => Ok(Draft::Gather { width: operand(0)[1..].iter().product() }),
            Op::ScatterAdd(_) => Ok(Draft::ScatterAdd { width: node.ty.shape[1..].iter().product() }),
            Op::AllReduceSum(_) | Op::StopGradient(_) | Op::Reshape(_) => Ok(Draft::Copy),
            op if node.inputs.len() == 2 => contraction::draft(op, operand(0), operand(1), &node.ty.shape)
                .ok_or_else(|| self.unsupported(id, "it is no contraction".into())),
            _ => Err(self.unsupported(id, "it is no kernel".into())),
        }
    }

    /// The kernel of a node whose result or some operand has no element: it fills the result.
    fn draft_of_nothing(&self, id: NodeId) -> Result<Draft, RuntimeError> {
        let node = self.graph.node(id);
        let value = match &node.op {
            Op::ReduceMax(_) => f64::NEG_INFINITY,
            Op::Pad(pad) => f64::from_bits(pad.value),
            _ => 0.0,
        };
        let extent = vec![node.ty.elements()];
        let instructions = vec![fused::Instruction::Const(constant(node.ty.dtype, value))];
        let outputs = vec![fused::Output::dense(0, 0, &extent)];
        Ok(Draft::Fused(fused::Region { extent, instructions, outputs, ..fused::Region::default() }))
    }

    fn push(&mut self, kernel: Draft, reads: Vec<Slice>, writes: Vec<Slice>, mut info: KernelInfo) {
        info.bytes = reads.iter().chain(&writes).map(|slice| slice.bytes as u64).fold(0, u64::saturating_add);
        self.lowered.calls.push(Call { kernel, reads, writes, info });
    }

    /// What a call computes: its kind, then the names of its nodes in order, each once; `of` says where in the model
    /// it is.
    fn info(&self, nodes: &[NodeId], kind: &'static str, of: NodeId) -> KernelInfo {
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
        KernelInfo { name: names.join(" "), scope: self.graph.scope(of).to_string(), flops, bytes: 0 }
    }

    fn unsupported(&self, id: NodeId, reason: String) -> RuntimeError {
        let node = self.graph.node(id);
        let operands: Vec<String> = node.inputs.iter().map(|&i| self.graph.ty(i).to_string()).collect();
        let op = format!("{}({}) -> {}", node.op.primitive().name(), operands.join(", "), node.ty);
        RuntimeError::Unsupported { place: format!("{}/{}", self.graph.name, self.graph.scope(id)), op, reason }
    }
}

/// A copy of one value.
pub(super) fn copy(from: Slice, to: Slice, why: &str) -> Call {
    let info = KernelInfo { name: format!("copy {why}"), scope: String::new(), flops: 0, bytes: 2 * to.bytes as u64 };
    Call { kernel: Draft::Copy, reads: vec![from], writes: vec![to], info }
}

/// Whether a region can be applied to finished rows: it does not reduce.
fn is_epilogue(region: &Region) -> bool {
    region.results.iter().all(|result| matches!(result.kind, ResultKind::Store(_)))
}

/// Whether two results are stored along the same strides.
fn same_strides(a: &RegionResult, b: &RegionResult) -> bool {
    match (&a.kind, &b.kind) {
        (ResultKind::Store(a), ResultKind::Store(b)) => a.axes == b.axes,
        _ => false,
    }
}

/// The number of a read, which is added if it is new.
fn read(reads: &mut Vec<Slice>, slice: Slice) -> fused::Buffer {
    let known = reads.iter().position(|&r| r == slice);
    fused::Buffer::Read(known.unwrap_or_else(|| {
        reads.push(slice);
        reads.len() - 1
    }))
}

/// The transposition that a region is, if it does nothing but copy all elements of a dense value in another order.
fn permutation(region: &fused::Region) -> Option<Transpose> {
    let ([operand], [output]) = (&region.operands[..], &region.outputs[..]) else { return None };
    let ([fused::Instruction::Load(_)], fused::Output::Store { offset: 0, strides, .. }) =
        (&region.instructions[..], output)
    else {
        return None;
    };
    let dense = fused::dense_strides(&region.extent);
    if operand.offset != 0 || *strides != dense || operand.axes.iter().any(|axis| axis.window.is_some()) {
        return None;
    }
    let mut order: Vec<usize> = (0..region.extent.len()).collect();
    order.sort_by_key(|&axis| std::cmp::Reverse(operand.axes[axis].stride));
    let source: Vec<usize> = order.iter().map(|&axis| region.extent[axis]).collect();
    let found = order.iter().map(|&axis| operand.axes[axis].stride);
    if order.is_sorted() || !found.eq(fused::dense_strides(&source)) {
        return None;
    }
    let permutation: Vec<usize> = (0..order.len()).filter_map(|axis| order.iter().position(|&a| a == axis)).collect();
    Transpose::new(&source, &permutation).ok()
}

fn element_bytes(dtype: DType, value: f64) -> Vec<u8> {
    let bits = constant(dtype, value).bits;
    match dtype.bytes() {
        4 => bits.to_ne_bytes().to_vec(),
        2 => (bits as u16).to_ne_bytes().to_vec(),
        _ => vec![bits as u8],
    }
}
