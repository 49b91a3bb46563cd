//! The same elements under other sizes.

use super::{Attributes, Class, Primitive, arity, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{Shape, TensorType};

/// The same elements in row-major order under other sizes: dx = reshape(dy).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reshape {
    /// Shape of the result.
    pub shape: Shape,
}

impl Reshape {
    pub(super) const NAME: &'static str = "reshape";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(Reshape { shape: Shape::from(attributes.take_sizes("shape")?) })
    }
}

impl Primitive for Reshape {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 1)?;
        if self.shape.checked_elements() != inputs[0].shape.checked_elements() {
            let reason = format!(
                "expected a shape of {} elements, found {} of {}",
                inputs[0].elements(),
                self.shape,
                self.shape.elements()
            );
            return refuse(Self::NAME, &inputs[0], reason);
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
        vec![Some(cotangent.reshape(inputs[0].shape()))]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        Array { ty: output.clone(), data: inputs[0].data.clone() }
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().sizes("shape", &self.shape)
    }
    fn class(&self) -> Class {
        Class::Movement
    }
}
