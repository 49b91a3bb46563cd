//! What was not fused, in the words of [`MissedFusion`]. Not here: the decisions and their reasons
//! (`ganymede_graph::passes::fuse`).

use crate::MissedFusion;
use ganymede_graph::passes::fuse::{self, Fusion};
use ganymede_graph::{Graph, NodeId};

/// Every value that goes through memory between two clusters, the largest first.
pub(super) fn missed(graph: &Graph, fusion: &Fusion) -> Vec<MissedFusion> {
    let names = |nodes: &[NodeId]| {
        let mut names: Vec<&str> = Vec::new();
        for name in nodes.iter().map(|&id| graph.node(id).op.primitive().name()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(" ")
    };
    let describe = |missed: fuse::Missed| {
        let (writer, reader) = (&fusion.clusters[missed.writer], &fusion.clusters[missed.reader]);
        let last = reader.outputs.last().or(reader.nodes.last());
        MissedFusion {
            writer: names(&writer.nodes),
            writer_scope: graph.scope(missed.value).to_string(),
            reader: names(&reader.nodes),
            reader_scope: last.map_or_else(String::new, |&id| graph.scope(id).to_string()),
            bytes: missed.bytes as u64,
            reason: missed.reason.to_string(),
        }
    };
    fuse::missed(graph, fusion).into_iter().map(describe).collect()
}
