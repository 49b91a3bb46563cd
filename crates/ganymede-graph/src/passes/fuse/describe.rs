//! A fusion in words, one line a cluster: for tests and for whoever wonders what is computed together.

use super::{ClusterKind, Fusion, Output, Region, function};
use crate::graph::Graph;
use ganymede_tensor::Shape;
use ganymede_tensor::region::{AxisMap, Instruction, Reduction};
use std::fmt::Write;

/// The clusters in order: `conv %4(%0 %2) then (2048 64): %3:_1 | add maximum | %9`.
///
/// After the space stand the values read, with the strides of their index maps where those are not
/// dense (`_` for one that repeats, `+` and the offset, `?` where a window leaves gaps), then the
/// primitives in order, then the values written.
pub fn describe(graph: &Graph, fusion: &Fusion) -> String {
    let mut text = String::new();
    for cluster in &fusion.clusters {
        let line = match &cluster.kind {
            ClusterKind::Region(region) => describe_region(region),
            ClusterKind::Kernel { node, epilogue } => {
                let own = graph.node(*node);
                let inputs: Vec<String> = own.inputs.iter().map(|i| format!("%{}", i.0)).collect();
                let kernel = format!("{} %{}({})", own.op.primitive().name(), node.0, inputs.join(" "));
                match epilogue {
                    Some(region) => format!("{kernel} then {}", describe_region(region)),
                    None => kernel,
                }
            }
        };
        let _ = writeln!(text, "{line}");
    }
    text
}

fn describe_region(region: &Region) -> String {
    let space = Shape::from(region.extent.clone());
    let dense = space.strides();
    let map = |offset: isize, axes: &[AxisMap]| {
        if offset == 0 && axes.iter().zip(&dense).all(|(a, &d)| a.window.is_none() && a.stride == d as isize) {
            return String::new();
        }
        let axes: Vec<String> = axes
            .iter()
            .map(|a| match a.stride {
                0 => "_".to_string(),
                stride => format!("{stride}{}", if a.window.is_some() { "?" } else { "" }),
            })
            .collect();
        let offset = if offset == 0 { String::new() } else { format!("+{offset}") };
        format!(":{}{offset}", axes.join(","))
    };
    let reads: Vec<String> =
        region.operands.iter().map(|o| format!("%{}{}", o.read.0, map(o.offset, &o.axes))).collect();
    let work: Vec<String> = region
        .instructions
        .iter()
        .filter_map(|instruction| match instruction {
            Instruction::Load(_) => None,
            Instruction::Const(constant) => Some(format!("{:?}", constant.value())),
            Instruction::Iota { axis, .. } => Some(format!("iota {axis}")),
            other => function::op(other).map(|op| op.primitive().name().to_string()),
        })
        .collect();
    let results: Vec<String> = region
        .outputs
        .iter()
        .map(|output| match output {
            Output::Store { write, offset, strides, .. } => {
                let axes: Vec<AxisMap> = strides.iter().map(|&stride| AxisMap::stride(stride)).collect();
                format!("%{}{}", write.0, map(*offset, &axes))
            }
            Output::Reduce { write, kind: Reduction::Sum, axes, .. } => format!("%{}=sum{axes:?}", write.0),
            Output::Reduce { write, kind: Reduction::Max, axes, .. } => format!("%{}=max{axes:?}", write.0),
        })
        .collect();
    format!("{space}: {} | {} | {}", reads.join(" "), work.join(" "), results.join(" "))
}
