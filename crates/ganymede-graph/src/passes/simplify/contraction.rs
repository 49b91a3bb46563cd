//! Contractions that read an operand as it lies.

use super::{Simplifier, Site};
use crate::graph::NodeId;
use crate::ops::{MatMul, Op};

/// A matrix product of an operand whose last two axes were exchanged reads it transposed.
pub(super) fn transposed_operand(s: &mut Simplifier, site: &Site) -> Option<NodeId> {
    let Op::MatMul(op) = site.op else { return None };
    let source = |id: NodeId| match s.op(id) {
        Op::Transpose(transpose) => {
            let rank = transpose.order.len();
            let leading = transpose.order[..rank - 2].iter().copied().eq(0..rank - 2);
            leading.then(|| s.operand(id))
        }
        _ => None,
    };
    let (a, b) = (source(site.inputs[0]), source(site.inputs[1]));
    if a.is_none() && b.is_none() {
        return None;
    }
    let matmul = MatMul { transpose_a: op.transpose_a != a.is_some(), transpose_b: op.transpose_b != b.is_some() };
    let operands = vec![a.unwrap_or(site.inputs[0]), b.unwrap_or(site.inputs[1])];
    Some(s.make(matmul, operands, site.scope))
}
