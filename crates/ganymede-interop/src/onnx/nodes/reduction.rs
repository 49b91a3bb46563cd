//! Primitives that make one element of many.

use crate::error::InteropError;
use crate::onnx::emitter::Emitter;
use crate::onnx::encode::{int, ints};
use crate::onnx::sizes::Size;
use crate::onnx::value::{Value, place};

/// The sum over axes.
pub(super) fn sum(e: &mut Emitter, x: &Value, axes: &[usize]) -> Result<Value, InteropError> {
    reduce(e, x, axes, |e, name, axes| {
        let list: Vec<i64> = axes.iter().map(|&axis| axis as i64).collect();
        let list = e.integers(&list);
        e.node("ReduceSum", vec![name, list], vec![int("keepdims", 0)])
    })
}

/// The largest element over axes; its axes are an attribute in this set of operators.
pub(super) fn max(e: &mut Emitter, x: &Value, axes: &[usize]) -> Result<Value, InteropError> {
    reduce(e, x, axes, |e, name, axes| e.node("ReduceMax", vec![name], vec![int("keepdims", 0), ints("axes", axes)]))
}

fn reduce(
    e: &mut Emitter,
    x: &Value,
    axes: &[usize],
    write: impl FnOnce(&mut Emitter, String, &[usize]) -> String,
) -> Result<Value, InteropError> {
    let own = e.operand_sizes(0);
    if axes.iter().any(|&axis| matches!(own[axis], Size::Batch(_))) {
        return Err(e.mixes("it reduces over the samples"));
    }
    let x = e.whole_on(x, &own, |axis| axes.contains(&axis))?;
    let kept: Vec<usize> = (0..own.len()).filter(|axis| !axes.contains(axis)).collect();
    let sizes: Vec<Size> = kept.iter().map(|&axis| x.sizes[axis]).collect();
    if axes.is_empty() {
        return Ok(x);
    }
    // What is left of channels first has them first, as long as batch, channels and an axis of space are left.
    let rank = x.rank();
    let whole = kept.first() == Some(&0) && kept.last() == Some(&(rank - 1)) && kept.len() > 2;
    let sorted = kept.iter().map(|&axis| place(rank, axis)).is_sorted();
    let first = x.is_first() && (whole || sorted);
    let (name, mut at) = match first {
        true => (e.first(&x)?, axes.iter().map(|&axis| place(rank, axis)).collect()),
        false => (e.last(&x)?, axes.to_vec()),
    };
    at.sort_unstable();
    let name = write(e, name, &at);
    Ok(Value::tensor(x.dtype, sizes, name).placed(first && whole))
}
