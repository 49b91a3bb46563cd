//! Joining: which group an element-wise node or a reduction becomes part of.
//! Not here: roles, places and the other nodes (`group.rs`), what groups hand each other (`demand.rs`).

use super::group::{Group, Groups, Role};
use super::space::Space;
use super::{FusionNote, MAX_NODES, Refusal};
use crate::graph::NodeId;
use crate::ops::Op;

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
    /// The groups that give what is read.
    origins: Vec<NodeId>,
    space: Space,
    contraction: bool,
    region: bool,
    nodes: usize,
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
    fn plan(&self, id: NodeId, operands: &[NodeId], level: u32, maps: Maps) -> Result<Plan, Refusal> {
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
            origins: Vec::new(),
            space,
            contraction: false,
            region,
            nodes: 1,
        };
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
                _ => {
                    plan.reads.push(operand);
                    if self.fusable(operand, false) {
                        plan.origins.push(NodeId(self.find(operand)));
                    }
                }
            }
        }
        // Who reads the same large value at the same level reads it once, and what comes from one group is likely
        // made of the same; scalars are all one group.
        let values = plan.reads.iter().chain(&plan.origins);
        let mut shared: Vec<u32> = values.filter_map(|&r| self.reader(level, r, total)).collect();
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

    /// Whether reading a value counts beside a region of `total` points.
    pub fn is_large(&self, value: NodeId, total: usize) -> bool {
        total > 1 && self.total(value).saturating_mul(8) > total
    }

    fn commit(&mut self, id: NodeId, level: u32, plan: Plan) {
        let Plan { groups, reads, origins, space, contraction, region, nodes } = plan;
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
        if total > 1 {
            self.readers.extend(origins.into_iter().map(|origin| ((level, origin, total), root)));
        }
        if total == 1 {
            self.readers.insert((level, SCALAR, total), root);
        }
    }
}
