//! Repetition along new axes and axes of size 1.

use super::{Attributes, Class, Primitive, arity, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{Shape, TensorType};

/// Repetition: axis i of the operand becomes axis `axes[i]` of the result; an axis of size 1 repeats, and
/// so does every axis that is not named. The cotangent is the sum over what was repeated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Broadcast {
    /// Shape of the result.
    pub shape: Shape,
    /// For each axis of the operand, the axis of the result (increasing).
    pub axes: Vec<usize>,
}

impl Broadcast {
    pub(super) const NAME: &'static str = "broadcast";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(Broadcast { shape: Shape::from(attributes.take_sizes("shape")?), axes: attributes.take_sizes("axes")? })
    }
}

impl Primitive for Broadcast {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 1)?;
        let own = &inputs[0].shape;
        let increasing = self.axes.windows(2).all(|w| w[0] < w[1]);
        let fits =
            |(i, &axis): (usize, &usize)| axis < self.shape.rank() && (own[i] == 1 || own[i] == self.shape[axis]);
        if self.axes.len() != own.rank() || !increasing || !self.axes.iter().enumerate().all(fits) {
            return refuse(
                Self::NAME,
                &inputs[0],
                format!("it does not broadcast to {} with axes {:?}", self.shape, self.axes),
            );
        }
        Ok(TensorType::new(inputs[0].dtype, self.shape.clone()))
    }
    fn declared(&self, inputs: &[TensorType]) -> Option<TensorType> {
        Some(TensorType::new(inputs.first()?.dtype, self.shape.clone()))
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let own = inputs[0].shape();
        let kept = |axis: &usize| self.axes.iter().position(|a| a == axis).is_some_and(|i| own[i] == self.shape[*axis]);
        let repeated: Vec<usize> = (0..self.shape.rank()).filter(|axis| !kept(axis)).collect();
        vec![Some(cotangent.sum_axes(&repeated).reshape(own))]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let own = &inputs[0].ty.shape;
        let strides = own.strides();
        let source = |index: &[usize]| {
            self.axes.iter().enumerate().map(|(i, &a)| if own[i] == 1 { 0 } else { strides[i] * index[a] }).sum()
        };
        inputs[0].pick(output, |index| Some(source(index)), 0.0)
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().sizes("shape", &self.shape).sizes("axes", &self.axes)
    }
    fn class(&self) -> Class {
        Class::Movement
    }
}
