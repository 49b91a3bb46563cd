//! A node's value as it stands in the file: repeated axes are kept at one element as long as operators repeat them themselves, and
//! images are kept channels first between convolutions. Not here: the operators that make values (`emitter.rs`, `nodes/`).

use super::sizes::Size;
pub(super) use crate::axes::permuted;
use ganymede_graph::Array;
use ganymede_graph::ops::Op;
use ganymede_tensor::{DType, TensorType};
use std::rc::Rc;

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Element type in the engine.
    pub dtype: DType,
    /// Sizes in the order of the engine: that of the node, or 1 where it repeats.
    pub sizes: Vec<Size>,
    /// What it is.
    pub of: Of,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Of {
    /// Known, of the value's sizes; with the state that it is, if it is one.
    Constant(Rc<Array>, Option<Rc<str>>),
    /// A tensor of the file, with the channels behind the batch or at the end.
    Tensor {
        /// Its name.
        name: String,
        /// Whether the order of axes is (N, C, spatial…).
        channels_first: bool,
    },
    /// What only the engine is given: seeds and numbers of draws.
    Host,
}

impl Value {
    /// A tensor of the file, channels last.
    pub fn tensor(dtype: DType, sizes: Vec<Size>, name: String) -> Value {
        Value { dtype, sizes, of: Of::Tensor { name, channels_first: false } }
    }

    /// The same with channels in that place.
    pub fn placed(self, first: bool) -> Value {
        let of = match self.of {
            Of::Tensor { name, .. } => Of::Tensor { name, channels_first: first },
            of => of,
        };
        Value { of, ..self }
    }

    /// A known value.
    pub fn constant(array: Array, state: Option<Rc<str>>) -> Value {
        let sizes = array.ty.shape.iter().map(|&size| Size::Fixed(size)).collect();
        Value { dtype: array.ty.dtype, sizes, of: Of::Constant(Rc::new(array), state) }
    }

    /// The known value, where it is one.
    pub fn known(&self) -> Option<&Array> {
        match &self.of {
            Of::Constant(array, _) => Some(array),
            _ => None,
        }
    }

    /// Whether its channels are behind the batch.
    pub fn is_first(&self) -> bool {
        matches!(self.of, Of::Tensor { channels_first: true, .. })
    }

    /// Where in its tensor an axis of the engine's order stands.
    pub fn place(&self, axis: usize) -> usize {
        if self.is_first() { place(self.rank(), axis) } else { axis }
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.sizes.len()
    }
}

/// The place in a tensor with channels first of each axis of the engine's order.
pub(super) fn place(rank: usize, axis: usize) -> usize {
    match axis {
        0 => 0,
        _ if axis == rank - 1 => 1,
        _ => axis + 1,
    }
}

/// The axes of the engine's order in the order of a tensor with channels first: (N, C, spatial…).
pub(super) fn first_order(rank: usize) -> Vec<usize> {
    [0, rank - 1].into_iter().chain(1..rank - 1).collect()
}

/// The elements, repeated along axes of one element up to these sizes.
pub(super) fn repeated(array: &Array, shape: &[usize]) -> Array {
    if array.ty.shape[..] == *shape {
        return array.clone();
    }
    let ty = TensorType::new(array.ty.dtype, shape.to_vec());
    let axes = (0..shape.len()).collect();
    let broadcast = Op::from(ganymede_graph::ops::Broadcast { shape: ty.shape.clone(), axes });
    broadcast.primitive().interpret(&[array], &ty)
}

/// The same elements under other sizes.
pub(super) fn reshaped(array: &Array, shape: Vec<usize>) -> Array {
    Array { ty: TensorType::new(array.ty.dtype, shape), data: array.data.clone() }
}
