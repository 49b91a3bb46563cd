//! Negation of truth values.

use super::{Attributes, Class, Primitive, arity, elementwise};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{DType, TensorType};

/// Negation of truth values: y = ¬x.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Not {}

impl Not {
    pub(super) const NAME: &'static str = "not";
    pub(super) fn from_attributes(_: &mut Attributes) -> Result<Self, String> {
        Ok(Not {})
    }
}

impl Primitive for Not {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 1)?;
        match inputs[0].dtype {
            DType::Bool => Ok(inputs[0].clone()),
            found => Err(TypeError::DType { op: Self::NAME, operand: 0, expected: "bool", found }),
        }
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, _: &[Expr<'g>], _: Expr<'g>, _: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        vec![None]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        elementwise::map(inputs[0], output, |x| 1.0 - x)
    }
    fn class(&self) -> Class {
        Class::Elementwise
    }
}
