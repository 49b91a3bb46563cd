//! What each primitive of the engine becomes in ONNX: a line each. To add one: a line in [`write_node`], and what it takes more in one of
//! the files here. What depends on constants and states alone is computed when the file is written.

mod contraction;
mod elementwise;
mod leaf;
mod movement;
mod reduction;

use super::emitter::Emitter;
use super::encode::{numbers, spread};
use super::sizes::Size;
use super::value::{Of, Value};
use crate::error::InteropError;
use elementwise::Way::{self, Formula, Operator, Pass};
use ganymede_graph::ops::{Class, Comparison, Connective, Op};
use ganymede_graph::{Array, NodeId};
use ganymede_tensor::TensorType;

/// Writes every node of the graph; the values of all.
///
/// # Errors
/// [`InteropError::Primitive`] for one that ONNX has no words for, [`InteropError::MixesSamples`] where samples of a batch meet.
pub(super) fn write_nodes(emitter: &mut Emitter) -> Result<Vec<Value>, InteropError> {
    let mut values: Vec<Value> = Vec::with_capacity(emitter.graph.nodes.len());
    for id in emitter.graph.ids() {
        emitter.at = id;
        let operands: Vec<Value> =
            emitter.graph.node(id).inputs.iter().map(|input| values[input.index()].clone()).collect();
        let value = match folded(emitter, id, &operands) {
            Some(value) => value,
            None => write_node(emitter, id, &operands)?,
        };
        values.push(value);
    }
    Ok(values)
}

/// Writes one node.
fn write_node(e: &mut Emitter, id: NodeId, operands: &[Value]) -> Result<Value, InteropError> {
    let graph = e.graph;
    let way: Way = match &graph.node(id).op {
        Op::Input(op) => return leaf::input(e, op),
        Op::State(op) => return leaf::state(e, op),
        Op::Constant(op) => return leaf::constant(e, op),
        Op::Iota(op) => return leaf::iota(e, op),
        Op::Random(op) => return leaf::random(e, op),
        Op::Neg(_) => Operator("Neg"),
        Op::Abs(_) => Operator("Abs"),
        Op::Sign(_) => Operator("Sign"),
        Op::Exp(_) => Operator("Exp"),
        Op::Expm1(_) => Formula(elementwise::expm1),
        Op::Log(_) => Operator("Log"),
        Op::Log1p(_) => Formula(elementwise::log1p),
        Op::Sqrt(_) => Operator("Sqrt"),
        Op::Sin(_) => Operator("Sin"),
        Op::Cos(_) => Operator("Cos"),
        Op::Tanh(_) => Operator("Tanh"),
        Op::Sigmoid(_) => Operator("Sigmoid"),
        Op::Erf(_) => Operator("Erf"),
        Op::Floor(_) => Operator("Floor"),
        Op::Not(_) => Operator("Not"),
        Op::Convert(_) => Formula(elementwise::convert),
        Op::StopGradient(_) | Op::AllReduceSum(_) => Pass,
        Op::Add(_) => Operator("Add"),
        Op::Sub(_) => Operator("Sub"),
        Op::Mul(_) => Operator("Mul"),
        Op::Div(_) => Operator("Div"),
        Op::Pow(_) => Operator("Pow"),
        Op::Maximum(_) => Operator("Max"),
        Op::Minimum(_) => Operator("Min"),
        Op::Compare(op) => Operator(match op.kind {
            Comparison::Equal => "Equal",
            Comparison::Less => "Less",
            Comparison::LessEqual => "LessOrEqual",
            Comparison::Greater => "Greater",
            Comparison::GreaterEqual => "GreaterOrEqual",
        }),
        Op::Logical(op) => Operator(match op.kind {
            Connective::And => "And",
            Connective::Or => "Or",
        }),
        Op::Select(_) => Operator("Where"),
        Op::Reshape(_) => return movement::reshape(e, &operands[0]),
        Op::Transpose(op) => return movement::transpose(e, &operands[0], &op.order),
        Op::Broadcast(op) => return movement::broadcast(e, &operands[0], &op.axes),
        Op::Slice(op) => return movement::slice(e, &operands[0], op),
        Op::Pad(op) => return movement::pad(e, &operands[0], op),
        Op::Reverse(op) => return movement::reverse(e, &operands[0], &op.axes),
        Op::Concat(op) => return movement::concat(e, operands, op.axis),
        Op::Gather(_) => return movement::gather(e, &operands[0], &operands[1]),
        Op::ReduceSum(op) => return reduction::sum(e, &operands[0], &op.axes),
        Op::ReduceMax(op) => return reduction::max(e, &operands[0], &op.axes),
        Op::MatMul(op) => return contraction::matmul(e, &operands[0], &operands[1], op),
        Op::Conv(op) => return contraction::conv(e, &operands[0], &operands[1], &op.window),
        Op::ConvInputGrad(op) => return contraction::conv_transpose(e, &operands[0], &operands[1], op),
        // Only derivatives have them.
        Op::ScatterAdd(_) | Op::ConvWeightGrad(_) => return Err(e.unmapped()),
    };
    elementwise::write(e, way, operands)
}

/// The value of a node whose operands are all known: computed in `f64` and rounded to its element type once.
fn folded(e: &Emitter, id: NodeId, operands: &[Value]) -> Option<Value> {
    let node = e.graph.node(id);
    let primitive = node.op.primitive();
    let known: Vec<&Array> = operands.iter().map(Value::known).collect::<Option<_>>()?;
    let (first, rank) = (operands.first()?, node.ty.shape.rank());
    let compute = |arrays: &[Array], sizes: Vec<usize>| {
        let ty = TensorType::new(node.ty.dtype, sizes);
        let arrays: Vec<&Array> = arrays.iter().collect();
        Value::constant(primitive.interpret(&arrays, &ty), None)
    };
    match (&node.op, primitive.class()) {
        // It is kept at the size that it has.
        (Op::Broadcast(_), _) => None,
        (Op::StopGradient(_) | Op::AllReduceSum(_), _) => Some(first.clone()),
        // Repeated axes are left out of the computation too.
        (_, Class::Elementwise) => {
            let size = |axis: usize| operands.iter().map(|operand| operand.sizes[axis]).find(|size| !size.is_one());
            let sizes: Vec<Size> = (0..rank).map(|axis| size(axis).unwrap_or(Size::Fixed(1))).collect();
            let arrays: Vec<Array> = known.iter().map(|array| spread(array, &sizes)).collect::<Option<_>>()?;
            Some(compute(&arrays, numbers(&sizes)?))
        }
        (Op::Transpose(op), _) => {
            let (Of::Constant(array, _), order) = (&first.of, &op.order) else { return None };
            Some(Value::constant(super::value::permuted(array, order), None))
        }
        _ => {
            let sizes = numbers(&e.sizes[id.index()])?;
            let spread = |(array, input): (&&Array, &NodeId)| spread(array, &e.sizes[input.index()]);
            let arrays: Vec<Array> = known.iter().zip(&node.inputs).map(spread).collect::<Option<_>>()?;
            Some(compute(&arrays, sizes))
        }
    }
}
