//! Constants: values that are known before the run, by the primitives' own `f64` rules.

use super::{Simplifier, Site};
use crate::graph::NodeId;
use crate::interpret::Array;
use crate::ops::{Class, Constant, Op};
use ganymede_tensor::{Shape, TensorType};

/// Largest constant that is folded: larger ones would only move work into memory.
const MAX_ELEMENTS: usize = 4096;

/// A result without elements is an empty constant; a sum, product or border around nothing is known.
pub(super) fn empty(s: &mut Simplifier, site: &Site) -> Option<NodeId> {
    if matches!(site.op, Op::Input(_) | Op::State(_) | Op::Constant(_)) {
        return None;
    }
    if site.ty.elements() == 0 {
        let constant = Constant::dense(site.ty.clone(), &[]);
        return Some(s.push(constant.into(), Vec::new(), site.ty.clone(), site.scope));
    }
    let empty = |i: &NodeId| s.graph.ty(*i).elements() == 0;
    if !site.inputs.iter().any(empty) {
        return None;
    }
    let value = match site.op {
        Op::ReduceMax(_) => f64::NEG_INFINITY,
        Op::Pad(pad) => f64::from_bits(pad.value),
        Op::Concat(concat) => {
            let rest: Vec<NodeId> = site.inputs.iter().copied().filter(|i| !empty(i)).collect();
            return Some(s.make(concat.clone(), rest, site.scope));
        }
        _ => 0.0,
    };
    Some(s.splat(site.ty, value, site.scope))
}

/// Primitives of constants are computed; an equal value everywhere is a broadcast scalar.
pub(super) fn fold(s: &mut Simplifier, site: &Site) -> Option<NodeId> {
    match site.op {
        Op::Constant(constant) => return dense(s, site, constant),
        Op::Iota(iota) if iota.ty.shape.rank() > 1 => {
            let line = TensorType::new(iota.ty.dtype, [iota.ty.shape[iota.axis]]);
            let line = s.make(crate::ops::Iota { ty: line, axis: 0 }, Vec::new(), site.scope);
            let broadcast = crate::ops::Broadcast { shape: iota.ty.shape.clone(), axes: vec![iota.axis] };
            return Some(s.make(broadcast, vec![line], site.scope));
        }
        _ => {}
    }
    let class = site.op.primitive().class();
    if site.inputs.is_empty() || matches!(class, Class::Leaf | Class::Other) || matches!(site.op, Op::Broadcast(_)) {
        return None;
    }
    let splats: Option<Vec<f64>> = site.inputs.iter().map(|&i| s.splat_value(i)).collect();
    match (splats, class) {
        (Some(values), Class::Elementwise) => {
            let scalar = |id: NodeId, v: f64| Array { ty: scalar(s.graph.ty(id)), data: vec![v] };
            let operands: Vec<Array> = site.inputs.iter().zip(values).map(|(&i, v)| scalar(i, v)).collect();
            let operands: Vec<&Array> = operands.iter().collect();
            let result = site.op.primitive().interpret(&operands, &self::scalar(site.ty));
            Some(s.splat(site.ty, result.data[0], site.scope))
        }
        (Some(values), Class::Movement) => {
            let fill = match site.op {
                Op::Pad(pad) => Some(f64::from_bits(pad.value)),
                _ => None,
            };
            let same = values.iter().copied().chain(fill).all(|v| v.to_bits() == values[0].to_bits());
            same.then(|| s.splat(site.ty, values[0], site.scope))
        }
        _ => compute(s, site),
    }
}

/// Computes a primitive of small constants.
fn compute(s: &mut Simplifier, site: &Site) -> Option<NodeId> {
    let types: Vec<TensorType> = site.inputs.iter().map(|&i| s.graph.ty(i).clone()).collect();
    let small = types.iter().chain([site.ty]).all(|t| t.elements() <= MAX_ELEMENTS);
    if !small || site.op.primitive().flops(&types, site.ty) > 1 << 20 {
        return None;
    }
    let mut operands = Vec::with_capacity(types.len());
    let mut any_dense = false;
    for (&id, ty) in site.inputs.iter().zip(types) {
        let data = match (s.op(id), s.splat_value(id)) {
            (_, Some(value)) => vec![value; ty.elements()],
            (Op::Constant(constant), None) => {
                any_dense = true;
                constant.values().collect()
            }
            _ => return None,
        };
        operands.push(Array { ty, data });
    }
    if !any_dense {
        return None;
    }
    let operands: Vec<&Array> = operands.iter().collect();
    let constant = Constant::dense(site.ty.clone(), &site.op.primitive().interpret(&operands, site.ty).data);
    Some(s.make(constant, Vec::new(), site.scope))
}

/// A constant tensor of equal elements is a broadcast scalar.
fn dense(s: &mut Simplifier, site: &Site, constant: &Constant) -> Option<NodeId> {
    let first = *constant.bits.first()?;
    let same = constant.ty.shape.rank() > 0 && constant.bits.iter().all(|&b| b == first);
    same.then(|| s.splat(site.ty, f64::from_bits(first), site.scope))
}

fn scalar(ty: &TensorType) -> TensorType {
    TensorType::new(ty.dtype, Shape::scalar())
}
