//! Reductions over one element, and over elements that are known to be equal.

use super::{Simplifier, Site};
use crate::graph::NodeId;
use crate::ops::{self, Op};
use ganymede_tensor::TensorType;

/// A reduction over axes of size 1 is a reshape; one over repeated elements works on what is repeated.
pub(super) fn rule(s: &mut Simplifier, site: &Site) -> Option<NodeId> {
    let (axes, sum) = match site.op {
        Op::ReduceSum(op) => (&op.axes, true),
        Op::ReduceMax(op) => (&op.axes, false),
        _ => return None,
    };
    let x = site.inputs[0];
    let shape = s.shape(x).clone();
    if axes.iter().all(|&a| shape[a] == 1) {
        return Some(s.make(ops::Reshape { shape: site.ty.shape.clone() }, vec![x], site.scope));
    }
    if sum && let Some(id) = factor_out(s, site, x, axes) {
        return Some(id);
    }
    let Op::Broadcast(broadcast) = s.op(x).clone() else { return None };
    let source = s.operand(x);
    if s.shape(source).contains(&1) {
        return None;
    }
    let repeated: Vec<usize> = axes.iter().copied().filter(|a| !broadcast.axes.contains(a)).collect();
    if repeated.is_empty() {
        return None;
    }
    let own: Vec<usize> = (0..broadcast.axes.len()).filter(|&i| axes.contains(&broadcast.axes[i])).collect();
    let mut value = match (own.is_empty(), sum) {
        (true, _) => source,
        (false, true) => s.make(ops::ReduceSum { axes: own.clone() }, vec![source], site.scope),
        (false, false) => s.make(ops::ReduceMax { axes: own.clone() }, vec![source], site.scope),
    };
    if sum {
        let count: f64 = repeated.iter().map(|&a| shape[a] as f64).product();
        let ty = TensorType::f32(s.shape(value).clone());
        let count = s.splat(&ty, count, site.scope);
        value = s.make(ops::Mul {}, vec![value, count], site.scope);
    }
    let kept: Vec<usize> = (0..shape.rank()).filter(|a| !axes.contains(a)).collect();
    let place = |a: &usize| kept.iter().position(|k| k == a);
    let axes = broadcast.axes.iter().filter_map(place).collect();
    Some(s.make(ops::Broadcast { shape: site.ty.shape.clone(), axes }, vec![value], site.scope))
}

/// Σ −x = −Σ x, Σ x·c = (Σ x)·c and Σ x/c = (Σ x)/c where c does not vary along the sum.
fn factor_out(s: &mut Simplifier, site: &Site, x: NodeId, axes: &[usize]) -> Option<NodeId> {
    let op = s.op(x).clone();
    let inputs = s.graph.node(x).inputs.clone();
    let reduce = |s: &mut Simplifier, id| s.make(ops::ReduceSum { axes: axes.to_vec() }, vec![id], site.scope);
    let constant = |s: &Simplifier, id: NodeId| match s.op(id) {
        Op::Broadcast(broadcast) => !broadcast.axes.iter().any(|a| axes.contains(a)),
        _ => false,
    };
    let (summed, factor) = match (&op, &inputs[..]) {
        (Op::Neg(_), &[a]) => {
            let total = reduce(s, a);
            return Some(s.make(op, vec![total], site.scope));
        }
        (Op::Mul(_) | Op::Div(_), &[a, b]) if constant(s, b) => (a, b),
        (Op::Mul(_), &[a, b]) if constant(s, a) => (b, a),
        _ => return None,
    };
    let Op::Broadcast(broadcast) = s.op(factor).clone() else { return None };
    let kept: Vec<usize> = (0..broadcast.shape.rank()).filter(|a| !axes.contains(a)).collect();
    let renamed = broadcast.axes.iter().filter_map(|a| kept.iter().position(|k| k == a)).collect();
    let source = s.operand(factor);
    let total = reduce(s, summed);
    let small = ops::Broadcast { shape: site.ty.shape.clone(), axes: renamed };
    let factor = s.make(small, vec![source], site.scope);
    Some(s.make(op, vec![total, factor], site.scope))
}
