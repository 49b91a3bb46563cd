//! The passes in the order they run. To add one: a file with a pure `fn(Graph) -> Graph` and a line in
//! [`PASSES`]. Not here: what is always true of a graph (`verify.rs`), where buffers lie (`plan/`).

mod cse;
mod dce;
pub mod fuse;
mod merge;
mod simplify;

use crate::graph::Graph;

pub use cse::cse;
pub use dce::dce;
pub use fuse::{Cluster, ClusterKind, Fusion, FusionNote, Place, fuse};
pub use merge::merge;
pub use simplify::simplify;

/// A pass: a graph with the same inputs, outputs and assignments that computes the same values.
pub type Pass = fn(Graph) -> Graph;

/// The passes that [`optimize`] runs, by name.
///
/// Simplifying and removing come twice: merging is to see no dead node, and leaves slices to clean up.
pub const PASSES: &[(&str, Pass)] = &[
    ("simplify", simplify),
    ("cse", cse),
    ("dce", dce),
    ("merge", merge),
    ("simplify", simplify),
    ("cse", cse),
    ("dce", dce),
];

/// Runs every pass of [`PASSES`] and verifies the graph after each.
///
/// Inputs and states that nothing depends on disappear.
///
/// # Panics
/// When a pass breaks the graph: a bug of ours, named with pass and node.
pub fn optimize(graph: Graph) -> Graph {
    PASSES.iter().fold(graph, |graph, (name, pass)| {
        let graph = pass(graph);
        graph.verify().unwrap_or_else(|error| panic!("after pass `{name}`: {error}"));
        graph
    })
}
