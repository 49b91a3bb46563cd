//! What groups hand each other: a value goes through memory, or is computed again by who wants it.
//!
//! Groups are visited from the last level to the first, so that it is known who wants what: only values
//! that somebody reads are stored, and a node that nobody wants in its group is not computed there.
//! Not here: who is in a group (`join.rs`).

use super::group::{Groups, Role};
use super::space::Space;
use super::{FusionNote, Refusal};
use crate::graph::NodeId;
use crate::ops::Op;
use std::collections::{BTreeMap, HashSet};

/// The most that computing a value again may cost, in additions.
const MAX_COST: u32 = 24;

/// What an element costs, in additions; `None` where storing is better than computing it again.
fn weight(op: &Op) -> Option<u32> {
    match op {
        Op::Div(_) | Op::Sqrt(_) => Some(4),
        Op::Exp(_) | Op::Expm1(_) | Op::Log(_) | Op::Log1p(_) | Op::Sin(_) | Op::Cos(_) => None,
        Op::Tanh(_) | Op::Sigmoid(_) | Op::Erf(_) | Op::Pow(_) => None,
        _ => Some(1),
    }
}

/// What computing a value again takes.
struct Again {
    /// The nodes computed.
    nodes: Vec<NodeId>,
    /// The values read.
    reads: Vec<NodeId>,
    /// The space with the maps of what is read.
    space: Space,
}

impl Groups<'_> {
    /// Decides which values lie in memory beside those that have to.
    pub fn demand(&mut self) {
        let mut members: BTreeMap<u32, Vec<NodeId>> = BTreeMap::new();
        for id in self.graph.ids() {
            if matches!(self.roles[id.index()], Role::Pointwise | Role::Reduction | Role::Contraction) {
                members.entry(self.find(id)).or_default().push(id);
            }
        }
        let mut cheap = vec![false; self.graph.nodes.len()];
        for id in self.graph.ids().filter(|id| self.roles[id.index()] == Role::Pointwise) {
            cheap[id.index()] = self.again(id, None, &HashSet::new(), &cheap).is_some();
        }
        let mut order: Vec<u32> = members.keys().copied().collect();
        order.sort_by_key(|&group| std::cmp::Reverse((self.level[members[&group][0].index()], group)));
        for group in order {
            self.demand_of(group, &members[&group], &cheap);
        }
    }

    /// What a group reads, given which of its values are wanted.
    fn demand_of(&mut self, group: u32, members: &[NodeId], cheap: &[bool]) {
        let wanted = |m: &NodeId| self.stored[m.index()] || self.part_stores.contains_key(m);
        let mut stack: Vec<NodeId> = members.iter().copied().filter(wanted).collect();
        let mut seen: HashSet<NodeId> = stack.iter().copied().collect();
        let (mut reads, mut crossing) = (HashSet::new(), Vec::new());
        while let Some(id) = stack.pop() {
            if self.roles[id.index()] == Role::Contraction {
                continue;
            }
            for input in self.graph.node(id).inputs.iter().map(|i| self.canon[i.index()]) {
                if !seen.insert(input) {
                    continue;
                }
                match &self.roles[input.index()] {
                    Role::Pointwise | Role::Contraction if self.find(input) == group => stack.push(input),
                    Role::Pointwise | Role::Contraction if !self.stored[input.index()] => crossing.push((id, input)),
                    Role::View(view) if self.fits(group, &Space::of_map(&view.sizes, &view.axes)) => {
                        reads.insert(view.base);
                    }
                    _ => {
                        reads.insert(input);
                    }
                }
            }
        }
        for (consumer, producer) in crossing {
            match self.again(producer, Some(group), &reads, cheap) {
                Some(again) => {
                    self.recomputed.extend(again.nodes.into_iter().map(|node| (group, node)));
                    reads.extend(again.reads);
                    self.groups.get_mut(&group).expect("a group that is visited").space = again.space;
                }
                None => {
                    self.notes.push(FusionNote { producer, consumer, reason: Refusal::Order });
                    reads.insert(producer);
                }
            }
        }
        for read in reads {
            self.stored[read.index()] = true;
        }
    }

    /// Whether the group's space has what a map asks for.
    fn fits(&self, group: u32, asked: &Space) -> bool {
        let space = self.space(group);
        space.union(asked).as_ref() == Some(space)
    }

    /// How to compute a value again for a group that reads `known` anyway, or (without a group) at all. `None` if
    /// that is expensive, or would read more large values than storing and reading the value itself moves.
    /// What another group gives to the value is computed again too if it is `cheap`, else read.
    fn again(&self, value: NodeId, group: Option<u32>, known: &HashSet<NodeId>, cheap: &[bool]) -> Option<Again> {
        let (total, own) = (self.total(value), self.find(value));
        let space = group.map_or(Space::flat(total), |group| self.space(group).clone());
        let (mut stack, mut seen, mut cost) = (vec![(value, own)], vec![value], 0);
        let mut again = Again { nodes: Vec::new(), reads: Vec::new(), space };
        while let Some((id, reader)) = stack.pop() {
            match &self.roles[id.index()] {
                Role::View(view) => {
                    again.space = again.space.union(&Space::of_map(&view.sizes, &view.axes))?;
                    if !self.stored[view.base.index()] && self.total(view.base) > total {
                        return None;
                    }
                    again.reads.push(view.base);
                }
                _ if self.stored[id.index()] && id != value => again.reads.push(id),
                // Storing what a kernel gives costs no more than storing what is made of it.
                Role::Contraction if self.graph.ty(value).dtype.bytes() >= 4 => again.reads.push(id),
                Role::Pointwise if self.find(id) != reader && !cheap[id.index()] => again.reads.push(id),
                // Stored, it stands for both: the gradient of a weight that is used twice, of which new parameter,
                // momentum and velocity are made.
                Role::Pointwise if id != value && self.joins_kernel(id) => again.reads.push(id),
                Role::Pointwise => {
                    let node = self.graph.node(id);
                    cost += weight(&node.op)?;
                    again.nodes.push(id);
                    for input in node.inputs.iter().map(|i| self.canon[i.index()]) {
                        if !seen.contains(&input) {
                            seen.push(input);
                            stack.push((input, self.find(id)));
                        }
                    }
                }
                _ => return None,
            }
            if cost > MAX_COST {
                return None;
            }
        }
        again.reads.sort_unstable();
        again.reads.dedup();
        let new = |r: &&NodeId| self.is_large(**r, total) && !known.contains(*r);
        let limit = if self.uses[value.index()] == 1 { 2 } else { 1 };
        (!again.nodes.is_empty() && again.reads.iter().filter(new).count() <= limit).then_some(again)
    }

    /// Whether a node makes one value of a kernel's result and another computed one of the same size.
    fn joins_kernel(&self, id: NodeId) -> bool {
        let inputs: HashSet<NodeId> = self.graph.node(id).inputs.iter().map(|i| self.canon[i.index()]).collect();
        let computed = |i: &&NodeId| self.total(**i) == self.total(id) && self.roles[i.index()] != Role::Leaf;
        inputs.iter().any(|i| self.roles[i.index()] == Role::Contraction) && inputs.iter().filter(computed).count() > 1
    }
}
