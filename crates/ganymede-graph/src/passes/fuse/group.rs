//! Who is computed together.
//!
//! Every node gets a *level*: the largest of its operands' levels, one more over an operand that must
//! be complete in memory first (the result of a reduction, what a kernel or a movement reads). Groups
//! are connected within one level, so edges between groups go up and there is no cycle.
//! Not here: what a group looks like as a region (`emit.rs`).

use super::space::Space;
use super::view::View;
use super::{ALIGNMENT, FusionNote, Place};
use crate::graph::{Graph, NodeId};
use crate::ops::{Class, Op};
use ganymede_tensor::region::AxisMap;
use std::collections::{HashMap, HashSet};

/// What a node is to the fuser.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    /// An input, a state or a constant.
    Leaf,
    /// The same elements as its operand, in the same order.
    Alias,
    /// An index map on a stored value.
    View(View),
    /// Element-wise.
    Pointwise,
    /// A reduction.
    Reduction,
    /// A kernel that may have an epilogue.
    Contraction,
    /// Any other kernel.
    Kernel,
    /// Indices along an axis.
    Iota,
    /// Written part by part.
    Concat,
}

/// A part of a concatenation that is written by a region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub concat: NodeId,
    /// Which operand.
    pub operand: usize,
    /// First element in the concatenation.
    pub offset: usize,
    /// Elements of the part, and of the concatenation, that lie together.
    pub run: usize,
    pub stride: usize,
}

impl Part {
    /// The arrangement of the part's elements in the concatenation.
    pub fn map(&self, total: usize) -> ([usize; 2], [AxisMap; 2]) {
        ([total / self.run, self.run], [AxisMap::stride(self.stride as isize), AxisMap::stride(1)])
    }
}

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub space: Space,
    pub contraction: bool,
    /// Does what an epilogue does not: reduces, or stores in strides.
    pub region: bool,
    pub nodes: usize,
}

pub(super) struct Groups<'g> {
    pub graph: &'g Graph,
    /// The node whose value a node is (reshapes are looked through).
    pub canon: Vec<NodeId>,
    pub roles: Vec<Role>,
    /// Whether the value lies in memory.
    pub stored: Vec<bool>,
    /// Values that a group computes again, though another one does.
    pub recomputed: HashSet<(u32, NodeId)>,
    /// Parts of concatenations that the producer's region writes.
    pub part_stores: HashMap<NodeId, Vec<Part>>,
    /// Parts that are copied.
    pub part_copies: Vec<Part>,
    pub notes: Vec<FusionNote>,
    /// How many nodes, outputs and assignments take the value.
    pub(super) uses: Vec<u32>,
    /// Values that lie inside another.
    inside: HashMap<NodeId, Place>,
    /// What states are assigned: these values keep a buffer of their own.
    assigned: HashSet<NodeId>,
    /// Level at which a value is computed, and at which it (of a view: its base) is complete in memory.
    pub(super) level: Vec<u32>,
    pub(super) ready: Vec<u32>,
    pub(super) parent: Vec<u32>,
    pub(super) groups: HashMap<u32, Group>,
    /// The group at a level that reads a large value over a number of points.
    pub(super) readers: HashMap<(u32, NodeId, usize), u32>,
}

impl<'g> Groups<'g> {
    pub fn of(graph: &'g Graph) -> Self {
        let n = graph.nodes.len();
        let mut groups = Groups {
            graph,
            canon: graph.ids().collect(),
            roles: vec![Role::Leaf; n],
            stored: vec![false; n],
            recomputed: HashSet::new(),
            part_stores: HashMap::new(),
            part_copies: Vec::new(),
            notes: Vec::new(),
            uses: vec![0; n],
            inside: HashMap::new(),
            assigned: HashSet::new(),
            level: vec![0; n],
            ready: vec![0; n],
            parent: (0..n as u32).collect(),
            groups: HashMap::new(),
            readers: HashMap::new(),
        };
        groups.assign_roles();
        for id in graph.ids() {
            groups.add(id);
        }
        for root in graph.roots() {
            groups.store(root);
        }
        groups.settle_parts();
        groups.demand();
        groups
    }

    /// The representative of a node's group.
    pub fn find(&self, id: NodeId) -> u32 {
        let mut at = id.0;
        while self.parent[at as usize] != at {
            at = self.parent[at as usize];
        }
        at
    }

    /// The iteration space of a group.
    pub fn space(&self, group: u32) -> &Space {
        &self.groups[&group].space
    }

    pub(super) fn total(&self, id: NodeId) -> usize {
        self.graph.ty(id).elements()
    }

    /// Roles, and the values that lie in memory whatever is fused: what kernels read and give,
    /// results of reductions, roots.
    fn assign_roles(&mut self) {
        for id in self.graph.ids() {
            let node = self.graph.node(id);
            let at = id.index();
            self.roles[at] = match node.op.primitive().class() {
                Class::Leaf if matches!(node.op, Op::Iota(_)) => Role::Iota,
                Class::Leaf => Role::Leaf,
                Class::Elementwise if node.ty.elements() > 0 => Role::Pointwise,
                Class::Reduction if self.total(node.inputs[0]) > 0 => Role::Reduction,
                Class::Contraction if node.ty.elements() > 0 => Role::Contraction,
                Class::Movement if self.is_moved(id) => match node.op {
                    Op::Reshape(_) => Role::Alias,
                    Op::Concat(_) => Role::Concat,
                    // Until its turn comes.
                    _ => Role::Kernel,
                },
                _ => Role::Kernel,
            };
            let role = self.roles[at].clone();
            if role == Role::Alias {
                self.canon[at] = self.canon[node.inputs[0].index()];
            }
            if matches!(role, Role::Contraction | Role::Kernel) && !self.is_moved(id) {
                node.inputs.iter().for_each(|i| self.stored[self.canon[i.index()].index()] = true);
            }
            self.stored[at] |= !matches!(role, Role::Pointwise | Role::Contraction | Role::Alias);
        }
        for root in self.graph.roots() {
            self.stored[self.canon[root.index()].index()] = true;
        }
        for id in self.graph.ids() {
            if self.roles[id.index()] == Role::Kernel && self.is_moved(id) {
                self.stored[id.index()] = false;
            }
        }
        for (id, count) in self.graph.ids().zip(self.graph.use_counts()) {
            let aliases = u32::from(self.canon[id.index()] != id);
            let value = self.canon[id.index()].index();
            self.uses[value] = self.uses[value] + count - aliases;
        }
        self.assigned = self.graph.assigns.iter().map(|(_, id)| self.canon[id.index()]).collect();
    }

    /// Whether it is a movement with something to move.
    fn is_moved(&self, id: NodeId) -> bool {
        let node = self.graph.node(id);
        let any = |i: &NodeId| self.total(*i) > 0;
        node.op.primitive().class() == Class::Movement && node.ty.elements() > 0 && node.inputs.iter().any(any)
    }

    /// The level from which on a stored value can be read as it lies.
    pub(super) fn complete(&self, id: NodeId) -> u32 {
        let value = self.canon[id.index()];
        let copied = matches!(self.roles[value.index()], Role::View(_)) && !self.is_inside(value);
        self.ready[value.index()] + u32::from(copied)
    }

    /// Makes a value lie in memory as its kernel or reader takes it.
    pub(super) fn store(&mut self, id: NodeId) {
        let value = self.canon[id.index()];
        let at = value.index();
        let Role::View(view) = &self.roles[at] else {
            self.stored[at] = true;
            return;
        };
        if self.stored[at] {
            return;
        }
        let (base, offset) = (view.base, view.offset);
        let bytes = (offset as usize).saturating_mul(self.graph.ty(value).dtype.bytes());
        (self.stored[at], self.stored[base.index()]) = (true, true);
        if view.is_contiguous() && offset >= 0 && bytes.is_multiple_of(ALIGNMENT) {
            self.inside.insert(value, Place { buffer: base, offset: offset as usize });
        }
    }

    /// How the value of `id` can be read under its own shape; copies it where there is no other way.
    fn view(&mut self, id: NodeId) -> View {
        let shape = &self.graph.ty(id).shape;
        let value = self.canon[id.index()];
        if let Role::View(view) = &self.roles[value.index()]
            && let Some(view) = view.reshaped(shape)
        {
            return view;
        }
        self.store(value);
        View::dense(value, shape)
    }

    fn add(&mut self, id: NodeId) {
        let at = id.index();
        let inputs = &self.graph.node(id).inputs;
        match &self.roles[at] {
            Role::Leaf | Role::Alias => {}
            Role::Iota => self.ready[at] = 1,
            Role::Concat => self.concat(id),
            Role::Pointwise | Role::Reduction => self.join(id),
            Role::Kernel if self.is_moved(id) => self.movement(id),
            _ => {
                inputs.iter().for_each(|&i| self.store(i));
                self.level[at] = inputs.iter().map(|&i| self.complete(i)).max().unwrap_or(0);
                self.ready[at] = self.level[at] + 1;
                if self.roles[at] == Role::Contraction {
                    let space = Space::rows(&self.graph.ty(id).shape);
                    self.groups.insert(id.0, Group { space, contraction: true, region: false, nodes: 0 });
                }
            }
        }
    }

    fn movement(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let operand = node.inputs[0];
        let shape = &node.ty.shape;
        let view = match self.view(operand).moved(&node.op, shape) {
            Some(view) => view,
            None => {
                // The operand is a view of a kind that does not move further: it is copied.
                self.store(operand);
                let dense = View::dense(self.canon[operand.index()], &self.graph.ty(operand).shape);
                dense.moved(&node.op, shape).expect("a stored value can be moved")
            }
        };
        self.ready[id.index()] = self.complete(view.base);
        self.roles[id.index()] = Role::View(view);
    }

    fn concat(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let Op::Concat(concat) = &node.op else { return };
        let inner: usize = node.ty.shape[concat.axis + 1..].iter().product();
        let outer: usize = node.ty.shape[..concat.axis].iter().product();
        let stride = node.ty.shape[concat.axis] * inner;
        let mut offset = 0;
        for (operand, &input) in node.inputs.iter().enumerate() {
            let value = self.canon[input.index()];
            let run = self.graph.ty(input).shape[concat.axis] * inner;
            if run == 0 {
                continue;
            }
            let part = Part { concat: id, operand, offset, run, stride };
            let aligned = (offset * node.ty.dtype.bytes()).is_multiple_of(ALIGNMENT);
            let movable = !matches!(self.roles[value.index()], Role::Leaf | Role::View(_));
            let free = !self.is_inside(value) && !self.assigned.contains(&value);
            if outer == 1 && aligned && movable && free {
                self.stored[value.index()] = true;
                self.inside.insert(value, Place { buffer: id, offset });
            } else if self.roles[value.index()] == Role::Pointwise && self.break_at(value, run) {
                self.part_stores.entry(value).or_default().push(part);
            } else {
                let base = self.view(input).base;
                self.stored[base.index()] = true;
                self.part_copies.push(part);
            }
            offset += run;
        }
        // A copy of a part takes a level of its own.
        self.level[id.index()] = node.inputs.iter().map(|&i| self.complete(i)).max().unwrap_or(0);
        self.ready[id.index()] = self.level[id.index()] + 1;
    }

    /// Makes the region of `value` able to store runs of the given length apart from each other.
    fn break_at(&mut self, value: NodeId, run: usize) -> bool {
        let total = self.total(value);
        let representative = self.find(value);
        let group = self.groups.get_mut(&representative).expect("a computed value has a group");
        let Some(space) = group.space.union(&Space::broken_at(total, run)) else { return false };
        if group.contraction {
            return false;
        }
        (group.space, group.region) = (space, true);
        true
    }

    /// Parts whose producer became an epilogue after all are copied.
    fn settle_parts(&mut self) {
        let late: Vec<NodeId> =
            self.part_stores.keys().copied().filter(|&v| self.groups[&self.find(v)].contraction).collect();
        for value in late {
            self.stored[value.index()] = true;
            self.part_copies.extend(self.part_stores.remove(&value).unwrap_or_default());
        }
        self.part_copies.sort_unstable_by_key(|p| (p.concat, p.operand));
    }

    /// Where each value lies.
    pub fn places(&self) -> Vec<Option<Place>> {
        let mut places: Vec<Option<Place>> = vec![None; self.graph.nodes.len()];
        for id in self.graph.ids() {
            let mut chain = vec![self.canon[id.index()]];
            while let (None, Some(place)) =
                (places[chain[chain.len() - 1].index()], self.inside.get(&chain[chain.len() - 1]))
            {
                chain.push(place.buffer);
            }
            let last = chain[chain.len() - 1];
            let mut place = places[last.index()].unwrap_or(Place { buffer: last, offset: 0 });
            for value in chain.into_iter().rev() {
                if value != last {
                    place.offset += self.inside[&value].offset;
                }
                if self.stored[value.index()] {
                    places[value.index()] = Some(place);
                }
            }
            places[id.index()] = places[self.canon[id.index()].index()];
        }
        places
    }

    /// The values that lie directly inside another, and where.
    pub fn inside(&self) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        self.inside.iter().map(|(&value, place)| (value, place.buffer))
    }

    /// Whether a value lies inside another and so needs no copy of its own.
    pub fn is_inside(&self, value: NodeId) -> bool {
        self.inside.contains_key(&value)
    }
}
