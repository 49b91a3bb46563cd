//! Sets of nodes that become one: contractions with the same weight and attributes.
//! Not here: what follows them (`batched.rs`).

use super::is_placeable;
use crate::graph::{Graph, NodeId};
use crate::ops::{MatMul, Op};
use ganymede_tensor::Shape;
use std::collections::HashMap;

/// Steps that looking for paths between contractions may take in all, for each node of the graph.
const SEARCH: usize = 200;

/// Disjoint sets of nodes, each in the order of its parts in the joined batch.
#[derive(Default)]
pub(super) struct Sets {
    members: Vec<Vec<NodeId>>,
    /// Set and position of each member.
    place: HashMap<NodeId, (usize, usize)>,
    /// Whether the order of a set's members is final.
    settled: Vec<bool>,
}

impl Sets {
    /// Contractions that share weight and attributes and none of which depends on another, merged so
    /// that no cycle arises.
    pub fn of_contractions(graph: &Graph) -> Sets {
        let mut keys: HashMap<(&Op, NodeId, Shape), usize> = HashMap::new();
        let mut alike: Vec<Vec<NodeId>> = Vec::new();
        for id in graph.ids() {
            let node = graph.node(id);
            let batched = match &node.op {
                Op::Conv(_) | Op::ConvInputGrad(_) => true,
                Op::MatMul(MatMul { transpose_a, .. }) => !transpose_a && node.ty.shape.rank() == 2,
                _ => false,
            };
            if batched && is_placeable(graph, node.inputs[0]) {
                let sample = graph.ty(node.inputs[0]).shape.without(&[0]);
                let next = alike.len();
                let slot = *keys.entry((&node.op, node.inputs[1], sample)).or_insert(next);
                alike.resize(alike.len().max(slot + 1), Vec::new());
                alike[slot].push(id);
            }
        }
        let mut sets = Sets::default();
        let mut search = Search { steps: SEARCH * graph.nodes.len(), seen: vec![0; graph.nodes.len()], stamp: 0 };
        for nodes in alike.into_iter().filter(|nodes| nodes.len() > 1) {
            // Sets, and nodes that have found no partner yet, that later nodes may join.
            let mut open: Vec<Vec<NodeId>> = Vec::new();
            for node in nodes {
                let independent = |open: &Vec<NodeId>| {
                    !search.reaches(graph, &sets, &[node], open) && !search.reaches(graph, &sets, open, &[node])
                };
                match open.iter().position(independent) {
                    Some(found) => {
                        sets.join(&open[found], node);
                        open[found].push(node);
                    }
                    None => open.push(vec![node]),
                }
            }
        }
        sets
    }

    /// Adds a set; its members are in no other. Their order is final once it is settled.
    pub fn add(&mut self, members: Vec<NodeId>) {
        for (position, &member) in members.iter().enumerate() {
            self.place.insert(member, (self.members.len(), position));
        }
        self.members.push(members);
        self.settled.push(false);
    }

    /// Makes the order of a set's members final: `order[i]` is what becomes part i.
    pub fn settle(&mut self, set: usize, order: &[usize]) {
        self.members[set] = order.iter().map(|&from| self.members[set][from]).collect();
        for (position, &member) in self.members[set].iter().enumerate() {
            self.place.insert(member, (set, position));
        }
        self.settled[set] = true;
    }

    /// The set of a node, and which part it is, if that is final.
    pub fn settled(&self, id: NodeId) -> Option<(usize, usize)> {
        self.of(id).filter(|&(set, _)| self.settled[set])
    }

    /// Adds a node to a set, or to a node alone, which makes a set.
    fn join(&mut self, to: &[NodeId], node: NodeId) {
        match self.of(to[0]) {
            None => self.add(vec![to[0], node]),
            Some((set, _)) => {
                self.place.insert(node, (set, self.members[set].len()));
                self.members[set].push(node);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// The set of a node, and which part it is.
    pub fn of(&self, id: NodeId) -> Option<(usize, usize)> {
        self.place.get(&id).copied()
    }

    pub fn members(&self, set: usize) -> &[NodeId] {
        &self.members[set]
    }
}

/// Looks for paths in the graph with the sets found so far merged.
struct Search {
    /// How many steps may still be taken; without any left, everything counts as connected.
    steps: usize,
    seen: Vec<u32>,
    stamp: u32,
}

impl Search {
    /// Whether one of `from` depends on one of `on`.
    fn reaches(&mut self, graph: &Graph, sets: &Sets, from: &[NodeId], on: &[NodeId]) -> bool {
        self.stamp += 1;
        let mut stack: Vec<NodeId> = from.to_vec();
        while let Some(id) = stack.pop() {
            if self.steps == 0 || (on.contains(&id) && !from.contains(&id)) {
                return true;
            }
            self.steps -= 1;
            if self.seen[id.index()] == self.stamp {
                continue;
            }
            self.seen[id.index()] = self.stamp;
            match sets.of(id) {
                Some((set, _)) if !from.contains(&id) => {
                    for &member in sets.members(set) {
                        self.seen[member.index()] = self.stamp;
                        stack.extend(&graph.node(member).inputs);
                    }
                }
                _ => stack.extend(&graph.node(id).inputs),
            }
        }
        false
    }
}
