//! Element-wise identities, and work on repeated values done before they are repeated.

use super::{Simplifier, Site};
use crate::graph::NodeId;
use crate::ops::{self, Class, Connective, Op};

/// Neutral elements, double negations, choices that are none.
pub(super) fn identity(s: &mut Simplifier, site: &Site) -> Option<NodeId> {
    let (a, b) = (site.inputs.first().copied()?, site.inputs.get(1).copied());
    let splat = |s: &Simplifier, id: Option<NodeId>| id.and_then(|id| s.splat_value(id));
    let (left, right) = (splat(s, Some(a)), splat(s, b));
    let negated = |s: &Simplifier, id: NodeId| matches!(s.op(id), Op::Neg(_)).then(|| s.operand(id));
    let scope = site.scope;
    match site.op {
        Op::StopGradient(_) | Op::AllReduceSum(_) => Some(a),
        Op::Convert(convert) if s.graph.ty(a).dtype == convert.dtype => Some(a),
        Op::Neg(_) => negated(s, a),
        Op::Not(_) => matches!(s.op(a), Op::Not(_)).then(|| s.operand(a)),
        Op::Abs(op) => match s.op(a) {
            Op::Abs(_) => Some(a),
            Op::Neg(_) => {
                let inner = s.operand(a);
                Some(s.make(op.clone(), vec![inner], scope))
            }
            _ => None,
        },
        Op::Add(_) => {
            let b = b?;
            match (left, right, negated(s, a), negated(s, b)) {
                (_, Some(0.0), _, _) => Some(a),
                (Some(0.0), _, _, _) => Some(b),
                (_, _, _, Some(b)) => Some(s.make(ops::Sub {}, vec![a, b], scope)),
                (_, _, Some(a), _) => Some(s.make(ops::Sub {}, vec![b, a], scope)),
                _ => complementary(s, site, a, b).or_else(|| complementary(s, site, b, a)),
            }
        }
        Op::Sub(_) => {
            let b = b?;
            match (left, right, negated(s, b)) {
                (_, Some(0.0), _) => Some(a),
                (_, _, Some(b)) => Some(s.make(ops::Add {}, vec![a, b], scope)),
                (Some(0.0), _, _) => Some(s.make(ops::Neg {}, vec![b], scope)),
                _ => None,
            }
        }
        Op::Mul(_) => match (left, right) {
            (_, Some(1.0)) => Some(a),
            (Some(1.0), _) => b,
            (_, Some(-1.0)) => Some(s.make(ops::Neg {}, vec![a], scope)),
            (Some(-1.0), _) => Some(s.make(ops::Neg {}, vec![b?], scope)),
            (None, Some(factor)) => scaled_choice(s, site, a, factor),
            (Some(factor), None) => scaled_choice(s, site, b?, factor),
            _ => None,
        },
        Op::Div(_) => match right? {
            1.0 => Some(a),
            // The reciprocal of a power of two is exact.
            by if by.is_normal() && by.to_bits() << 12 == 0 && (1.0 / by).is_normal() => {
                let reciprocal = s.splat(site.ty, 1.0 / by, scope);
                Some(s.make(ops::Mul {}, vec![a, reciprocal], scope))
            }
            _ => None,
        },
        Op::Pow(_) => match right? {
            0.0 => Some(s.splat(site.ty, 1.0, scope)),
            1.0 => Some(a),
            2.0 => Some(s.make(ops::Mul {}, vec![a, a], scope)),
            -1.0 => {
                let one = s.splat(site.ty, 1.0, scope);
                Some(s.make(ops::Div {}, vec![one, a], scope))
            }
            _ => None,
        },
        Op::Maximum(_) | Op::Minimum(_) => (Some(a) == b).then_some(a),
        Op::Logical(logical) => {
            let neutral = if logical.kind == Connective::And { 1.0 } else { 0.0 };
            match (left, right) {
                _ if Some(a) == b => Some(a),
                (_, Some(value)) => Some(if value == neutral { a } else { b? }),
                (Some(value), _) => Some(if value == neutral { b? } else { a }),
                _ => None,
            }
        }
        Op::Select(op) => {
            let (then, otherwise) = (b?, site.inputs[2]);
            match left {
                _ if then == otherwise => Some(then),
                Some(condition) => Some(if condition != 0.0 { then } else { otherwise }),
                None if matches!(s.op(a), Op::Not(_)) => {
                    let condition = s.operand(a);
                    Some(s.make(op.clone(), vec![condition, otherwise, then], scope))
                }
                None => None,
            }
        }
        _ => None,
    }
}

/// (c ? a : 0) + (c ? 0 : b) = c ? a : b, as the two branches of a maximum's derivative meet.
fn complementary(s: &mut Simplifier, site: &Site, a: NodeId, b: NodeId) -> Option<NodeId> {
    let (Op::Select(op), Op::Select(_)) = (s.op(a).clone(), s.op(b)) else { return None };
    let (first, second) = (s.graph.node(a).inputs.clone(), s.graph.node(b).inputs.clone());
    let zero = |id: NodeId| s.splat_value(id) == Some(0.0);
    let fits = first[0] == second[0] && zero(first[2]) && zero(second[1]);
    fits.then(|| s.make(op, vec![first[0], first[1], second[2]], site.scope))
}

/// (c ? constant : b)·factor = c ? constant·factor : b·factor.
fn scaled_choice(s: &mut Simplifier, site: &Site, choice: NodeId, factor: f64) -> Option<NodeId> {
    let Op::Select(op) = s.op(choice).clone() else { return None };
    let inputs = s.graph.node(choice).inputs.clone();
    if s.splat_value(inputs[1]).is_none() && s.splat_value(inputs[2]).is_none() {
        return None;
    }
    let factor = s.splat(site.ty, factor, site.scope);
    let then = s.make(ops::Mul {}, vec![inputs[1], factor], site.scope);
    let otherwise = s.make(ops::Mul {}, vec![inputs[2], factor], site.scope);
    Some(s.make(op, vec![inputs[0], then, otherwise], site.scope))
}

/// f(repeat a, repeat b) = repeat f(a, b), where the operands repeat in the same way.
pub(super) fn hoist(s: &mut Simplifier, site: &Site) -> Option<NodeId> {
    if site.op.primitive().class() != Class::Elementwise {
        return None;
    }
    let varying = |i: &&NodeId| s.splat_value(**i).is_none();
    let (first, axes) = match s.op(*site.inputs.iter().find(varying)?) {
        Op::Broadcast(broadcast) => (*site.inputs.iter().find(varying)?, broadcast.axes.clone()),
        _ => return None,
    };
    let small = s.shape(s.operand(first)).clone();
    if small.elements() >= site.ty.elements() {
        return None;
    }
    let repeats_alike = |id: &NodeId| match s.op(*id) {
        _ if s.splat_value(*id).is_some() => true,
        Op::Broadcast(broadcast) => broadcast.axes == axes && *s.shape(s.operand(*id)) == small,
        _ => false,
    };
    if !site.inputs.iter().all(repeats_alike) {
        return None;
    }
    let mut operands = Vec::with_capacity(site.inputs.len());
    for &input in site.inputs {
        operands.push(match s.splat_value(input) {
            Some(value) => {
                let ty = ganymede_tensor::TensorType::new(s.graph.ty(input).dtype, small.clone());
                s.splat(&ty, value, site.scope)
            }
            None => s.operand(input),
        });
    }
    let value = s.make(site.op.clone(), operands, site.scope);
    Some(s.make(ops::Broadcast { shape: site.ty.shape.clone(), axes }, vec![value], site.scope))
}
