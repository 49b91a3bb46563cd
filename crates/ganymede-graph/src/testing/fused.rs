//! Runs a fused graph in `f64`, cluster by cluster: the oracle of what `fuse` makes.

use crate::graph::{Graph, NodeId};
use crate::interpret::{Array, InterpretError, evaluate};
use crate::ops::{Class, Op};
use crate::passes::fuse::{self, Output, Region};
use crate::passes::{ClusterKind, Fusion};
use ganymede_tensor::region::{Instruction, Operand, Reduction};
use ganymede_tensor::{Shape, TensorType};
use std::collections::{BTreeMap, HashMap};

/// Runs the clusters in order, as [`run`](crate::interpret::run) runs the nodes: named outputs are given,
/// assigned states are written. Memory that was not written holds NaN.
///
/// # Errors
/// When an input or state is missing or has another type.
pub fn run_fused(
    graph: &Graph,
    fusion: &Fusion,
    inputs: &HashMap<String, Array>,
    states: &mut BTreeMap<String, Array>,
) -> Result<BTreeMap<String, Array>, InterpretError> {
    let mut memory = Memory { graph, fusion, buffers: HashMap::new() };
    for id in graph.ids() {
        let node = graph.node(id);
        if node.op.primitive().class() == Class::Leaf && !matches!(node.op, Op::Iota(_)) {
            // A leaf alone, run by the interpreter.
            let mut leaf = Graph::new("leaf");
            leaf.nodes.push(crate::graph::Node { scope: crate::graph::ScopeId(0), ..node.clone() });
            memory.write(id, evaluate(&leaf, inputs, states)?.remove(0).data);
        }
    }
    for cluster in &fusion.clusters {
        match &cluster.kind {
            ClusterKind::Region(region) => memory.region(region, None),
            ClusterKind::Kernel { node: id, epilogue } => {
                let node = graph.node(*id);
                let operands: Vec<Array> = node.inputs.iter().map(|&i| memory.read(i)).collect();
                let operands: Vec<&Array> = operands.iter().collect();
                let result = node.op.primitive().interpret(&operands, &node.ty);
                match epilogue {
                    None => memory.write(*id, result.data),
                    Some(region) => memory.region(region, Some((*id, result.data))),
                }
            }
        }
    }
    for (name, id) in &graph.assigns {
        states.insert(name.clone(), memory.read(*id));
    }
    Ok(graph.outputs.iter().map(|(name, id)| (name.clone(), memory.read(*id))).collect())
}

struct Memory<'a> {
    graph: &'a Graph,
    fusion: &'a Fusion,
    buffers: HashMap<NodeId, Vec<f64>>,
}

impl Memory<'_> {
    fn buffer(&mut self, owner: NodeId) -> &mut Vec<f64> {
        let elements = self.graph.ty(owner).elements();
        self.buffers.entry(owner).or_insert_with(|| vec![f64::NAN; elements])
    }

    fn read(&mut self, id: NodeId) -> Array {
        let (place, ty) = (self.fusion.place(id), self.graph.ty(id).clone());
        let data = self.buffer(place.buffer)[place.offset..place.offset + ty.elements()].to_vec();
        Array { ty, data }
    }

    fn write(&mut self, id: NodeId, data: Vec<f64>) {
        let place = self.fusion.place(id);
        self.buffer(place.buffer)[place.offset..place.offset + data.len()].copy_from_slice(&data);
    }

    fn region(&mut self, region: &Region, kernel: Option<(NodeId, Vec<f64>)>) {
        let space = Shape::from(region.extent.clone());
        let points = space.elements();
        let mut registers: Vec<Array> = Vec::new();
        for instruction in &region.instructions {
            registers.push(match instruction {
                Instruction::Const(constant) => {
                    Array { data: vec![constant.value(); points], ty: TensorType::new(constant.dtype, space.clone()) }
                }
                Instruction::Iota { axis, dtype } => {
                    let ty = TensorType::new(*dtype, space.clone());
                    Op::Iota(crate::ops::Iota { ty: ty.clone(), axis: *axis }).primitive().interpret(&[], &ty)
                }
                Instruction::Load(operand) => {
                    let operand = &region.operands[*operand];
                    let source = match &kernel {
                        Some((node, data)) if *node == operand.read => data.clone(),
                        _ => self.read(operand.read).data,
                    };
                    let element =
                        |point: &[usize]| operand.element(point).map_or(operand.fill.value(), |e| source[e as usize]);
                    let data = each_point(&space).map(|p| element(&p)).collect();
                    Array { data, ty: TensorType::new(operand.dtype, space.clone()) }
                }
                other => {
                    let op = fuse::op(other).expect("the graph has every primitive of its regions");
                    let arguments: Vec<&Array> = other.arguments().map(|a| &registers[a]).collect();
                    let types: Vec<TensorType> = arguments.iter().map(|a| a.ty.clone()).collect();
                    let ty = op.primitive().infer(&types).expect("a well-typed region");
                    op.primitive().interpret(&arguments, &ty)
                }
            });
        }
        for output in &region.outputs {
            let value = &registers[output.register()];
            assert_eq!(value.ty.dtype, self.graph.ty(output.write()).dtype, "an output keeps the element type");
            let reduced = |axes: &[usize]| TensorType::f32(space.without(axes));
            let data = match output {
                Output::Store { write, offset, strides, .. } => {
                    let map = Operand::strided((), value.ty.dtype, *offset, strides);
                    self.store(*write, &map, &space, &value.data);
                    continue;
                }
                Output::Reduce { kind: Reduction::Sum, axes, .. } => {
                    value.reduce(axes, &reduced(axes), 0.0, |a, b| a + b)
                }
                Output::Reduce { kind: Reduction::Max, axes, .. } => {
                    value.reduce(axes, &reduced(axes), f64::NEG_INFINITY, f64::max)
                }
            };
            self.write(output.write(), data.data);
        }
    }

    fn store(&mut self, id: NodeId, map: &Operand<()>, space: &Shape, data: &[f64]) {
        let place = self.fusion.place(id);
        let buffer = self.buffer(place.buffer);
        for (point, &x) in each_point(space).zip(data) {
            let element = map.element(&point).expect("a result has an element at every point");
            buffer[place.offset + element as usize] = x;
        }
    }
}

/// The points of a space in order.
fn each_point(space: &Shape) -> impl Iterator<Item = Vec<usize>> + use<> {
    let (strides, sizes) = (space.strides(), space.to_vec());
    (0..space.elements()).map(move |i| strides.iter().zip(&sizes).map(|(s, n)| i / s % n).collect())
}
