//! Axes of known values in another order. Not here: axes of tensors in a file.

use ganymede_graph::Array;
use ganymede_graph::ops::{Op, Transpose};
use ganymede_tensor::TensorType;

/// The elements with axes in another order: axis i of the result is axis `order[i]`.
pub(crate) fn permuted(array: &Array, order: &[usize]) -> Array {
    let shape: Vec<usize> = order.iter().map(|&axis| array.ty.shape[axis]).collect();
    let ty = TensorType::new(array.ty.dtype, shape);
    Op::from(Transpose { order: order.to_vec() }).primitive().interpret(&[array], &ty)
}
