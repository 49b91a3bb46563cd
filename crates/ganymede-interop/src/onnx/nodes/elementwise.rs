//! Primitives whose element i depends on element i of their operands: ONNX repeats axes of one element by itself.

use crate::error::InteropError;
use crate::onnx::emitter::Emitter;
use crate::onnx::encode::{int, onnx_type};
use crate::onnx::sizes::Size;
use crate::onnx::value::{Of, Value};
use ganymede_tensor::DType;

/// How a primitive is written.
pub(super) enum Way {
    /// As the operator of this name.
    Operator(&'static str),
    /// As several; they are given its operand's name and type, and give the result's name.
    Formula(fn(&mut Emitter, String, DType) -> String),
    /// Not at all: the result is the operand.
    Pass,
}

/// Writes one; its result keeps the order of axes of its operands.
pub(super) fn write(e: &mut Emitter, way: Way, operands: &[Value]) -> Result<Value, InteropError> {
    let dtype = e.graph.ty(e.at).dtype;
    let rank = e.graph.ty(e.at).shape.rank();
    let first = operands.iter().any(Value::is_first);
    let size = |axis: usize| operands.iter().map(|operand| operand.sizes[axis]).find(|size| !size.is_one());
    let sizes: Vec<Size> = (0..rank).map(|axis| size(axis).unwrap_or(Size::Fixed(1))).collect();
    let name = match way {
        Way::Pass => return Ok(operands[0].clone()),
        Way::Operator(op) if relu(op, operands).is_some() => {
            let at = relu(op, operands).unwrap_or(0);
            let name = e.operand(&operands[at], first)?;
            e.node("Relu", vec![name], Vec::new())
        }
        Way::Operator(op) => {
            let mut names = Vec::with_capacity(operands.len());
            for operand in operands {
                // Leading axes of one element may be left out where another operand has them.
                let alone = operands.iter().all(|o| matches!(o.of, Of::Constant(..)));
                names.push(if alone { e.last(operand)? } else { e.operand(operand, first)? });
            }
            e.node(op, names, Vec::new())
        }
        Way::Formula(formula) => {
            let name = e.operand(&operands[0], first)?;
            formula(e, name, operands[0].dtype)
        }
    };
    Ok(Value::tensor(dtype, sizes, name).placed(first))
}

/// The operand x of max(x, 0).
fn relu(op: &str, operands: &[Value]) -> Option<usize> {
    let is_zero = |value: &Value| value.known().is_some_and(|array| array.data.iter().all(|&x| x == 0.0));
    let found = operands.iter().position(is_zero).filter(|_| op == "Max" && operands.len() == 2)?;
    (operands[1 - found].dtype == DType::F32).then_some(1 - found)
}

/// eˣ − 1 = tanh(x/2)·(eˣ + 1), which keeps its digits near 0.
pub(super) fn expm1(e: &mut Emitter, x: String, dtype: DType) -> String {
    let (half, one) = (e.scalar(dtype, 0.5), e.scalar(dtype, 1.0));
    let halved = e.node("Mul", vec![x.clone(), half], Vec::new());
    let tanh = e.node("Tanh", vec![halved], Vec::new());
    let exp = e.node("Exp", vec![x], Vec::new());
    let more = e.node("Add", vec![exp, one], Vec::new());
    e.node("Mul", vec![tanh, more], Vec::new())
}

/// ln(1 + x): with u = 1 + x as it is rounded, x where u = 1, else ln u·x/(u − 1), which keeps its digits near 0.
///
/// # Source
/// Goldberg (1991), "What every computer scientist should know about floating-point arithmetic", theorem 4.
pub(super) fn log1p(e: &mut Emitter, x: String, dtype: DType) -> String {
    let one = e.scalar(dtype, 1.0);
    let u = e.node("Add", vec![x.clone(), one.clone()], Vec::new());
    let is_small = e.node("Equal", vec![u.clone(), one.clone()], Vec::new());
    let log = e.node("Log", vec![u.clone()], Vec::new());
    let less = e.node("Sub", vec![u, one.clone()], Vec::new());
    // Where u is 1 the quotient is not used, and must not be 0 by 0.
    let divisor = e.node("Where", vec![is_small.clone(), one, less], Vec::new());
    let ratio = e.node("Div", vec![x.clone(), divisor], Vec::new());
    let product = e.node("Mul", vec![log, ratio], Vec::new());
    e.node("Where", vec![is_small, x, product], Vec::new())
}

/// Another element type. Numbers are clamped to the integers before they become one, which ONNX leaves open.
pub(super) fn convert(e: &mut Emitter, x: String, from: DType) -> String {
    let to = e.graph.ty(e.at).dtype;
    // The largest and the smallest that `f32` has among them.
    let ends = match to {
        DType::I32 => Some([-2_147_483_648.0, 2_147_483_520.0]),
        DType::U32 => Some([0.0, 4_294_967_040.0]),
        DType::U16 => Some([0.0, 65_535.0]),
        DType::U8 => Some([0.0, 255.0]),
        DType::F32 | DType::Bool => None,
    };
    let x = match ends.filter(|_| from == DType::F32) {
        Some([low, high]) => {
            let (low, high) = (e.scalar(DType::F32, low), e.scalar(DType::F32, high));
            e.node("Clip", vec![x, low, high], Vec::new())
        }
        None => x,
    };
    match onnx_type(from) == onnx_type(to) {
        true => x,
        false => e.node("Cast", vec![x], vec![int("to", i64::from(onnx_type(to)))]),
    }
}
