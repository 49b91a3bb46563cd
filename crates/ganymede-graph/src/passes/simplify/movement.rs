//! Movement that moves nothing, and movement of movement.

use super::{Simplifier, Site, squeezed};
use crate::graph::NodeId;
use crate::ops::{self, Op};
use ganymede_tensor::Shape;

/// Movement that leaves every element where it is becomes its operand, or a reshape of it.
pub(super) fn identity(s: &mut Simplifier, site: &Site) -> Option<NodeId> {
    let x = site.inputs.first().copied()?;
    let shape = s.shape(x).clone();
    let reshaped = |s: &mut Simplifier| s.make(ops::Reshape { shape: site.ty.shape.clone() }, vec![x], site.scope);
    match site.op {
        Op::Reshape(_) | Op::Slice(_) | Op::Pad(_) if shape == site.ty.shape => Some(x),
        Op::Concat(_) if site.inputs.len() == 1 => Some(x),
        Op::Broadcast(_) if shape.elements() == site.ty.elements() => Some(reshaped(s)),
        Op::Reverse(reverse) => {
            let mut axes: Vec<usize> =
                (0..shape.rank()).filter(|a| reverse.axes.contains(a) && shape[*a] > 1).collect();
            if axes.is_empty() {
                return Some(x);
            }
            axes.dedup();
            (axes != reverse.axes).then(|| s.make(ops::Reverse { axes }, vec![x], site.scope))
        }
        Op::Transpose(transpose) => {
            let moved: Vec<usize> = transpose.order.iter().copied().filter(|&a| shape[a] != 1).collect();
            moved.is_sorted().then(|| reshaped(s))
        }
        _ => None,
    }
}

/// Two movements in a row become one, or change places so that the smaller value moves.
pub(super) fn of_movement(s: &mut Simplifier, site: &Site) -> Option<NodeId> {
    let x = site.inputs.first().copied()?;
    match site.op {
        Op::Reshape(op) => reshape(s, site, op, x),
        Op::Transpose(op) => match s.op(x) {
            Op::Transpose(first) => {
                let order = op.order.iter().map(|&a| first.order[a]).collect();
                let source = s.operand(x);
                Some(s.make(ops::Transpose { order }, vec![source], site.scope))
            }
            _ => None,
        },
        Op::Reverse(op) => match s.op(x) {
            Op::Reverse(first) => {
                let twice = |a: &usize| op.axes.contains(a) != first.axes.contains(a);
                let axes = (0..site.ty.shape.rank()).filter(twice).collect();
                let source = s.operand(x);
                Some(s.make(ops::Reverse { axes }, vec![source], site.scope))
            }
            _ => None,
        },
        Op::Broadcast(op) => broadcast(s, site, op, x),
        Op::Slice(op) => slice(s, site, op, x),
        Op::Pad(op) => match s.op(x) {
            Op::Pad(first) if [&op.interior, &first.interior].iter().all(|i| i.iter().all(|&n| n == 0)) => {
                let first = first.clone();
                let sum = |a: &[usize], b: &[usize]| a.iter().zip(b).map(|(x, y)| x + y).collect();
                let (low, high) = (sum(&op.low, &first.low), sum(&op.high, &first.high));
                let source = s.operand(x);
                let pad = ops::Pad { low, high, interior: op.interior.clone(), value: op.value };
                (op.value == first.value).then(|| s.make(pad, vec![source], site.scope))
            }
            _ => None,
        },
        Op::Concat(op) => concat(s, site, op),
        _ => None,
    }
}

fn reshape(s: &mut Simplifier, site: &Site, op: &ops::Reshape, x: NodeId) -> Option<NodeId> {
    let source = s.graph.node(x).inputs.first().copied()?;
    match s.op(x) {
        Op::Reshape(_) => Some(s.make(op.clone(), vec![source], site.scope)),
        Op::Broadcast(first) if squeezed(&op.shape) == squeezed(&first.shape) && !s.shape(source).contains(&1) => {
            // Axes of size 1 come and go; the others, in order, take the same elements.
            let varying = |shape: &Shape| (0..shape.rank()).filter(|&a| shape[a] != 1).collect::<Vec<_>>();
            let (from, to) = (varying(&first.shape), varying(&op.shape));
            let renamed = |a: &usize| from.iter().position(|f| f == a).map(|i| to[i]);
            let axes: Option<Vec<usize>> = first.axes.iter().map(renamed).collect();
            let broadcast = ops::Broadcast { shape: op.shape.clone(), axes: axes? };
            Some(s.make(broadcast, vec![source], site.scope))
        }
        _ => None,
    }
}

fn broadcast(s: &mut Simplifier, site: &Site, op: &ops::Broadcast, x: NodeId) -> Option<NodeId> {
    let own = s.shape(x).clone();
    if own.contains(&1) {
        let kept: Vec<usize> = (0..own.rank()).filter(|&i| own[i] != 1).collect();
        let small = ops::Reshape { shape: kept.iter().map(|&i| own[i]).collect() };
        let small = s.make(small, vec![x], site.scope);
        let axes = kept.iter().map(|&i| op.axes[i]).collect();
        return Some(s.make(ops::Broadcast { shape: op.shape.clone(), axes }, vec![small], site.scope));
    }
    match s.op(x) {
        Op::Broadcast(first) => {
            let axes = first.axes.iter().map(|&a| op.axes[a]).collect();
            let source = s.operand(x);
            Some(s.make(ops::Broadcast { shape: op.shape.clone(), axes }, vec![source], site.scope))
        }
        _ => None,
    }
}

fn slice(s: &mut Simplifier, site: &Site, op: &ops::Slice, x: NodeId) -> Option<NodeId> {
    let source = s.graph.node(x).inputs.first().copied()?;
    let sizes = &site.ty.shape;
    let rank = sizes.rank();
    // The box with the given starts and strides that has the wanted sizes.
    let sized = |start: Vec<usize>, stride: Vec<usize>| {
        let limit = (0..start.len()).map(|a| start[a] + (sizes[a] - 1) * stride[a] + 1).collect();
        ops::Slice { start, limit, stride }
    };
    match s.op(x) {
        Op::Slice(first) => {
            let start = (0..rank).map(|a| first.start[a] + op.start[a] * first.stride[a]).collect();
            let stride = (0..rank).map(|a| first.stride[a] * op.stride[a]).collect();
            let slice = sized(start, stride);
            Some(s.make(slice, vec![source], site.scope))
        }
        Op::Pad(first) => {
            let mut start = vec![0; rank];
            let mut stride = vec![1; rank];
            for a in 0..rank {
                let step = first.interior[a] + 1;
                let from = op.start[a].checked_sub(first.low[a])?;
                let last = from + (sizes[a] - 1) * op.stride[a];
                let aligned = from.is_multiple_of(step) && (op.stride[a].is_multiple_of(step) || sizes[a] == 1);
                if !aligned || last / step >= s.shape(source)[a] {
                    return None;
                }
                (start[a], stride[a]) = (from / step, (op.stride[a] / step).max(1));
            }
            let slice = sized(start, stride);
            Some(s.make(slice, vec![source], site.scope))
        }
        Op::Broadcast(first) if !s.shape(source).contains(&1) => {
            let axes = first.axes.clone();
            let permuted = |values: &[usize]| axes.iter().map(|&a| values[a]).collect::<Vec<_>>();
            let small =
                ops::Slice { start: permuted(&op.start), limit: permuted(&op.limit), stride: permuted(&op.stride) };
            let small = s.make(small, vec![source], site.scope);
            Some(s.make(ops::Broadcast { shape: sizes.clone(), axes }, vec![small], site.scope))
        }
        Op::Concat(first) => {
            let axis = first.axis;
            let last = op.start[axis] + (sizes[axis] - 1) * op.stride[axis];
            let mut begin = 0;
            for &part in &s.graph.node(x).inputs.clone() {
                let end = begin + s.shape(part)[axis];
                if (begin..end).contains(&op.start[axis]) && last < end {
                    let mut start = op.start.clone();
                    start[axis] -= begin;
                    let slice = sized(start, op.stride.clone());
                    return Some(s.make(slice, vec![part], site.scope));
                }
                begin = end;
            }
            None
        }
        _ => None,
    }
}

fn concat(s: &mut Simplifier, site: &Site, op: &ops::Concat) -> Option<NodeId> {
    let nested = |id: &NodeId| matches!(s.op(*id), Op::Concat(inner) if inner.axis == op.axis);
    if site.inputs.iter().any(nested) {
        let parts = |id: &NodeId| if nested(id) { s.graph.node(*id).inputs.clone() } else { vec![*id] };
        let parts = site.inputs.iter().flat_map(parts).collect();
        return Some(s.make(op.clone(), parts, site.scope));
    }
    // Neighbouring slices of one value, put side by side again.
    let mut whole: Option<(NodeId, ops::Slice)> = None;
    for &part in site.inputs {
        let Op::Slice(slice) = s.op(part) else { return None };
        let source = s.operand(part);
        let unit = slice.stride.iter().all(|&n| n == 1);
        whole = match whole {
            None if unit => Some((source, slice.clone())),
            Some((known, mut sum)) if unit && known == source && sum.limit[op.axis] == slice.start[op.axis] => {
                sum.limit[op.axis] = slice.limit[op.axis];
                let others = (0..sum.start.len()).filter(|&a| a != op.axis);
                let alike =
                    others.into_iter().all(|a| sum.start[a] == slice.start[a] && sum.limit[a] == slice.limit[a]);
                alike.then_some((known, sum))
            }
            _ => None,
        };
        whole.as_ref()?;
    }
    let (source, slice) = whole?;
    Some(s.make(slice, vec![source], site.scope))
}
