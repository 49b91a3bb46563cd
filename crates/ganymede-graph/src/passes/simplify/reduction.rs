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
