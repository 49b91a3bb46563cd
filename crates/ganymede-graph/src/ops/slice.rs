//! A strided box of a tensor.

use super::{Attributes, Class, Primitive, arity, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// A strided box: elements `start`, `start + stride`, … below `limit` of each axis. The cotangent is
/// surrounded with zeros.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slice {
    /// First index of each axis.
    pub start: Vec<usize>,
    /// Index that each axis stays below.
    pub limit: Vec<usize>,
    /// Step of each axis, at least 1.
    pub stride: Vec<usize>,
}

impl Slice {
    pub(super) const NAME: &'static str = "slice";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(Slice {
            start: attributes.take_sizes("start")?,
            limit: attributes.take_sizes("limit")?,
            stride: attributes.take_sizes("stride")?,
        })
    }
}

impl Primitive for Slice {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 1)?;
        let shape = &inputs[0].shape;
        let rank = shape.rank();
        if [self.start.len(), self.limit.len(), self.stride.len()] != [rank; 3] {
            return refuse(
                Self::NAME,
                &inputs[0],
                format!("expected a start, limit and stride for each of {rank} axes"),
            );
        }
        for axis in 0..rank {
            let (start, limit, stride) = (self.start[axis], self.limit[axis], self.stride[axis]);
            if start > limit || limit > shape[axis] || stride == 0 {
                let reason = format!("axis {axis} has no elements {start}..{limit} in steps of {stride}");
                return refuse(Self::NAME, &inputs[0], reason);
            }
        }
        let sizes: Vec<usize> = (0..rank).map(|a| (self.limit[a] - self.start[a]).div_ceil(self.stride[a])).collect();
        Ok(TensorType::new(inputs[0].dtype, sizes))
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let (shape, size) = (inputs[0].shape(), cotangent.shape());
        if size.elements() == 0 {
            return vec![Some(cotangent.builder().full(shape, 0.0))];
        }
        let high: Vec<usize> =
            (0..shape.rank()).map(|a| shape[a] - (self.start[a] + (size[a] - 1) * self.stride[a] + 1)).collect();
        let interior: Vec<usize> = self.stride.iter().map(|s| s - 1).collect();
        vec![Some(cotangent.pad(&self.start, &high, &interior, 0.0))]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let strides = inputs[0].ty.shape.strides();
        let at =
            |index: &[usize]| (0..index.len()).map(|a| strides[a] * (self.start[a] + index[a] * self.stride[a])).sum();
        inputs[0].pick(output, |index| Some(at(index)), 0.0)
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().sizes("start", &self.start).sizes("limit", &self.limit).sizes("stride", &self.stride)
    }
    fn class(&self) -> Class {
        Class::Movement
    }
}
