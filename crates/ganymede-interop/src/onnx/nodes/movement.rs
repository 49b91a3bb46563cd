//! Primitives that move elements.

use crate::error::InteropError;
use crate::onnx::emitter::Emitter;
use crate::onnx::encode::int;
use crate::onnx::sizes::Size;
use crate::onnx::value::{Of, Value, place, reshaped};
use ganymede_graph::ops::{Pad, Slice};
use ganymede_tensor::DType;

/// The same elements under other sizes.
pub(super) fn reshape(e: &mut Emitter, x: &Value) -> Result<Value, InteropError> {
    let (own, sizes) = (e.operand_sizes(0), e.own_sizes());
    let x = e.whole(x, &own)?;
    if own == sizes {
        return Ok(x);
    }
    let name = e.last(&x)?;
    let name = reshape_to(e, name, &sizes);
    Ok(Value::tensor(x.dtype, sizes, name))
}

fn reshape_to(e: &mut Emitter, name: String, sizes: &[Size]) -> String {
    let written: Vec<i64> = sizes.iter().map(|size| size.written()).collect();
    let shape = e.integers(&written);
    e.node("Reshape", vec![name, shape], Vec::new())
}

/// Another order of axes: of an image one that brings its channels behind the batch, or back, is only noted.
pub(super) fn transpose(e: &mut Emitter, x: &Value, order: &[usize]) -> Result<Value, InteropError> {
    let sizes = order.iter().map(|&axis| x.sizes[axis]).collect();
    let name = e.last(x)?;
    let name = e.transposed(&name, order.to_vec());
    Ok(Value::tensor(x.dtype, sizes, name))
}

/// Repetition is left to the operators that repeat by themselves; new axes have one element.
pub(super) fn broadcast(e: &mut Emitter, x: &Value, axes: &[usize]) -> Result<Value, InteropError> {
    let rank = e.graph.ty(e.at).shape.rank();
    let mut sizes = vec![Size::Fixed(1); rank];
    axes.iter().zip(&x.sizes).for_each(|(&axis, &size)| sizes[axis] = size);
    if sizes == x.sizes {
        return Ok(x.clone());
    }
    if let Of::Constant(array, state) = &x.of {
        let shape = sizes.iter().map(|size| if let Size::Fixed(size) = size { *size } else { 1 }).collect();
        return Ok(Value::constant(reshaped(array, shape), state.clone()));
    }
    let name = e.last(x)?;
    let new: Vec<i64> = (0..rank).filter(|axis| !axes.contains(axis)).map(|axis| axis as i64).collect();
    let new = e.integers(&new);
    let name = e.node("Unsqueeze", vec![name, new], Vec::new());
    Ok(Value::tensor(x.dtype, sizes, name))
}

/// A strided box: all samples of a batch, or it mixes them.
pub(super) fn slice(e: &mut Emitter, x: &Value, op: &Slice) -> Result<Value, InteropError> {
    let (own, sizes) = (e.operand_sizes(0), e.own_sizes());
    let all = |axis: usize| {
        let size = e.graph.ty(e.graph.node(e.at).inputs[0]).shape[axis];
        (op.start[axis], op.limit[axis], op.stride[axis]) == (0, size, 1)
    };
    let cut: Vec<usize> = (0..own.len()).filter(|&axis| !all(axis)).collect();
    if cut.iter().any(|&axis| matches!(own[axis], Size::Batch(_))) {
        return Err(e.mixes("it takes some of the samples"));
    }
    let x = e.whole_on(x, &own, |axis| cut.contains(&axis))?;
    if cut.is_empty() {
        return Ok(x);
    }
    let name = e.as_it_is(&x)?;
    let list = |of: &dyn Fn(usize) -> usize| cut.iter().map(|&axis| of(axis) as i64).collect::<Vec<_>>();
    let (start, limit) = (list(&|axis| op.start[axis]), list(&|axis| op.limit[axis]));
    let lists = [start, limit, list(&|axis| x.place(axis)), list(&|axis| op.stride[axis])];
    let mut inputs = vec![name];
    inputs.extend(lists.iter().map(|list| e.integers(list)));
    let name = e.node("Slice", inputs, Vec::new());
    let kept = (0..own.len()).map(|axis| if cut.contains(&axis) { sizes[axis] } else { x.sizes[axis] }).collect();
    Ok(Value { dtype: x.dtype, sizes: kept, of: x.of.clone() }.renamed(name))
}

impl Value {
    /// The same under another name.
    fn renamed(self, name: String) -> Value {
        let channels_first = self.is_first();
        Value { of: Of::Tensor { name, channels_first }, ..self }
    }
}

/// A border, and gaps between the elements: these are a border of a new axis behind each.
pub(super) fn pad(e: &mut Emitter, x: &Value, op: &Pad) -> Result<Value, InteropError> {
    let (own, sizes) = (e.operand_sizes(0), e.own_sizes());
    let changed = |axis: usize| op.low[axis] + op.high[axis] + op.interior[axis] > 0;
    if (0..own.len()).any(|axis| changed(axis) && matches!(own[axis], Size::Batch(_))) {
        return Err(e.mixes("it puts something between the samples"));
    }
    let mut x = e.whole_on(x, &own, changed)?;
    let value = f64::from_bits(op.value);
    let mut high: Vec<i64> = op.high.iter().map(|&high| high as i64).collect();
    for axis in 0..own.len() {
        let (gap, Size::Fixed(size)) = (op.interior[axis], own[axis]) else { continue };
        if gap == 0 || size < 2 {
            continue;
        }
        let mut apart = x.sizes.clone();
        apart.insert(axis + 1, Size::Fixed(1));
        let name = e.last(&x)?;
        let name = reshape_to(e, name, &apart);
        let mut after = vec![0; apart.len()];
        after[axis + 1] = gap as i64;
        let name = pad_by(e, name, &vec![0; apart.len()], &after, value, x.dtype);
        let mut together = x.sizes.clone();
        together[axis] = Size::Fixed(size * (gap + 1));
        let name = reshape_to(e, name, &together);
        x = Value::tensor(x.dtype, together, name);
        // Behind the last element there is no gap.
        high[axis] -= gap as i64;
    }
    let name = e.as_it_is(&x)?;
    let (mut before, mut after) = (vec![0; own.len()], vec![0; own.len()]);
    for axis in 0..own.len() {
        (before[x.place(axis)], after[x.place(axis)]) = (op.low[axis] as i64, high[axis]);
    }
    let name = pad_by(e, name, &before, &after, value, x.dtype);
    let kept = (0..own.len()).map(|axis| if changed(axis) { sizes[axis] } else { x.sizes[axis] }).collect();
    Ok(Value { sizes: kept, ..x }.renamed(name))
}

fn pad_by(e: &mut Emitter, name: String, low: &[i64], high: &[i64], value: f64, dtype: DType) -> String {
    let (pads, value) = (e.integers(&[low, high].concat()), e.scalar(dtype, value));
    e.node("Pad", vec![name, pads, value], Vec::new())
}

/// Elements in reverse order: a slice that goes backwards.
pub(super) fn reverse(e: &mut Emitter, x: &Value, axes: &[usize]) -> Result<Value, InteropError> {
    let own = e.operand_sizes(0);
    if axes.iter().any(|&axis| matches!(own[axis], Size::Batch(_))) {
        return Err(e.mixes("it turns the samples around"));
    }
    let name = e.as_it_is(x)?;
    // Where it repeats the order means nothing.
    let turned: Vec<i64> =
        axes.iter().filter(|&&axis| !x.sizes[axis].is_one()).map(|&axis| x.place(axis) as i64).collect();
    if turned.is_empty() {
        return Ok(x.clone());
    }
    let all = |value: i64| vec![value; turned.len()];
    let mut inputs = vec![name];
    inputs.extend([all(-1), all(i64::MIN), turned.clone(), all(-1)].iter().map(|list| e.integers(list)));
    let name = e.node("Slice", inputs, Vec::new());
    Ok(x.clone().renamed(name))
}

/// Tensors one after another.
pub(super) fn concat(e: &mut Emitter, operands: &[Value], axis: usize) -> Result<Value, InteropError> {
    let sizes = e.own_sizes();
    if matches!(sizes[axis], Size::Batch(_)) {
        return Err(e.mixes("it puts samples behind samples"));
    }
    let first = operands.iter().any(Value::is_first);
    let mut names = Vec::with_capacity(operands.len());
    for (at, operand) in operands.iter().enumerate() {
        let own = e.operand_sizes(at);
        let whole = e.whole(operand, &own)?;
        names.push(if first { e.first(&whole)? } else { e.last(&whole)? });
    }
    let at = if first { place(sizes.len(), axis) } else { axis };
    let name = match names.len() {
        1 => names.remove(0),
        _ => e.node("Concat", names, vec![int("axis", at as i64)]),
    };
    Ok(Value::tensor(operands[0].dtype, sizes, name).placed(first))
}

/// Rows of a table. An index that is computed and stands outside of the table gives zeros, as in the engine.
///
/// # Differs
/// An index that is an input is handed on: a runtime of ONNX refuses one outside of the table.
pub(super) fn gather(e: &mut Emitter, table: &Value, index: &Value) -> Result<Value, InteropError> {
    let (own, of_index, sizes) = (e.operand_sizes(0), e.operand_sizes(1), e.own_sizes());
    let Size::Fixed(rows) = own[0] else { return Err(e.mixes("it looks up samples")) };
    let (table, index) = (e.whole(table, &own)?, e.whole(index, &of_index)?);
    let (mut values, mut at) = (e.last(&table)?, e.last(&index)?);
    let given = e.inputs.iter().any(|input| input.name == at);
    let inside = |array: &ganymede_graph::Array| array.data.iter().all(|&i| i >= 0.0 && i < rows as f64);
    if !given && !index.known().is_some_and(inside) {
        let (zero, end) = (e.scalar(index.dtype, 0.0), e.scalar(index.dtype, rows as f64));
        let from = e.node("GreaterOrEqual", vec![at.clone(), zero], Vec::new());
        let to = e.node("Less", vec![at.clone(), end.clone()], Vec::new());
        let inside = e.node("And", vec![from, to], Vec::new());
        at = e.node("Where", vec![inside, at, end], Vec::new());
        let (none, mut one) = (vec![0; own.len()], vec![0; own.len()]);
        one[0] = 1;
        values = pad_by(e, values, &none, &one, 0.0, table.dtype);
    }
    let name = e.node("Gather", vec![values, at], vec![int("axis", 0)]);
    Ok(Value::tensor(table.dtype, sizes, name))
}
