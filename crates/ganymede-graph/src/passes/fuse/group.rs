//! Who is computed together.
//!
//! Every node gets a *level*: the largest of its operands' levels, one more over an operand that must
//! be complete in memory first (the result of a reduction, what a kernel or a movement reads). Groups
//! are connected within one level, so edges between groups go up and there is no cycle.
//! Not here: what a group looks like as a region (`emit.rs`).

use super::region::AxisMap;
use super::space::Space;
use super::view::View;
use super::{ALIGNMENT, FusionNote, MAX_NODES, Place, Refusal};
use crate::graph::{Graph, NodeId};
use crate::ops::{Class, Op};
use std::collections::{HashMap, HashSet};

/// The most that computing a value again may cost, in additions.
const MAX_COST: u32 = 24;

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
        ([total / self.run, self.run], [AxisMap::plain(self.stride as isize), AxisMap::plain(1)])
    }
}

#[derive(Clone, Debug)]
struct Group {
    space: Space,
    contraction: bool,
    /// Does what an epilogue does not: reduces, or stores in strides.
    region: bool,
    nodes: usize,
}

pub(super) struct Groups<'g> {
    pub graph: &'g Graph,
    /// The node whose value a node is (reshapes are looked through).
    pub canon: Vec<NodeId>,
    pub roles: Vec<Role>,
    /// Whether the value lies in memory.
    pub stored: Vec<bool>,
    /// Parts of concatenations that the producer's region writes.
    pub part_stores: HashMap<NodeId, Vec<Part>>,
    /// Parts that are copied.
    pub part_copies: Vec<Part>,
    pub notes: Vec<FusionNote>,
    /// Values that lie inside another.
    inside: HashMap<NodeId, Place>,
    /// What states are assigned: these values keep a buffer of their own.
    assigned: HashSet<NodeId>,
    /// Level at which a value is computed, and at which it (of a view: its base) is complete in memory.
    level: Vec<u32>,
    ready: Vec<u32>,
    parent: Vec<u32>,
    groups: HashMap<u32, Group>,
    /// The group at a level that reads a large value over a number of points.
    readers: HashMap<(u32, NodeId, usize), u32>,
}

impl<'g> Groups<'g> {
    pub fn of(graph: &'g Graph) -> Self {
        let n = graph.nodes.len();
        let mut groups = Groups {
            graph,
            canon: graph.ids().collect(),
            roles: vec![Role::Leaf; n],
            stored: vec![false; n],
            part_stores: HashMap::new(),
            part_copies: Vec::new(),
            notes: Vec::new(),
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

    fn total(&self, id: NodeId) -> usize {
        self.graph.ty(id).elements()
    }

    /// Roles, and the values that lie in memory whatever is fused: what kernels and movements
    /// read, results of reductions, roots.
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
            if matches!(role, Role::Contraction | Role::Kernel) {
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
        self.assigned = self.graph.assigns.iter().map(|(_, id)| self.canon[id.index()]).collect();
    }

    /// Whether it is a movement with something to move.
    fn is_moved(&self, id: NodeId) -> bool {
        let node = self.graph.node(id);
        let any = |i: &NodeId| self.total(*i) > 0;
        node.op.primitive().class() == Class::Movement && node.ty.elements() > 0 && node.inputs.iter().any(any)
    }

    /// The level from which on a stored value can be read as it lies.
    fn complete(&self, id: NodeId) -> u32 {
        let value = self.canon[id.index()];
        let copied = matches!(self.roles[value.index()], Role::View(_)) && !self.is_inside(value);
        self.ready[value.index()] + u32::from(copied)
    }

    /// Makes a value lie in memory as its kernel or reader takes it.
    fn store(&mut self, id: NodeId) {
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
        self.stored[at] = true;
        if view.is_contiguous() && offset >= 0 && bytes.is_multiple_of(ALIGNMENT) {
            self.inside.insert(value, Place { buffer: base, offset: offset as usize });
        }
    }

    /// How the value of `id` can be read under its own shape; copies it where there is no other way.
    fn view(&mut self, id: NodeId) -> View {
        let shape = &self.graph.ty(id).shape;
        let value = self.canon[id.index()];
        if let Role::View(view) = &self.roles[value.index()] {
            if let Some(view) = view.reshaped(shape) {
                return view;
            }
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
        self.stored[view.base.index()] = true;
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
                self.view(input);
                self.stored[value.index()] |= !matches!(self.roles[value.index()], Role::View(_));
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

    /// Puts an element-wise node or a reduction into a group.
    fn join(&mut self, id: NodeId) {
        let reduces = self.roles[id.index()] == Role::Reduction;
        let operands: Vec<NodeId> = self.graph.node(id).inputs.iter().map(|i| self.canon[i.index()]).collect();
        let mut level = self.level_over(&operands, reduces);
        let mut plan = self.plan(id, &operands, level, Maps::Views);
        if let Err(reason) = plan {
            let beside = |o: &&NodeId| self.fusable(**o, reduces) && self.level[o.index()] == level;
            let producers: Vec<NodeId> = operands.iter().filter(beside).copied().collect();
            level += u32::from(!producers.is_empty());
            self.notes.extend(producers.into_iter().map(|producer| FusionNote { producer, consumer: id, reason }));
            plan = self.plan(id, &operands, level, Maps::Views);
        }
        if plan.is_err() {
            // Its own index maps do not go together: copies do.
            for &operand in operands.iter() {
                if matches!(self.roles[operand.index()], Role::View(_)) {
                    self.store(operand);
                    level = level.max(self.complete(operand));
                }
            }
            plan = self.plan(id, &operands, level, Maps::Copies);
        }
        let plan = plan.expect("a node of dense operands has an iteration space");
        self.commit(id, level, plan);
    }

    /// Whether a consumer can be computed together with the node that gives this operand.
    fn fusable(&self, operand: NodeId, reduces: bool) -> bool {
        match self.roles[operand.index()] {
            Role::Pointwise => true,
            Role::Contraction => !reduces,
            _ => false,
        }
    }

    fn level_over(&self, operands: &[NodeId], reduces: bool) -> u32 {
        let level = |&o: &NodeId| match self.fusable(o, reduces) {
            true => self.level[o.index()],
            false => self.ready[o.index()],
        };
        operands.iter().map(level).max().unwrap_or(0)
    }

    /// What joining at `level` takes, without doing it.
    fn plan(&mut self, id: NodeId, operands: &[NodeId], level: u32, maps: Maps) -> Result<Plan, Refusal> {
        let node = self.graph.node(id);
        let (region, total, own) = match &node.op {
            Op::ReduceSum(op) => (true, self.total(node.inputs[0]), Some(&op.axes)),
            Op::ReduceMax(op) => (true, self.total(node.inputs[0]), Some(&op.axes)),
            _ => (false, self.total(id), None),
        };
        let mut space = Space::flat(total);
        if let Some(axes) = own {
            space = Space::of_axes(&self.graph.ty(node.inputs[0]).shape, axes);
        }
        let mut plan = Plan {
            groups: Vec::new(),
            reads: Vec::new(),
            stores: Vec::new(),
            space,
            contraction: false,
            region,
            nodes: 1,
        };
        let mut crossing = Vec::new();
        for &operand in operands {
            match &self.roles[operand.index()] {
                Role::View(view) if maps == Maps::Views => {
                    plan.reads.push(view.base);
                    let asked = Space::of_map(&view.sizes, &view.axes);
                    plan.space = plan.space.union(&asked).ok_or(Refusal::Space)?;
                }
                _ if self.fusable(operand, region) && self.level[operand.index()] == level => {
                    self.take(&mut plan, self.find(operand))?;
                }
                _ if self.stored[operand.index()] => plan.reads.push(operand),
                _ => crossing.push(operand),
            }
        }
        for operand in crossing {
            match self.recompute(operand, level, &plan) {
                Some((reads, space)) => {
                    plan.reads.extend(reads);
                    plan.space = space;
                }
                None => {
                    self.notes.push(FusionNote { producer: operand, consumer: id, reason: Refusal::Order });
                    plan.stores.push(operand);
                    plan.reads.push(operand);
                }
            }
        }
        // Who reads the same large value at the same level reads it once; scalars are all one group.
        let mut shared: Vec<u32> = plan.reads.iter().filter_map(|&r| self.reader(level, r, total)).collect();
        shared.extend(self.reader(level, SCALAR, total));
        for group in shared {
            if !plan.contraction && !self.groups[&group].contraction {
                let _ = self.take(&mut plan, group);
            }
        }
        Ok(plan)
    }

    /// Adds a group to a plan, if they fit.
    fn take(&self, plan: &mut Plan, group: u32) -> Result<(), Refusal> {
        if plan.groups.contains(&group) {
            return Ok(());
        }
        let other = &self.groups[&group];
        let (contraction, region) = (plan.contraction || other.contraction, plan.region || other.region);
        if (contraction && region) || (plan.contraction && other.contraction) {
            return Err(Refusal::Epilogue);
        }
        if plan.nodes + other.nodes > MAX_NODES {
            return Err(Refusal::Size);
        }
        plan.space = plan.space.union(&other.space).ok_or(Refusal::Space)?;
        (plan.contraction, plan.region) = (contraction, region);
        plan.nodes += other.nodes;
        plan.groups.push(group);
        Ok(())
    }

    fn reader(&self, level: u32, value: NodeId, total: usize) -> Option<u32> {
        let group = *self.readers.get(&(level, value, total))?;
        Some(self.find(NodeId(group)))
    }

    /// What computing a value again takes: the values to read, and the space with their maps. `None` if it is
    /// expensive, or would read more than one large value that is not read anyway.
    fn recompute(&self, value: NodeId, level: u32, plan: &Plan) -> Option<(Vec<NodeId>, Space)> {
        let total = self.total(value);
        let (mut stack, mut seen, mut cost) = (vec![value], vec![value], 0);
        let (mut reads, mut space) = (Vec::new(), plan.space.clone());
        while let Some(id) = stack.pop() {
            match &self.roles[id.index()] {
                Role::View(view) => {
                    space = space.union(&Space::of_map(&view.sizes, &view.axes))?;
                    reads.push(view.base);
                }
                _ if self.stored[id.index()] => reads.push(id),
                Role::Pointwise => {
                    let node = self.graph.node(id);
                    cost += weight(&node.op)?;
                    for input in node.inputs.iter().map(|i| self.canon[i.index()]) {
                        if !seen.contains(&input) {
                            seen.push(input);
                            stack.push(input);
                        }
                    }
                }
                _ => return None,
            }
            if cost > MAX_COST {
                return None;
            }
        }
        reads.sort_unstable();
        reads.dedup();
        let new = |r: &&NodeId| {
            self.is_large(**r, total) && !plan.reads.contains(*r) && self.reader(level, **r, total).is_none()
        };
        (reads.iter().filter(new).count() <= 1).then_some((reads, space))
    }

    /// Whether reading a value counts beside a region of `total` points.
    fn is_large(&self, value: NodeId, total: usize) -> bool {
        total > 1 && self.total(value).saturating_mul(8) > total
    }

    fn commit(&mut self, id: NodeId, level: u32, plan: Plan) {
        let Plan { groups, reads, stores, space, contraction, region, nodes } = plan;
        stores.iter().for_each(|s| self.stored[s.index()] = true);
        let total = space.total;
        // The largest group stays the representative, so that paths stay short.
        let root = groups.iter().copied().max_by_key(|g| (self.groups[g].nodes, *g)).unwrap_or(id.0);
        self.parent[id.index()] = root;
        for group in groups {
            self.groups.remove(&group);
            self.parent[group as usize] = root;
        }
        self.groups.insert(root, Group { space, contraction, region, nodes });
        self.level[id.index()] = level;
        self.ready[id.index()] = level + 1;
        if contraction {
            return;
        }
        for read in reads {
            if self.is_large(read, total) {
                self.readers.insert((level, read, total), root);
            }
        }
        if total == 1 {
            self.readers.insert((level, SCALAR, total), root);
        }
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

/// Stands for all scalars among the readers.
const SCALAR: NodeId = NodeId(u32::MAX);

/// How a node reads what is moved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Maps {
    /// Through index maps.
    Views,
    /// From copies, where its index maps have no common space.
    Copies,
}

/// A node's joining, worked out but not done.
struct Plan {
    groups: Vec<u32>,
    reads: Vec<NodeId>,
    stores: Vec<NodeId>,
    space: Space,
    contraction: bool,
    region: bool,
    nodes: usize,
}

/// What an element costs, in additions; `None` where storing is better than computing it again.
fn weight(op: &Op) -> Option<u32> {
    match op {
        Op::Div(_) | Op::Sqrt(_) => Some(4),
        Op::Exp(_) | Op::Expm1(_) | Op::Log(_) | Op::Log1p(_) | Op::Sin(_) | Op::Cos(_) => None,
        Op::Tanh(_) | Op::Sigmoid(_) | Op::Erf(_) | Op::Pow(_) => None,
        _ => Some(1),
    }
}
