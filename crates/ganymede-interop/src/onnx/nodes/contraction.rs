//! Sums of products: matrix products and convolutions.

use crate::error::InteropError;
use crate::onnx::emitter::Emitter;
use crate::onnx::encode::{int, ints};
use crate::onnx::messages::Attribute;
use crate::onnx::sizes::Size;
use crate::onnx::value::{Of, Value, permuted};
use ganymede_graph::ops::{ConvInputGrad, MatMul, Window};

/// A matrix product. A known factor is turned when the file is written.
pub(super) fn matmul(e: &mut Emitter, a: &Value, b: &Value, op: &MatMul) -> Result<Value, InteropError> {
    let (of_a, of_b, sizes) = (e.operand_sizes(0), e.operand_sizes(1), e.own_sizes());
    let rank = of_a.len();
    let inner = if op.transpose_a { rank - 2 } else { rank - 1 };
    if matches!(of_a[inner], Size::Batch(_)) {
        return Err(e.mixes("it sums over the samples"));
    }
    let (a, b) = (e.whole(a, &of_a)?, e.whole_on(b, &of_b, |axis| axis + 2 >= rank)?);
    let left = turned(e, &a, op.transpose_a)?;
    let right = turned(e, &b, op.transpose_b)?;
    let name = e.node("MatMul", vec![left, right], Vec::new());
    Ok(Value::tensor(a.dtype, sizes, name))
}

/// The name of a factor, its last two axes exchanged where it is given so.
fn turned(e: &mut Emitter, x: &Value, transposed: bool) -> Result<String, InteropError> {
    if !transposed {
        return e.last(x);
    }
    let rank = x.rank();
    let mut order: Vec<usize> = (0..rank).collect();
    order.swap(rank - 2, rank - 1);
    match &x.of {
        Of::Constant(array, state) => e.last(&Value::constant(permuted(array, &order), state.clone())),
        _ => {
            let name = e.last(x)?;
            Ok(e.transposed(&name, order))
        }
    }
}

/// The name of a kernel (k…, in, out) as (out, in, k…).
fn kernel(e: &mut Emitter, kernel: &Value) -> Result<String, InteropError> {
    let (own, rank) = (e.operand_sizes(1), kernel.rank());
    let kernel = e.whole(kernel, &own)?;
    let order: Vec<usize> = [rank - 1, rank - 2].into_iter().chain(0..rank - 2).collect();
    match &kernel.of {
        Of::Constant(array, state) => e.last(&Value::constant(permuted(array, &order), state.clone())),
        _ => {
            let name = e.last(&kernel)?;
            Ok(e.transposed(&name, order))
        }
    }
}

fn attributes(e: &Emitter, window: &Window) -> Vec<Attribute> {
    let kernel = e.graph.node(e.at).inputs[1];
    let taps = &e.graph.ty(kernel).shape[..window.rank()];
    vec![
        ints("kernel_shape", taps),
        ints("strides", &window.strides),
        ints("pads", &[&window.low[..], &window.high[..]].concat()),
        ints("dilations", &window.dilation),
        int("group", window.groups as i64),
    ]
}

/// A convolution.
pub(super) fn conv(e: &mut Emitter, x: &Value, k: &Value, window: &Window) -> Result<Value, InteropError> {
    let (own, sizes) = (e.operand_sizes(0), e.own_sizes());
    let x = e.whole(x, &own)?;
    let (name, k) = (e.first(&x)?, kernel(e, k)?);
    let attributes = attributes(e, window);
    let name = e.node("Conv", vec![name, k], attributes);
    Ok(Value::tensor(x.dtype, sizes, name).placed(true))
}

/// A transposed convolution: pads cut off what the window's zeros stood for, and `output_padding` is what the strides leave at
/// the end: spatial − ((i − 1)·s + d·(k − 1) + 1 − low − high).
pub(super) fn conv_transpose(e: &mut Emitter, y: &Value, k: &Value, op: &ConvInputGrad) -> Result<Value, InteropError> {
    let (own, sizes) = (e.operand_sizes(0), e.own_sizes());
    let y = e.whole(y, &own)?;
    let (name, k) = (e.first(&y)?, kernel(e, k)?);
    let mut attributes = attributes(e, &op.window);
    let [input, taps] = [0, 1].map(|at| e.graph.ty(e.graph.node(e.at).inputs[at]).shape.clone());
    let window = &op.window;
    let missing = |a: usize| {
        let reach = (input[1 + a] - 1) * window.strides[a] + window.dilation[a] * (taps[a] - 1) + 1;
        (op.spatial[a] + window.low[a] + window.high[a]).saturating_sub(reach)
    };
    let missing: Vec<usize> = (0..window.rank()).map(missing).collect();
    attributes.push(ints("output_padding", &missing));
    let name = e.node("ConvTranspose", vec![name, k], attributes);
    Ok(Value::tensor(y.dtype, sizes, name).placed(true))
}
