//! Which sizes of a graph are the batch's: the same network, traced at two batch sizes, differs in them and in nothing else.
//! Not here: how they are written (`emitter.rs`).

use crate::error::InteropError;
use ganymede_graph::ops::{Op, Slice};
use ganymede_graph::{Graph, NodeId};

/// The two batch sizes: primes that few networks have among their own sizes, and whose difference tells the rest.
pub(super) const BATCHES: [usize; 2] = [5, 7];

/// The size of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// A number.
    Fixed(usize),
    /// So many times the batch.
    Batch(usize),
}

impl Size {
    /// Whether an axis of this size has one element, whatever the batch.
    pub(super) fn is_one(self) -> bool {
        self == Size::Fixed(1)
    }

    /// As a number of a shape, where −1 is what the other sizes leave.
    pub(super) fn written(self) -> i64 {
        match self {
            Size::Fixed(size) => size as i64,
            Size::Batch(_) => -1,
        }
    }
}

/// The sizes of every node of a graph at the first of [`BATCHES`], given the same at the second.
///
/// # Errors
/// [`InteropError::MixesSamples`] where the graphs differ in more than sizes, or a node's value depends on the batch's size.
pub(super) fn sizes(graph: &Graph, other: &Graph) -> Result<Vec<Vec<Size>>, InteropError> {
    let whole = |reason: &str| InteropError::MixesSamples { layer: graph.name.clone(), reason: reason.into() };
    if graph.nodes.len() != other.nodes.len() || graph.outputs != other.outputs {
        return Err(whole("its operations depend on how many samples there are"));
    }
    graph.ids().map(|id| of_node(graph, other, id)).collect()
}

/// The sizes of every node of a graph for one batch size.
pub(super) fn fixed(graph: &Graph) -> Vec<Vec<Size>> {
    graph.nodes.iter().map(|node| node.ty.shape.iter().map(|&size| Size::Fixed(size)).collect()).collect()
}

fn of_node(graph: &Graph, other: &Graph, id: NodeId) -> Result<Vec<Size>, InteropError> {
    let (a, b) = (graph.node(id), other.node(id));
    let mixes = |reason: String| InteropError::MixesSamples { layer: graph.scope(id).into(), reason };
    let name = a.op.primitive().name();
    if a.inputs != b.inputs || a.ty.dtype != b.ty.dtype || a.ty.shape.rank() != b.ty.shape.rank() {
        return Err(mixes(format!("`{name}` is another one for another number of samples")));
    }
    let [first, second] = BATCHES;
    let size = |(&a, &b): (&usize, &usize)| match (a == b, a % first == 0 && b % second == 0 && a / first == b / second)
    {
        (true, _) => Ok(Size::Fixed(a)),
        (false, true) => Ok(Size::Batch(a / first)),
        (false, false) => Err(mixes(format!("`{name}` has {a} elements of {first} samples and {b} of {second}"))),
    };
    let sizes: Vec<Size> = a.ty.shape.iter().zip(b.ty.shape.iter()).map(size).collect::<Result<_, _>>()?;
    let batches = sizes.iter().filter(|size| matches!(size, Size::Batch(_))).count();
    if batches > 1 {
        return Err(mixes(format!("`{name}` has an element for each pair of samples")));
    }
    match same(&a.op, &b.op) {
        true => Ok(sizes),
        false => Err(mixes(format!("`{name}` depends on how many samples there are"))),
    }
}

/// Whether two primitives differ in nothing but sizes of the batch.
fn same(a: &Op, b: &Op) -> bool {
    match (a, b) {
        (Op::Reshape(_), Op::Reshape(_)) => true,
        (Op::Broadcast(a), Op::Broadcast(b)) => a.axes == b.axes,
        (Op::Random(a), Op::Random(b)) => (a.distribution, a.stream) == (b.distribution, b.stream),
        (Op::Iota(a), Op::Iota(b)) => a.axis == b.axis && a.ty.shape[a.axis] == b.ty.shape[b.axis],
        (Op::Slice(a), Op::Slice(b)) => same_slice(a, b),
        (Op::Constant(a), Op::Constant(b)) if a.ty != b.ty => {
            let first = a.bits.first();
            a.bits.iter().chain(b.bits.iter()).all(|bits| Some(bits) == first)
        }
        _ => a == b,
    }
}

/// A slice that differs takes all samples.
fn same_slice(a: &Slice, b: &Slice) -> bool {
    let same =
        (0..a.start.len()).all(|axis| a.limit[axis] == b.limit[axis] || (a.start[axis], a.stride[axis]) == (0, 1));
    a.start == b.start && a.stride == b.stride && same
}
