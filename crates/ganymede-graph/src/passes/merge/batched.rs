//! What works sample by sample, and so works on the joined batch: the nodes that follow a merged set.
//! Not here: the contractions where it starts (`sets.rs`).
//!
//! A node joins those that follow the other members of the set in the same way. That makes no cycle:
//! its other operands are members of sets too, or repeat one value over the batch, or are made of random
//! nodes (which stay apart, only what is made of them joins), so whatever depends on one follower cannot
//! be what another follower needs.

use super::is_placeable;
use super::sets::Sets;
use crate::graph::{Graph, NodeId};
use crate::ops::{Broadcast, Class, MatMul, Op, Reshape, Slice};
use ganymede_tensor::{Shape, TensorType};
use std::collections::HashMap;

/// What the members of a set have in common in one operand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    /// All of it: a weight.
    Whole,
    /// It repeats one value over the batch.
    Repeated,
    /// Nothing: they are parts.
    Parts,
}

/// What the members of a set have in common in an operand, given that they are one.
pub(super) fn is_shared(graph: &Graph, parts: &[NodeId], operand: usize, member: NodeId) -> Shared {
    let contraction = graph.node(member).op.primitive().class() == Class::Contraction;
    if contraction {
        return if operand == 0 { Shared::Parts } else { Shared::Whole };
    }
    let repeated = parts.iter().all(|&p| repeats(graph, p).is_some());
    let alike = parts.iter().all(|&p| repeats(graph, p) == repeats(graph, parts[0]));
    if repeated && alike { Shared::Repeated } else { Shared::Parts }
}

/// The value and axes of a broadcast over the batch.
fn repeats(graph: &Graph, id: NodeId) -> Option<(NodeId, &[usize], Shape)> {
    match &graph.node(id).op {
        Op::Broadcast(op) if op.shape.rank() > 0 && op.axes.first() != Some(&0) => {
            Some((graph.node(id).inputs[0], &op.axes, op.shape.without(&[0])))
        }
        _ => None,
    }
}

/// The primitive of a node for another batch size; `None` where samples mix or there is no batch.
pub(super) fn of_batch(graph: &Graph, id: NodeId, batch: usize) -> Option<Op> {
    let node = graph.node(id);
    let shape = &node.ty.shape;
    let own = *shape.first()?;
    // The operand that brings the batch: its first axis must be the result's.
    let keeps = node.inputs.iter().all(|&i| graph.ty(i).shape.first() == Some(&own));
    let op = match &node.op {
        Op::Broadcast(op) if repeats(graph, id).is_some() || (keeps && op.axes.first() == Some(&0)) => {
            Broadcast { shape: shape.with(0, batch), axes: op.axes.clone() }.into()
        }
        Op::Conv(_) | Op::ConvInputGrad(_) | Op::MatMul(MatMul { transpose_a: false, .. }) => node.op.clone(),
        _ if !keeps => return None,
        Op::Reshape(_) => Reshape { shape: shape.with(0, batch) }.into(),
        Op::Slice(op) if op.start[0] == 0 && op.limit[0] == own && op.stride[0] == 1 => {
            let mut slice: Slice = op.clone();
            slice.limit[0] = batch;
            slice.into()
        }
        Op::Pad(op) if [op.low[0], op.high[0], op.interior[0]] == [0; 3] => node.op.clone(),
        Op::Transpose(op) if op.order[0] == 0 => node.op.clone(),
        Op::Reverse(op) if !op.axes.contains(&0) => node.op.clone(),
        Op::Concat(op) if op.axis != 0 => node.op.clone(),
        Op::ReduceSum(op) if !op.axes.contains(&0) => node.op.clone(),
        Op::ReduceMax(op) if !op.axes.contains(&0) => node.op.clone(),
        op if op.primitive().class() == Class::Elementwise => op.clone(),
        _ => return None,
    };
    Some(op)
}

/// An operand as far as it must be the same for all members.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Operand<'a> {
    Set(usize),
    Repeated(NodeId, &'a [usize], Shape),
    /// Random nodes and what is done with them, in prefix order.
    Noise(Vec<Noise<'a>>),
}

/// A node of a tree over random nodes.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Noise<'a> {
    Random(Shape),
    Repeated(NodeId, &'a [usize], Shape),
    Work(Op),
}

/// The most nodes that a tree over random nodes has.
const MAX_NOISE: usize = 16;

/// Appends the tree of a value that is made of random nodes and repeated values only.
fn noise<'a>(graph: &'a Graph, sets: &Sets, id: NodeId, tree: &mut Vec<Noise<'a>>) -> Option<()> {
    let node = graph.node(id);
    if tree.len() == MAX_NOISE || sets.of(id).is_some() {
        return None;
    }
    if let Some((source, axes, shape)) = repeats(graph, id) {
        tree.push(Noise::Repeated(source, axes, shape));
    } else if matches!(node.op, Op::Random(_)) && is_placeable(graph, id) {
        tree.push(Noise::Random(node.ty.shape.without(&[0])));
    } else if node.op.primitive().class() == Class::Elementwise {
        tree.push(Noise::Work(of_batch(graph, id, 1)?));
        node.inputs.iter().try_for_each(|&input| noise(graph, sets, input, tree))?;
    } else {
        return None;
    }
    Some(())
}

/// Makes sets of what followers do with random nodes.
fn join_noise(graph: &Graph, sets: &mut Sets, members: &[NodeId]) {
    for operand in 0..graph.node(members[0]).inputs.len() {
        let parts: Vec<NodeId> = members.iter().map(|&m| graph.node(m).inputs[operand]).collect();
        let alone = matches!(graph.node(parts[0]).op, Op::Random(_)) || repeats(graph, parts[0]).is_some();
        let free = parts.iter().enumerate().all(|(i, p)| sets.of(*p).is_none() && !parts[..i].contains(p));
        if !alone && free {
            sets.add(parts.clone());
            join_noise(graph, sets, &parts);
        }
    }
}

/// Whether no two members make use of the same part.
fn are_apart(graph: &Graph, members: &[NodeId], operands: &[Operand]) -> bool {
    operands.iter().enumerate().filter(|(_, operand)| matches!(operand, Operand::Noise(_))).all(|(at, _)| {
        let part = |m: &NodeId| graph.node(*m).inputs[at];
        members.iter().enumerate().all(|(i, m)| members[..i].iter().all(|other| part(other) != part(m)))
    })
}

/// Primitive for a batch of one, operands, and the type of a sample: what followers have in common.
type Key<'a> = (Op, Vec<Operand<'a>>, TensorType);

/// Adds sets of nodes that follow sets, until there are no more.
pub(super) fn extend<'a>(graph: &'a Graph, sets: &mut Sets) {
    let mut users: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
    for id in graph.ids() {
        for &input in &graph.node(id).inputs {
            users.entry(input).or_default().push(id);
        }
    }
    // Parts of the batches that contractions read.
    let mut parts: HashMap<NodeId, (usize, usize)> = HashMap::new();
    let mut waiting: HashMap<Key<'a>, Vec<Option<NodeId>>> = HashMap::new();
    let mut contractions: Vec<usize> = (0..sets.len()).collect();
    contractions.sort_by_key(|&set| sets.members(set).iter().max().copied());
    for contraction in contractions {
        sets.settle(contraction, &order(graph, sets, contraction, &users, &parts));
        for (position, &member) in sets.members(contraction).iter().enumerate() {
            parts.insert(graph.node(member).inputs[0], (contraction, position));
        }
        let mut queue = vec![contraction];
        while let Some(set) = queue.pop() {
            let followers: Vec<NodeId> =
                sets.members(set).iter().filter_map(|m| users.get(m)).flatten().copied().collect();
            for follower in followers {
                let Some((key, position)) = key(graph, sets, follower) else { continue };
                let operands = key.1.clone();
                let slots = waiting.entry(key).or_insert_with(|| vec![None; sets.members(set).len()]);
                // Where two follow one member alike, the first is it (equal nodes are one already).
                slots[position].get_or_insert(follower);
                let members: Vec<NodeId> = slots.iter().flatten().copied().collect();
                let complete = members.len() == slots.len() && members.iter().all(|&m| sets.of(m).is_none());
                if complete && are_apart(graph, &members, &operands) {
                    let first = sets.len();
                    sets.add(members.clone());
                    join_noise(graph, sets, &members);
                    for new in first..sets.len() {
                        sets.settle(new, &(0..members.len()).collect::<Vec<_>>());
                        queue.push(new);
                    }
                }
            }
        }
    }
}

/// The order in which a contraction's members meet the members of earlier sets, so that later work on both finds
/// the same part at the same place: a backward pass comes in another order than the forward pass.
fn order(
    graph: &Graph,
    sets: &Sets,
    set: usize,
    users: &HashMap<NodeId, Vec<NodeId>>,
    parts: &HashMap<NodeId, (usize, usize)>,
) -> Vec<usize> {
    let members = sets.members(set);
    // Who meets a member: what works on it, or on what it works on, beside a part of an earlier set.
    let met = |&member: &NodeId| -> HashMap<usize, usize> {
        let mut met = HashMap::new();
        for value in [member, graph.node(member).inputs[0]] {
            for &user in users.get(&value).into_iter().flatten() {
                for &other in graph.node(user).inputs.iter().filter(|&&i| i != value) {
                    let place = sets.settled(other).or_else(|| parts.get(&other).copied());
                    met.extend(place);
                }
            }
        }
        met
    };
    let met: Vec<HashMap<usize, usize>> = members.iter().map(met).collect();
    let mut earlier: Vec<usize> = met[0].keys().copied().collect();
    earlier.sort_unstable();
    for other in earlier {
        let positions: Option<Vec<usize>> = met.iter().map(|m| m.get(&other).copied()).collect();
        let Some(positions) = positions else { continue };
        let order: Vec<usize> = (0..members.len()).filter_map(|at| positions.iter().position(|&p| p == at)).collect();
        if order.len() == members.len() && sets.members(other).len() == members.len() {
            return order;
        }
    }
    (0..members.len()).collect()
}

/// What a follower has in common with those of other members, and which part of the batch it works on.
fn key<'a>(graph: &'a Graph, sets: &Sets, id: NodeId) -> Option<(Key<'a>, usize)> {
    let node = graph.node(id);
    let contraction = node.op.primitive().class() == Class::Contraction;
    if contraction || sets.of(id).is_some() || repeats(graph, id).is_some() {
        return None;
    }
    let (mut position, mut size) = (None, None);
    let mut operands = Vec::with_capacity(node.inputs.len());
    for &input in &node.inputs {
        if let Some((set, at)) = sets.settled(input) {
            let members = sets.members(set).len();
            if position.is_some_and(|p| p != at) || size.is_some_and(|s| s != members) {
                return None;
            }
            (position, size) = (Some(at), Some(members));
            operands.push(Operand::Set(set));
        } else if let Some((source, axes, shape)) = repeats(graph, input) {
            operands.push(Operand::Repeated(source, axes, shape));
        } else {
            let mut tree = Vec::new();
            noise(graph, sets, input, &mut tree)?;
            operands.push(Operand::Noise(tree));
        }
    }
    let op = of_batch(graph, id, 1)?;
    let sample = TensorType::new(node.ty.dtype, node.ty.shape.without(&[0]));
    Some(((op, operands, sample), position?))
}
