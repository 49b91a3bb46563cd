//! What goes through memory between two clusters although a consumer could have been computed with its producer, and
//! why. Not here: the decisions (`join.rs`, `demand.rs`), which note their reasons.

use super::{ClusterKind, Fusion, Output, Refusal, Region};
use crate::graph::{Graph, NodeId};
use crate::ops::Class;
use std::collections::HashMap;

/// A value that one cluster writes and element-wise work of another reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The value.
    pub value: NodeId,
    /// The cluster that writes it, by its number.
    pub writer: usize,
    /// The cluster that reads it.
    pub reader: usize,
    /// Bytes of the value.
    pub bytes: usize,
    /// Why they are not one.
    pub reason: Refusal,
}

/// Every such value, the largest first.
pub fn missed(graph: &Graph, fusion: &Fusion) -> Vec<Missed> {
    let written = fusion.clusters.iter().enumerate();
    let writers: HashMap<NodeId, usize> =
        written.flat_map(|(at, cluster)| cluster.outputs.iter().map(move |&value| (value, at))).collect();
    let notes: HashMap<(NodeId, NodeId), Refusal> =
        fusion.notes.iter().map(|note| ((note.producer, note.consumer), note.reason)).collect();
    let mut found = Vec::new();
    for (reader, cluster) in fusion.clusters.iter().enumerate() {
        let Some(region) = cluster.region() else { continue };
        for value in region.operands.iter().map(|operand| operand.read) {
            let Some(&writer) = writers.get(&value) else { continue };
            if writer == reader || found.iter().any(|m: &Missed| m.value == value && m.reader == reader) {
                continue;
            }
            let noted = cluster.nodes.iter().find_map(|&consumer| notes.get(&(value, consumer)).copied());
            let reason = noted.unwrap_or_else(|| structural(graph, fusion, value, writer, region));
            found.push(Missed { value, writer, reader, bytes: graph.ty(value).bytes(), reason });
        }
    }
    found.sort_by_key(|m| (std::cmp::Reverse(m.bytes), m.value, m.reader));
    found
}

/// Why a value could not be handed over, by what its writer and its reader are.
fn structural(graph: &Graph, fusion: &Fusion, value: NodeId, writer: usize, reader: &Region) -> Refusal {
    let reduces = |region: &Region| region.outputs.iter().any(Output::reduces);
    match &fusion.clusters[writer].kind {
        ClusterKind::Kernel { node, .. } if graph.node(*node).op.primitive().class() != Class::Contraction => {
            Refusal::Kernel
        }
        ClusterKind::Kernel { .. } if reduces(reader) => Refusal::Epilogue,
        ClusterKind::Region(region)
            if region.outputs.iter().any(|output| output.write() == value && output.reduces()) =>
        {
            Refusal::Reduction
        }
        _ => Refusal::Order,
    }
}
