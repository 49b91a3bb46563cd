//! Clusters as calls: fused regions, and kernels with their epilogues.
//! Not here: inputs, outputs and assignments (`lower.rs`), how a call runs (`kernel.rs`).

use super::contraction;
use super::kernel::{Draft, EPILOGUE_WRITES};
use super::lower::Lowering;
use super::plan::{BufferId, Home, Slice};
use crate::RuntimeError;
use ganymede_graph::ops::Distribution;
use ganymede_graph::passes::fuse::{Output, Region};
use ganymede_graph::passes::{Cluster, ClusterKind};
use ganymede_graph::{NodeId, Op};
use ganymede_kernels::transpose::Transpose;
use ganymede_kernels::{fused, random};
use ganymede_tensor::DType;

impl Lowering<'_> {
    /// Appends the calls of a cluster.
    pub fn cluster(&mut self, cluster: &Cluster) -> Result<(), RuntimeError> {
        match &cluster.kind {
            ClusterKind::Region(region) => self.region(cluster, region, None),
            ClusterKind::Kernel { node, epilogue } => self.kernel(cluster, *node, epilogue.as_ref()),
        }
    }

    /// A region as one call, or as several where its results do not go together. `kernel` has stored its own result.
    fn region(&mut self, cluster: &Cluster, region: &Region, kernel: Option<NodeId>) -> Result<(), RuntimeError> {
        let mut results: Vec<&Output> = region.outputs.iter().filter(|output| Some(output.write()) != kernel).collect();
        let nodes: Vec<NodeId> = cluster.nodes.iter().copied().filter(|&node| Some(node) != kernel).collect();
        while let Some(first) = results.first() {
            let info = self.info(&nodes, "fused", first.write());
            let (mut writes, mut reads) = (Vec::new(), Vec::new());
            let (now, later) = self.together(&results, &mut writes);
            let mut fused: fused::Region = region.with_outputs(&now, |value| read(&mut reads, self.slice(value)));
            self.narrow(&mut fused, &mut writes);
            let draft = match permutation(&fused) {
                Some(transpose) => {
                    let dtype = fused.operands[0].dtype;
                    // It may be of the first rows of a longer value.
                    reads[0].bytes = fused.extent.iter().product::<usize>() * dtype.bytes();
                    Draft::Transpose { transpose, dtype }
                }
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
        results: &[&'r Output],
        writes: &mut Vec<Slice>,
    ) -> (Vec<(&'r Output, usize)>, Vec<&'r Output>) {
        let (mut now, mut later): (Vec<(&Output, usize)>, _) = (Vec::new(), Vec::new());
        for &result in results {
            let slice = self.slice(result.write());
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

    /// Restricts each written slice to the elements that are written: other parts of a concatenation may be read.
    fn narrow(&self, region: &mut fused::Region, writes: &mut [Slice]) {
        let mut ranges: Vec<Option<(isize, isize)>> = vec![None; writes.len()];
        let extent = region.extent.clone();
        if extent.contains(&0) {
            return;
        }
        for output in &region.outputs {
            let fused::Output::Store { write, offset, strides, .. } = output else { continue };
            let reach = |up: bool| -> isize {
                let far = extent.iter().zip(strides).map(|(&size, &stride)| stride * (size as isize - 1));
                far.filter(|&f| (f > 0) == up).sum()
            };
            let (low, high) = (offset + reach(false), offset + reach(true) + 1);
            ranges[*write] = Some(ranges[*write].map_or((low, high), |(l, h)| (l.min(low), h.max(high))));
        }
        for output in &mut region.outputs {
            if let fused::Output::Store { write, offset, .. } = output
                && let Some((low, _)) = ranges[*write]
            {
                *offset -= low;
            }
        }
        for (slice, range) in writes.iter_mut().zip(ranges) {
            if let Some((low, high)) = range {
                let bytes = self.lowered.buffers[slice.buffer].dtype.bytes();
                slice.offset += low as usize * bytes;
                slice.bytes = (high - low) as usize * bytes;
            }
        }
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
            let others: Vec<&Output> = region.outputs.iter().filter(|output| output.write() != id).collect();
            let stored = self.fusion.places[id.index()].is_some();
            let in_place = others.iter().find(|result| !stored && self.replaces(result, region)).copied();
            let mut writes = vec![match in_place {
                Some(result) => self.slice(result.write()),
                None => self.own(id),
            }];
            let rest: Vec<&Output> =
                others.into_iter().filter(|r| in_place.is_none_or(|i| !std::ptr::eq(*r, i))).collect();
            let (mut results, later) = self.together(&rest, &mut writes);
            results.extend(in_place.map(|result| (result, 0)));
            if later.is_empty() && writes.len() <= EPILOGUE_WRITES {
                let mut fused: fused::Region = region.with_outputs(&results, |value| match value == id {
                    true => fused::Buffer::Write(0),
                    false => {
                        reads.push(self.slice(value));
                        fused::Buffer::Read(reads.len() - 1 - node.inputs.len())
                    }
                });
                self.narrow(&mut fused, &mut writes);
                draft.set_epilogue(fused);
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
    fn replaces(&mut self, result: &Output, region: &Region) -> bool {
        let Output::Store { write, offset, strides, .. } = result else { return false };
        let mut dense = 1;
        let in_order = strides.iter().zip(&region.extent).rev().all(|(&stride, &size)| {
            let fits = stride == dense;
            dense *= size as isize;
            fits
        });
        let value = self.slice(*write);
        let state = self.lowered.assigns.iter().find(|(_, v)| *v == value).map(|&(state, _)| state);
        let read = state.is_some_and(|state| region.operands.iter().any(|o| self.slice_buffer(o.read) == Some(state)));
        *offset == 0 && in_order && self.graph.ty(*write).dtype == DType::F32 && !read
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
                row: node.ty.shape.iter().skip(1).product(),
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
        let instructions = vec![fused::Instruction::Const(fused::Constant::new(node.ty.dtype, value))];
        let outputs = vec![fused::Output::dense(0, 0, &extent)];
        Ok(Draft::Fused(fused::Region { extent, instructions, outputs, ..fused::Region::default() }))
    }
}

/// Whether a region can be applied to finished rows: it does not reduce.
fn is_epilogue(region: &Region) -> bool {
    !region.outputs.iter().any(Output::reduces)
}

/// Whether two results are stored along the same strides.
fn same_strides(a: &Output, b: &Output) -> bool {
    match (a, b) {
        (Output::Store { strides: a, .. }, Output::Store { strides: b, .. }) => a == b,
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
