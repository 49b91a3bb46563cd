//! Sum over all processes of a run: y = Σ x, dx = Σ dy.

use super::{Attributes, Class, Primitive, arity, float};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// Sum over all processes of a run, which is the value itself when there is one: y = Σ x,
/// dx = Σ dy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AllReduceSum {}

impl AllReduceSum {
    pub(super) const NAME: &'static str = "all_reduce_sum";
    pub(super) fn from_attributes(_: &mut Attributes) -> Result<Self, String> {
        Ok(AllReduceSum {})
    }
}

impl Primitive for AllReduceSum {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 1)?;
        float(Self::NAME, inputs, 0)?;
        Ok(inputs[0].clone())
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, _: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        vec![Some(cotangent.all_reduce_sum())]
    }
    fn interpret(&self, inputs: &[&Array], _: &TensorType) -> Array {
        inputs[0].clone()
    }
    fn class(&self) -> Class {
        Class::Other
    }
}
