//! A value through which no derivative flows: y = x.

use super::{Attributes, Class, Primitive, arity};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// A value through which no derivative flows: y = x. Also the leaf that a state read after an
/// assignment is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StopGradient {}

impl StopGradient {
    pub(super) const NAME: &'static str = "stop_gradient";
    pub(super) fn from_attributes(_: &mut Attributes) -> Result<Self, String> {
        Ok(StopGradient {})
    }
}

impl Primitive for StopGradient {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 1)?;
        Ok(inputs[0].clone())
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, _: &[Expr<'g>], _: Expr<'g>, _: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        vec![None]
    }
    fn interpret(&self, inputs: &[&Array], _: &TensorType) -> Array {
        inputs[0].clone()
    }
    fn class(&self) -> Class {
        Class::Elementwise
    }
}
