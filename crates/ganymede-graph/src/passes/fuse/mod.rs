//! Fusion: which nodes are computed together, in one pass over memory.
//!
//! [`fuse`] splits an optimised graph into clusters: *regions* of element-wise work and reductions
//! over one iteration space, and *kernels* (contractions, random numbers, gathering …), the
//! contractions with the element-wise chain that hangs on them as an epilogue. Movement is not
//! computed: it is an index map on what is read. What is cheap and whose operands lie in memory
//! anyway is computed again in every cluster that wants it, rather than stored.
//!
//! `group.rs` and `join.rs` decide who belongs together, `demand.rs` what goes through memory, `emit.rs`
//! writes the clusters down, `order.rs` puts them in execution order; `space.rs` and `view.rs` are the
//! arithmetic of iteration spaces and index maps, `function.rs` the instructions of the primitives, `describe.rs` says it
//! in words, `missed.rs` what was not fused.
//! Not here: buffers' lifetimes and offsets (`plan/memory.rs`), kernels (`ganymede-runtime`), what a region is
//! (`ganymede_tensor::region`).

mod demand;
mod describe;
mod emit;
mod function;
mod group;
mod join;
mod missed;
mod order;
mod space;
#[cfg(test)]
mod tests;
mod view;

use crate::graph::{Graph, NodeId};
pub use describe::describe;
pub(crate) use function::op;
pub use missed::{Missed, missed};
use std::fmt;

/// A fused region over values of a graph; each lies at its [`Place`]. The iteration space has no axis of size 1, and at most
/// [`MAX_RANK`] axes.
pub type Region = ganymede_tensor::region::Region<NodeId, NodeId>;

/// Where a register of a region goes: a value, or a part of one.
pub type Output = ganymede_tensor::region::Output<NodeId>;

/// The largest number of axes of an iteration space.
pub const MAX_RANK: usize = 8;

/// The largest number of nodes that are grouped into one region.
pub const MAX_NODES: usize = 128;

/// Bytes that the offset of a value inside another value is a multiple of.
pub const ALIGNMENT: usize = 64;

/// A graph as clusters in execution order.
#[derive(Clone, Debug, PartialEq)]
pub struct Fusion {
    /// What is computed, in order.
    pub clusters: Vec<Cluster>,
    /// Where each node's value lies, for values that lie in memory.
    pub places: Vec<Option<Place>>,
    /// What was not fused, and why.
    pub notes: Vec<FusionNote>,
}

impl Fusion {
    /// Where the value of a node lies.
    ///
    /// # Panics
    /// When it does not lie in memory: no cluster names such a value.
    pub fn place(&self, id: NodeId) -> Place {
        self.places[id.index()].unwrap_or_else(|| panic!("value %{} does not lie in memory", id.0))
    }
}

/// Where a value lies: densely in a buffer of its own, or inside that of another value.
///
/// Reshapes, contiguous slices and parts of a concatenation share a buffer, so lifetimes are those of
/// `buffer`: from its first writer to its last reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The value that owns the buffer.
    pub buffer: NodeId,
    /// First element in it; a multiple of [`ALIGNMENT`] in bytes.
    pub offset: usize,
}

/// What is computed in one go.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// How.
    pub kind: ClusterKind,
    /// The nodes computed inside, operands first; a cheap node can be in several clusters.
    pub nodes: Vec<NodeId>,
    /// The values read from memory.
    pub inputs: Vec<NodeId>,
    /// The values written, whole or (a concatenation) in part.
    pub outputs: Vec<NodeId>,
}

/// How a cluster is computed.
#[derive(Clone, Debug, PartialEq)]
pub enum ClusterKind {
    /// One pass over an iteration space.
    Region(Region),
    /// A node with a kernel of its own.
    Kernel {
        /// The node. Its operands lie at their [`Place`]s, densely.
        node: NodeId,
        /// What is done with the finished elements. The space is (rows, channels) of the result, without
        /// axes of size 1; the operand whose value is `node` is the kernel's result, which is
        /// itself stored only if it is among the region's results.
        epilogue: Option<Region>,
    },
}

impl Cluster {
    /// The region: the cluster itself or its epilogue.
    pub fn region(&self) -> Option<&Region> {
        match &self.kind {
            ClusterKind::Region(region) => Some(region),
            ClusterKind::Kernel { epilogue, .. } => epilogue.as_ref(),
        }
    }
}

/// Why a value goes through memory although its consumer could have been computed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FusionNote {
    /// The value.
    pub producer: NodeId,
    /// Who reads it.
    pub consumer: NodeId,
    /// Why.
    pub reason: Refusal,
}

/// Why two nodes were not fused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// Their index maps have no common iteration space.
    Space,
    /// The region is full.
    Size,
    /// An epilogue belongs to one contraction and does not reduce.
    Epilogue,
    /// The consumer also needs a value that is not complete before the producer is.
    Order,
    /// The producer is a reduction.
    Reduction,
    /// The producer is a kernel that takes no epilogue.
    Kernel,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Space => "their index maps have no common iteration space",
            Refusal::Size => "the region is full",
            Refusal::Epilogue => "an epilogue belongs to one contraction and does not reduce",
            Refusal::Reduction => "a reduction is complete only after a whole pass over its operand",
            Refusal::Kernel => "a kernel of its own hands on whole values",
            Refusal::Order => "another operand is complete only after a whole pass over this one",
        })
    }
}

/// Splits an optimised graph into clusters; every output and assigned value lies in memory then.
///
/// An output or assignment that names an input, a state or a constant has no cluster: its
/// [`Place`] is that leaf. Near linear in the number of nodes.
pub fn fuse(graph: &Graph) -> Fusion {
    let groups = group::Groups::of(graph);
    let places = groups.places();
    let clusters = order::order(graph, &groups, emit::clusters(graph, &groups));
    Fusion { clusters, places, notes: groups.notes }
}
