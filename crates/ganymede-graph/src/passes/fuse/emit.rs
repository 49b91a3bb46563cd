//! Groups written down as clusters: operands with index maps, instructions, results.
//! Not here: who is in a group (`group.rs`), the order of clusters (`order.rs`).

use super::function::{Emitted, emitted};
use super::group::{Groups, Part, Role};
use super::space::{Space, project};
use super::view::View;
use super::{Cluster, ClusterKind, Output, Region};
use crate::graph::{Graph, NodeId};
use crate::ops::{Class, Op};
use ganymede_tensor::region::{Constant, Instruction, Operand, Reduction, Register};
use ganymede_tensor::{DType, Shape};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A cluster, and the node whose turn is its turn.
pub(super) type Turn = (NodeId, Cluster);

/// The clusters of a graph, in no particular order.
pub(super) fn clusters(graph: &Graph, groups: &Groups) -> Vec<Turn> {
    let mut members: BTreeMap<u32, Vec<NodeId>> = BTreeMap::new();
    let mut clusters = Vec::new();
    for id in graph.ids() {
        match &groups.roles[id.index()] {
            Role::Pointwise | Role::Reduction | Role::Contraction => {
                members.entry(groups.find(id)).or_default().push(id)
            }
            Role::Kernel => clusters.push((id, kernel(groups, id, None))),
            Role::Iota => clusters.push((id, iota(graph, id))),
            Role::View(view) if groups.stored[id.index()] && !groups.is_inside(id) => {
                clusters.push((id, copy(groups, id, view)));
            }
            Role::View(_) | Role::Leaf | Role::Alias | Role::Concat => {}
        }
    }
    for (group, nodes) in members {
        clusters.extend(grouped(groups, group, &nodes));
    }
    clusters.extend(groups.part_copies.iter().map(|part| (part.concat, part_copy(groups, part))));
    clusters
}

/// The cluster of a group; none if nobody wants its values from memory.
fn grouped(groups: &Groups, group: u32, members: &[NodeId]) -> Option<Turn> {
    let mut emitter = Emitter::new(groups, groups.space(group), Some(group));
    let contraction = members.iter().copied().find(|m| groups.roles[m.index()] == Role::Contraction);
    let wanted = |m: &NodeId| {
        let computed = groups.stored[m.index()] || groups.part_stores.contains_key(m);
        computed && Some(*m) != contraction
    };
    let targets: Vec<NodeId> = members.iter().copied().filter(wanted).collect();
    emitter.evaluate(&targets);
    for &target in &targets {
        emitter.result(target);
    }
    let turn = targets.last().copied().or(contraction)?;
    let Some(node) = contraction else {
        return (!targets.is_empty()).then(|| (turn, emitter.cluster(None)));
    };
    if targets.is_empty() {
        return Some((turn, kernel(groups, node, None)));
    }
    if groups.stored[node.index()] {
        emitter.result(node);
    }
    Some((turn, emitter.cluster(Some(node))))
}

/// A kernel with or without an epilogue.
fn kernel(groups: &Groups, node: NodeId, epilogue: Option<Region>) -> Cluster {
    let graph = groups.graph;
    let mut inputs: BTreeSet<NodeId> = graph.node(node).inputs.iter().map(|i| groups.canon[i.index()]).collect();
    let mut outputs = vec![node];
    if let Some(region) = &epilogue {
        inputs.extend(region.operands.iter().map(|o| o.read).filter(|&v| v != node));
        outputs = written(region);
    }
    let inputs = inputs.into_iter().collect();
    Cluster { kind: ClusterKind::Kernel { node, epilogue }, nodes: vec![node], inputs, outputs }
}

fn written(region: &Region) -> Vec<NodeId> {
    region.outputs.iter().map(Output::write).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A region as a cluster of its own.
fn region(nodes: Vec<NodeId>, region: Region) -> Cluster {
    let inputs = region.operands.iter().map(|o| o.read).collect::<BTreeSet<_>>().into_iter().collect();
    let outputs = written(&region);
    Cluster { kind: ClusterKind::Region(region), nodes, inputs, outputs }
}

fn iota(graph: &Graph, id: NodeId) -> Cluster {
    let ty = graph.ty(id);
    let Op::Iota(op) = &graph.node(id).op else { unreachable!("the role says so") };
    let extent: Vec<usize> = ty.shape.iter().copied().filter(|&n| n != 1).collect();
    let axis = ty.shape[..op.axis].iter().filter(|&&n| n != 1).count();
    let instructions = match (ty.shape[op.axis], ty.dtype) {
        (1, dtype) => vec![Instruction::Const(Constant::zero(dtype))],
        (_, dtype @ (DType::F32 | DType::I32 | DType::U32)) => vec![Instruction::Iota { axis, dtype }],
        // A small type may not hold every index.
        (_, small) => vec![Instruction::Iota { axis, dtype: DType::U32 }, Instruction::Convert(0, small)],
    };
    let outputs = vec![Output::dense(instructions.len() - 1, id, &extent)];
    region(vec![id], Region { extent, operands: Vec::new(), instructions, outputs })
}

/// A view's elements, copied.
fn copy(groups: &Groups, id: NodeId, view: &View) -> Cluster {
    let space = Space::of_map(&view.sizes, &view.axes);
    let mut emitter = Emitter::new(groups, &space, None);
    let register = emitter.load(view, groups.graph.ty(id).dtype);
    emitter.store(id, register);
    emitter.nodes.push(id);
    emitter.cluster(None)
}

/// A part of a concatenation, copied into it.
fn part_copy(groups: &Groups, part: &Part) -> Cluster {
    let input = groups.graph.node(part.concat).inputs[part.operand];
    let ty = groups.graph.ty(input);
    let value = groups.canon[input.index()];
    let view = match &groups.roles[value.index()] {
        Role::View(view) => view.reshaped(&ty.shape),
        _ => None,
    };
    let view = view.unwrap_or_else(|| View::dense(value, &ty.shape));
    let space = Space::of_map(&view.sizes, &view.axes).union(&Space::broken_at(ty.elements(), part.run));
    let space = space.expect("a shape can be broken at its own axes");
    let mut emitter = Emitter::new(groups, &space, None);
    let register = emitter.load(&view, ty.dtype);
    emitter.part(part, register);
    emitter.nodes.push(part.concat);
    emitter.cluster(None)
}

/// Writes one region.
struct Emitter<'a> {
    groups: &'a Groups<'a>,
    group: Option<u32>,
    sizes: Vec<usize>,
    nodes: Vec<NodeId>,
    operands: Vec<Operand<NodeId>>,
    loads: HashMap<Operand<NodeId>, Register>,
    constants: HashMap<Constant, Register>,
    instructions: Vec<Instruction>,
    outputs: Vec<Output>,
    registers: HashMap<NodeId, Register>,
}

impl<'a> Emitter<'a> {
    fn new(groups: &'a Groups<'a>, space: &Space, group: Option<u32>) -> Self {
        Emitter {
            groups,
            group,
            sizes: space.sizes(),
            nodes: Vec::new(),
            operands: Vec::new(),
            loads: HashMap::new(),
            constants: HashMap::new(),
            instructions: Vec::new(),
            outputs: Vec::new(),
            registers: HashMap::new(),
        }
    }

    fn cluster(self, contraction: Option<NodeId>) -> Cluster {
        let Emitter { groups, sizes, mut nodes, operands, instructions, outputs, .. } = self;
        let built = Region { extent: sizes, operands, instructions, outputs };
        nodes.sort_unstable();
        match contraction {
            None => region(nodes, built),
            Some(node) => {
                nodes.insert(0, node);
                Cluster { nodes, ..kernel(groups, node, Some(built)) }
            }
        }
    }

    /// Computes the operands of `targets`, and them, in order.
    fn evaluate(&mut self, targets: &[NodeId]) {
        let mut wanted: BTreeSet<NodeId> = BTreeSet::new();
        let mut stack: Vec<NodeId> = targets.to_vec();
        while let Some(id) = stack.pop() {
            if self.computes(id, targets.contains(&id)) && wanted.insert(id) {
                stack.extend(self.groups.graph.node(id).inputs.iter().map(|i| self.groups.canon[i.index()]));
            }
        }
        for id in wanted {
            self.compute(id);
        }
    }

    /// Whether a value is computed here, not read.
    fn computes(&self, id: NodeId, target: bool) -> bool {
        let again = |group| self.groups.find(id) == group || self.groups.recomputed.contains(&(group, id));
        match self.groups.roles[id.index()] {
            Role::Pointwise => target || self.group.is_some_and(again),
            Role::Reduction => target,
            _ => false,
        }
    }

    fn compute(&mut self, id: NodeId) {
        let node = self.groups.graph.node(id);
        let arguments: Vec<Register> = node.inputs.iter().map(|&i| self.argument(i)).collect();
        self.nodes.push(id);
        let register = match node.op.primitive().class() {
            Class::Reduction => arguments[0],
            _ => match emitted(&node.op, &arguments, self.groups.graph.ty(node.inputs[0]).dtype) {
                Emitted::Same(register) => register,
                Emitted::As(instruction) => self.push(instruction),
            },
        };
        self.registers.insert(id, register);
    }

    fn push(&mut self, instruction: Instruction) -> Register {
        self.instructions.push(instruction);
        self.instructions.len() - 1
    }

    fn argument(&mut self, input: NodeId) -> Register {
        let value = self.groups.canon[input.index()];
        if let Some(&register) = self.registers.get(&value) {
            return register;
        }
        let ty = self.groups.graph.ty(value);
        let register = match &self.groups.roles[value.index()] {
            Role::View(view) if project(&view.sizes, &view.axes, &self.sizes).is_some() => self.load(view, ty.dtype),
            _ => self.load(&View::dense(value, &ty.shape), ty.dtype),
        };
        self.registers.insert(value, register);
        register
    }

    /// The register with the elements of a view; a repeated constant is one.
    fn load(&mut self, view: &View, dtype: DType) -> Register {
        if let Op::Constant(constant) = &self.groups.graph.node(view.base).op {
            let everywhere = view.axes.iter().all(|a| a.window.is_none());
            if let (Some(value), true) = (constant.as_scalar(), everywhere) {
                let constant = Constant::new(dtype, value);
                if let Some(&register) = self.constants.get(&constant) {
                    return register;
                }
                let register = self.push(Instruction::Const(constant));
                self.constants.insert(constant, register);
                return register;
            }
        }
        let axes = project(&view.sizes, &view.axes, &self.sizes).expect("the space has what its maps ask for");
        let operand =
            Operand { read: view.base, dtype, offset: view.offset, axes, fill: Constant::new(dtype, view.fill) };
        if let Some(&register) = self.loads.get(&operand) {
            return register;
        }
        self.operands.push(operand.clone());
        let register = self.push(Instruction::Load(self.operands.len() - 1));
        self.loads.insert(operand, register);
        register
    }

    /// Everything that is written of a computed value.
    fn result(&mut self, id: NodeId) {
        let register = match self.registers.get(&id) {
            Some(&register) => register,
            // A contraction that nothing of its epilogue reads.
            None => self.argument(id),
        };
        let node = self.groups.graph.node(id);
        match &node.op {
            Op::ReduceSum(op) => {
                let axes = self.axes(&self.groups.graph.ty(node.inputs[0]).shape, &op.axes);
                self.outputs.push(Output::Reduce { register, kind: Reduction::Sum, axes, write: id });
            }
            Op::ReduceMax(op) => {
                let axes = self.axes(&self.groups.graph.ty(node.inputs[0]).shape, &op.axes);
                self.outputs.push(Output::Reduce { register, kind: Reduction::Max, axes, write: id });
            }
            _ if self.groups.stored[id.index()] => self.store(id, register),
            _ => {}
        }
        for part in self.groups.part_stores.get(&id).into_iter().flatten() {
            self.part(part, register);
        }
    }

    fn store(&mut self, value: NodeId, register: Register) {
        self.outputs.push(Output::dense(register, value, &self.sizes));
    }

    fn part(&mut self, part: &Part, register: Register) {
        let (from, axes) = part.map(self.sizes.iter().product());
        let axes = project(&from, &axes, &self.sizes).expect("the space has what its parts ask for");
        debug_assert!(axes.iter().all(|axis| axis.window.is_none()), "a part has an element at every point");
        let strides = axes.iter().map(|axis| axis.stride).collect();
        self.outputs.push(Output::Store { register, write: part.concat, offset: part.offset as isize, strides });
    }

    /// The axes of the space that lie in the given axes of a shape.
    fn axes(&self, shape: &Shape, axes: &[usize]) -> Vec<usize> {
        let (mut chosen, mut product) = (Vec::new(), 1);
        let (mut axis, mut covered) = (shape.rank(), 1);
        for (own, &size) in self.sizes.iter().enumerate().rev() {
            // The axis of the shape that this one starts in.
            while axis > 0 && covered <= product {
                axis -= 1;
                covered *= shape[axis];
            }
            if axes.contains(&axis) {
                chosen.push(own);
            }
            product *= size;
        }
        chosen.reverse();
        chosen
    }
}
