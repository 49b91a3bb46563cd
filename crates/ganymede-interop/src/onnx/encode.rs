//! Element types, constants, attributes and sizes in ONNX's words.

use super::messages::Attribute;
use super::sizes::Size;
use super::value::repeated;
use ganymede_graph::Array;
use ganymede_tensor::DType;

/// ONNX's number of 64-bit integers.
pub(super) const ONNX_INT64: i32 = 7;

/// ONNX's number of an element type. Integers of 32 bits are of 64, as sizes, axes and labels are there.
pub(super) fn onnx_type(dtype: DType) -> i32 {
    match dtype {
        DType::F32 => 1,
        DType::U8 => 2,
        DType::U16 => 4,
        DType::I32 | DType::U32 => ONNX_INT64,
        DType::Bool => 9,
    }
}

/// Elements as ONNX keeps them.
pub(super) fn encoded(dtype: DType, values: &[f64]) -> (i32, Vec<u8>) {
    let bytes = match dtype {
        DType::F32 => values.iter().flat_map(|&v| (v as f32).to_le_bytes()).collect(),
        DType::U8 | DType::Bool => values.iter().map(|&v| v as u8).collect(),
        DType::U16 => values.iter().flat_map(|&v| (v as u16).to_le_bytes()).collect(),
        DType::I32 | DType::U32 => values.iter().flat_map(|&v| (v as i64).to_le_bytes()).collect(),
    };
    (onnx_type(dtype), bytes)
}

/// The sizes as numbers, where none is the batch's.
pub(super) fn numbers(sizes: &[Size]) -> Option<Vec<usize>> {
    let number = |size: &Size| match size {
        Size::Fixed(size) => Some(*size),
        Size::Batch(_) => None,
    };
    sizes.iter().map(number).collect()
}

/// An attribute of one integer.
pub(super) fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: Some(name.into()), i: Some(value), ints: Vec::new(), kind: Some(2) }
}

/// An attribute of several.
pub(super) fn ints(name: &str, values: &[usize]) -> Attribute {
    let ints = values.iter().map(|&value| value as i64).collect();
    Attribute { name: Some(name.into()), i: None, ints, kind: Some(7) }
}

/// What a constant is to the interpreter, repeated to these sizes.
pub(super) fn spread(array: &Array, sizes: &[Size]) -> Option<Array> {
    Some(repeated(array, &numbers(sizes)?))
}
