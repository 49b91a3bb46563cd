//! Axes in another order.

use super::{Attributes, Class, Primitive, arity, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// Axes in another order: axis i of the result is axis `order[i]` of the operand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transpose {
    /// For each axis of the result, the axis of the operand.
    pub order: Vec<usize>,
}

impl Transpose {
    pub(super) const NAME: &'static str = "transpose";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(Transpose { order: attributes.take_sizes("order")? })
    }
}

impl Primitive for Transpose {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 1)?;
        let mut sorted = self.order.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..inputs[0].shape.rank()) {
            let reason = format!("expected an order of {} axes, found {:?}", inputs[0].shape.rank(), self.order);
            return refuse(Self::NAME, &inputs[0], reason);
        }
        Ok(TensorType::new(inputs[0].dtype, self.order.iter().map(|&a| inputs[0].shape[a]).collect::<Vec<_>>()))
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, _: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let mut inverse = vec![0; self.order.len()];
        for (to, &from) in self.order.iter().enumerate() {
            inverse[from] = to;
        }
        vec![Some(cotangent.transpose(&inverse))]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let strides = inputs[0].ty.shape.strides();
        inputs[0].pick(output, |index| Some(self.order.iter().zip(index).map(|(&a, i)| strides[a] * i).sum()), 0.0)
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().sizes("order", &self.order)
    }
    fn class(&self) -> Class {
        Class::Movement
    }
}
