//! Joining: which group an element-wise node or a reduction becomes part of.
//! Not here: roles, places and the other nodes (`group.rs`).

use super::group::{Group, Groups, Role};
use super::space::Space;
use super::{FusionNote, MAX_NODES, Refusal};
use crate::graph::NodeId;
use crate::ops::Op;

/// The most that computing a value again may cost, in additions.
const MAX_COST: u32 = 24;

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

impl Groups<'_> {
    /// Puts an element-wise node or a reduction into a group.
    pub fn join(&mut self, id: NodeId) {
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
}
